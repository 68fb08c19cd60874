"""Runs that begin and runs that are taken up again."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import numpy as np

from symcli.data.batches import Batches
from symcli.data.formats import Examples
from symcli.errors import DataError, ParamError
from symcli.job.data_checks import Inputs, check_data, inputs_of
from symcli.job.job import Job, load_job
from symcli.job.resolved import to_yaml
from symcli.run import checkpoint
from symcli.run.fine_tuning import start_of
from symcli.run.folder import Folder
from symcli.run.memory import check_memory
from symcli.run.model import SYNSET
from symcli.run.preprocessing import PREPROCESSING, preprocessing_text
from symcli.run.synthetic import are_absent, synthetic
from symcli.run.training import Training

__all__ = ["begin", "open_batches", "open_data", "resume"]

# What a resumed run may do otherwise than it began.
MAY_CHANGE = ("train.epochs", "train.early_stopping", "train.checkpoint", "data.threads", "data.prefetch")


def begin(job: Job, runs: str, made_up: bool = False, batches: int | None = None) -> Training:
    """Begin a run of a job in a new folder under ``runs``.

    Parameters
    ----------
    made_up : whether to make data where some are absent.
    batches : take only the first examples of each split, so many batches of them.

    Raises
    ------
    SpecError
        If the data do not fit the network.
    DataError, OSError
        If a file cannot be read or written.
    """
    made_up = made_up and are_absent(job)
    examples, inputs, warning = _checked(job, made_up, batches)
    start = start_of(job, inputs)
    folder = Folder.new(runs, job.name)
    with _held(folder, new=True):
        folder.note(job=job.name, seed=job.train.seed, status="running", synthetic=made_up)
        folder.write(folder.job.name, to_yaml(job.resolved))
        folder.write(PREPROCESSING[0], preprocessing_text(job, inputs))
        classes = examples["train"].classes
        if classes:
            folder.write(SYNSET, "".join(f"{name}\n" for name in classes))
        job.network.symbol.save(f"{folder.prefix}-symbol.json")
        folder.rewrite_metrics([])
        batches_of = open_batches(job, examples, inputs)
        return Training(job, folder, inputs, batches_of, made_up=made_up, start=start, warning=warning)


def resume(path: str, overrides: Sequence[str] = (), batches: int | None = None) -> tuple[Training, list[str]]:
    """Take a run up again where its newest checkpoint stands; also return what is wrong with newer files.

    Raises
    ------
    DataError
        If the folder is no run's, or another process trains it.
    ParamError
        If an override would make it another run.
    SpecError
        If its job cannot be read any more, or its data do not fit the network any more.
    """
    for override in overrides:
        if not override.startswith(MAY_CHANGE):
            raise ParamError(f"--set {override}: a resumed run goes on as it began; what may change: "
                             f"{', '.join(MAY_CHANGE)}. Begin a new run for another job")  # fmt: skip
    folder = Folder(path)
    try:
        folder.job.open().close()
    except OSError:
        message = f"{path}: is no run: there is no {folder.job}; give a folder that train made, runs/JOB/1"
        raise DataError(message, path) from None
    with _held(folder):
        noted = folder.read_json("run.json")
        made_up = bool(noted.get("synthetic"))
        job = load_job(str(folder.job), list(overrides), absent=made_up)
        job.name = noted.get("job", folder.path.parent.name)
        examples, inputs, warning = _checked(job, made_up, batches)
        checkpoint.clear_unfinished(folder.path)
        found, broken = checkpoint.newest(folder.path)
        for position in checkpoint.checkpoints(folder.path):
            if found is None or position > found.position:
                checkpoint.remove(folder.path, position)
        if overrides:
            folder.write(folder.job.name, to_yaml(job.resolved))
        start = start_of(job, inputs) if found is None else None
        batches_of = open_batches(job, examples, inputs)
        training = Training(job, folder, inputs, batches_of, found, made_up, start=start, warning=warning)
        folder.rewrite_metrics(training.history)
        folder.note(status="running")
        return training, broken


@contextmanager
def _held(folder: Folder, new: bool = False) -> Iterator[None]:
    """Keep others from a run; where the block fails, others may have it, and a new one says that it failed."""
    folder.lock()
    try:
        yield
    except BaseException:
        with suppress(OSError):  # a full disk is told by what failed first
            if new:
                folder.note(status="failed")
        folder.unlock()
        raise


def _checked(job: Job, made_up: bool, batches: int | None) -> tuple[dict[str, Examples], Inputs, str]:
    """Return the examples of training and validation, once they are known to fit the network, and a warning."""
    examples = synthetic(job) if made_up else open_data(job)
    examples = {split: own for split, own in examples.items() if split != "test"}
    inputs = check_data(job, examples)
    job.findings.raise_if_any()
    assert inputs is not None
    warning = check_memory(job, inputs)
    job.findings.raise_if_any()
    if batches is not None:
        most = batches * job.train.batch_size
        examples = {split: own.chosen(np.arange(most)) if len(own) > most else own for split, own in examples.items()}
    return examples, inputs, warning


def open_data(job: Job, splits: Sequence[str] = ("train", "valid")) -> dict[str, Examples]:
    """Return the examples of a job's splits, as far as it has them."""
    return {name: pick.make().open() for name, pick in job.formats().items() if name in splits}


def open_batches(job: Job, examples: Mapping[str, Examples], inputs: Inputs) -> dict[str, Batches]:
    """Return the batches of splits."""
    found = {}
    for split, own in examples.items():
        fed = inputs if split == "train" else inputs_of(job, split, own)
        job.findings.raise_if_any()
        assert fed is not None
        trains = split == "train"
        found[split] = Batches(
            own, fed.data, fed.label, fed.arrays, job.transforms(split), job.train.batch_size, job.train.seed,
            trains and bool(job.formats()[split].values.get("shuffle")),
            job.data.last_batch_handle if trains else "pad", trains, job.data.threads, job.data.prefetch,
            job.data.cache << 20,
        )  # fmt: skip
    return found
