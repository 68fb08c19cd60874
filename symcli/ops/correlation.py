"""Correlation of the patches of two images, as optical flow networks use it (FlowNet, Dosovitskiy et al., 2015)."""

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.floating import Floating
from symcli.params import param
from symcli.shapes import merge, text


class Correlation(Floating):
    """How alike each patch of data1 is to the patches of data2 around the same place:

    output[n, (q, p), i, j] = mean over c, a, b of x1[n, c, s1 i + m + a, s1 j + m + b]
                              times x2[n, c, s1 i + m + s2 q + a, s1 j + m + s2 p + b]

    with x1 and x2 the images with pad_size zeros around, a and b counting kernel_size rows and columns,
    m max_displacement, s1 stride1, s2 stride2, and q and p from -r to r, r = floor(m / s2).
    Without is_multiply it is the mean of the absolute differences.

    data1, data2  (N, C, H, W)
    output        (N, (2 r + 1)², H', W')   H' = ceil((H + 2 pad_size - 2 m - kernel_size + 1) / s1)

    Source: src/operator/correlation.cc.
    """

    arguments = ("data1", "data2")
    outputs = ("output", "tmp1", "tmp2")
    backward_uses = ("tmp1", "tmp2")

    kernel_size: int = param(1, ge=1, doc="the side of a patch; odd")
    max_displacement: int = param(1, ge=0, doc="how far patches of data2 may lie from those of data1")
    stride1: int = param(1, ge=1, doc="steps between the patches of data1")
    stride2: int = param(1, ge=1, doc="steps between the patches of data2 around one of data1")
    pad_size: int = param(0, ge=0, doc="zeros put around the images on all sides")
    is_multiply: bool = param(True, doc="multiply the patches; else take the absolute difference")

    def __post_init__(self):
        if self.kernel_size % 2 == 0:
            raise ParamError(f"{self.name}: kernel_size={self.kernel_size}; needs an odd number")

    def num_visible_outputs(self):
        return 1

    @property
    def reach(self):
        # displacements to either side
        return self.max_displacement // self.stride2

    def infer_shape(self, in_shape, out_shape):
        data = merge(*in_shape)
        if not data:
            return in_shape, out_shape
        if len(data) != 4:
            raise ShapeError(f"data1 has {len(data)} axes; needs 4: batch, channels, height, width")
        n, c, *image = data
        border = 2 * self.max_displacement + self.kernel_size - 1
        padded = [size and size + 2 * self.pad_size for size in image]
        if any(size and size <= border for size in padded):
            raise ShapeError(f"max_displacement={self.max_displacement} and kernel_size={self.kernel_size} need more "
                             f"than {border} rows and columns; there are {text(padded)}: raise pad_size")  # fmt: skip
        sizes = [size and -(-(size - border) // self.stride1) for size in padded]
        return [data, data], [(n, (2 * self.reach + 1) ** 2, *sizes), (n, *padded, c), (n, *padded, c)]

    def numbers(self):
        return self.kernel_size, self.max_displacement, self.reach, self.stride1, self.stride2

    def inside(self, padded):
        # (n, h + 2 pad, w + 2 pad, c) without the padding, as (n, c, h, w)
        p, (_, h, w, _) = self.pad_size, padded.shape
        return padded[:, p : h - p, p : w - p].transpose(0, 3, 1, 2)

    def forward(self, ctx, in_data, out_data, aux):
        out, *padded = out_data
        for data, copy in zip(in_data, padded, strict=True):
            kernels.move.fill(0, copy)
            kernels.move.copy(data, self.inside(copy))
        correlate = kernels.correlation.products if self.is_multiply else kernels.correlation.differences
        correlate(*padded, *self.numbers(), out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        padded = out_data[1:]
        grads = [ctx.scratch(one.shape, one.dtype) for one in padded]
        correlate = kernels.correlation.products_grad if self.is_multiply else kernels.correlation.differences_grad
        correlate(out_grad[0], *padded, *self.numbers(), *grads)
        for grad, copy in zip(in_grad, grads, strict=True):
            if grad is not None:
                kernels.move.copy(self.inside(copy), grad)
