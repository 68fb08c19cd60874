"""The metrics of a model over a split of a job's data."""

from collections.abc import Iterator, Sequence

from symcli.data.batches import Batches
from symcli.errors import MXNetError
from symcli.job.data_checks import inputs_of
from symcli.job.job import Job
from symcli.run.model import Model, open_model
from symcli.run.start import open_batches, open_data
from symcli.run.synthetic import synthetic
from symcli.run.training import Training
from symcli.train import loop

__all__ = ["evaluate", "evaluate_batches", "evaluated_split", "test_best"]


def evaluated_split(job: Job, asked: str | None = None) -> str:
    """Return the split that is evaluated: what was asked for, else ``test``, else ``valid``.

    Raises
    ------
    MXNetError
        If the job has no such split.
    """
    known = list(job.formats())
    if asked is not None and asked not in known:
        raise MXNetError(f"{job.file}: the job has no data.{asked}; it has {', '.join(known)}")
    found = asked or next((name for name in ("test", "valid") if name in known), None)
    if found is None:
        raise MXNetError(f"{job.file}: the job has no data.test and no data.valid; add one, or say --split train")
    return found


def evaluate(model: Model, job: Job, split: str, made_up: bool = False) -> Iterator[loop.Progress]:
    """Compute a job's metrics over a split; yield after each batch and at the end.

    ``made_up`` makes the data, the same as ``train --synthetic`` does with this job.

    Raises
    ------
    SpecError
        If the data do not fit the network.
    MXNetError
        If they do not fit the model.
    """
    examples = {split: synthetic(job)[split]} if made_up else open_data(job, (split,))
    inputs = inputs_of(job, split, examples[split])
    job.findings.raise_if_any()
    assert inputs is not None
    return evaluate_batches(model, job, open_batches(job, examples, inputs)[split])


def evaluate_batches(model: Model, job: Job, batches: Batches) -> Iterator[loop.Progress]:
    """Compute a job's metrics over batches."""
    _check_names(model, [one.name for one in batches.provide_data])
    module = model.module({one.name: one.shape for one in batches.provide_data}, None, batches.provide_label)
    return loop.evaluate(module, batches, job.metric(batches.examples.classes), count_pad=False)


def _check_names(model: Model, names: Sequence[str]) -> None:
    if sorted(names) != sorted(model.data_names):
        raise MXNetError(f"{model.name}: its inputs are {', '.join(model.data_names)}; the job's network has "
                         f"{', '.join(names)}: give the job of this model")  # fmt: skip


def test_best(training: Training) -> Iterator[loop.Progress]:
    """Evaluate the best checkpoint of a run that has ended on ``test``, if its job has that, and note the values."""
    if "test" not in training.job.formats() or training.made_up:
        return
    for step in evaluate(open_model(str(training.folder.path)), training.job, "test"):
        yield step
    training.tested = dict(step.values)
    training.folder.note(test=training.tested)
