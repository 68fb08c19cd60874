"""NDArray: a NumPy array with MXNet's face (``python/mxnet/ndarray/ndarray.py``)."""

from typing import Any

import numpy as np

from symcli import dtypes
from symcli.ndarray.context import Context, current_context

__all__ = ["Buffer", "NDArray", "array", "empty", "ones", "zeros"]


class Buffer:
    """The version of a piece of memory, shared by all views of it and raised by each write."""

    __slots__ = ("version",)

    def __init__(self) -> None:
        self.version = 0


class NDArray:
    """An array of fixed place and size; views of it share its memory and its version."""

    __slots__ = ("_buffer", "_context", "_data")
    __array_priority__ = 1000.0

    def __init__(self, data: np.ndarray, ctx: Context | None = None, buffer: Buffer | None = None):
        self._data, self._context, self._buffer = data, ctx or current_context(), buffer or Buffer()

    @property
    def shape(self) -> tuple[int, ...]:
        return self._data.shape

    @property
    def dtype(self) -> type:
        return self._data.dtype.type

    @property
    def context(self) -> Context:
        return self._context

    def asnumpy(self) -> np.ndarray:
        """Return a copy as a NumPy array."""
        return self._data.copy()

    def __setitem__(self, key: Any, value: Any) -> None:
        self._data[key] = value._data if isinstance(value, NDArray) else value
        self._buffer.version += 1


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Return a new array with the values of a list, a NumPy array or an NDArray; float32 unless said otherwise."""
    if isinstance(source_array, NDArray):
        source_array = source_array._data
    wanted = np.dtype(dtypes.name_of(dtype)) if dtype is not None else np.dtype("float32")
    return NDArray(np.array(source_array, wanted, order="C"), ctx)


def empty(shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Return a new array of undefined values."""
    return NDArray(np.empty(shape, dtypes.name_of(dtype or "float32")), ctx)


def zeros(shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Return a new array of zeros."""
    return NDArray(np.zeros(shape, dtypes.name_of(dtype or "float32")), ctx)


def ones(shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Return a new array of ones."""
    return NDArray(np.ones(shape, dtypes.name_of(dtype or "float32")), ctx)
