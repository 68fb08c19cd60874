"""Operators that join several arrays to one, or take one apart."""

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.params import param, to_text
from symcli.shapes import axis_in, merge, merge_all, text

MOST = 1 << 16  # arrays that one node joins or makes; a damaged number must not be counted up to


def _part(array, axis, begin, end):
    """View the elements from begin to end along an axis."""
    return array[(slice(None),) * axis + (slice(begin, end),)]


def _at(array, axis, place):
    """View the one element of an axis at a place; the axis is gone."""
    return array[(slice(None),) * axis + (place, ...)]  # with the dots a view, even of a single number


class Concat(Op):
    """Arrays laid end to end along one axis.

    arg0, arg1, ...  shapes that differ along dim only
    output           their shape; along dim the sum of the sizes

    Source: src/operator/nn/concat.cc.
    """

    takes_empty = True
    aliases = ("concat", "_sparse_concat", "_rnn_param_concat")
    variadic = "num_args"

    num_args: int = param(ge=1, le=MOST, doc="the number of arrays")
    dim: int = param(1, doc="the axis along which they are laid")

    def infer_shape(self, in_shape, out_shape):
        shapes = [shape for shape in (*in_shape, *out_shape) if shape is not None]
        if not shapes:
            return in_shape, out_shape
        axis = axis_in(self.dim, len(shapes[0]), "dim")
        common = None
        for shape in shapes:
            if len(shape) != len(shapes[0]):
                raise ShapeError(f"{text(shapes[0])} and {text(shape)} have different ranks")
            common = merge(common, (*shape[:axis], 0, *shape[axis + 1 :]))
        # An array of unknown rank counts as empty here: so MXNet does, and so partial shapes come out.
        sizes = [shape[axis] for shape in in_shape if shape is not None]
        total = sum(sizes) if 0 not in sizes else 0
        return [common] * len(in_shape), [(*common[:axis], total, *common[axis + 1 :])]

    def _parts(self, arrays, whole):
        axis, begin, parts = self.dim % whole.ndim, 0, []
        for array in arrays:
            parts.append(_part(whole, axis, begin, begin + array.shape[axis]))
            begin += array.shape[axis]
        return parts

    def forward(self, ctx, in_data, out_data, aux):
        for array, part in zip(in_data, self._parts(in_data, out_data[0]), strict=True):
            kernels.move.copy(array, part)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        for grad, part in zip(in_grad, self._parts(in_data, out_grad[0]), strict=True):
            if grad is not None:
                kernels.move.copy(part, grad)


class stack(Op):
    """Arrays of one shape laid beside each other along a new axis.

    arg0, arg1, ...  arrays of one shape
    output           their shape with num_args put in at axis

    Source: src/operator/tensor/matrix_op.cc.
    """

    variadic = "num_args"
    backward_uses = ()

    axis: int = param(0, doc="the new axis; negative ones count from the end of the output")
    num_args: int = param(ge=1, le=MOST, doc="the number of arrays")

    def infer_shape(self, in_shape, out_shape):
        known = [shape for shape in in_shape if shape is not None]
        if not known:
            return in_shape, [None]
        axis = axis_in(self.axis, len(known[0]) + 1)
        common = merge_all(*known)
        told = [shape if shape is None else common for shape in in_shape]
        return told, [(*common[:axis], self.num_args, *common[axis:])]

    def forward(self, ctx, in_data, out_data, aux):
        axis = self.axis % out_data[0].ndim
        for i, array in enumerate(in_data):
            kernels.move.copy(array, _at(out_data[0], axis, i))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        axis = self.axis % out_grad[0].ndim
        for i, grad in enumerate(in_grad):
            if grad is not None:
                kernels.move.copy(_at(out_grad[0], axis, i), grad)


