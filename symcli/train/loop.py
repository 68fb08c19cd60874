"""The loops of training and evaluation, as generators: whoever drives them shows, logs and saves."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

from symcli.errors import DataError
from symcli.train import metric as metrics

__all__ = ["Progress", "evaluate", "fit"]

Event = Literal["batch", "epoch", "evaluation batch", "evaluation"]


class Progress(NamedTuple):
    """How far a loop has come.

    Attributes
    ----------
    event : what has just ended. ``evaluation`` and its batches stand between the epochs they belong to.
    epoch, nbatch : numbers of the epoch and of the batch in it, from 0; at the end of an epoch or evaluation, the
        number of its batches.
    metric : the metric while it grows; read it before the loop goes on.
    values : name and value of each metric, at the end of an epoch or evaluation.
    seconds, waited : how long the epoch or evaluation took, and what of it was waiting for data; since its begin or
        since it was taken up again.
    batch : the batch, at its end.
    first : the batch that ``seconds`` begin with, 0 unless the epoch was taken up in its midst.
    """

    event: Event
    epoch: int
    nbatch: int
    metric: metrics.EvalMetric
    values: Sequence[tuple[str, float]] = ()
    seconds: float = 0.0
    waited: float = 0.0
    batch: Any = None
    first: int = 0

    @property
    def batches_a_second(self) -> float:
        """How fast it is; 0 before anything was measured."""
        # nbatch is a batch's number, and at the end of all their count.
        done = self.nbatch + self.event.endswith("batch") - self.first
        return done / self.seconds if self.seconds else 0.0


def fit(module: Any, train_data: Any, num_epoch: int, begin_epoch: int = 0, eval_metric: Any = "acc",
        eval_data: Any = None, validation_metric: Any = None, monitor: Any = None, begin_batch: int | None = None,
        before_update: Callable[[Any], None] | None = None,
        count_pad: bool = True) -> Iterator[Progress]:  # fmt: skip
    """Train a module that is bound, with parameters and an optimizer; yield after each batch, epoch and evaluation.

    Parameters
    ----------
    train_data, eval_data : iterators with ``reset``; each epoch runs over all of them.
    num_epoch : the epoch to stop before, counted from 0 as ``begin_epoch`` is.
    validation_metric : the metric of ``eval_data``; by default ``eval_metric``.
    begin_batch : take up the first epoch where it was left, at this batch: ``train_data`` yields it next, and the
        metric holds what came before.
    count_pad : whether examples that only fill the last batch of ``eval_data`` count, as they do in MXNet.
    before_update : called with the batch when its outputs and gradients are there and the parameters still unchanged.

    Raises
    ------
    DataError
        If ``train_data`` has no batch.
    """
    validation_metric = eval_metric if validation_metric is None else validation_metric
    train_metric = metrics.create(eval_metric)
    for epoch in range(begin_epoch, num_epoch):
        begin = time.perf_counter()
        first = 0
        if epoch == begin_epoch and begin_batch is not None:
            first = begin_batch
        else:
            train_metric.reset()
        nbatch = first
        batches = iter(train_data)
        batch = next(batches, None)
        waited = time.perf_counter() - begin
        if batch is None and not nbatch:
            raise DataError(f"fit: epoch {epoch} has no batch; give train_data with at least one, and reset it")
        values = train_metric.get_global_name_value() if batch is None else []
        while batch is not None:
            _step(module, batch, train_metric, monitor, before_update)
            asked = time.perf_counter()
            following = next(batches, None)
            now = time.perf_counter()
            waited += now - asked
            if following is not None:
                module.prepare(following)
            values = train_metric.get_global_name_value() if following is None else values
            yield Progress("batch", epoch, nbatch, train_metric, (), now - begin, waited, batch, first)
            batch, nbatch = following, nbatch + 1
        yield Progress("epoch", epoch, nbatch, train_metric, values, time.perf_counter() - begin, waited, first=first)
        if eval_data is not None:
            yield from evaluate(module, eval_data, validation_metric, epoch=epoch, count_pad=count_pad)
        train_data.reset()


def _step(module: Any, batch: Any, train_metric: metrics.EvalMetric, monitor: Any,
          before_update: Callable[[Any], None] | None) -> None:  # fmt: skip
    if monitor is not None:
        monitor.tic()
    module.forward_backward(batch)
    if before_update is not None:
        before_update(batch)
    module.update()
    module.update_metric(train_metric, batch.label)
    if monitor is not None:
        monitor.toc_print()


def evaluate(module: Any, eval_data: Any, eval_metric: Any, num_batch: int | None = None, reset: bool = True,
             epoch: int = 0, count_pad: bool = True) -> Iterator[Progress]:  # fmt: skip
    """Compute a metric over data, or its first ``num_batch`` batches; yield after each batch and at the end.

    ``count_pad`` tells whether examples that only fill the last batch count, as they do in MXNet.
    """
    begin = time.perf_counter()
    if reset:
        eval_data.reset()
    metric = metrics.create(eval_metric)
    metric.reset()
    count = 0
    for nbatch, batch in enumerate(islice(eval_data, num_batch)):
        module.prepare(batch)
        module.forward(batch, is_train=False)
        if batch.pad and not count_pad:
            kept = len(batch.data[0]) - batch.pad
            labels = dict(zip(module.label_names, batch.label or (), strict=False))
            outputs = dict(zip(module.output_names, module.get_outputs(), strict=True))
            metric.update_dict(*({name: one[:kept] for name, one in held.items()} for held in (labels, outputs)))
        else:
            module.update_metric(metric, batch.label)
        count += 1
        yield Progress("evaluation batch", epoch, nbatch, metric, batch=batch)
    yield Progress("evaluation", epoch, count, metric, metric.get_name_value(), time.perf_counter() - begin)
