"""Functions that make arrays, and those of ``nd`` that are no operators."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli import dtypes
from symcli.errors import MXNetError, ShapeError
from symcli.ndarray import indexing
from symcli.ndarray.array import NDArray
from symcli.ndarray.context import Context, read_context
from symcli.ndarray.functions import array_function
from symcli.shapes import axis_in

__all__ = [
    "arange", "array", "concatenate", "empty", "eye", "from_dlpack", "from_numpy", "full", "histogram", "linspace",
    "moveaxis", "onehot_encode", "ones", "split_v2", "to_dlpack_for_read", "to_dlpack_for_write", "waitall", "zeros",
]  # fmt: skip


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Return a new array with the values of a nested list, a NumPy array or an NDArray.

    Its type is the NDArray's own, and float32 for all else, unless ``dtype`` says otherwise.

    Raises
    ------
    TypeError
        If the source is no array.
    """
    if isinstance(source_array, NDArray):
        result = source_array.astype(source_array.dtype if dtype is None else dtype)
        return result.as_in_context(read_context(ctx))
    wanted = _dtype(dtype)
    return NDArray(np.array(indexing.cast(source_array, wanted), order="C", copy=True), read_context(ctx))


def from_numpy(ndarray: np.ndarray, zero_copy: bool = True) -> NDArray:
    """Return an array of the same type over a NumPy array's memory, which turns read-only, or over a copy.

    Raises
    ------
    TypeError, ValueError
        If it is no NumPy array, or without a copy is not C-contiguous.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: got a {type(ndarray).__name__}; needs a NumPy array; nd.array(…) takes lists")
    if not zero_copy:
        return array(ndarray, dtype=ndarray.dtype)
    dtypes.name_of(ndarray.dtype)
    if not ndarray.flags.c_contiguous:
        raise ValueError("from_numpy: the array is not C-contiguous; use zero_copy=False")
    memory = ndarray[...]
    ndarray.flags.writeable = False
    return NDArray(memory)


class _Writable:
    """The memory of an array that NumPy takes for read-only, as it does of capsules that cannot say what they are."""

    def __init__(self, array: np.ndarray):
        self._array = array
        self.__array_interface__ = {**array.__array_interface__, "data": (array.ctypes.data, False)}


class _Exported:
    """What NumPy asks for an array's capsule."""

    def __init__(self, capsule: Any):
        self._capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0  # the CPU


def to_dlpack_for_read(data: NDArray) -> Any:
    """Return a DLPack capsule of an array, for another library to read the same memory."""
    return data._data.__dlpack__()


def to_dlpack_for_write(data: NDArray) -> Any:
    """Return a DLPack capsule of an array, for another library to write to the same memory.

    What it writes after the next forward pass of an executor bound to the array may not be seen there.
    """
    data._buffer.version += 1
    return data._data.__dlpack__()


def from_dlpack(dlpack: Any) -> NDArray:
    """Return an array over the memory of a DLPack capsule, or over a copy if its elements are not in C's order."""
    memory = np.asarray(_Writable(np.from_dlpack(_Exported(dlpack))))
    dtypes.name_of(memory.dtype)
    return NDArray(np.ascontiguousarray(memory))


def empty(shape: Any, ctx: Context | None = None, dtype: Any = None, stype: str | None = None) -> NDArray:
    """Return a new array of undefined values."""
    _require_dense("empty", stype)
    return NDArray(np.empty(shape, _dtype(dtype)), read_context(ctx))


def zeros(shape: Any, ctx: Context | None = None, dtype: Any = None, stype: str | None = None,
          out: NDArray | None = None) -> NDArray:  # fmt: skip
    """Return a new array of zeros, or fill ``out`` with them."""
    _require_dense("zeros", stype)
    return _filled("zeros", shape, 0, ctx, dtype, out)


def ones(shape: Any, ctx: Context | None = None, dtype: Any = None, out: NDArray | None = None) -> NDArray:
    """Return a new array of ones, or fill ``out`` with them."""
    return _filled("ones", shape, 1, ctx, dtype, out)


def full(shape: Any, val: float, ctx: Context | None = None, dtype: Any = None, out: NDArray | None = None) -> NDArray:
    """Return a new array filled with one value, or fill ``out`` with it."""
    return _filled("full", shape, val, ctx, dtype, out)


def arange(start: float, stop: float | None = None, step: float = 1.0, repeat: int = 1, infer_range: Any = None,
           ctx: Context | None = None, dtype: Any = None) -> NDArray:  # fmt: skip
    """Return the numbers from start up to, without, stop, each ``repeat`` times; from 0 if only one is given.

    Raises
    ------
    MXNetError
        If there are none.
    """
    if stop is None:
        start, stop = 0, start
    count = int(np.ceil((stop - start) / step)) if step else 0
    if count <= 0 or repeat < 1:
        raise MXNetError(f"arange: from {start} to {stop} by {step}, {repeat} times, are no numbers; "
                         "needs a step that leads from start to stop")  # fmt: skip
    wanted = _dtype(dtype)
    # MXNet computes in the type asked for.
    values = np.arange(count).astype(wanted) * wanted.type(step) + wanted.type(start)
    return NDArray(np.repeat(values.astype(wanted), repeat), read_context(ctx))


