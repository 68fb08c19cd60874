"""Optimizers that scale each entry's step by a history of its gradients."""

import math
from typing import Any

import numpy as np

from symcli import kernels
from symcli.errors import MXNetError, ShapeError
from symcli.ndarray import NDArray, zeros
from symcli.params import param
from symcli.train.optimizer.base import Call, Numbers, Optimizer, like, register, run
from symcli.train.optimizer.descent import LAZY, norm

__all__ = ["FTML", "LAMB", "AdaDelta", "AdaGrad", "Adam", "Adamax", "Ftrl", "GroupAdaGrad", "Nadam", "RMSProp"]

BETA1 = "decay of the running mean of gradients"
BETA2 = "decay of the running mean of squared gradients"
EPSILON = "added to the divisor"
RATE = "the learning rate; it replaces a schedule's base_lr"


@register
class Adam(Optimizer):
    """Steps by the running means m of g and v of g^2: ``w -= lr * c * m / (sqrt(v) + epsilon)``.

    g is the rescaled gradient plus ``wd * w``, bounded; ``c = sqrt(1 - beta2^t) / (1 - beta1^t)``, t counts the
    updates. Kingma and Ba, 2014.
    """

    learning_rate: float = param(0.001, ge=0, doc=RATE)
    beta1: float = param(0.9, ge=0, lt=1, doc=BETA1)
    beta2: float = param(0.999, ge=0, lt=1, doc=BETA2)
    epsilon: float = param(1e-8, ge=0, doc=EPSILON)
    lazy_update: bool = param(True, doc=LAZY)

    def create_state(self, index: Any, weight: NDArray) -> tuple[NDArray, ...]:
        return like(weight, 2)

    def _kernel_call(
        self, numbers: Numbers, index: Any, weight: NDArray, grad: NDArray, state: tuple[NDArray, ...]
    ) -> Call:
        lr, *others = numbers
        t = self._index_update_count[index]
        lr *= math.sqrt(1.0 - self.beta2**t) / (1.0 - self.beta1**t)
        return kernels.update.adam, (lr, *others, self.beta1, self.beta2, self.epsilon), (grad, *state, weight)


@register
class Adamax(Optimizer):
    """Adam by the largest gradient in place of the mean square: ``w -= lr / (1 - beta1^t) * m / u``.

    m is the running mean of g, ``u = max(beta2 * u, |g|)``; g and t as in Adam. Kingma and Ba, 2014, section 7.
    """

    learning_rate: float = param(0.002, ge=0, doc=RATE)
    beta1: float = param(0.9, ge=0, lt=1, doc=BETA1)
    beta2: float = param(0.999, ge=0, lt=1, doc="decay of the largest gradient")

    def create_state(self, index: Any, weight: NDArray) -> tuple[NDArray, ...]:
        return like(weight, 2)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: tuple[NDArray, ...]) -> None:
        lr, *others = self._numbers(index)
        lr /= 1.0 - self.beta1 ** self._index_update_count[index]
        run(kernels.update.adamax, grad, (lr, *others, self.beta1, self.beta2), state, weight)


@register
class Nadam(Optimizer):
    """Adam with Nesterov's momentum, which grows by ``1 - 0.96^(t * schedule_decay) / 2``. Dozat, 2015.

    As in MXNet the product of momenta is kept for all parameters together.
    """

    learning_rate: float = param(0.001, ge=0, doc=RATE)
    beta1: float = param(0.9, ge=0, lt=1, doc=BETA1)
    beta2: float = param(0.999, ge=0, lt=1, doc=BETA2)
    epsilon: float = param(1e-8, ge=0, doc=EPSILON)
    schedule_decay: float = param(0.004, ge=0, doc="how fast the momentum grows")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.m_schedule = 1.0

    def create_state(self, index: Any, weight: NDArray) -> tuple[NDArray, ...]:
        return like(weight, 2)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: tuple[NDArray, ...]) -> None:
        numbers = self._numbers(index)
        t = self._index_update_count[index]
        momentum, following = (self.beta1 * (1.0 - 0.5 * 0.96 ** (s * self.schedule_decay)) for s in (t, t + 1))
        self.m_schedule *= momentum
        by_g = (1.0 - momentum) / (1.0 - self.m_schedule)
        by_m = following / (1.0 - self.m_schedule * following)
        by_v = 1.0 / (1.0 - self.beta2**t)
        more = (self.beta1, self.beta2, self.epsilon, by_g, by_m, by_v)
        run(kernels.update.nadam, grad, (*numbers, *more), state, weight)


