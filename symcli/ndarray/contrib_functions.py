"""Functions of ``mx.nd.contrib`` that are made of several operators (``python/mxnet/ndarray/contrib.py``)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from symcli.graph import zipfian
from symcli.ndarray.arithmetic import equal, logical_and, not_equal
from symcli.ndarray.array import NDArray
from symcli.ndarray.context import Context, current_context
from symcli.ndarray.creation import full
from symcli.ndarray.functions import find
from symcli.ndarray.random import uniform

__all__ = [
    "adamw_update", "isfinite", "isinf", "isnan", "mp_adamw_update", "multi_adamw_update", "multi_lamb_update",
    "multi_mp_adamw_update", "multi_mp_lamb_update", "rand_zipfian",
]  # fmt: skip


def isnan(data: NDArray) -> NDArray:
    """Return 1 where an element is no number, 0 elsewhere."""
    return not_equal(data, data)


def isinf(data: NDArray) -> NDArray:
    """Return 1 where an element is infinity or minus infinity, 0 elsewhere."""
    return equal(_operator("abs")(data), np.inf)


def isfinite(data: NDArray) -> NDArray:
    """Return 1 where an element is neither infinite nor NaN, 0 elsewhere."""
    return logical_and(not_equal(_operator("abs")(data), np.inf), equal(data, data))


def rand_zipfian(true_classes: NDArray, num_sampled: int, range_max: int,
                 ctx: Context | None = None) -> tuple[NDArray, NDArray, NDArray]:  # fmt: skip
    """Draw classes whose frequency falls with their number: P(c) = log((c + 2) / (c + 1)) / log(range_max + 1).

    Returns
    -------
    samples : (num_sampled,), int64, drawn with replacement from 0 to range_max - 1.
    counts : how often each true class, and each sample, is expected among them, float64.
    """
    ctx = current_context() if ctx is None else ctx
    return zipfian.draw(partial(uniform, ctx=ctx), true_classes.as_in_context(ctx), num_sampled, range_max)


def adamw_update(weight: NDArray, grad: NDArray, mean: NDArray, var: NDArray, rescale_grad: NDArray | float, lr: float,
                 eta: float, **kwargs: Any) -> NDArray:  # fmt: skip
    """Run ``_adamw_update``; ``rescale_grad`` may be a number. No step is made where it is 0, infinite or NaN."""
    return _operator("_adamw_update")(weight, grad, mean, var, _scale(rescale_grad, weight), lr=lr, eta=eta, **kwargs)


def mp_adamw_update(weight: NDArray, grad: NDArray, mean: NDArray, var: NDArray, weight32: NDArray,
                    rescale_grad: NDArray | float, lr: float, eta: float, **kwargs: Any) -> NDArray:  # fmt: skip
    """Run ``_mp_adamw_update``, on a float32 copy of the weight; see ``adamw_update``."""
    scale = _scale(rescale_grad, weight)
    return _operator("_mp_adamw_update")(weight, grad, mean, var, weight32, scale, lr=lr, eta=eta, **kwargs)


def multi_adamw_update(weights: Sequence[NDArray], grads: Sequence[NDArray], mean: Sequence[NDArray],
                       var: Sequence[NDArray], rescale_grad: NDArray | float, lrs: Any, wds: Any, etas: Any,
                       size: int = 0, **kwargs: Any) -> list[NDArray]:  # fmt: skip
    """Run ``_multi_adamw_update`` on lists, an entry for each weight."""
    arrays = [*_interleaved(weights, grads, mean, var), _scale(rescale_grad, weights[0])]
    numbers = {"num_weights": size or len(weights), "lrs": lrs, "wds": wds, "etas": etas}
    return _operator("_multi_adamw_update")(*arrays, **numbers, **kwargs)


def multi_mp_adamw_update(weights: Sequence[NDArray], grads: Sequence[NDArray], mean: Sequence[NDArray],
                          var: Sequence[NDArray], weights32: Sequence[NDArray], rescale_grad: NDArray | float,
                          lrs: Any, wds: Any, etas: Any, size: int = 0, **kwargs: Any) -> list[NDArray]:  # fmt: skip
    """Run ``_multi_mp_adamw_update`` on lists, an entry for each weight."""
    arrays = [*_interleaved(weights, grads, mean, var, weights32), _scale(rescale_grad, weights[0])]
    numbers = {"num_weights": size or len(weights), "lrs": lrs, "wds": wds, "etas": etas}
    return _operator("_multi_mp_adamw_update")(*arrays, **numbers, **kwargs)


def multi_lamb_update(weights: Sequence[NDArray], grads: Sequence[NDArray], mean: Sequence[NDArray],
                      var: Sequence[NDArray], step_count: Any, lrs: Any, wds: Any, num_tensors: int = 0,
                      **kwargs: Any) -> list[NDArray]:  # fmt: skip
    """Run ``_multi_lamb_update`` on lists, an entry for each weight."""
    numbers = {"num_tensors": num_tensors or len(weights), "step_count": step_count, "learning_rates": lrs, "wds": wds}
    return _operator("_multi_lamb_update")(*_interleaved(weights, grads, mean, var), **numbers, **kwargs)


def multi_mp_lamb_update(weights: Sequence[NDArray], grads: Sequence[NDArray], mean: Sequence[NDArray],
                         var: Sequence[NDArray], weights32: Sequence[NDArray], step_count: Any, lrs: Any, wds: Any,
                         num_tensors: int = 0, **kwargs: Any) -> list[NDArray]:  # fmt: skip
    """Run ``_multi_mp_lamb_update`` on lists, an entry for each weight."""
    numbers = {"num_tensors": num_tensors or len(weights), "step_count": step_count, "learning_rates": lrs, "wds": wds}
    return _operator("_multi_mp_lamb_update")(*_interleaved(weights, grads, mean, var, weights32), **numbers, **kwargs)


def _operator(name: str) -> Any:
    return find(name, name)


def _scale(rescale_grad: NDArray | float, weight: NDArray) -> NDArray:
    if isinstance(rescale_grad, NDArray):
        return rescale_grad.as_in_context(weight.context)
    return full((1,), rescale_grad, ctx=weight.context)


def _interleaved(*lists: Sequence[NDArray]) -> list[NDArray]:
    return [array for arrays in zip(*lists, strict=True) for array in arrays]
