"""Schedules of a job: lengths in epochs become numbers of updates."""

from itertools import pairwise
from typing import Any

from symcli.errors import ParamError
from symcli.job.kinds import IN_EPOCHS, Pick
from symcli.train.lr_scheduler import LRScheduler

__all__ = ["make_schedule"]


def make_schedule(pick: Pick, learning_rate: float, epochs: int, updates_per_epoch: int) -> LRScheduler:
    """Return the schedule of a run of ``epochs`` epochs; it starts from ``learning_rate`` unless it says otherwise.

    Raises
    ------
    ParamError
        If its lengths contradict each other or the run's.
    """
    given: dict[str, Any] = {"base_lr": learning_rate, **pick.values}
    known = pick.kinds.params(pick.kind)
    for updates, in_epochs in IN_EPOCHS.items():
        if updates not in known:
            continue
        length = given.pop(in_epochs, None)
        if length is None:
            continue
        if given.get(updates) is not None:
            raise ParamError(f"{in_epochs}={_shown(length)} stands beside {updates}={_shown(given[updates])}; give one")
        if isinstance(length, tuple) and any(b <= a for a, b in pairwise(length)):
            raise ParamError(f"{in_epochs}={_shown(length)} does not rise; sort it and drop repeats")
        given[updates] = _updates(length, updates_per_epoch)
    if "max_update" in known and given.get("max_update") is None:
        given["max_update"] = epochs * updates_per_epoch
    if "step" in known and given.get("step") is None:
        raise ParamError("step_epochs is missing; give it, or step, after which the learning rate changes")
    last, first = given.get("max_update"), given.get("warmup_steps") or 0
    if last is not None and first >= last:
        name, unit = ("warmup_epochs", updates_per_epoch) if pick.values.get("warmup_epochs") else ("warmup_steps", 1)
        raise ParamError(
            f"{name}={_shown(first / unit)} of {_shown(last / unit)} leaves nothing after warm-up; give less"
        )
    return pick.kinds.classes[pick.kind](**{name: value for name, value in given.items() if value is not None})


def _updates(length: Any, updates_per_epoch: int) -> Any:
    if isinstance(length, tuple):
        return tuple(_updates(one, updates_per_epoch) for one in length)
    return max(1, round(length * updates_per_epoch)) if length else 0


def _shown(value: Any) -> str:
    return f"[{', '.join(map(_shown, value))}]" if isinstance(value, tuple) else f"{value:.10g}"
