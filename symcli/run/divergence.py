"""Where training went astray: the first node whose output is not finite, and the examples that led there."""

from collections.abc import Sequence

import numpy as np

from symcli.data import DataBatch
from symcli.data.formats import Examples
from symcli.errors import DivergedError
from symcli.executor.executor import Executor
from symcli.executor.program import Step
from symcli.job.job import Job
from symcli.run.checkpoint import Position
from symcli.shapes import text
from symcli.train.module import Module

__all__ = ["all_finite", "diverged", "diverged_parameter"]

_MOST = 10  # examples that are named

_STOPS = "training stops, and nothing is saved"
# What to try, most promising first.
_TRY = "try a smaller learning rate (it is {rate:g}), clip_gradient in the optimizer, or a warm-up in lr_scheduler"


def all_finite(array: np.ndarray) -> bool:
    """Whether no element is infinite or not a number; the sum tells it at once, unless it overflows."""
    if array.dtype.kind != "f":
        return True
    with np.errstate(all="ignore"):
        return bool(np.isfinite(np.add.reduce(array, None))) or bool(np.isfinite(array).all())


def diverged(job: Job, module: Module, batch: DataBatch, at: Position, examples: Examples) -> DivergedError:
    """Return what is said of a batch whose outputs are not finite; the interpreter computes it once more."""
    found: list[Step] = []

    def observe(step: Step) -> None:
        if not found and not all(map(all_finite, step.out_data)):
            found.append(step)

    group = module._group
    part = slice(0, 0)
    lines: list[str] = []
    for executor, own in zip(group.execs, group.slices, strict=True):
        if not all(all_finite(one._data) for one in executor.outputs):
            lines, part = _variables(executor, module), own
            executor.observe_again(observe)
            break
    rows = np.arange(0)
    if found:
        lines.append(_described(job, found[0]))
        rows = _rows(found[0], part)
    numbers = [] if batch.index is None else batch.index[rows if rows.size else part]
    files = _files([examples.name(int(i)) for i in numbers])
    what = "examples" if 0 < rows.size < part.stop - part.start else "batch"
    rate = module._installed("training").optimizer.learning_rate or 0.0
    return DivergedError(
        f"epoch {at.epoch + 1}, batch {at.batch + 1}: {' or '.join(module.output_names)} is not finite; {_STOPS}\n"
        + "".join(f"  {line}\n" for line in [*lines, f"{what}: {files}"]) + f"  {_TRY.format(rate=rate)}"
    )  # fmt: skip


def diverged_parameter(name: str, array: np.ndarray, epoch: int, rate: float) -> DivergedError:
    """Return what is said of a parameter that an epoch's last update made not finite."""
    return DivergedError(
        f"epoch {epoch}, at its end: {name} is not finite, {_counted(array)}; {_STOPS}\n  {_TRY.format(rate=rate)}"
    )


def _variables(executor: Executor, module: Module) -> list[str]:
    """Return a line for each input and parameter that was not finite before; states the pass itself has changed."""
    inputs = {*module.data_names, *module.label_names}
    return [
        f"{'the input' if name in inputs else 'before: the parameter'} {name}: {_counted(array._data)}"
        for name, array in executor.arg_dict.items() if not all_finite(array._data)
    ][:_MOST]  # fmt: skip


def _described(job: Job, step: Step) -> str:
    origin = job.network.origins.get(step.node)
    where = f", at {origin.place}" if origin is not None else ""
    output = next(one for one in step.out_data if not all_finite(one))
    inputs = "; ".join(f"{name} {text(array.shape)} {_range(array)}"
                       for name, array in zip(step.op.list_arguments(), step.in_data, strict=True))  # fmt: skip
    return f"first: {step.node.name} ({step.op.name}): {_counted(output)}{where}\n    from {inputs}"


def _counted(array: np.ndarray) -> str:
    parts = [(f"{count} {name}") for name, count in (("NaN", int(np.isnan(array).sum())),
                                                     ("infinite", int(np.isinf(array).sum()))) if count]  # fmt: skip
    return f"{' and '.join(parts)} of {array.size:,} elements"


def _range(array: np.ndarray) -> str:
    if array.dtype.kind == "f" and not all_finite(array):
        return f"({_counted(array)})"
    return f"({array.min():.4g} to {array.max():.4g})" if array.size else "(empty)"


def _rows(step: Step, part: slice) -> np.ndarray:
    """Return which examples of the batch are not finite in an output; none if its first axis is not theirs."""
    output = next(one for one in step.out_data if not all_finite(one))
    if not output.ndim or len(output) != part.stop - part.start:
        return np.arange(0)
    return part.start + np.flatnonzero(~np.isfinite(output.reshape(len(output), -1)).all(axis=1))


def _files(names: Sequence[str]) -> str:
    listed = list(dict.fromkeys(names))
    return ", ".join(listed[:_MOST]) + (f" and {len(listed) - _MOST} more" if len(listed) > _MOST else "")
