"""Operators that pick elements of their input or order them anew: copies of views."""

from typing import ClassVar

from symcli import kernels
from symcli.dtypes import merge_dtypes
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.ops.reshape import Reshaping
from symcli.params import DType, param, to_text
from symcli.shapes import axis_in, merge, text


class _copy(Reshaping):
    """The identity: output = data.

    data, output: arrays of one shape.

    Source: src/operator/tensor/elemwise_unary_op_basic.cc.
    """

    aliases = ("identity",)


class Cast(Op):
    """Data in another element type, as C casts: fractions are cut off, large numbers wrap.

    data, output: arrays of one shape. The gradient is cast back.

    Source: src/operator/tensor/elemwise_unary_op_basic.cc.
    """

    aliases = ("cast", "_npi_cast", "_npx_cast")
    backward_uses = ()

    dtype: DType = param(doc="the output's element type")

    def infer_type(self, in_type, out_type):
        return in_type, [self.dtype]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.cast(in_data[0], out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        kernels.move.cast(out_grad[0], in_grad[0])


class View(Op, abstract=True):
    """The output is a copy of a view of the first input; what the view leaves out has gradient 0."""

    backward_uses = ()

    def _picks_all(self):
        return False

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(self._view(in_data[0], out_data[0].shape), out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if in_grad[0] is not None:
            if not self._picks_all():
                kernels.move.fill(0, in_grad[0])
            kernels.move.copy(out_grad[0], self._view(in_grad[0], out_grad[0].shape))
        for grad in in_grad[1:]:  # of an input that lends its shape only
            if grad is not None:
                kernels.move.fill(0, grad)


class Permuted(View, abstract=True):
    def _picks_all(self):
        return True

    def _view(self, array, shape):
        return array.transpose(self._order(array.ndim))

    def infer_shape(self, in_shape, out_shape):
        data, out = in_shape[0], out_shape[0]
        if data is None and out is None:
            return [None], [None]
        order = self._order(len(out) if data is None else len(data))
        if out is not None:
            data_told = tuple(size for _, size in sorted(zip(order, out, strict=False)))
            data = tuple(a or b for a, b in zip(data, data_told, strict=False)) if data is not None else data_told
        return [data], [tuple(data[axis] for axis in order)]


class transpose(Permuted):
    """Data with its axes in another order: output[i, j, ...] = data[..., j, i] unless axes says otherwise.

    data    any shape
    output  data.shape[axes[0]], data.shape[axes[1]], ...

    Source: src/operator/tensor/matrix_op.cc.
    """

    axes: tuple[int, ...] = param((), doc="data's axes in the order of the output; (): reversed")

    def _order(self, rank):
        if not self.axes:
            return tuple(range(rank))[::-1]
        order = tuple(axis_in(axis, rank, "axes") for axis in self.axes)
        if sorted(order) != list(range(rank)):
            raise ShapeError(f"axes={to_text(self.axes)} is no order of the {rank} axes of data")
        return order


class SwapAxis(Permuted):
    """Data with two axes exchanged.

    data    any shape
    output  data's shape, dim1 and dim2 exchanged

    Source: src/operator/swapaxis.cc.
    """

    aliases = ("swapaxes", "_npi_swapaxes")

    dim1: int = param(0, doc="the one axis")
    dim2: int = param(0, doc="the other axis")

    def _order(self, rank):
        order = list(range(rank))
        one, other = axis_in(self.dim1, rank, "dim1"), axis_in(self.dim2, rank, "dim2")
        order[one], order[other] = other, one
        return tuple(order)


class Reverse(View, name="reverse"):
    """Data read backwards along some axes.

    data, output: arrays of one shape.

    Source: src/operator/tensor/matrix_op.cc.
    """

    aliases = ("flip",)

    axis: tuple[int, ...] = param(doc="the axes to turn; one named twice is turned twice")

    def _picks_all(self):
        return True

    def infer_shape(self, in_shape, out_shape):
        if in_shape[0] is not None:
            for axis in self.axis:
                axis_in(axis, len(in_shape[0]))
        return super().infer_shape(in_shape, out_shape)

    def _view(self, array, shape):
        for axis in self.axis:
            index = [slice(None)] * array.ndim
            index[axis] = slice(None, None, -1)
            array = array[tuple(index)]
        return array


class Slice(View, name="slice"):
    """A part of data: output = data[begin:end:step] along the first axes, with Python's rules.

    data    any shape
    output  data's shape with the sizes of the parts

    Source: src/operator/tensor/matrix_op.cc.
    """

    aliases: ClassVar[tuple[str, ...]] = ("crop", "_npi_slice", "_npx_slice", "_sparse_slice")

    begin: tuple[int | None, ...] = param(doc="the first element of each axis; None: from the start")
    end: tuple[int | None, ...] = param(doc="the element after the last one; None: to the end")
    step: tuple[int | None, ...] = param((), doc="the distance of two elements, negative to go backwards; None: 1")

    def _index(self, rank):
        steps = self.step or (None,) * len(self.begin)
        if not len(self.begin) == len(self.end) == len(steps):
            raise ShapeError(f"begin, end and step have {len(self.begin)}, {len(self.end)} and {len(steps)} entries; "
                             "need one for each axis to cut")  # fmt: skip
        if len(self.begin) > rank:
            raise ShapeError(f"begin has {len(self.begin)} entries; data has {rank} axes")
        if 0 in steps:
            raise ShapeError("step has a 0; needs steps forward or backward")
        return tuple(slice(b, e, s) for b, e, s in zip(self.begin, self.end, steps, strict=True))

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data is None:
            return [None], [None]
        out = list(data)
        for axis, part in enumerate(self._index(len(data))):
            if data[axis]:
                out[axis] = len(range(*part.indices(data[axis])))
                if not out[axis]:
                    raise ShapeError(f"begin={part.start}, end={part.stop}, step={part.step} takes nothing of the "
                                     f"{data[axis]} elements of axis {axis}; needs one at least")  # fmt: skip
        return [data], [tuple(out)]

    def _view(self, array, shape):
        return array[self._index(array.ndim)]


class SliceAssign(Slice, abstract=True):
    """``part`` views the elements that are written."""

    arguments: ClassVar[tuple[str, ...]] = ("data",)
    inplace: ClassVar = {"output": "data"}
    gradient = "none"

    def part(self, array):
        return array[self._index(array.ndim)]


class _slice_assign(SliceAssign):
    """lhs with a part of it replaced: output = lhs, output[begin:end:step] = rhs.

    lhs, output  any shape
    rhs          the shape of the part

    Source: src/operator/tensor/matrix_op.cc.
    """

    arguments = ("lhs", "rhs")
    aliases = ("_crop_assign",)
    inplace: ClassVar = {"output": "lhs"}

    def infer_shape(self, in_shape, out_shape):
        lhs = merge(in_shape[0], out_shape[0])
        (_,), (part,) = super().infer_shape([lhs], [None])
        return [lhs, part], [lhs]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0], out_data[0])
        kernels.move.copy(in_data[1], self.part(out_data[0]))


