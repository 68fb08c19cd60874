"""Descent for large batches, which are put together of several small ones."""

import math
from typing import Any

import numpy as np

from symcli import kernels
from symcli.ndarray import NDArray
from symcli.params import param
from symcli.train.optimizer.base import like, register, run
from symcli.train.optimizer.descent import SGD

__all__ = ["LBSGD"]


@register
class LBSGD(SGD):
    """SGD on the mean of ``batch_scale`` gradients, its learning rate growing with the batch after a warm-up.

    Between those updates a weight only waits. ``warmup_strategy`` says how the factor of the rate grows from 1 to
    batch_scale over the first ``warmup_epochs``: ``linear``, ``power2``, ``sqrt``; ``lars`` scales it for each layer by
    the weight's and gradient's norms in place of that. You et al., 2017; Goyal et al., 2017.
    """

    warmup_strategy: str = param("linear", choices=("linear", "power2", "sqrt", "lars"), doc="how the rate grows")
    warmup_epochs: int = param(5, ge=0, doc="epochs until the rate has grown")
    batch_scale: int = param(1, ge=1, doc="the number of batches that make a large one")
    updates_per_epoch: int = param(32, ge=1, doc="batches of an epoch")
    begin_epoch: int = param(0, ge=0, doc="the epoch that training begins with")
    num_epochs: int = param(60, ge=0, doc="accepted for MXNet's programs, without effect: epochs in all")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._sums: dict[Any, tuple[NDArray, int]] = {}  # index -> sum of gradients, how many batches so far

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: NDArray | None) -> None:
        lr = self._get_lr(index)  # the rate of the update before, as in MXNet
        _, *numbers = self._numbers(index)
        if index not in self._sums:
            self._sums[index] = like(grad, 1)[0], self.begin_epoch * self.updates_per_epoch
        total, seen = self._sums[index]
        total += grad
        self._sums[index] = total, seen + 1
        if (seen + 1) % self.batch_scale:
            return
        mean = total / self.batch_scale
        if self.warmup_strategy == "lars":
            lr *= self._of_layer(weight, mean, numbers[0])
        else:
            lr *= self._warm(seen + 1)
        if state is None:
            run(kernels.update.sgd, mean, (lr, *numbers), (), weight)
        else:
            run(kernels.update.sgd_momentum, mean, (lr, *numbers, self.momentum), (state,), weight)
        total[:] = 0

    def _warm(self, seen: int) -> float:
        """Return the factor of the rate after a number of batches."""
        needed = self.warmup_epochs * self.updates_per_epoch
        if seen >= needed:
            return float(self.batch_scale)
        part = seen / needed
        grown = {"linear": part, "power2": part * part, "sqrt": math.sqrt(part)}[self.warmup_strategy]
        return 1.0 if needed <= 1 else 1.0 + (self.batch_scale - 1) * grown

    def _of_layer(self, weight: NDArray, grad: NDArray, decay: float) -> float:
        w, g = (float(np.square(one.asnumpy(), dtype="float32").sum()) for one in (weight, grad))
        return min(max(math.sqrt(w / (g + decay * w + 1e-18)), 0.01), 100.0)