def linspace(start: float, stop: float, num: int, endpoint: bool = True, ctx: Context | None = None,
             dtype: Any = None) -> NDArray:  # fmt: skip
    """Return ``num`` evenly spaced numbers from start to stop, without stop if ``endpoint`` is False."""
    return NDArray(np.linspace(start, stop, num, endpoint).astype(_dtype(dtype)), read_context(ctx))


def eye(N: int, M: int = 0, k: int = 0, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Return an N by M matrix, or N by N, with ones on the diagonal ``k`` places above the main one."""
    return NDArray(np.eye(N, M or N, k, _dtype(dtype)), read_context(ctx))


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Return arrays joined along an axis; a single one itself if it need not be copied.

    Raises
    ------
    MXNetError
        If their types differ, or their sizes on other axes.
    """
    if len(arrays) == 1 and not always_copy:
        return arrays[0]
    return array_function("Concat", "concat")(*arrays, dim=axis)


def moveaxis(tensor: NDArray, source: int | Sequence[int], destination: int | Sequence[int]) -> NDArray:
    """Return a copy in which axes have moved to other places.

    Raises
    ------
    ValueError
        If there is no such axis, or not as many places as axes.
    """
    old, new = ([axis_in(one, tensor.ndim) for one in (axes if isinstance(axes, Sequence) else (axes,))]
                for axes in (source, destination))  # fmt: skip
    if len(old) != len(new) or len(set(old)) != len(old) or len(set(new)) != len(new):
        raise ValueError(f"moveaxis: from {source} to {destination}: needs as many places as axes, each once")
    order = [axis for axis in range(tensor.ndim) if axis not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        order.insert(place, axis)
    return array_function("transpose", "transpose")(tensor, axes=tuple(order))


def split_v2(ary: NDArray, indices_or_sections: int | Sequence[int], axis: int = 0, squeeze_axis: bool = False) -> Any:
    """Return the parts of an array between given indices of an axis, or a number of equal parts.

    Raises
    ------
    MXNetError
        If the axis does not divide into that many.
    """
    split = array_function("_split_v2", "split_v2")
    if isinstance(indices_or_sections, int):
        return split(ary, indices=(), axis=axis, squeeze_axis=squeeze_axis, sections=indices_or_sections)
    return split(ary, indices=(0, *indices_or_sections), axis=axis, squeeze_axis=squeeze_axis)


def histogram(a: NDArray, bins: Any = 10, range: tuple[float, float] | None = None) -> Any:
    """Return how many elements lie in each bin, and the edges; ``bins`` is their number or an array of edges.

    ``range`` is where equal bins begin and end, from the least to the largest element unless given.
    """
    run = array_function("_histogram", "histogram")
    if isinstance(bins, NDArray):
        return run(a, bins)
    if range is None:
        low, high = float(a._data.min()), float(a._data.max())
        range = (low, high) if low < high else (low - 0.5, high + 0.5)
    return run(a, bin_cnt=bins, range=range)


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """Write the one-hot rows of indices to ``out``, of shape (indices, classes), and return it."""
    out[:] = indices._data.astype(np.int64).reshape(-1, 1) == np.arange(out.shape[1])
    return out


def waitall() -> None:
    """Do nothing: every operation has ended when its call returns."""


def _dtype(dtype: Any) -> np.dtype:
    return np.dtype(dtypes.name_of("float32" if dtype is None else dtype))


def _filled(name: str, shape: Any, value: float, ctx: Any, dtype: Any, out: NDArray | None) -> NDArray:
    if out is None:
        out = NDArray(np.empty(_sizes(name, shape), _dtype(dtype)), read_context(ctx))
    out[:] = value
    return out


def _sizes(name: str, shape: Any) -> tuple[int, ...]:
    """Return a shape given as a number or as a sequence of sizes."""
    try:
        sizes = tuple(one.__index__() for one in (shape if hasattr(shape, "__iter__") else (shape,)))
    except AttributeError:
        raise ShapeError(f"{name}: shape is {shape!r}; needs an integer or a tuple of integers") from None
    if not sizes or min(sizes) < 0:
        raise ShapeError(f"{name}: shape is {sizes}; needs at least one axis, and no size below 0")
    return sizes


def _require_dense(name: str, stype: str | None) -> None:
    if stype not in (None, "default"):
        raise MXNetError(f"{name}: storage type {stype!r}: arrays are dense here; needs 'default'")