@register
class RMSProp(Optimizer):
    """Steps by the running mean n of g^2: ``w -= lr * g / sqrt(n + epsilon)``.

    g as in Adam. ``centered`` takes the square of g's running mean off n and adds momentum ``gamma2``.
    Tieleman and Hinton, 2012; Graves, 2013, (38) to (45).
    """

    learning_rate: float = param(0.001, ge=0, doc=RATE)
    gamma1: float = param(0.9, ge=0, le=1, doc=BETA2)
    gamma2: float = param(0.9, ge=0, doc="momentum, with centered only")
    epsilon: float = param(1e-8, ge=0, doc=EPSILON)
    centered: bool = param(False, doc="take the squared mean off the mean square")
    clip_weights: float | None = param(None, ge=0, doc="bound of the magnitude of weights; None for none")

    def create_state(self, index: Any, weight: NDArray) -> tuple[NDArray, ...]:
        return like(weight, 3 if self.centered else 1)

    def _kernel_call(
        self, numbers: Numbers, index: Any, weight: NDArray, grad: NDArray, state: tuple[NDArray, ...]
    ) -> Call:
        bound, arrays = self.clip_weights or math.inf, (grad, *state, weight)
        if self.centered:
            more = (self.gamma1, self.gamma2, self.epsilon, bound)
            return kernels.update.rmsprop_centered, (*numbers, *more), arrays
        return kernels.update.rmsprop, (*numbers, self.gamma1, self.epsilon, bound), arrays


@register
class AdaGrad(Optimizer):
    """Steps by the sum n of g^2: ``w -= lr * (g / sqrt(n + eps) + wd * w)``.

    g is the gradient, rescaled and bounded. Duchi et al., 2011.
    """

    eps: float = param(1e-7, ge=0, doc=EPSILON)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.float_stable_eps = self.eps

    def create_state(self, index: Any, weight: NDArray) -> NDArray:
        return like(weight, 1)[0]

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: NDArray) -> None:
        run(kernels.update.adagrad, grad, (*self._numbers(index), self.float_stable_eps), (state,), weight)


@register
class AdaDelta(Optimizer):
    """Steps without a learning rate, by the running means of g^2 and of squared steps.

    ``s = g * sqrt(mean of s^2 + epsilon) / sqrt(mean of g^2 + epsilon); w -= s + wd * w``. Zeiler, 2012.
    """

    rho: float = param(0.90, ge=0, lt=1, doc="decay of both running means")
    epsilon: float = param(1e-5, ge=0, doc="added to both means")

    def create_state(self, index: Any, weight: NDArray) -> tuple[NDArray, ...]:
        return like(weight, 2)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: tuple[NDArray, ...]) -> None:
        _, *numbers = self._numbers(index)
        run(kernels.update.adadelta, grad, (*numbers, self.rho, self.epsilon), state, weight)


@register
class Ftrl(Optimizer):
    """Follow the regularised leader: weights stay 0 until their gradients add up to more than ``lamda1``.

    ``w = (sign(z) * lamda1 - z) / ((beta + sqrt(n)) / lr + wd)`` where ``|z| > lamda1``, else 0; n is the sum of g^2,
    z that of ``g - change of sqrt(n) * w / lr``. McMahan et al., Ad click prediction, 2013.
    """

    lamda1: float = param(0.01, ge=0, doc="the L1 penalty")
    learning_rate: float = param(0.1, gt=0, doc=RATE)
    beta: float = param(1.0, ge=0, doc="added to the root of the sum of squares")

    def __post_init__(self) -> None:
        rate, self.lr = self.lr, None  # here a schedule keeps its own base_lr, as in MXNet
        super().__post_init__()
        self.lr = rate

    def create_state(self, index: Any, weight: NDArray) -> tuple[NDArray, ...]:
        return like(weight, 2)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: tuple[NDArray, ...]) -> None:
        run(kernels.update.ftrl, grad, (*self._numbers(index), self.lamda1, self.beta), state, weight)


