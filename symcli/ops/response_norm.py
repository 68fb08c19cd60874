"""Normalisations by lengths: of vectors, and of neighbouring channels."""

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.floating import Floating
from symcli.ops.views import channels
from symcli.params import param
from symcli.shapes import prod, text


class L2Normalization(Floating):
    """Divide by the length of a vector: output = data / sqrt(sum of data^2 + eps).

    data, output  (N, ...)      instance: the sum is over all of a sample
                  (N, C, ...)   channel: over axis 1, at each position; spatial: over all positions, for each channel
    norm          hidden; what data is divided by

    Source: src/operator/l2_normalization-inl.h.
    """

    outputs = ("output", "norm")
    backward_uses = ("output", "norm")
    flops_per_element = 3  # square, sum, quotient

    eps: float = param(1e-10, doc="added under the root")
    mode: str = param("instance", choices=("channel", "instance", "spatial"), doc="what has length 1")

    def num_visible_outputs(self):
        return 1

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if self.mode != "instance" and len(data) < 3:
            raise ShapeError(f"data is {text(data)}; mode={self.mode} needs 3 or more axes: (samples, channels, ...)")
        norms = {"instance": data[:1], "channel": (data[0], *data[2:]), "spatial": data[:2]}
        return [data], [data, norms[self.mode]]

    def forward(self, ctx, in_data, out_data, aux):
        x, out, norm = self.vectors(in_data[0]), self.vectors(out_data[0]), self.lengths(out_data[1])
        kernels.elemwise.square(x, out)
        kernels.reduce.sum(out, norm)
        kernels.elemwise.add(norm, self.eps, norm)
        kernels.elemwise.sqrt(norm, norm)
        kernels.elemwise.divide(x, norm, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        y, norm, g = self.vectors(out_data[0]), self.lengths(out_data[1]), self.vectors(out_grad[0])
        gx, dot = self.vectors(in_grad[0]), ctx.scratch(norm.shape, norm.dtype)
        kernels.elemwise.multiply(g, y, gx)
        kernels.reduce.sum(gx, dot)
        kernels.elemwise.multiply(y, dot, gx)
        kernels.elemwise.subtract(g, gx, gx)
        kernels.elemwise.divide(gx, norm, gx)

    def vectors(self, array):
        """View an array so that its vectors lie along axis 1."""
        if self.mode == "channel":
            return channels(array, 1)
        return array.reshape(prod(array.shape[: 1 if self.mode == "instance" else 2]), -1, 1)

    def lengths(self, norm):
        return norm.reshape(norm.shape[0], 1, -1) if self.mode == "channel" else norm.reshape(-1, 1, 1)


class LRN(Floating):
    """Local response normalisation: output = data norm^-beta, norm = knorm + alpha / nsize times a sum of squares.

    data, output  (N, C, ...)
    tmp_norm      hidden; norm

    The sum is over the channels from c - (nsize - 1) // 2 to c + (nsize - 1) // 2, as far as there are any.

    Krizhevsky, Sutskever and Hinton, 2012. Source: src/operator/nn/lrn.cc.
    """

    outputs = ("output", "tmp_norm")
    backward_uses = ("data", "tmp_norm")

    alpha: float = param(1e-4, doc="weight of the squares")
    beta: float = param(0.75, doc="the exponent")
    knorm: float = param(2.0, doc="what norm is where data is 0")
    nsize: int = param(ge=1, doc="number of neighbouring channels, an odd number")

    def flops(self, in_shape, out_shape):
        return prod(out_shape[0]) * (self.nsize + 5)

    def num_visible_outputs(self):
        return 1

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if data and len(data) < 2:
            raise ShapeError(f"data is {text(data)}; needs 2 or more axes: (samples, channels, ...)")
        return [data], [data, data]

    def forward(self, ctx, in_data, out_data, aux):
        x, out, norm = (channels(array, 1) for array in (in_data[0], *out_data))
        scale, beta, knorm = (x.dtype.type(number) for number in (self.alpha / self.nsize, self.beta, self.knorm))
        kernels.response_norm.lrn(x, (self.nsize - 1) // 2, scale, beta, knorm, norm, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        g, x, norm, gx = (channels(array, 1) for array in (out_grad[0], in_data[0], out_data[1], in_grad[0]))
        scale, beta = x.dtype.type(self.alpha / self.nsize), x.dtype.type(self.beta)
        kernels.response_norm.lrn_grad(g, x, norm, (self.nsize - 1) // 2, scale, beta, gx)
