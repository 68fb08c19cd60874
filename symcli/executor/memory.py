"""Memory that is lent and given back: scratch of operators, gradients on their way."""

import math
from typing import Any

import numpy as np

from symcli.engine.planes import GUARD

__all__ = ["Pool", "owner"]

_MARGIN = 4 * GUARD  # bytes before and after each array that the engine's shifted loads may read


def owner(array: np.ndarray) -> np.ndarray:
    """Return the array that owns the memory a view looks at."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


class Pool:
    """Uninitialised arrays, reused by size; each starts at a multiple of 64 bytes."""

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []

    def take(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Return an array that is the caller's until it gives it back."""
        dtype = np.dtype(dtype)
        size = math.prod(shape) * dtype.itemsize
        needed = size + 2 * _MARGIN + 64
        fitting = [block for block in self._free if block.nbytes >= needed]
        if fitting:
            block = min(fitting, key=lambda block: block.nbytes)
            self._free = [other for other in self._free if other is not block]
        else:
            block = np.empty(needed, np.uint8)
        start = _MARGIN + -(block.__array_interface__["data"][0] + _MARGIN) % 64
        return block[start : start + size].view(dtype).reshape(shape)

    def give_back(self, array: np.ndarray) -> None:
        """Return an array taken from here."""
        self._free.append(owner(array))
