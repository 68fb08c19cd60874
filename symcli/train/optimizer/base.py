"""The base of all optimizers: learning rates, decays and update counts of each parameter."""

import dataclasses
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np

from symcli.errors import ParamError
from symcli.kernels.kernel import Kernel
from symcli.ndarray import NDArray, zeros
from symcli.params import param
from symcli.train.registry import Declared, get_create_func, get_register_func

__all__ = ["Call", "Numbers", "Optimizer", "create", "register", "run"]

T = TypeVar("T", bound=type)
Numbers = tuple[float, float, float, float]  # learning rate, decay, rescale, bound
Call = tuple[Kernel, tuple[float, ...], tuple[NDArray, ...]]  # kernel, numbers, gradient and states and weight

_SEVERAL = (list, tuple)


class Optimizer(Declared):
    """What all optimizers share. A child defines ``create_state`` and ``update``, and is registered.

    ``update`` of a child counts with ``_update_count(index)`` and asks ``_get_lr(index)`` and
    ``_get_wd(index)`` for the parameter's own learning rate and decay.

    Attributes
    ----------
    lr : the learning rate where there is no schedule.
    num_update : the largest number of updates any parameter has had.
    idx2name : parameter names by index; with it, only names in ``_weight`` and ``_gamma`` decay.
    param_dict : objects with ``lr_mult`` and ``wd_mult``, by index.
    """

    opt_registry: ClassVar[dict[str, type["Optimizer"]]] = {}

    rescale_grad: float = param(1.0, doc="what gradients are multiplied by first, often 1 / batch size")
    param_idx2name: Any = dataclasses.field(default=None)
    wd: float = param(0.0, ge=0, doc="weight decay: what part of the weight is added to its gradient")
    clip_gradient: float | None = param(None, ge=0, doc="bound of the magnitude of gradient entries; None for none")
    learning_rate: float | None = param(None, ge=0, doc="the learning rate; it replaces a schedule's base_lr")
    lr_scheduler: Any = dataclasses.field(default=None)
    sym: Any = dataclasses.field(default=None)
    begin_num_update: int = param(0, ge=0, doc="the number of updates done before")
    multi_precision: bool = param(False, doc="keep float32 copies of float16 weights and update those")
    param_dict: Any = dataclasses.field(default=None)

    lr: float | None

    def __post_init__(self) -> None:
        if self.lr_scheduler is None:
            self.lr = 0.01 if self.lr is None else self.lr
        elif self.lr is not None and self.lr_scheduler.base_lr != self.lr:
            if self.lr_scheduler.base_lr is not None:  # schedules of a program's own may wait for the optimizer's
                logging.warning("%s: learning_rate=%g replaces base_lr=%g of its lr_scheduler", type(self).__name__,
                                self.lr, self.lr_scheduler.base_lr)  # fmt: skip
            self.lr_scheduler.base_lr = self.lr
        if not isinstance(self.param_idx2name, Mapping | None):
            raise ParamError(f"{type(self).__name__}: param_idx2name is a {type(self.param_idx2name).__name__}; "
                             "give a dictionary from index to name")  # fmt: skip
        self.idx2name = dict(self.param_idx2name or {})
        self.sym_info = (self.sym.attr_dict(), self.sym.list_arguments()) if self.sym is not None else ()
        del self.param_idx2name, self.sym
        self.param_dict = self.param_dict or {}
        self.num_update = self.begin_num_update
        self._all_index_update_counts: dict[int, dict[Any, int]] = {0: {}}
        self._index_update_count = self._all_index_update_counts[0]
        self.aggregate_num = 0
        self.set_lr_mult({})
        self.set_wd_mult({})

    @staticmethod
    def register(klass: T) -> T:
        """Register a class of optimizers under its lower-case name."""
        _register(klass)
        Optimizer.opt_registry[klass.__name__.lower()] = klass
        return klass

    @staticmethod
    def create_optimizer(name: str, **kwargs: Any) -> "Optimizer":
        """Return the optimizer of a registered name, upper or lower case.

        Raises
        ------
        ParamError
            If there is none of this name (a ``ValueError`` too).
        TypeError
            If it has no parameter of a name given.
        """
        return _create(name, **kwargs)

    # ---- what a child defines

    def create_state(self, index: Any, weight: NDArray) -> Any:
        """Return what is kept of a weight between updates: arrays of its shape, a tuple of them, or ``None``."""

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Change a weight in place by its gradient; ``index`` says which parameter it is."""
        self._run_call(self._numbers(index), index, weight, grad, state)

    def _run_call(self, numbers: Numbers, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        kernel, given, (grad, *states, weight) = self._kernel_call(numbers, index, weight, grad, state)
        run(kernel, grad, given, states, weight)

    def _kernel_call(self, numbers: Numbers, index: Any, weight: NDArray, grad: NDArray, state: Any) -> Call:
        """Return the kernel call that is all of ``update``; of a class that defines this, calls may be joined."""
        raise NotImplementedError(f"{type(self).__name__} defines no update")

    # ---- float16 weights with float32 copies

    def _keeps_float32(self, weight: NDArray) -> bool:
        return self.multi_precision and weight.dtype == np.float16

    def create_state_multi_precision(self, index: Any, weight: NDArray) -> Any:
        """Return the state; that of a float16 weight under ``multi_precision`` is (float32 copy, its state)."""
        if self._keeps_float32(weight):
            copy = weight.astype("float32")
            return copy, self.create_state(index, copy)
        return self.create_state(index, weight)

    def update_multi_precision(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Update a weight, by way of its float32 copy where there is one."""
        if self._keeps_float32(weight):
            copy, own = state
            self.update(index, copy, grad.astype("float32"), own)
            weight[:] = copy
        else:
            self.update(index, weight, grad, state)

    def _step(self, numbers: Numbers, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Do what ``update_multi_precision`` does where ``update`` is one kernel call, with numbers from before."""
        if self._keeps_float32(weight):
            copy, own = state
            self._run_call(numbers, index, copy, grad.astype("float32"), own)
            weight[:] = copy
        else:
            self._run_call(numbers, index, weight, grad, state)

    # ---- learning rates and decays

    def set_learning_rate(self, lr: float) -> None:
        """Set the learning rate.

        Raises
        ------
        UserWarning
            If a schedule decides it, as in MXNet.
        """
        if self.lr_scheduler is not None:
            raise UserWarning(f"{type(self).__name__}: the learning rate is its lr_scheduler's; set base_lr there")
        self.lr = lr

    def set_lr_mult(self, args_lr_mult: Mapping[Any, float]) -> None:
        """Set what the learning rate of parameters is multiplied by, by name or index."""
        self.lr_mult: dict[Any, float] = self._of_variables("__lr_mult__") | dict(args_lr_mult)

    def set_wd_mult(self, args_wd_mult: Mapping[Any, float]) -> None:
        """Set what the decay of parameters is multiplied by, by name or index."""
        none = {name: 0.0 for name in self.idx2name.values() if not name.endswith(self._decaying)}
        self.wd_mult: dict[Any, float] = none | self._of_variables("__wd_mult__") | dict(args_wd_mult)

    _decaying: ClassVar[tuple[str, ...]] = ("_weight", "_gamma")

    def _of_variables(self, attribute: str) -> dict[Any, float]:
        if not self.sym_info:
            return {}
        attributes, names = self.sym_info
        return {name: float(attributes[name][attribute]) for name in names if attribute in attributes.get(name, {})}

    def _set_current_context(self, device_id: int) -> None:
        """Count the updates of this device's weights from now on."""
        self._index_update_count = self._all_index_update_counts.setdefault(device_id, {})

    def _update_count(self, index: Any) -> None:
        """Count an update of a parameter, or of each in a list."""
        counts = self._index_update_count
        for one in index if isinstance(index, _SEVERAL) else (index,):
            count = counts[one] = counts.get(one, self.begin_num_update) + 1
            if count > self.num_update:
                self.num_update = count

    def _get_lrs(self, indices: Sequence[Any]) -> list[float]:
        rate: float = self.learning_rate  # type: ignore[assignment]
        return [rate * self._multiplier(index, "lr_mult") for index in indices]

    def _get_wds(self, indices: Sequence[Any]) -> list[float]:
        return [self.wd * self._multiplier(index, "wd_mult") for index in indices]

    def _get_lr(self, index: Any) -> float:
        """Return the learning rate of a parameter."""
        return self._get_lrs([index])[0]

    def _get_wd(self, index: Any) -> float:
        """Return the decay of a parameter."""
        return self._get_wds([index])[0]

    def _multiplier(self, index: Any, which: str) -> float:
        if index in self.param_dict:
            return getattr(self.param_dict[index], which)
        known = getattr(self, which)
        return known[index] if index in known else known.get(self.idx2name.get(index), 1.0)

    def _bound(self) -> float:
        return self.clip_gradient if self.clip_gradient and self.clip_gradient > 0 else math.inf

    def _numbers(self, index: Any) -> Numbers:
        """Count an update; return what kernels take first: learning rate, decay, rescale, bound."""
        self._update_count(index)
        return self._get_lr(index), self._get_wd(index), self.rescale_grad, self._bound()

    def _numbers_of_each(self, indices: Sequence[Any]) -> Iterator[Numbers]:
        """Yield what ``_numbers`` returns for one parameter after the other.

        A schedule is asked where the number of updates has grown, not for every parameter.
        """
        decay, rescale, bound, asked_at, rate = self.wd, self.rescale_grad, self._bound(), None, 0.0
        names, own, rates, decays = self.idx2name, self.param_dict, self.lr_mult, self.wd_mult
        for index in indices:
            self._update_count(index)
            if asked_at != self.num_update:
                asked_at, rate = self.num_update, self.learning_rate  # type: ignore[assignment]
            if own or index in rates or index in decays:
                lr_mult, wd_mult = self._multiplier(index, "lr_mult"), self._multiplier(index, "wd_mult")
            else:
                name = names.get(index)
                lr_mult, wd_mult = rates.get(name, 1.0), decays.get(name, 1.0)
            yield rate * lr_mult, decay * wd_mult, rescale, bound

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "param_dict"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, param_dict={})
        counts = self._all_index_update_counts
        self._index_update_count = counts[0] if 0 in counts else next(iter(counts.values()))


def _now(self: Optimizer) -> float | None:
    """The learning rate now: the schedule's, where there is one."""
    return self.lr if self.lr_scheduler is None else self.lr_scheduler(self.num_update)


def _given(self: Optimizer, rate: float | None) -> None:
    self.lr = rate


Optimizer.learning_rate = property(_now, _given)  # type: ignore[assignment]

_register = get_register_func(Optimizer, "optimizer")
_create = get_create_func(Optimizer, "optimizer")
register = Optimizer.register
create = Optimizer.create_optimizer


def like(weight: NDArray, count: int) -> tuple[NDArray, ...]:
    """Return arrays of zeros of a weight's shape, type and device."""
    return tuple(zeros(weight.shape, weight.context, weight.dtype) for _ in range(count))


def run(kernel: Kernel, grad: NDArray, numbers: Sequence[float], states: Sequence[NDArray], weight: NDArray) -> None:
    """Call an update kernel on the arrays as vectors."""
    kernel(grad._data.reshape(-1), *numbers, *(array._data.reshape(-1) for array in (*states, weight)))
    for array in (*states, weight):
        array._buffer.version += 1
