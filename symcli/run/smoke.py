"""A try of a job from one end to the other: two batches, a checkpoint, resume, evaluation."""

from collections.abc import Iterator
from contextlib import closing

from symcli.job.job import Job
from symcli.run import start
from symcli.run.evaluation import evaluate_batches
from symcli.run.model import open_model
from symcli.run.training import Saved, Training

__all__ = ["OVERRIDES", "smoke"]

BATCHES = 2  # of each split
# What a job needs besides: a checkpoint after the first epoch, of its two batches.
OVERRIDES = ("train.checkpoint.every=1",)


def smoke(job: Job, runs: str, made_up: bool = False) -> Iterator[str]:
    """Try a job in a new folder under ``runs``; yield a line for each part that worked.

    Raises
    ------
    MXNetError
        If a part of it does not work.
    """
    training = start.begin(job, runs, made_up, BATCHES)
    path = str(training.folder.path)
    splits = ", ".join(f"{name} {len(own.examples):,}" for name, own in training.data.items())
    yield f"data: {splits} examples, batches of {job.train.batch_size}"
    yield f"train: {_epoch(training)}, saved {training.position.name}"
    training, broken = start.resume(path, (), BATCHES)
    assert not broken, broken
    yield f"resume: from {training.position.name}"
    yield f"train: {_epoch(training)}, saved {training.position.name}"
    split = "valid" if "valid" in training.data else "train"
    *_, step = evaluate_batches(open_model(path), training.job, training.data[split])
    yield f"eval: {split} {', '.join(f'{name} {value:.4f}' for name, value in step.values)}"


def _epoch(training: Training) -> str:
    """Train to the next checkpoint; tell what was measured."""
    with closing(training.run()) as events:
        next(event for event in events if isinstance(event, Saved))
    measured = training.history[-1]["train"]
    return ", ".join(f"{name} {value:.4f}" for name, value in measured.items())
