"""Parts of arrays: MXNet's indexing on NumPy arrays.

Basic keys hold integers, slices, None and ``...``; advanced ones also lists and arrays of integers. What
differs from NumPy: a single element has the shape (1,), booleans in advanced keys count as the integers
0 and 1, fractions are cut off, and a slice may not run backwards without a negative step.
"""

import operator
from typing import Any

import numpy as np

from symcli.errors import MXNetError

__all__ = ["bounds", "cast", "is_whole", "part", "write_part"]


def part(array: np.ndarray, key: Any) -> np.ndarray:
    """Return the part of a C-contiguous array at a key, C-contiguous: a view where that is possible.

    Raises
    ------
    IndexError, ValueError, MXNetError
        If the key is outside the array, is no key, or has a slice from a later to an earlier place.
    """
    found = array[_numpy_key(array, key)]
    if not array.ndim:
        return found
    return np.ascontiguousarray(found if found.ndim else found.reshape(1))


def bounds(array: np.ndarray, key: Any) -> list[tuple[int, int | None, int]] | None:
    """Return begin, end and step of a basic key on each axis; None for an advanced key.

    An integer is a slice of one; an end of None leads beyond the beginning.
    """
    plain = _numpy_key(array, key)
    if any(isinstance(one, np.ndarray) for one in plain):
        return None
    entries = [one for one in plain if one is not None]
    at = entries.index(...)
    entries[at : at + 1] = [slice(None)] * (array.ndim - len(entries) + 1)
    found: list[tuple[int, int | None, int]] = []
    for one, size in zip(entries, array.shape, strict=True):
        begin, end, step = one.indices(size) if isinstance(one, slice) else (one % size, one % size + 1, 1)
        found.append((begin, None if end < 0 else end, step))
    return found


def is_whole(array: np.ndarray, key: Any) -> bool:
    """Return whether a key means all of an array, in its order."""
    return bounds(array, key) == [(0, size, 1) for size in array.shape]


def write_part(array: np.ndarray, key: Any, value: Any) -> None:
    """Write a value, cast and broadcast, to the part of an array at a key.

    Raises
    ------
    IndexError, ValueError, MXNetError
        As ``part``; ValueError also if the value does not broadcast to the part.
    TypeError
        If the value is no number and no array.
    """
    value = cast(value, array.dtype)
    if not array.size:
        return
    plain = _numpy_key(array, key)
    if any(isinstance(one, np.ndarray) for one in plain):
        array[plain] = value
        return
    place = array[plain]
    surplus = max(value.ndim - place.ndim, 0)
    if value.shape[:surplus] == (1,) * surplus:
        value = value.reshape(value.shape[surplus:])
    np.copyto(place, value)


def cast(value: Any, dtype: np.dtype) -> np.ndarray:
    """Return a number, a nested list or an array as an array of a type; integers wrap around, fractions are cut off.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
    except (ValueError, TypeError):
        array = np.asarray("")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{value!r} ({type(value).__name__}) is no array; needs a number, a nested list or an array")
    with np.errstate(all="ignore"):
        return array.astype(dtype, copy=False)


def _numpy_key(array: np.ndarray, key: Any) -> tuple:
    """Return MXNet's key as one that NumPy reads the same way; a basic one always yields a view."""
    entries = key if isinstance(key, tuple) else (key,)
    if not array.ndim:
        if any(one is not Ellipsis and not isinstance(one, slice) for one in entries):
            raise IndexError(f"an array of shape () has no part {key!r}; only [()] and [:]")
        return (...,)
    if not any(one is Ellipsis for one in entries):
        entries = (*entries, ...)
    plain: list[Any] = []
    axis, after = 0, sum(one is not None for one in entries) - 1
    for one in entries:
        if one is Ellipsis:
            plain.append(one)
            axis = array.ndim - after
        elif one is None:
            plain.append(one)
        else:
            plain.append(_entry(one, array, axis))
            axis, after = axis + 1, after - 1
    return tuple(plain)


def _entry(one: Any, array: np.ndarray, axis: int) -> Any:
    if isinstance(one, list | tuple | range | np.ndarray):
        return cast(one, np.dtype(np.int64))
    if isinstance(one, slice):
        if axis < array.ndim:
            start, stop, step = one.indices(array.shape[axis])
            if step > 0 and start > stop:
                where = f"the slice from {one.start} to {one.stop} of axis {axis}, of size {array.shape[axis]}"
                raise MXNetError(f"{where}, runs backwards; needs a start before its stop, or a negative step")
        return one
    try:
        return operator.index(one)
    except TypeError:
        raise ValueError(f"{one!r} ({type(one).__name__}) is no index; needs an integer, a slice, None, ..., "
                         "a list or an array of integers") from None  # fmt: skip