@register
class FTML(Optimizer):
    """Follow the moving leader: ``w = -z / d``, with ``d = (1 - beta1^t) / lr * (sqrt(v / (1 - beta2^t)) + epsilon)``.

    v is the running mean of g^2, z that of ``g - change of d * w``; g as in Adam. Zheng and Kwok, 2017.
    """

    beta1: float = param(0.6, ge=0, lt=1, doc=BETA1)
    beta2: float = param(0.999, ge=0, lt=1, doc=BETA2)
    epsilon: float = param(1e-8, ge=0, doc=EPSILON)

    def create_state(self, index: Any, weight: NDArray) -> tuple[NDArray, ...]:
        return like(weight, 3)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: tuple[NDArray, ...]) -> None:
        lr, *numbers = self._numbers(index)
        if not lr:  # the end of a schedule; the formula has no value there, its limit is no step
            return
        t = self._index_update_count[index]
        by_lr, by_v = (1.0 - self.beta1**t) / lr, 1.0 / (1.0 - self.beta2**t)
        run(kernels.update.ftml, grad, (*numbers, self.beta1, self.beta2, self.epsilon, by_lr, by_v), state, weight)


@register
class LAMB(Optimizer):
    """Adam's direction, scaled for each layer: ``w -= lr * |w| / |r| * r``, ``r = m / (sqrt(v) + epsilon) + wd * w``.

    You et al., Large batch optimization for deep learning, 2019.
    """

    learning_rate: float = param(0.001, ge=0, doc=RATE)
    beta1: float = param(0.9, ge=0, lt=1, doc=BETA1)
    beta2: float = param(0.999, ge=0, lt=1, doc=BETA2)
    epsilon: float = param(1e-6, ge=0, doc=EPSILON)
    lower_bound: float | None = param(None, ge=0, doc="least norm of the weight that is taken; None for none")
    upper_bound: float | None = param(None, ge=0, doc="largest norm of the weight that is taken; None for none")
    bias_correction: bool = param(True, doc="correct the running means for their start at 0")

    def create_state(self, index: Any, weight: NDArray) -> tuple[NDArray, ...]:
        return like(weight, 2)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: tuple[NDArray, ...]) -> None:
        lr, *numbers = self._numbers(index)
        t = self._index_update_count[index]
        by_m, by_v = 1.0, 1.0
        if self.bias_correction:
            by_m, by_v = 1.0 / (1.0 - self.beta1**t), 1.0 / (1.0 - self.beta2**t)
        before, direction = like(weight, 2)
        before[:] = weight
        more = (self.beta1, self.beta2, self.epsilon, by_m, by_v)
        run(kernels.update.lamb_direction, grad, (*numbers, *more), (before, *state), direction)
        length, along = norm(weight), norm(direction)
        length = max(length, self.lower_bound or 0.0)
        length = min(length, self.upper_bound or math.inf)
        scale = length / along if length and along else 1.0
        run(kernels.update.sgd, direction, (lr * scale, 0.0, 1.0, np.inf), (), weight)


@register
class GroupAdaGrad(Optimizer):
    """AdaGrad with one running sum for each row: ``n += mean of g^2; w -= lr * g / sqrt(n + eps)``; no weight decay.

    For weights of two axes, as tables of embeddings. g is the gradient, rescaled and then bounded. Duchi et al., 2011.
    """

    eps: float = param(1e-5, ge=0, doc="added to the sum")

    def create_state(self, index: Any, weight: NDArray) -> NDArray:
        if len(weight.shape) != 2:
            raise ShapeError(f"GroupAdaGrad: the weight {index!r} is {weight.shape}; needs two axes")
        return zeros((weight.shape[0], 1), weight.context, weight.dtype)

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: NDArray) -> None:
        lr, wd, *numbers = self._numbers(index)
        if wd:
            raise MXNetError(f"GroupAdaGrad: the weight {index!r} has a decay of {wd:g}; it knows none: set wd=0")
        kernels.update.group_adagrad(grad._data, lr, *numbers, self.eps, state._data.reshape(-1), weight._data)
        for array in (state, weight):
            array._buffer.version += 1
