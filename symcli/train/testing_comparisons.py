"""Arrays compared within tolerances: a part of MXNet's ``mx.test_utils`` (``python/mxnet/test_utils.py``)."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import numpy as np

from symcli.ndarray import NDArray

__all__ = [
    "almost_equal", "almost_equal_ignore_nan", "assert_almost_equal", "assert_almost_equal_ignore_nan",
    "assert_almost_equal_with_err", "assert_exception", "compare_ndarray_tuple", "default_atols", "default_rtols",
    "effective_dtype", "find_max_violation", "get_atol", "get_etol", "get_rtol", "get_tolerance", "get_tols",
    "retry", "same", "same_array",
]  # fmt: skip

# What counts as equal, by the coarser type of two arrays: rtol, atol.
_RTOL = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-5}
_ATOL = {"float16": 1e-1, "float32": 1e-3, "float64": 1e-20}


def plain(one: Any) -> np.ndarray:
    """Return an array as NumPy's."""
    return one.asnumpy() if isinstance(one, NDArray) else np.asarray(one)


def _tolerance(given: float | None, table: Mapping[str, float], *arrays: np.ndarray) -> float:
    """Return what was given, else the most that a type among the arrays allows."""
    if given is not None:
        return given
    found = [table[one.dtype.name] for one in arrays if one.dtype.name in table]
    return max(found, default=0.0)


def get_rtol(rtol: float | None = None, dtype: Any = "float32") -> float:
    """Return the relative tolerance of a type, unless one is given."""
    return _RTOL.get(np.dtype(dtype).name, 0.0) if rtol is None else rtol


def get_atol(atol: float | None = None, dtype: Any = "float32") -> float:
    """Return the absolute tolerance of a type, unless one is given."""
    return _ATOL.get(np.dtype(dtype).name, 0.0) if atol is None else atol


def get_etol(etol: float | None = None) -> float:
    """Return the share of elements that may differ: none, unless one is given."""
    return 0.0 if etol is None else etol


def default_rtols() -> dict[Any, float]:
    """Return the relative tolerance for each type."""
    return _by_type(_RTOL)


def default_atols() -> dict[Any, float]:
    """Return the absolute tolerance for each type."""
    return _by_type(_ATOL)


def _by_type(table: Mapping[str, float]) -> dict[Any, float]:
    whole = ("bool", "int8", "uint8", "int32", "uint32", "int64", "uint64")
    return {np.dtype(name): value for name, value in {**table, **dict.fromkeys(whole, 0.0)}.items()}


def effective_dtype(dat: Any) -> np.dtype:
    """Return the type whose tolerance an array has: its own."""
    return np.dtype(dat.dtype)


def get_tolerance(dat: Any, tol: Any, default_tol: Mapping[Any, float]) -> float:
    """Return the tolerance of an array: a number that is given, or what a mapping gives for its type."""
    if tol is None:
        tol = default_tol
    return tol[effective_dtype(dat)] if isinstance(tol, Mapping) else tol


def get_tols(x: Any, y: Any, rtol: Any, atol: Any) -> tuple[float, float]:
    """Return the tolerances of two arrays, those of the coarser type; each may be given, as a number or by type."""
    pair = [one if isinstance(one, np.ndarray | NDArray) else np.asarray(one) for one in (x, y)]
    return (max(get_tolerance(one, rtol, default_rtols()) for one in pair),
            max(get_tolerance(one, atol, default_atols()) for one in pair))  # fmt: skip


def same(a: Any, b: Any) -> bool:
    """Return whether two arrays are equal."""
    return np.array_equal(plain(a), plain(b))


def same_array(array1: NDArray, array2: NDArray) -> bool:
    """Return whether two NDArrays share memory."""
    return np.shares_memory(array1._data, array2._data)


def almost_equal(a: Any, b: Any, rtol: float | None = None, atol: float | None = None, equal_nan: bool = False,
                 use_broadcast: bool = True) -> bool:  # fmt: skip
    """Return whether |a - b| <= atol + rtol |b| everywhere."""
    a, b = plain(a), plain(b)
    if not use_broadcast and a.shape != b.shape:
        return False
    return bool(np.allclose(a, b, _tolerance(rtol, _RTOL, a, b), _tolerance(atol, _ATOL, a, b), equal_nan))


