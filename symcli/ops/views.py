"""Views that bring arrays of any rank to the few forms that kernels know. ``None`` passes through."""

from typing import Any

from symcli.shapes import prod

__all__ = ["channels", "flat", "rows", "split_at"]

Array = Any


def flat(array: Array) -> Array:
    """View an array as one axis."""
    return None if array is None else array.reshape(-1)


def rows(array: Array, k: int) -> Array:
    """View an array as rows of k elements: (m, k)."""
    return None if array is None else array.reshape(-1, k)


def channels(array: Array, axis: int) -> Array:
    """View an array as (before, axis, after)."""
    if array is None:
        return None
    axis %= array.ndim
    return array.reshape(prod(array.shape[:axis]), array.shape[axis], prod(array.shape[axis + 1 :]))


def split_at(array: Array, axis: int) -> Array:
    """View an array as (sizes before axis, sizes from axis on), both joined to one."""
    return None if array is None else array.reshape(prod(array.shape[:axis]), prod(array.shape[axis:]))
