"""What training has become besides the parameters, as plain data and arrays: what a resume needs.

Numbers go through JSON, which keeps every bit of a float. Nothing is pickled: such a file runs no code.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from symcli.errors import DataError
from symcli.ndarray import NDArray
from symcli.train.metric import CompositeEvalMetric, EvalMetric
from symcli.train.optimizer import Updater

__all__ = ["metric_state", "restore_metric", "restore_updater", "updater_state"]


def updater_state(updater: Updater) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """Return an updater's numbers and the arrays that it keeps of the parameters, by name."""
    optimizer = updater.optimizer
    arrays: dict[str, NDArray] = {}

    def plain(kept: Any) -> Any:
        if kept is None:
            return None
        if isinstance(kept, NDArray):
            name = f"optimizer:{len(arrays)}"
            arrays[name] = kept
            return name
        return [plain(part) for part in kept]

    return {
        "optimizer": _numbers(optimizer),
        "schedule": _numbers(optimizer.lr_scheduler) if optimizer.lr_scheduler is not None else {},
        "counts": [[device, sorted(counts.items())] for device, counts in optimizer._all_index_update_counts.items()],
        "kept": [[index, plain(kept)] for index, kept in sorted(updater.states.items())],
    }, arrays


def restore_updater(updater: Updater, found: dict[str, Any], arrays: dict[str, NDArray]) -> None:
    """Bring an updater to where ``updater_state`` was taken.

    Raises
    ------
    DataError
        If the state is that of another optimizer.
    """

    def kept(tree: Any) -> Any:
        if isinstance(tree, str):
            return arrays[tree]
        return tree if tree is None else tuple(kept(part) for part in tree)

    optimizer = updater.optimizer
    for what, own, numbers in (("optimizer", optimizer, found["optimizer"]),
                               ("lr_scheduler", optimizer.lr_scheduler, found["schedule"])):  # fmt: skip
        if (own is not None or numbers) and set(numbers) != set(_numbers(own)):
            raise DataError(f"the state is not that of this {what}, {type(own).__name__}; a resumed run keeps its own")
        for name, value in numbers.items():
            counts = type(getattr(own, name)) is int and value is not None and value.is_integer()
            setattr(own, name, int(value) if counts else value)
    known = {device: dict(pairs) for device, pairs in found["counts"]}
    optimizer._all_index_update_counts.update(known)
    optimizer._index_update_count = optimizer._all_index_update_counts[0]
    updater.states = {index: kept(tree) for index, tree in found["kept"]}


def metric_state(metric: EvalMetric) -> list[dict[str, Any]]:
    """Return the sums of a metric and its parts."""
    return [_sums(one) for one in _parts(metric)]


def restore_metric(metric: EvalMetric, found: list[dict[str, Any]]) -> None:
    """Bring a metric to where ``metric_state`` was taken."""
    for one, sums in zip(_parts(metric), found, strict=True):
        for name, value in sums.items():
            setattr(one, name, np.array(value) if isinstance(value, list) else value)


def _parts(metric: EvalMetric) -> Iterator[EvalMetric]:
    yield metric
    for one in metric.metrics if isinstance(metric, CompositeEvalMetric) else ():
        yield from _parts(one)


def _numbers(held: Any) -> dict[str, Any]:
    """Return the attributes of an object that are numbers, or none yet; all as floats, so that 0 and 0.0 are one."""
    return {name: value if value is None or isinstance(value, bool) else float(value)
            for name, value in sorted(vars(held).items()) if isinstance(value, int | float | None)}  # fmt: skip


def _sums(metric: EvalMetric) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in sorted(vars(metric).items()):
        if isinstance(value, np.ndarray | np.generic):
            found[name] = value.tolist()
        elif isinstance(value, int | float):
            found[name] = value
    return found
