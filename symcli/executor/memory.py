"""Memory that is lent and given back: scratch of operators, gradients on their way, blocks for planned arenas."""

import math
import threading
from typing import Any

import numpy as np

from symcli.engine.planes import GUARD

__all__ = ["Block", "Pool", "SharedBlock", "owner"]

_MARGIN = 4 * GUARD  # bytes before and after each array that the engine's shifted loads may read


def owner(array: np.ndarray) -> np.ndarray:
    """Return the array that owns the memory a view looks at."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _start(memory: np.ndarray) -> int:
    """Return the first multiple of 64 bytes in memory that has the margin before it."""
    return _MARGIN + -(memory.__array_interface__["data"][0] + _MARGIN) % 64


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
        start = _start(block)
        return block[start : start + size].view(dtype).reshape(shape)

    def give_back(self, array: np.ndarray) -> None:
        """Return an array taken from here."""
        self._free.append(owner(array))

    def enter(self, position: int) -> None:
        """Say which operator of the sequence runs next; here all memory that is not lent is free at any time."""


class Block:
    """Uninitialised memory with the engine's margins, in which executors take turns.

    Attributes
    ----------
    holder : the mark of the executor whose values are in it, all that a backward pass needs; None if they are not.
    lock : held by the executor whose pass runs.
    """

    def __init__(self, size: int):
        self.size = size
        self._memory = np.empty(size + 2 * _MARGIN + 64, np.uint8)
        self._start = _start(self._memory)
        self.holder: object = None
        self.lock = threading.RLock()

    def array(self, offset: int, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Return an array at an offset, a multiple of 64 bytes."""
        start, size = self._start + offset, math.prod(shape) * np.dtype(dtype).itemsize
        return self._memory[start : start + size].view(dtype).reshape(shape)

    def fill(self, byte: int) -> None:
        """Write all of it, so that tests find who reads what was not written."""
        self._memory.fill(byte)
        self.holder = None


class SharedBlock:
    """The block of executors over the same variables, as those of buckets and reshaped ones; made when first needed."""

    def __init__(self) -> None:
        self._block: Block | None = None

    def take(self, size: int) -> Block:
        """Return the block; a new one, for whoever comes after too, if it is smaller than ``size``."""
        if self._block is None or self._block.size < size:
            self._block = Block(size)
        return self._block
