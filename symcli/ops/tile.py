"""Operators that repeat their input: copies into a view of the output with one more axis for the repetitions."""

from symcli import kernels
from symcli.dtypes import merge_dtypes
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.params import param, to_text
from symcli.shapes import axis_in, prod, text


class Repeating(Op, abstract=True):
    """``_views(data, out)`` brings both to one rank, data with size 1 where the output repeats it."""

    backward_uses = ()

    def _views(self, data, out):
        return data, out

    def forward(self, ctx, in_data, out_data, aux):
        kernels.move.copy(*self._views(in_data[0], out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if in_grad[0] is not None:
            data, out = self._views(in_grad[0], out_grad[0])
            kernels.move.sum_to(out, data)
        for grad in in_grad[1:]:  # of an input that lends its shape only
            if grad is not None:
                kernels.move.fill(0, grad)


class tile(Repeating):
    """Data laid beside itself: reps[i] times along axis i.

    data    any shape
    output  data's shape times reps; the shorter of both is filled with ones in front

    Source: src/operator/tensor/matrix_op.cc.
    """

    aliases = ("_npi_tile",)

    reps: tuple[int, ...] = param(ge=1, doc="how often data comes along each axis")

    def _filled(self, shape):
        rank = max(len(shape), len(self.reps))
        return (1,) * (rank - len(shape)) + shape, (1,) * (rank - len(self.reps)) + self.reps

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data is None:
            return [None], [None]
        return [data], [tuple(size * times for size, times in zip(*self._filled(data), strict=True))]

    def _views(self, data, out):
        pairs = list(zip(*self._filled(data.shape), strict=True))
        once = [part for size, _ in pairs for part in (1, size)]
        return data.reshape(once), out.reshape([part for size, times in pairs for part in (times, size)])


class repeat(Repeating):
    """Each element of data several times, one after another.

    data    any shape
    output  data's shape with axis times repeats; (size * repeats,) without an axis

    Source: src/operator/tensor/matrix_op.cc.
    """

    aliases = ("_np_repeat",)

    repeats: int = param(ge=1, doc="how often each element comes")
    axis: int | None = param(None, doc="the axis along which to repeat; None: data as one axis")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data is None:
            return [None], [None]
        if self.axis is None:
            return [data], [(prod(data) * self.repeats,)]
        axis = axis_in(self.axis, len(data))
        return [data], [(*data[:axis], data[axis] * self.repeats, *data[axis + 1 :])]

    def _views(self, data, out):
        after = 1 if self.axis is None else prod(data.shape[self.axis % data.ndim + 1 :])
        return data.reshape(-1, 1, after), out.reshape(-1, self.repeats, after)


class broadcast_to(Repeating):
    """Data repeated along axes of size 1.

    data    any shape
    output  shape, of data's rank; 0 there is data's size

    Source: src/operator/tensor/broadcast_reduce_op_value.cc.
    """

    shape: tuple[int, ...] = param((), ge=0, doc="the output's shape; 0 for sizes that stay")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data is None:
            return [None], [None]
        wanted = tuple(size or data[i] if i < len(data) else size for i, size in enumerate(self.shape))
        return [data], [_repeated(data, wanted, f"shape={to_text(self.shape)}")]


class broadcast_axis(Repeating):
    """Data repeated along the given axes, which have size 1.

    data    any shape
    output  data's shape with size at axis

    Source: src/operator/tensor/broadcast_reduce_op_value.cc.
    """

    aliases = ("broadcast_axes",)

    axis: tuple[int, ...] = param((), doc="the axes to repeat")
    size: tuple[int, ...] = param((), ge=1, doc="their sizes in the output")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if len(self.axis) != len(self.size):
            raise ShapeError(f"axis={to_text(self.axis)} and size={to_text(self.size)}; need one size for each axis")
        if data is None:
            return [None], [None]
        out = list(data)
        for one, size in zip(self.axis, self.size, strict=True):
            axis = axis_in(one, len(data))
            if out[axis] > 1:
                raise ShapeError(f"axis {axis} of data {text(data)} has size {out[axis]}; only 1 can be repeated")
            out[axis] = size
        return [data], [tuple(out)]


class broadcast_like(Repeating):
    """The left operand repeated along axes of size 1 to the sizes of the right one.

    lhs     any shape
    rhs     only its shape is read, its gradient is 0
    output  rhs's shape; with axes: lhs's shape with rhs.shape[rhs_axes] at lhs_axes

    Source: src/operator/tensor/broadcast_reduce_op_value.cc.
    """

    arguments = ("lhs", "rhs")

    lhs_axes: tuple[int, ...] | None = param(None, doc="the axes of lhs to repeat; None: all")
    rhs_axes: tuple[int, ...] | None = param(None, doc="the axes of rhs that give their sizes")

    def infer_shape(self, in_shape, out_shape):
        lhs, rhs = in_shape
        if lhs is None or rhs is None:
            return in_shape, [None]
        if self.lhs_axes is None or self.rhs_axes is None:
            return in_shape, [_repeated(lhs, rhs, f"rhs {text(rhs)}")]
        if len(self.lhs_axes) != len(self.rhs_axes) or not self.lhs_axes:
            raise ShapeError(f"lhs_axes={to_text(self.lhs_axes)} and rhs_axes={to_text(self.rhs_axes)}; "
                             "need as many of both, at least one")  # fmt: skip
        wanted = list(lhs)
        for left, right in zip(self.lhs_axes, self.rhs_axes, strict=True):
            wanted[axis_in(left, len(lhs), "lhs_axes")] = rhs[axis_in(right, len(rhs), "rhs_axes")]
        return in_shape, [_repeated(lhs, tuple(wanted), f"rhs {text(rhs)}")]

    def infer_type(self, in_type, out_type):
        lhs = merge_dtypes(in_type[0], out_type[0])
        return [lhs, in_type[1]], [lhs]


def _repeated(data, wanted, what):
    """Return the shape to which data is repeated; ``what`` names the wanted one in messages."""
    if len(data) != len(wanted):
        raise ShapeError(f"data {text(data)} and {what} differ in rank; put axes in with expand_dims")
    if any(size > 1 and new and size != new for size, new in zip(data, wanted, strict=True)):
        raise ShapeError(f"data {text(data)} does not repeat to {what}: sizes must be equal or 1")
    return tuple(new or (size if size > 1 else 0) for size, new in zip(data, wanted, strict=True))
