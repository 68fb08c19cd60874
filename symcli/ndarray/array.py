"""NDArray: a NumPy array with MXNet's face (``python/mxnet/ndarray/ndarray.py``)."""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from symcli import dtypes
from symcli.errors import MXNetError, ShapeError
from symcli.graph.node import Node
from symcli.ndarray import indexing, tape
from symcli.ndarray.context import Context, current_context
from symcli.ndarray.operators import Operators
from symcli.ops import make
from symcli.shapes import axis_in, prod

__all__ = ["Buffer", "NDArray"]


class Buffer:
    """The version of a piece of memory, shared by all views of it and raised by each write."""

    __slots__ = ("version",)

    def __init__(self) -> None:
        self.version = 0


class NDArray(Operators):
    """An array of fixed place and size; views of it share its memory and its version.

    Basic indexing that stays contiguous, ``reshape``, ``detach`` and whatever is asked for with
    ``inplace=True`` are views; all else copies. The operators of ``nd`` are methods too: ``a.sum(axis=1)``.
    Source: ``python/mxnet/ndarray/ndarray.py``.
    """

    __slots__ = ("_buffer", "_context", "_data", "_entry")
    __array_priority__ = 1000.0

    def __init__(self, data: np.ndarray, ctx: Context | None = None, buffer: Buffer | None = None):
        self._data, self._context, self._buffer = data, ctx or current_context(), buffer or Buffer()
        self._entry: tape.TapeEntry | None = None  # where in a recorded graph it is

    # ---- what it is

    @property
    def shape(self) -> tuple[int, ...]:
        return self._data.shape

    @property
    def dtype(self) -> type:
        """The NumPy type of the elements."""
        return self._data.dtype.type

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size

    @property
    def ndim(self) -> int:
        return self._data.ndim

    @property
    def context(self) -> Context:
        return self._context

    ctx = context

    @property
    def stype(self) -> str:
        """The storage type: always ``default``, which is dense."""
        return "default"

    @property
    def T(self) -> "NDArray":
        """A copy with the axes in reverse order."""
        return self._recorded(self._copied(self._data.T), "transpose")

    def __len__(self) -> int:
        return self._data.shape[0]

    def __iter__(self) -> Iterator["NDArray"]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ValueError(f"an NDArray of shape {self.shape} has no truth value; only one of one element has")
        return bool(self.size and self._data.reshape(())[()])

    def __int__(self) -> int:
        return int(self.asscalar())

    def __float__(self) -> float:
        return float(self.asscalar())

    def __repr__(self) -> str:
        return f"\n{self._data}\n<NDArray {'x'.join(map(str, self.shape))} @{self._context}>"

    # ---- to NumPy, Python and pickles

    def asnumpy(self) -> np.ndarray:
        """Return a copy as a NumPy array."""
        return self._data.copy()

    def asscalar(self) -> Any:
        """Return the one element as a NumPy number.

        Raises
        ------
        ValueError
            If there are more, or none.
        """
        if self.size != 1:
            raise ValueError(f"asscalar: the array is {self.shape}; needs one element; asnumpy() returns all of them")
        return self._data.reshape(())[()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        # Never the memory itself: NumPy's writes would not raise the version.
        if copy is False:
            raise ValueError("an NDArray goes to NumPy as a copy; leave copy=False out")
        return self._data.astype(dtype or self._data.dtype)

    def __reduce__(self) -> tuple:
        return NDArray, (self._data, self._context)

    def __copy__(self) -> "NDArray":
        return self.copy()

    def __deepcopy__(self, _: Any) -> "NDArray":
        return self.copy()

    # ---- copies

    def _copied(self, data: np.ndarray, ctx: Context | None = None) -> "NDArray":
        return NDArray(np.array(data, order="C", copy=True), ctx or self._context)

    def _view(self, data: np.ndarray) -> "NDArray":
        return NDArray(data, self._context, self._buffer)

    def copy(self) -> "NDArray":
        """Return a copy."""
        return self._recorded(self._copied(self._data), "_copy")

    def copyto(self, other: "NDArray | Context") -> Any:
        """Copy into another array of the same shape, cast to its type, or to a device.

        Raises
        ------
        ShapeError, TypeError
            If the shapes differ, or ``other`` is neither an NDArray nor a Context.
        """
        if isinstance(other, Context):
            return self._recorded(self._copied(self._data, other), "_copy")
        if not isinstance(other, NDArray):
            raise TypeError(f"copyto: {other!r} is a {type(other).__name__}; needs an NDArray or a Context")
        if other is self:
            warnings.warn("copyto: an array is copied to itself", RuntimeWarning, stacklevel=2)
            return False
        if other.shape != self.shape:
            raise ShapeError(f"copyto: the array is {self.shape}, the other {other.shape}; needs equal shapes")
        if tape.state.is_recording:
            other[:] = self
        else:
            other._write(other._data, self._data)
        return other

    def astype(self, dtype: Any, copy: bool = True) -> "NDArray":
        """Return a copy cast to another type; with ``copy=False`` this array itself if it has that type."""
        wanted = np.dtype(dtypes.name_of(dtype))
        if not copy and wanted == self._data.dtype:
            return self
        result = NDArray(np.empty(self.shape, wanted), self._context)
        result._write(result._data, self._data)
        return self._recorded(result, "Cast", dtype=wanted.name)

    def as_in_context(self, context: Context) -> "NDArray":
        """Return this array, or a copy if it is on another device."""
        return self if context == self._context else self.copyto(context)

    def tostype(self, stype: str) -> "NDArray":
        """Return a copy of a storage type, of which there is ``default`` alone."""
        if stype != "default":
            raise MXNetError(f"tostype({stype!r}): arrays are dense here; needs 'default'")
        return self.copy()

    def detach(self) -> "NDArray":
        """Return a view that autograd does not follow."""
        return self._view(self._data)

    def wait_to_read(self) -> None:
        """Do nothing: every operation has ended when its call returns."""

    def _write(self, place: np.ndarray, value: Any) -> None:
        """Write a value to a part of this array, cast to its type."""
        with np.errstate(all="ignore"):
            np.copyto(place, value, casting="unsafe")
        self._buffer.version += 1

    # ---- parts

    def __getitem__(self, key: Any) -> "NDArray":
        """Return a part: a view if the key is basic and the part contiguous, else a copy.

        Integers, slices, ``None`` and ``...`` are basic; lists and arrays of integers are advanced, as
        in NumPy. A single element has the shape (1,).

        Raises
        ------
        IndexError, ValueError
            If the key is outside the array, or no key.
        """
        if (isinstance(key, tuple) and not key) or (isinstance(key, slice) and key == slice(None)):
            return self
        plain = _plain(key)
        part = indexing.part(self._data, plain)
        result = self._view(part) if np.may_share_memory(part, self._data) else NDArray(part, self._context)
        if tape.state.is_recording and tape.entry_of(self) is not None:
            self._record_part(plain, result)
        return result

    def _record_part(self, key: Any, result: "NDArray") -> None:
        bounds = indexing.bounds(self._data, key)
        if bounds is None:  # by the numbers of the elements
            numbers = indexing.part(np.arange(self.size).reshape(self.shape), key)
            tape.record_call(make("take", {}), [self.reshape(-1), NDArray(numbers)], [result])
            return
        begin, end, step = zip(*bounds, strict=True)
        op = make("slice", {"begin": begin, "end": end, "step": step})
        sliced = self._view(self._data[tuple(map(slice, begin, end, step))])
        if sliced.shape == result.shape:
            tape.record_call(op, [self], [result])
        else:
            tape.record_call(op, [self], [sliced])
            sliced._recorded(result, "Reshape", shape=result.shape)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Write a number, or whatever broadcasts to the part, cast to this array's type.

        Raises
        ------
        IndexError, ValueError, TypeError
            If the key is outside the array, or the value does not broadcast or is no array.
        """
        plain = _plain(key)
        if tape.state.is_recording:
            tape.check_written([self])
            if isinstance(value, NDArray) and tape.entry_of(value) is not None:
                if not indexing.is_whole(self._data, plain):
                    tape.check_written([self], [self, value])
                surplus = max(value.ndim - self.ndim, 0)
                value = value.reshape(value.shape[surplus:]) if value.shape[:surplus] == (1,) * surplus else value
                value = value.broadcast_to(self.shape).astype(self.dtype, copy=False)
                self._entry = value._entry
        indexing.write_part(self._data, plain, value._data if isinstance(value, NDArray) else value)
        self._buffer.version += 1

    # ---- other shapes

    def reshape(self, *shape: Any, **kwargs: Any) -> "NDArray":
        """Return a view of another shape.

        Parameters
        ----------
        shape : sizes, one by one or as a tuple; 0 copies a size, -1 infers one, -2 copies all that remain,
            -3 joins two, -4 splits one into the two numbers that follow.
        reverse : match the codes from the right.

        Raises
        ------
        ShapeError
            If the number of elements would change.
        """
        surplus = set(kwargs) - {"shape", "reverse"}
        if surplus:
            raise TypeError(f"reshape: no parameter {', '.join(sorted(surplus))}; parameters: shape, reverse")
        if not shape:
            if "shape" not in kwargs:
                raise TypeError("reshape: no shape is given; write reshape((2, -1)) or reshape(2, -1)")
            shape = (kwargs["shape"],)
        wanted = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
        target = self._target(tuple(int(size) for size in wanted), bool(kwargs.get("reverse", False)))
        if prod(target) != self.size:
            raise ShapeError(f"reshape: an array of {self.size} elements, {self.shape}, has no view of shape {wanted}")
        return self._recorded(self._view(self._data.reshape(target)), "Reshape", shape=target)

    def _target(self, shape: tuple[int, ...], reverse: bool) -> tuple[int, ...]:
        if all(size > 0 for size in shape) or (self.size == 0 and min(shape) >= 0):
            return shape
        known = prod(size for size in shape if size > 0)
        if shape.count(-1) == 1 and min(shape) == -1 and 0 not in shape and known <= self.size:
            return tuple(self.size // known if size == -1 else size for size in shape)
        _, (target,) = make("Reshape", {"shape": shape, "reverse": reverse}).infer_shape([self.shape], [None])
        if target is None:
            raise ShapeError(f"reshape: {shape} does not say what becomes of {self.shape}")
        return target

    def reshape_like(self, other: "NDArray") -> "NDArray":
        """Return a copy of another array's shape."""
        return self.copy().reshape(other.shape)

    def broadcast_to(self, shape: Sequence[int]) -> "NDArray":
        """Return a copy repeated along new leading axes and axes of size 1, up to a shape.

        Raises
        ------
        ShapeError
            If another size would change.
        """
        wanted = tuple(shape)
        here = (1,) * (len(wanted) - self.ndim) + self.shape
        if len(here) != len(wanted) or any(a not in (1, b) or b < 1 for a, b in zip(here, wanted, strict=True)):
            raise ShapeError(f"broadcast_to: {self.shape} does not broadcast to {wanted}: sizes must be equal or 1")
        source = self.reshape(here) if len(here) > self.ndim else self
        return source._recorded(self._copied(np.broadcast_to(self._data, wanted)), "broadcast_to", shape=wanted)

    def broadcast_like(self, other: "NDArray") -> "NDArray":
        """Return a copy repeated up to another array's shape; see ``broadcast_to``."""
        return self.broadcast_to(other.shape)

    def expand_dims(self, axis: int, inplace: bool = False) -> "NDArray":
        """Return a copy, or a view, with a new axis of size 1."""
        at = axis_in(axis, self.ndim + 1)
        return self._other_shape((*self.shape[:at], 1, *self.shape[at:]), inplace)

    def flatten(self, inplace: bool = False) -> "NDArray":
        """Return a copy, or a view, with all axes but the first joined to one."""
        return self._other_shape((self.shape[0], prod(self.shape[1:])), inplace)

    def squeeze(self, axis: int | tuple[int, ...] | None = None, inplace: bool = False) -> "NDArray":
        """Return a copy, or a view, without the given axes of size 1, or without all such axes.

        Raises
        ------
        ShapeError
            If an axis has another size.
        """
        axes = {
            axis_in(one, self.ndim) for one in (axis if isinstance(axis, tuple | list) else (axis,)) if one is not None
        }
        for one in axes:
            if self.shape[one] != 1:
                raise ShapeError(f"squeeze: axis {one} of {self.shape} has size {self.shape[one]}; needs 1")
        axes = axes or {i for i, size in enumerate(self.shape) if size == 1}
        return self._other_shape(tuple(size for i, size in enumerate(self.shape) if i not in axes) or (1,), inplace)

    def _other_shape(self, shape: tuple[int, ...], inplace: bool) -> "NDArray":
        view = self._view(self._data.reshape(shape))
        return self._recorded(view if inplace else view.copy(), "Reshape", shape=shape)

    # ---- gradients

    def _recorded(self, result: "NDArray", name: str, **parameters: Any) -> "NDArray":
        """Record that an operator makes a result of this array, while autograd records."""
        if tape.state.is_recording and tape.entry_of(self) is not None:
            tape.record_call(make(name, parameters), [self], [result])
        return result

    @property
    def grad(self) -> "NDArray | None":
        """Where the gradient of this array goes; None without ``attach_grad``."""
        entry = tape.entry_of(self)
        return None if entry is None else entry[0].gradient

    @property
    def creator(self) -> Node | None:
        """The recorded node that made this array, None if none did; MXNet has no such thing."""
        entry = tape.entry_of(self)
        return None if entry is None or entry[0].op is None else entry[0]

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Make this array a variable with a gradient of its own, at first 0.

        Parameters
        ----------
        grad_req : ``write`` each gradient, ``add`` it to what is there, or ``null``: compute none.

        Raises
        ------
        ParamError, MXNetError
            If ``grad_req`` is none of these, or the storage type is not ``default``.
        """
        if stype not in (None, "default"):
            raise MXNetError(f"attach_grad(stype={stype!r}): gradients are dense here; needs 'default'")
        tape.mark(self, NDArray(np.zeros_like(self._data), self._context), grad_req)

    def backward(self, out_grad: "NDArray | None" = None, retain_graph: bool = False, train_mode: bool = True) -> None:
        """Compute the gradients of the recorded variables that this array depends on; see ``autograd.backward``."""
        from symcli.executor import autograd

        autograd.backward([self], [out_grad], retain_graph, train_mode)


def _plain(key: Any) -> Any:
    """Return a key in which arrays stand for NDArrays."""
    if isinstance(key, tuple):
        return tuple(_plain(one) for one in key)
    if not isinstance(key, NDArray):
        return key
    if key._data.dtype == np.bool_:
        raise ValueError("an NDArray of type bool is no index; use nd.contrib.boolean_mask, or asnumpy().nonzero()")
    return key._data