def almost_equal_ignore_nan(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> bool:
    """Return whether two arrays are almost equal where neither is NaN."""
    return almost_equal(*_without_nan(a, b), rtol, atol)


def _without_nan(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.copy(plain(a)), np.copy(plain(b))
    either = np.isnan(a) | np.isnan(b)
    a[either] = b[either] = 0
    return a, b


def find_max_violation(a: Any, b: Any, rtol: float | None = None,
                       atol: float | None = None) -> tuple[tuple[int, ...], float]:  # fmt: skip
    """Return where two arrays differ most, and by how many times what is allowed."""
    a, b = np.broadcast_arrays(plain(a), plain(b))
    allowed = _tolerance(atol, _ATOL, a, b) + _tolerance(rtol, _RTOL, a, b) * np.abs(b)
    excess = np.where(a == b, 0, np.abs(a.astype(np.float64) - b)) / (allowed + 1e-20)
    place = int(np.argmax(excess))
    return tuple(map(int, np.unravel_index(place, excess.shape))), float(excess.reshape(-1)[place])


def assert_almost_equal(a: Any, b: Any, rtol: float | None = None, atol: float | None = None,
                        names: tuple[str, str] = ("a", "b"), equal_nan: bool = False, use_broadcast: bool = True,
                        mismatches: tuple[int, int] = (10, 10)) -> None:  # fmt: skip
    """Raise ``AssertionError`` unless two arrays are almost equal; it shows where they differ most.

    By default the tolerances are those of the coarser type: rtol 1e-4 and atol 1e-3 for float32.
    """
    first, second = plain(a), plain(b)
    if not use_broadcast and first.shape != second.shape:
        raise AssertionError(f"{names[0]} is {first.shape}, {names[1]} {second.shape}; needs one shape")
    if almost_equal(first, second, rtol, atol, equal_nan):
        return
    relative, absolute = _tolerance(rtol, _RTOL, first, second), _tolerance(atol, _ATOL, first, second)
    wide, other = np.broadcast_arrays(first, second)
    wrong = np.argwhere(~np.isclose(wide, other, relative, absolute, equal_nan))
    place, times = find_max_violation(wide, other, relative, absolute)
    rows = [f"  {tuple(map(int, at))}: {names[0]} {wide[tuple(at)]!r}, {names[1]} {other[tuple(at)]!r}"
            for at in wrong[: mismatches[1]]]  # fmt: skip
    raise AssertionError("\n".join([
        f"{names[0]} and {names[1]} differ by more than {absolute:g} + {relative:g} |{names[1]}| in {len(wrong)} of "
        f"{wide.size} elements, most at {place}: {wide[place]!r} and {other[place]!r}, "
        f"{times:.3g} times what is allowed",
        *rows,
    ]))  # fmt: skip


def assert_almost_equal_ignore_nan(a: Any, b: Any, rtol: float | None = None, atol: float | None = None,
                                   names: tuple[str, str] = ("a", "b")) -> None:  # fmt: skip
    """Raise ``AssertionError`` unless two arrays are almost equal where neither is NaN."""
    assert_almost_equal(*_without_nan(a, b), rtol, atol, names)


def assert_almost_equal_with_err(a: Any, b: Any, rtol: Any = None, atol: Any = None, etol: float | None = None,
                                 names: tuple[str, str] = ("a", "b"), equal_nan: bool = False,
                                 mismatches: tuple[int, int] = (10, 10)) -> None:  # fmt: skip
    """Raise ``AssertionError`` unless two arrays are almost equal, but for a share ``etol`` of their elements."""
    relative, absolute = get_tols(a, b, rtol, atol)
    if get_etol(etol) > 0:
        near = np.isclose(plain(a), plain(b), relative, absolute, equal_nan)
        if near.size == 0 or 1 - np.count_nonzero(near) / near.size <= get_etol(etol):
            return
    assert_almost_equal(a, b, relative, absolute, names, equal_nan, mismatches=mismatches)


def compare_ndarray_tuple(t1: Any, t2: Any, rtol: float | None = None, atol: float | None = None) -> None:
    """Raise ``AssertionError`` unless arrays, or tuples of them in tuples, are almost equal; None equals all."""
    if t1 is None or t2 is None:
        return
    if isinstance(t1, tuple):
        for one, other in zip(t1, t2, strict=False):
            compare_ndarray_tuple(one, other, rtol, atol)
    else:
        assert_almost_equal(t1, t2, rtol, atol)


def assert_exception(f: Callable[..., Any], exception_type: type[BaseException], *args: Any, **kwargs: Any) -> None:
    """Raise ``AssertionError`` unless a call raises an exception of a type."""
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise AssertionError(f"{getattr(f, '__name__', f)} raised no {exception_type.__name__}")


def retry(n: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a decorator that lets a check of random numbers fail up to ``n`` - 1 times."""

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        @wraps(check)
        def tried(*args: Any, **kwargs: Any) -> None:
            for _ in range(n - 1):
                try:
                    return check(*args, **kwargs)
                except AssertionError:
                    continue
            return check(*args, **kwargs)

        return tried

    return decorate