class _slice_assign_scalar(SliceAssign):
    """data with a part of it replaced by a number: output = data, output[begin:end:step] = scalar.

    data, output  any shape

    Source: src/operator/tensor/matrix_op.cc.
    """

    aliases = ("_crop_assign_scalar",)

    scalar: float = param(0.0, doc="the number")

    def infer_shape(self, in_shape, out_shape):
        data = merge(in_shape[0], out_shape[0])
        super().infer_shape([data], [None])
        return [data], [data]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(in_data[0], out_data[0])
        kernels.move.fill(self.scalar, self.part(out_data[0]))


class slice_axis(View):
    """A part of data along one axis: output = data[..., begin:end, ...].

    data    any shape
    output  data's shape; along axis end - begin

    Source: src/operator/tensor/matrix_op.cc.
    """

    axis: int = param(doc="the axis to cut")
    begin: int = param(doc="the first element to take")
    end: int | None = param(doc="the element after the last one to take; None: to the end")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data is None:
            return [None], [None]
        axis = axis_in(self.axis, len(data))
        size = data[axis]
        if not size:
            return [data], [data]
        begin, end = self._bounds(size)
        if not 0 <= begin < end <= size:
            raise ShapeError(f"begin={self.begin}, end={self.end} is no part of the {size} elements of axis {axis}")
        return [data], [(*data[:axis], end - begin, *data[axis + 1 :])]

    def _bounds(self, size):
        end = size if self.end is None else self.end + size * (self.end < 0)
        return self.begin + size * (self.begin < 0), end

    def _view(self, array, shape):
        axis = self.axis % array.ndim
        return array[(slice(None),) * axis + (slice(*self._bounds(array.shape[axis])),)]


class slice_like(View):
    """The leading part of data that has another array's sizes.

    data        any shape
    shape_like  only its shape is read, its gradient is 0
    output      data's shape; along axes, or along all, the sizes of shape_like

    Source: src/operator/tensor/matrix_op.cc.
    """

    arguments = ("data", "shape_like")

    axes: tuple[int, ...] = param((), doc="the axes to cut; (): all of them")

    def infer_shape(self, in_shape, out_shape):
        data, like = in_shape
        if data is None or like is None:
            return in_shape, [None]
        if not self.axes and len(data) != len(like):
            raise ShapeError(f"data {text(data)} and shape_like {text(like)} differ in rank; name the axes to cut")
        out = list(data)
        for one in self.axes or range(len(data)):
            axis = axis_in(one, len(data), "axes")
            if axis >= len(like):
                raise ShapeError(f"axes={to_text(self.axes)}: shape_like {text(like)} has no axis {axis}")
            if data[axis] and like[axis] > data[axis]:
                raise ShapeError(f"shape_like {text(like)} is longer than data {text(data)} along axis {axis}")
            out[axis] = like[axis]
        return in_shape, [tuple(out)]

    def infer_type(self, in_type, out_type):
        data = merge_dtypes(in_type[0], out_type[0])
        return [data, in_type[1]], [data]

    def _view(self, array, shape):
        return array[tuple(slice(size) for size in shape)]
