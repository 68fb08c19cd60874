"""Operators on sequences of different lengths in one array."""

from typing import ClassVar

from symcli import kernels
from symcli.dtypes import merge_dtypes
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.params import param
from symcli.shapes import prod, text


class Sequence(Op, abstract=True):
    arguments = ("data", "sequence_length")
    backward_uses: ClassVar[tuple[str, ...]] = ("sequence_length",)
    axes: ClassVar[tuple[int, ...]] = (0, 1)  # those that may count the steps

    use_sequence_length: bool = param(False, doc="read sequence_length; without it all sequences are of full length")

    def list_arguments(self):
        return ["data", "sequence_length"][: 2 if self.use_sequence_length else 1]

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if len(data) < 2:
            raise ShapeError(f"data is {text(data)}; needs 2 or more axes: (steps, samples, ...)")
        if self.axis not in self.axes:
            raise ShapeError(f"axis={self.axis}; needs {' or '.join(map(str, self.axes))}: put SwapAxis before it")
        return [data, (data[1 - self.axis],)][: len(in_shape)], [self.out_shape(data)]

    def out_shape(self, data):
        return data

    def infer_type(self, in_type, out_type):
        known = merge_dtypes(in_type[0], out_type[0])
        return [known, *(one or known for one in in_type[1:])], [known]

    def steps(self, array):
        """View an array as (steps, samples, elements)."""
        if array is None:
            return None
        array = array.reshape(*array.shape[:2], prod(array.shape[2:]))
        return array.swapaxes(0, 1) if self.axis == 1 else array

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if in_grad[0] is not None:
            self.data_grad(out_grad[0], in_data[1] if self.use_sequence_length else None, in_grad[0])
        if self.use_sequence_length and in_grad[1] is not None:
            kernels.move.fill(0, in_grad[1])


class SequenceLast(Sequence):
    """The last step of each sequence: output[n] = data[sequence_length[n] - 1, n].

    data             (T, N, ...)   or (N, T, ...) with axis=1
    sequence_length  (N,)          only with use_sequence_length, otherwise T
    output           (N, ...)

    The gradient of sequence_length is 0. Source: src/operator/sequence_last.cc.
    """

    axis: int = param(0, doc="the axis of the steps, 0 or 1")

    def out_shape(self, data):
        return (data[1 - self.axis], *data[2:])

    def samples(self, array):
        return array.reshape(array.shape[0], prod(array.shape[1:]))

    def forward(self, ctx, in_data, out_data, aux):
        x, out = self.steps(in_data[0]), self.samples(out_data[0])
        if self.use_sequence_length:
            kernels.sequence.last(x, in_data[1], out)
        else:
            kernels.move.copy(x[-1], out)

    def data_grad(self, g, length, gx):
        gx = self.steps(gx)
        if length is not None:
            kernels.sequence.last_grad(self.samples(g), length, gx)
        else:
            kernels.move.fill(0, gx[:-1])
            kernels.move.copy(self.samples(g), gx[-1])


class SequenceMask(Sequence):
    """Overwrite what is behind the ends: output[t, n] = data[t, n] where t < sequence_length[n], else value.

    data, output     (T, N, ...)   or (N, T, ...) with axis=1
    sequence_length  (N,)          only with use_sequence_length; without it output = data

    The gradient of sequence_length is 0. Source: src/operator/sequence_mask.cc.
    """

    aliases = ("_npx_sequence_mask",)

    value: float = param(0.0, doc="what stands behind the ends")
    axis: int = param(0, doc="the axis of the steps, 0 or 1")

    def forward(self, ctx, in_data, out_data, aux):
        self.mask(in_data[0], in_data[1] if self.use_sequence_length else None, self.value, out_data[0])

    def data_grad(self, g, length, gx):
        self.mask(g, length, 0.0, gx)

    def mask(self, x, length, value, out):
        if length is not None:
            kernels.sequence.mask(self.steps(x), length, x.dtype.type(value), self.steps(out))
        else:
            kernels.move.copy(x, out)


class SequenceReverse(Sequence):
    """Each sequence backwards: output[t, n] = data[sequence_length[n] - 1 - t, n]; what is behind the end stays.

    data, output     (T, N, ...)
    sequence_length  (N,)          only with use_sequence_length, otherwise T

    The gradient of sequence_length is 0. Source: src/operator/sequence_reverse.cc.
    """

    axes: ClassVar = (0,)

    axis: int = param(0, doc="the axis of the steps, 0")

    def forward(self, ctx, in_data, out_data, aux):
        self.reverse(in_data[0], in_data[1] if self.use_sequence_length else None, out_data[0])

    def data_grad(self, g, length, gx):
        self.reverse(g, length, gx)

    def reverse(self, x, length, out):
        if length is not None:
            kernels.sequence.reverse(self.steps(x), length, self.steps(out))
        else:
            kernels.move.copy(x[::-1], out)
