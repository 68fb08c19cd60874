"""Learning rates that change with the number of updates (``python/mxnet/lr_scheduler.py``)."""

import logging
from math import cos, pi
from typing import Any

from symcli.errors import ParamError
from symcli.params import param
from symcli.train.registry import Declared, get_create_func, get_register_func

__all__ = ["CosineScheduler", "FactorScheduler", "LRScheduler", "MultiFactorScheduler", "PolyScheduler"]


class LRScheduler(Declared):
    """A function from the number of updates to the learning rate.

    Warm-up covers the updates before ``warmup_steps``: ``linear`` rises from ``warmup_begin_lr`` to
    ``base_lr`` in equal steps, ``constant`` stays at ``warmup_begin_lr``.
    """

    base_lr: float = param(0.01, doc="the learning rate from which the schedule starts")
    warmup_steps: int = param(0, ge=0, doc="number of updates before the schedule starts")
    warmup_begin_lr: float = param(0, doc="the learning rate from which warm-up starts")
    warmup_mode: str = param("linear", choices=("linear", "constant"), doc="how warm-up proceeds")

    def __post_init__(self) -> None:
        self.warmup_final_lr = self.base_lr
        if self.warmup_begin_lr > self.warmup_final_lr:
            raise ParamError(f"{self._what}: warmup_begin_lr={self.warmup_begin_lr} is above base_lr={self.base_lr}; "
                             "warm-up needs to rise")  # fmt: skip
        if self.warmup_steps < 0:
            raise ParamError(f"{self._what}: warmup_steps={self.warmup_steps} is negative; give 0 or more")
        if self.warmup_mode not in ("linear", "constant"):
            raise ParamError(f"{self._what}: warmup_mode={self.warmup_mode!r} is not known; give linear or constant")

    @property
    def _what(self) -> str:
        return type(self).__name__

    def get_warmup_lr(self, num_update: int) -> float:
        """Return the learning rate of an update before ``warmup_steps``."""
        if self.warmup_mode == "constant":
            return self.warmup_begin_lr
        rise = self.warmup_final_lr - self.warmup_begin_lr
        return self.warmup_begin_lr + rise * num_update / self.warmup_steps

    def __call__(self, num_update: int) -> float:
        """Return the learning rate when the most updated weight has had ``num_update`` updates."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        return self._after_warmup(num_update)

    def _after_warmup(self, num_update: int) -> float:
        raise NotImplementedError(f"{self._what} does not say how its learning rate changes: define __call__")

    def _check_factor(self, steps: Any, factor: float) -> None:
        if any(step < 1 for step in steps):
            raise ParamError(f"{self._what}: step={min(steps)} is too small; a step is 1 update or more")
        if factor > 1.0:
            raise ParamError(f"{self._what}: factor={factor} would raise the learning rate; give 1 or less")


class FactorScheduler(LRScheduler):
    """Multiply the learning rate by ``factor`` after every ``step`` updates, down to ``stop_factor_lr``."""

    step: int = param(ge=1, doc="number of updates between changes")
    factor: float = param(1, le=1, doc="what the learning rate is multiplied by")
    stop_factor_lr: float = param(1e-8, ge=0, doc="the learning rate below which it does not fall")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_factor([self.step], self.factor)
        self.count = 0

    def _after_warmup(self, num_update: int) -> float:
        while num_update > self.count + self.step:  # several steps at once where training resumes
            self.count += self.step
            self.base_lr = max(self.base_lr * self.factor, self.stop_factor_lr)
            logging.info("Update[%d]: Change learning rate to %0.5e", num_update, self.base_lr)
        return self.base_lr


class MultiFactorScheduler(LRScheduler):
    """Multiply the learning rate by ``factor`` after each of the update numbers in ``step``."""

    step: tuple[int, ...] = param(ge=1, doc="the update numbers after which the learning rate changes, rising")
    factor: float = param(1, le=1, doc="what the learning rate is multiplied by")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.step, list | tuple) or not self.step:
            raise ParamError(f"{self._what}: step={self.step!r} lists no updates; give one or more, as [100, 200]")
        if any(after <= before for before, after in zip(self.step, self.step[1:], strict=False)):
            raise ParamError(f"{self._what}: step={list(self.step)} does not rise; sort it and drop repeats")
        self._check_factor(self.step, self.factor)
        self.cur_step_ind = self.count = 0

    def _after_warmup(self, num_update: int) -> float:
        while self.cur_step_ind < len(self.step) and num_update > self.step[self.cur_step_ind]:
            self.count = self.step[self.cur_step_ind]
            self.cur_step_ind += 1
            self.base_lr *= self.factor
            logging.info("Update[%d]: Change learning rate to %0.5e", num_update, self.base_lr)
        return self.base_lr


class _Decay(LRScheduler):
    """From ``base_lr`` to ``final_lr`` by the share of updates done, then constant."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.max_update, int) or self.max_update < 1:
            raise ParamError(f"{self._what}: max_update={self.max_update!r} is no number of updates; give 1 or more")
        self.base_lr_orig = self.base_lr
        self.max_steps = self.max_update - self.warmup_steps

    def _after_warmup(self, num_update: int) -> float:
        if num_update <= self.max_update:
            share = (num_update - self.warmup_steps) / self.max_steps
            self.base_lr = self.final_lr + (self.base_lr_orig - self.final_lr) * self._remaining(share)
        return self.base_lr

    max_update: int
    final_lr: float

    def _remaining(self, share: float) -> float:
        raise NotImplementedError(f"{type(self).__name__} does not say how its rate decays: define _remaining")


class PolyScheduler(_Decay):
    """``final_lr + (base_lr - final_lr) * (1 - share) ^ pwr``, share the part of the updates done."""

    max_update: int = param(ge=1, doc="the update at which final_lr is reached")
    base_lr: float = param(0.01, doc="the learning rate from which the schedule starts")
    pwr: float = param(2, doc="the power of the decay")
    final_lr: float = param(0, doc="the learning rate at the end")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.power = self.pwr

    def _remaining(self, share: float) -> float:
        return (1 - share) ** self.power


class CosineScheduler(_Decay):
    """``final_lr + (base_lr - final_lr) * (1 + cos(pi * share)) / 2``, share the part of the updates done."""

    max_update: int = param(ge=1, doc="the update at which final_lr is reached")
    base_lr: float = param(0.01, doc="the learning rate from which the schedule starts")
    final_lr: float = param(0, doc="the learning rate at the end")

    def _remaining(self, share: float) -> float:
        return (1 + cos(pi * share)) / 2


register = get_register_func(LRScheduler, "learning rate schedule")
create = get_create_func(LRScheduler, "learning rate schedule")
for _class in (FactorScheduler, MultiFactorScheduler, PolyScheduler, CosineScheduler):
    register(_class)
