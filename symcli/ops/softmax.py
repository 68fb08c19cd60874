"""Softmax along an axis and its relations."""

from typing import ClassVar

from symcli import kernels
from symcli.dtypes import FLOATS, is_float, merge_dtypes
from symcli.errors import DTypeError, ShapeError
from symcli.ops.op import Op
from symcli.ops.views import channels
from symcli.params import DType, param
from symcli.shapes import axis_in, merge, text


class AlongAxis(Op, abstract=True):
    inplace: ClassVar = {"output": "data"}
    flops_per_element = 5  # maximum, difference, exp, sum, quotient
    backward_uses: ClassVar[tuple[str, ...]] = ("output",)

    axis: int = param(-1, doc="the axis along which the results add up to 1")
    temperature: float | None = param(None, doc="divides data first; None is 1")
    dtype: DType | None = param(None, choices=("float16", "float32", "float64"),
                                doc="element type of the output; None is that of data")  # fmt: skip
    use_length: bool | None = param(False, doc="read each line only up to its length")

    def infer_shape(self, in_shape, out_shape):
        shape = merge(in_shape[0], out_shape[0])
        if shape:
            axis_in(self.axis, len(shape))
        return [shape], [shape]

    def infer_type(self, in_type, out_type):
        known = in_type[0] if self.dtype else merge_dtypes(in_type[0], out_type[0])
        if known and not is_float(known):
            raise DTypeError(f"data is {known}; needs one of {', '.join(FLOATS)}; put Cast before it")
        return [known, *in_type[1:]], [self.dtype or known]

    def lines(self, array):
        return channels(array, self.axis)

    def heat(self, array, sign=1):
        return array.dtype.type(sign if self.temperature is None else sign * self.temperature)


class softmax(AlongAxis):
    """Softmax: output = exp(data / temperature), divided by its sum along axis.

    data    any shape
    length  data's shape without axis   with use_length
    output  as data; what lies beyond the length is 0

    Source: src/operator/nn/softmax.cc.
    """

    arguments = ("data", "length")
    aliases = ("_npx_softmax",)
    backward_uses = ("length", "output")

    def list_arguments(self):
        return ["data", "length"][: 2 if self.use_length else 1]

    def infer_shape(self, in_shape, out_shape):
        (shape,), _ = super().infer_shape(in_shape, out_shape)
        length = None
        if shape:
            axis = axis_in(self.axis, len(shape))
            length = shape[:axis] + shape[axis + 1 :]
        return [shape, length][: len(in_shape)], [shape]

    def forward(self, ctx, in_data, out_data, aux):
        x, y = self.lines(in_data[0]), self.lines(out_data[0])
        if self.use_length:
            kernels.softmax.softmax_length(x, in_data[1].reshape(x.shape[0], x.shape[2]), self.heat(x), y)
        else:
            kernels.softmax.softmax(x, self.heat(x), y)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, y, gx = self.lines(out_grad[0]), self.lines(out_data[0]), self.lines(in_grad[0])
        if self.use_length and in_grad[1] is not None:
            kernels.move.fill(0, in_grad[1])
        if gx is None:
            return
        if self.use_length:
            length = in_data[1].reshape(y.shape[0], y.shape[2])
            kernels.softmax.softmax_length_grad(g, y, length, self.heat(gx), gx)
        else:
            kernels.softmax.softmax_grad(g, y, self.heat(gx), gx)


class log_softmax(AlongAxis):
    """Logarithm of softmax: output = data / temperature - log(sum of exp(data / temperature) along axis).

    data, output  any shape

    use_length is read and has no effect. Source: src/operator/nn/log_softmax.cc.
    """

    aliases = ("_npx_log_softmax",)

    def forward(self, ctx, in_data, out_data, aux):
        x = self.lines(in_data[0])
        kernels.softmax.log_softmax(x, self.heat(x), self.lines(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        gx = self.lines(in_grad[0])
        kernels.softmax.log_softmax_grad(self.lines(out_grad[0]), self.lines(out_data[0]), self.heat(gx), gx)


class softmin(AlongAxis):
    """Softmax of the negative: output = exp(-data / temperature), divided by its sum along axis.

    data, output  any shape

    use_length is read and has no effect. Source: src/operator/nn/softmin.cc.
    """

    def forward(self, ctx, in_data, out_data, aux):
        x = self.lines(in_data[0])
        kernels.softmax.softmax(x, self.heat(x, -1), self.lines(out_data[0]))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        gx = self.lines(in_grad[0])
        kernels.softmax.softmax_grad(self.lines(out_grad[0]), self.lines(out_data[0]), self.heat(gx, -1), gx)


class SoftmaxActivation(Op):
    """Softmax of each sample: output = exp(data), divided by its sum.

    data, output  (..., K)      instance: the sum is over the last axis
                  (N, C, ...)   channel: over axis 1, at each position

    As in MXNet, the gradient is always that of a sum over axis 1, which for instance is right with two axes only.
    Source: src/operator/nn/softmax_activation-inl.h.
    """

    inplace: ClassVar = {"output": "data"}
    backward_uses = ("output",)
    flops_per_element = 5  # as softmax

    mode: str = param("instance", choices=("instance", "channel"), doc="what adds up to 1: the last axis, or axis 1")

    def infer_shape(self, in_shape, out_shape):
        shape, needed = merge(in_shape[0], out_shape[0]), 3 if self.mode == "channel" else 2
        if shape and len(shape) < needed:
            raise ShapeError(f"data is {text(shape)}; mode={self.mode} needs {needed} or more axes; try softmax")
        return [shape], [shape]

    def forward(self, ctx, in_data, out_data, aux):
        axis = 1 if self.mode == "channel" else -1
        x, y = channels(in_data[0], axis), channels(out_data[0], axis)
        kernels.softmax.softmax(x, x.dtype.type(1), y)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, y, gx = (channels(array, 1) for array in (out_grad[0], out_data[0], in_grad[0]))
        kernels.softmax.softmax_grad(g, y, gx.dtype.type(1), gx)
