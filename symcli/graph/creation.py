"""Functions beside the operators: constants, and those of two that may be numbers; ``mx.sym.zeros``, ``maximum``."""

import math
from collections.abc import Callable
from typing import Any

from symcli.graph.operators import scalar
from symcli.graph.symbol import Symbol, _operator

__all__ = [
    "arange", "eye", "fmod", "full", "histogram", "hypot", "linspace", "maximum", "minimum", "ones", "pow", "power",
    "split_v2", "zeros",
]  # fmt: skip


def zeros(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return a constant of zeros."""
    return _operator("_zeros", "_zeros")(shape=shape, dtype=dtype or "float32", **kwargs)


def ones(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return a constant of ones."""
    return _operator("_ones", "_ones")(shape=shape, dtype=dtype or "float32", **kwargs)


def full(shape: Any, val: float, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return a constant filled with one value."""
    return _operator("_full", "_full")(shape=shape, dtype=dtype or "float32", value=float(val), **kwargs)


def arange(start: float, stop: float | None = None, step: float = 1.0, repeat: int = 1, infer_range: bool = False,
           name: str | None = None, dtype: Any = None) -> Symbol:  # fmt: skip
    """Return the numbers from start up to, without, stop; each ``repeat`` times."""
    return _operator("_arange", "_arange")(start=start, stop=stop, step=step, repeat=repeat, infer_range=infer_range,
                                           name=name, dtype=dtype or "float32")  # fmt: skip


def linspace(start: float, stop: float, num: int, endpoint: bool = True, name: str | None = None,
             dtype: Any = None) -> Symbol:  # fmt: skip
    """Return ``num`` evenly spaced numbers from start to stop, without stop if ``endpoint`` is False."""
    return _operator("_linspace", "_linspace")(start=start, stop=stop, num=num, endpoint=endpoint, name=name,
                                               dtype=dtype or "float32")  # fmt: skip


def eye(N: int, M: int = 0, k: int = 0, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return an N by M matrix, or N by N, with ones on the diagonal ``k`` places above the main one."""
    return _operator("_eye", "_eye")(N=N, M=M, k=k, dtype=dtype or "float32", **kwargs)


def split_v2(ary: Symbol, indices_or_sections: int | tuple[int, ...], axis: int = 0,
             squeeze_axis: bool = False) -> Symbol:  # fmt: skip
    """Return the parts of a symbol between given indices of an axis, or a number of equal parts."""
    whole = isinstance(indices_or_sections, int)
    indices = () if whole else (0, *indices_or_sections)  # type: ignore[misc]
    return _operator("_split_v2", "_split_v2")(ary, indices=indices, axis=axis, squeeze_axis=squeeze_axis,
                                              sections=indices_or_sections if whole else 0)  # fmt: skip


def histogram(a: Symbol, bins: Any = 10, range: tuple[float, float] | None = None, **kwargs: Any) -> Symbol:
    """Return how many elements lie in each bin, and the edges; ``bins`` is their number or a Symbol of edges."""
    given = {"bins": bins} if isinstance(bins, Symbol) else {"bin_cnt": bins, "range": range}
    return _operator("_histogram", "_histogram")(a, **given, **kwargs)


def power(base: Any, exp: Any) -> Any:
    """Return base to the power of exp; either may be a number."""
    return _either(base, exp, "_power", "_power_scalar", "_rpower_scalar", lambda x, y: x**y)


pow = power


def maximum(left: Any, right: Any) -> Any:
    """Return the larger of two, element by element; either may be a number."""
    return _either(left, right, "_maximum", "_maximum_scalar", "_maximum_scalar", max)


def minimum(left: Any, right: Any) -> Any:
    """Return the smaller of two, element by element; either may be a number."""
    return _either(left, right, "_minimum", "_minimum_scalar", "_minimum_scalar", min)


def hypot(left: Any, right: Any) -> Any:
    """Return sqrt(left² + right²), element by element; either may be a number."""
    return _either(left, right, "_hypot", "_hypot_scalar", "_hypot_scalar", lambda x, y: (x * x + y * y) ** 0.5)


def fmod(left: Any, right: Any) -> Any:
    """Return the remainder with the sign of left, element by element; either may be a number."""
    return _either(left, right, "broadcast_fmod", "_fmod_scalar", "_rfmod_scalar", math.fmod)


def _either(left: Any, right: Any, both: str, right_scalar: str, left_scalar: str, numbers: Callable) -> Any:
    if isinstance(left, Symbol):
        return _operator(both, both)(left, right) if isinstance(right, Symbol) else scalar(left, right, right_scalar)
    if isinstance(right, Symbol):
        return scalar(right, left, left_scalar)
    return numbers(left, right)
