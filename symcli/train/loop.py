"""The loops of training and evaluation, as generators: whoever drives them shows, logs and saves."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from symcli.errors import DataError
from symcli.train import metric as metrics

__all__ = ["Progress", "evaluate", "fit"]

Event = Literal["batch", "epoch", "evaluation batch", "evaluation"]


@dataclass(frozen=True)
class Progress:
    """How far a loop has come.

    Attributes
    ----------
    event : what has just ended. ``evaluation`` and its batches stand between the epochs they belong to.
    epoch, nbatch : numbers of the epoch and of the batch in it, from 0; at the end of an epoch or evaluation, the
        number of its batches.
    metric : the metric while it grows; read it before the loop goes on.
    values : name and value of each metric, at the end of an epoch or evaluation.
    seconds : how long the epoch or evaluation took.
    batch : the batch, at its end.
    """

    event: Event
    epoch: int
    nbatch: int
    metric: metrics.EvalMetric
    values: list[tuple[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    batch: Any = None


def fit(module: Any, train_data: Any, num_epoch: int, begin_epoch: int = 0, eval_metric: Any = "acc",
        eval_data: Any = None, validation_metric: Any = None, monitor: Any = None) -> Iterator[Progress]:  # fmt: skip
    """Train a module that is bound, with parameters and an optimizer; yield after each batch, epoch and evaluation.

    Parameters
    ----------
    train_data, eval_data : iterators with ``reset``; each epoch runs over all of them.
    num_epoch : the epoch to stop before, counted from 0 as ``begin_epoch`` is.
    validation_metric : the metric of ``eval_data``; by default ``eval_metric``.

    Raises
    ------
    DataError
        If ``train_data`` has no batch.
    """
    validation_metric = eval_metric if validation_metric is None else validation_metric
    train_metric = metrics.create(eval_metric)
    for epoch in range(begin_epoch, num_epoch):
        begin = time.perf_counter()
        train_metric.reset()
        nbatch = 0
        batches = iter(train_data)
        batch = next(batches, None)
        if batch is None:
            raise DataError(f"fit: epoch {epoch} has no batch; give train_data with at least one, and reset it")
        while batch is not None:
            _step(module, batch, train_metric, monitor)
            following = next(batches, None)
            if following is not None:
                module.prepare(following)
            values = train_metric.get_global_name_value() if following is None else []
            yield Progress("batch", epoch, nbatch, train_metric, batch=batch)
            batch, nbatch = following, nbatch + 1
        yield Progress("epoch", epoch, nbatch, train_metric, values, time.perf_counter() - begin)
        if eval_data is not None:
            yield from evaluate(module, eval_data, validation_metric, epoch=epoch)
        train_data.reset()


def _step(module: Any, batch: Any, train_metric: metrics.EvalMetric, monitor: Any) -> None:
    if monitor is not None:
        monitor.tic()
    module.forward_backward(batch)
    module.update()
    module.update_metric(train_metric, batch.label)
    if monitor is not None:
        monitor.toc_print()


def evaluate(module: Any, eval_data: Any, eval_metric: Any, num_batch: int | None = None, reset: bool = True,
             epoch: int = 0) -> Iterator[Progress]:  # fmt: skip
    """Compute a metric over data, or its first ``num_batch`` batches; yield after each batch and at the end."""
    begin = time.perf_counter()
    if reset:
        eval_data.reset()
    metric = metrics.create(eval_metric)
    metric.reset()
    count = 0
    for nbatch, batch in enumerate(islice(eval_data, num_batch)):
        module.prepare(batch)
        module.forward(batch, is_train=False)
        module.update_metric(metric, batch.label)
        count += 1
        yield Progress("evaluation batch", epoch, nbatch, metric, batch=batch)
    yield Progress("evaluation", epoch, count, metric, metric.get_name_value(), time.perf_counter() - begin)
