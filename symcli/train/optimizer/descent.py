"""Gradient descent: plain, with momentum, by sign, scaled by layer."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from symcli import kernels
from symcli.ndarray import NDArray, random
from symcli.params import param
from symcli.train.optimizer.base import Call, Numbers, Optimizer, like, register, run

__all__ = ["DCASGD", "LARS", "NAG", "SGD", "SGLD", "Signum", "Test", "ccSGD"]

MOMENTUM = "what part of the last step is kept"
LAZY = "accepted for MXNet's programs; it concerns sparse gradients only"


@register
class SGD(Optimizer):
    """Stochastic gradient descent: ``m = momentum * m - lr * (g + wd * w); w += m``.

    g is the gradient, rescaled and then bounded.
    """

    momentum: float = param(0.0, ge=0, doc=MOMENTUM)
    lazy_update: bool = param(True, doc=LAZY)

    def create_state(self, index: Any, weight: NDArray) -> NDArray | None:
        return like(weight, 1)[0] if self.momentum else None

    def _kernel_call(self, numbers: Numbers, index: Any, weight: NDArray, grad: NDArray, state: NDArray | None) -> Call:
        if state is None:
            return kernels.update.sgd, numbers, (grad, weight)
        return kernels.update.sgd_momentum, (*numbers, self.momentum), (grad, state, weight)


@register
class ccSGD(SGD):
    """The same as SGD; an old name."""


@register
class NAG(Optimizer):
    """Nesterov's accelerated gradient: ``d = lr * (g + wd * w); m = momentum * m - d; w += momentum * m - d``.

    g is the gradient, rescaled and then bounded. As in MXNet the m that is kept decays by the new w.
    """

    momentum: float = param(0.0, ge=0, doc=MOMENTUM)

    def create_state(self, index: Any, weight: NDArray) -> NDArray | None:
        return like(weight, 1)[0] if self.momentum else None

    def _kernel_call(self, numbers: Numbers, index: Any, weight: NDArray, grad: NDArray, state: NDArray | None) -> Call:
        if state is None:
            return kernels.update.sgd, numbers, (grad, weight)
        return kernels.update.nag, (*numbers, self.momentum), (grad, state, weight)


@register
class Signum(Optimizer):
    """Steps of one size, by the sign of the momentum: ``w = (1 - lr * wd_lh) * w + lr * sign(m)``.

    ``m = momentum * m - (1 - momentum) * (g + wd * w)``; without momentum ``w = (1 - lr * wd) * w - lr * sign(g)``.
    Bernstein et al., signSGD, 2018.
    """

    learning_rate: float = param(0.01, ge=0, doc="the learning rate")
    momentum: float = param(0.9, ge=0, doc="what part of the running mean is kept")
    wd_lh: float = param(0.0, ge=0, doc="weight decay apart from the gradient")

    def create_state(self, index: Any, weight: NDArray) -> NDArray | None:
        return like(weight, 1)[0] if self.momentum else None

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: NDArray | None) -> None:
        numbers = self._numbers(index)
        if state is None:
            run(kernels.update.sign_sgd, grad, numbers[:2], (), weight)
        else:
            run(kernels.update.sign_momentum, grad, (*numbers, self.momentum, self.wd_lh), (state,), weight)


@register
class DCASGD(Optimizer):
    """Descent that makes up for stale gradients: ``m = momentum * m - lr * (g + wd * w + lamda * g^2 * (w - before))``.

    ``w += m``; ``before`` is the weight at the last update. Zheng et al., 2016.
    """

    momentum: float = param(0.0, ge=0, doc=MOMENTUM)
    lamda: float = param(0.04, ge=0, doc="weight of the correction")

    def create_state(self, index: Any, weight: NDArray) -> tuple[NDArray, NDArray]:
        step, before = like(weight, 2)
        before[:] = weight
        return step, before

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: tuple[NDArray, NDArray]) -> None:
        run(kernels.update.dcasgd, grad, (*self._numbers(index), self.momentum, self.lamda), state, weight)


@register
class LARS(Optimizer):
    """SGD whose learning rate is scaled for each layer by ``eta * |w| / (|g| + wd * |w| + eps)``.

    Biases, gammas and betas keep the plain rate. As in MXNet the momentum is corrected call by call: where a list of
    weights is updated, a new learning rate corrects that of the first ``aggregate_num`` weights of a type alone.
    You et al., Large batch training of convolutional networks, 2017.
    """

    _decaying = ("_weight",)

    momentum: float = param(0.0, ge=0, doc=MOMENTUM)
    lazy_update: bool = param(True, doc=LAZY)
    eta: float = param(0.001, gt=0, doc="the scale of the layers' rates")
    eps: float = param(0.0, ge=0, doc="added to the divisor")
    momentum_correction: bool = param(True, doc="rescale the momentum when the learning rate changes")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.aggregate_num = 4
        self.last_lr: float | None = None
        self.cur_lr: float | None = None

    def create_state(self, index: Any, weight: NDArray) -> NDArray | None:
        return like(weight, 1)[0] if self.momentum else None

    def _kernel_call(self, numbers: Numbers, index: Any, weight: NDArray, grad: NDArray, state: NDArray | None) -> Call:
        lr, wd, *others = numbers
        scaled = (self._layer_rate(index, weight, grad, lr, wd), wd, *others)
        if state is None:
            return kernels.update.sgd, scaled, (grad, weight)
        return kernels.update.sgd_momentum, (*scaled, self._corrected_momentum()), (grad, state, weight)

    def _layer_rate(self, index: Any, weight: NDArray, grad: NDArray, lr: float, wd: float) -> float:
        if str(self.idx2name.get(index, index)).endswith(("gamma", "beta", "bias")):
            return lr
        w, g = norm(weight), norm(grad) * abs(self.rescale_grad)
        return lr * self.eta * w / (g + wd * w + self.eps) if w > 0 and g > 0 else lr

    def _numbers(self, index: Any) -> Numbers:
        numbers = super()._numbers(index)
        self._begin_call()
        return numbers

    def _numbers_of_each(self, indices: Sequence[Any]) -> Iterator[Numbers]:
        for at, numbers in enumerate(super()._numbers_of_each(indices)):
            if at % self.aggregate_num == 0:
                self._begin_call()
            yield numbers

    def _begin_call(self) -> None:
        now = self.learning_rate
        self.last_lr = now if self.cur_lr is None else self.cur_lr
        self.cur_lr = now

    def _corrected_momentum(self) -> float:
        if not self.momentum_correction or not self.last_lr:
            return self.momentum
        return self.momentum * (self.cur_lr or 0.0) / self.last_lr


@register
class SGLD(Optimizer):
    """Langevin dynamics: ``w += -lr / 2 * (g + wd * w) + N(0, lr)``, to sample from a posterior.

    Patterson and Teh, 2013.
    """

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: None) -> None:
        lr, *others = self._numbers(index)
        run(kernels.update.sgd, grad, (lr / 2, *others), (), weight)
        weight[:] = weight + random.normal(0, math.sqrt(lr), weight.shape, weight.dtype)


@register
class Test(Optimizer):
    """Add the rescaled gradient to the weight, and keep a copy of the weight; for tests."""

    __test__ = False  # no test case, though its name begins like one

    def create_state(self, index: Any, weight: NDArray) -> NDArray:
        return like(weight, 1)[0]

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: NDArray) -> None:
        run(kernels.update.sgd, grad, (-1.0, 0.0, self.rescale_grad, math.inf), (), weight)
        state[:] = weight


def norm(array: NDArray) -> float:
    """Return the 2-norm of all entries."""
    flat = array._data.reshape(-1)
    return float(np.linalg.norm(flat.astype(np.float32) if flat.dtype == np.float16 else flat))
