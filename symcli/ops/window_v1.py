"""The first versions of convolution and pooling, as networks of MXNet's early years have them."""

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.conv import Convolution, Window
from symcli.ops.pool import images
from symcli.params import param, to_text
from symcli.shapes import prod, window


def check_two_axes(op):
    """Raise ``ParamError`` for a kernel of one size."""
    if len(op.kernel) == 1:
        raise ParamError(
            f"{op.name}: kernel={to_text(op.kernel)} has 1 size; needs 2 or 3: take {op.name[:-3]} instead"
        )


class Convolution_v1(Convolution):
    """Convolution as MXNet first had it: the same numbers, for images of two or three axes.

    data    (N, C, H, W)                       (N, C, D, H, W) with 3 kernel sizes
    weight  (num_filter, C / num_group, kernel)
    bias    (num_filter,)                      absent with no_bias
    output  (N, num_filter, H', W')            H' = floor((H + 2 pad - dilate (k - 1) - 1) / stride) + 1

    MXNet computes two axes only, channels first.

    Source: src/operator/convolution_v1.cc.
    """

    layout: str | None = param(None, choices=("NCDHW", "NCHW", "NDHWC", "NHWC"),
                               doc="order of the axes of all arrays; channels first if not given")  # fmt: skip

    def __post_init__(self):
        super().__post_init__()
        check_two_axes(self)


class Pooling_v1(Window):
    """Pooling as MXNet first had it: the zeros of the padding take part.

    data    (N, C, H, W)    (N, C, D, H, W) with 3 kernel sizes
    output  (N, C, H', W')  valid: H' = floor((H + 2 pad - k) / stride) + 1; full: the ceiling; global_pool: 1

    Unlike Pooling, max sees the zeros around the image, passes NaN on, and gives its gradient to every element
    that equals the largest; avg divides by the size of the kernel wherever the window lies; a window outside
    of the image and its padding is -inf (max) or 0. MXNet computes two axes only.

    Source: src/operator/pooling_v1.cc.
    """

    backward_uses = ("data", "output")
    layout = None

    kernel: tuple[int, ...] = param((), ge=1, doc="window size: (h, w) or (d, h, w); required without global_pool")
    pool_type: str = param("max", choices=("avg", "max", "sum"), doc="what is taken of each window")
    global_pool: bool = param(False, doc="one window as large as the image; kernel, stride and pad are ignored")
    pooling_convention: str = param("valid", choices=("full", "valid"),
                                    doc="whether the last window may hang over the edge")  # fmt: skip
    stride: tuple[int, ...] = param((), ge=1, doc="steps between windows; 1 if not given")
    pad: tuple[int, ...] = param((), ge=0, doc="zeros put around the image on both sides; 0 if not given")

    def __post_init__(self):
        if not self.global_pool:
            super().__post_init__()
            check_two_axes(self)

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if self.global_pool:
            if not 4 <= len(data) <= 5:
                raise ShapeError(f"data has {len(data)} axes; needs 4 or 5: batch, channels, image axes")
            return [data], [(*data[:2], *(1,) * (len(data) - 2))]
        self.check_rank(len(data), len(self.kernel) + 2)
        full = self.pooling_convention == "full"
        sizes = [window(n, k, s, 1, p, full) for n, (k, s, _, p) in zip(data[2:], self.windows(), strict=True)]
        return [data], [(*data[:2], *sizes)]

    def forward(self, ctx, in_data, out_data, aux):
        data, out = in_data[0], out_data[0]
        if self.pool_type == "max":
            kernels.window_v1.maximum(self.padded(ctx, data), *self.numbers(data)[:6], images(out))
        else:
            kernels.pool.power_sum(images(data), *self.numbers(data), 1, 0, images(out))
            self.divide(data, out)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        data, out, g, gdata = in_data[0], out_data[0], out_grad[0], in_grad[0]
        if self.pool_type == "max":
            x = self.padded(ctx, data)
            gx = ctx.scratch(x.shape, x.dtype)
            kernels.window_v1.maximum_grad(images(g), x, images(out), *self.numbers(data)[:6], gx)
            kernels.move.copy(self.inside(data, gx), images(gdata))
        else:
            kernels.pool.power_sum_grad(images(g), images(data), images(out), *self.numbers(data), 1, 0, images(gdata))
            self.divide(data, gdata)

    def divide(self, data, sums):
        if self.pool_type == "avg":
            kernels.elemwise.multiply(sums, 1 / prod(self.numbers(data)[:3]), sums)

    def padded(self, ctx, data):
        x = images(data)
        pads = self.numbers(data)[6:]
        if not any(pads):
            return x
        whole = ctx.scratch((len(x), *(n + 2 * p for n, p in zip(x.shape[1:], pads, strict=True))), x.dtype)
        kernels.move.fill(0, whole)
        kernels.move.copy(x, self.inside(data, whole))
        return whole

    def inside(self, data, whole):
        pads = self.numbers(data)[6:]
        return whole[(slice(None), *(slice(p, n - p) for p, n in zip(pads, whole.shape[1:], strict=True)))]

    def numbers(self, data):
        # sizes, strides and pads of three axes
        windows = [(size, 1, 0) for size in data.shape[2:]] if self.global_pool else \
                  [(k, s, p) for k, s, _, p in self.windows()]  # fmt: skip
        padded = [(1, 1, 0)] * (3 - len(windows)) + windows
        return [number for numbers in zip(*padded, strict=True) for number in numbers]