class Split(Op, abstract=True):
    """Parts of data along one axis; ``_bounds(size)`` says where they begin and end."""

    backward_uses = ()

    def list_outputs(self):
        return [f"output{i}" for i in range(self._count())]

    def _views(self, whole):
        axis = self.axis % whole.ndim
        bounds = self._bounds(whole.shape[axis])
        if self.squeeze_axis:
            return [_at(whole, axis, begin) for begin, _ in bounds]
        return [_part(whole, axis, begin, end) for begin, end in bounds]

    def forward(self, ctx, in_data, out_data, aux):
        for view, out in zip(self._views(in_data[0]), out_data, strict=True):
            kernels.move.copy(view, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        for view, grad in zip(self._views(in_grad[0]), out_grad, strict=True):
            kernels.move.copy(grad, view)


class SliceChannel(Split):
    """Data cut into equal parts along one axis.

    data                  any shape
    output0, output1, ... data's shape; along axis 1 / num_outputs of it, or without it by squeeze_axis

    Source: src/operator/slice_channel.cc.
    """

    aliases = ("split",)

    num_outputs: int = param(ge=1, le=MOST, doc="the number of parts; it divides the size of axis")
    axis: int = param(1, doc="the axis to cut")
    squeeze_axis: bool = param(False, doc="leave axis out; each part has to have size 1 there")

    def _count(self):
        return self.num_outputs

    def _bounds(self, size):
        length = size // self.num_outputs
        return [(i * length, (i + 1) * length) for i in range(self.num_outputs)]

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data is None:
            return [None], [None] * self.num_outputs
        axis = axis_in(self.axis, len(data))
        size, before, after = data[axis], data[:axis], data[axis + 1 :]
        if size % self.num_outputs or (self.squeeze_axis and size > self.num_outputs):
            parts = "parts of size 1" if self.squeeze_axis else "equal parts"
            raise ShapeError(f"axis {axis} has {size} elements; they do not split into {self.num_outputs} {parts}")
        length = () if self.squeeze_axis else (size // self.num_outputs,)
        part = merge_all((*before, *length, *after), *out_shape)
        if self.squeeze_axis:
            return [(*part[:axis], self.num_outputs, *part[axis:])], [part] * self.num_outputs
        whole = (*part[:axis], part[axis] * self.num_outputs, *part[axis + 1 :])
        return [whole], [part] * self.num_outputs


class _split_v2(Split):
    """Data cut along one axis at given places, or into equal parts.

    data                  any shape
    output0, output1, ... data's shape; along axis from one place to the next, or without it by squeeze_axis

    Source: src/operator/tensor/matrix_op.cc.
    """

    aliases = ("_npi_split",)

    indices: tuple[int, ...] = param(ge=0, doc="where the parts begin, the first at 0")
    axis: int = param(1, doc="the axis to cut")
    squeeze_axis: bool = param(False, doc="leave axis out; each part has to have size 1 there")
    sections: int = param(0, ge=0, le=MOST, doc="cut into this many equal parts in place of indices")

    def _count(self):
        return self.sections or len(self.indices)

    def _bounds(self, size):
        if self.sections:
            starts = [i * (size // self.sections) for i in range(self.sections)]
        else:
            starts = list(self.indices)
        return list(zip(starts, [*starts[1:], size], strict=True))

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data is None:
            return [None], [None] * self._count()
        axis = axis_in(self.axis, len(data))
        size, before, after = data[axis], data[:axis], data[axis + 1 :]
        if size and self.sections and size % self.sections:
            raise ShapeError(f"axis {axis} has {size} elements; they do not split into {self.sections} equal parts")
        lengths = [end - begin for begin, end in self._bounds(size)] if size else [0] * self._count()
        if size and (min(lengths) < 1 or (self.squeeze_axis and max(lengths) > 1)):
            raise ShapeError(f"indices={to_text(self.indices)} cut the {size} elements of axis {axis} into parts of "
                             f"{to_text(lengths)}; each needs at least 1, with squeeze_axis exactly 1")  # fmt: skip
        return [data], [(*before, *(() if self.squeeze_axis else (length,)), *after) for length in lengths]
