"""Pooling."""

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.conv import Window, channels_first, put_back
from symcli.ops.op import WITHOUT_EFFECT
from symcli.params import param
from symcli.shapes import prod, window


class Pooling(Window):
    """One number for each window of an image: its largest element, mean, sum, or p-norm.

    data    (N, C, H, W)    (N, C, W) or (N, C, D, H, W) with 1 or 3 kernel sizes
    output  (N, C, H', W')  valid: H' = floor((H + 2 pad - k) / stride) + 1; full: the ceiling in place of
                            the floor; same (one image axis only): the ceiling of H / stride; global_pool: 1

    The lp type is (sum of x^p)^(1/p) without absolute values. The gradient of max goes to the first of
    equal elements. NaN is never the largest. A window outside of the image gives the lowest number (max)
    or 0. The layouts NWC, NHWC and NDHWC put the channels last.

    Source: src/operator/nn/pooling.cc, src/operator/nn/pool.h.
    """

    aliases = ("_npx_pooling",)
    backward_uses = ("data", "output")

    kernel: tuple[int, ...] = param((), ge=1, doc="window size: (w), (h, w) or (d, h, w); required without global_pool")
    pool_type: str = param("max", choices=("avg", "lp", "max", "sum"), doc="what is taken of each window")
    global_pool: bool = param(False, doc="one window as large as the image; kernel, stride and pad are ignored")
    cudnn_off: bool = param(False, doc=WITHOUT_EFFECT + "do without cuDNN")
    pooling_convention: str = param("valid", choices=("full", "same", "valid"),
                                    doc="whether the last window may hang over the edge")  # fmt: skip
    stride: tuple[int, ...] = param((), ge=1, doc="steps between windows; 1 if not given")
    pad: tuple[int, ...] = param((), ge=0, doc="elements put around the image on both sides; 0 if not given")
    p_value: int | None = param(None, choices=(1, 2, 3), doc="the power p; required for lp")
    count_include_pad: bool | None = param(None, doc="whether avg divides by a window's size with padding; yes if None")
    layout: str | None = param(None, choices=("NCDHW", "NCHW", "NCW", "NDHWC", "NHWC", "NWC"),
                               doc="order of the axes of data and output; channels first if not given")  # fmt: skip

    def __post_init__(self):
        if not self.global_pool:
            super().__post_init__()
        if self.pool_type == "lp" and self.p_value is None:
            raise ParamError(f"{self.name}: pool_type=lp without p_value; give p_value=1, 2 or 3")

    @property
    def uncounted(self):
        # MXNet's oneDNN keeps the places of the maxima, an output that its files count and nothing else knows of.
        return -1 if self.pool_type == "max" and self.kernel and not (self.layout or "NCHW").endswith("C") else 0

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if self.global_pool:
            if not 3 <= len(data) <= 5:
                raise ShapeError(f"data has {len(data)} axes; needs 3, 4 or 5: batch, channels, image axes")
            self.check_rank(len(data), len(data))
            sizes = [1] * (len(data) - 2)
        else:
            self.check_rank(len(data), len(self.kernel) + 2)
            sizes = [self.count(size, k, s, p) for size, (k, s, _, p) in
                     zip(self.to_first(data)[2:], self.windows(), strict=True)]  # fmt: skip
        return [data], [self.to_layout((*self.to_first(data)[:2], *sizes))]

    def count(self, size, k, s, p):
        if self.pooling_convention == "same":
            if len(self.kernel) > 1 or p:
                raise ShapeError("pooling_convention=same needs one image axis and pad 0; use valid or full")
            return -(-size // s)
        return window(size, k, s, 1, p, self.pooling_convention == "full")

    def flops(self, in_shape, out_shape):
        size = self.to_first(in_shape[0])[2:] if self.global_pool else self.kernel
        return prod(out_shape[0]) * prod(size)

    def forward(self, ctx, in_data, out_data, aux):
        x, y = channels_first(self, ctx, in_data[0]), channels_first(self, ctx, out_data[0], filled=False)
        if self.pool_type == "max":
            kernels.pool.maximum(images(x), *self.numbers(x), images(y))
        else:
            kernels.pool.power_sum(images(x), *self.numbers(x), self.power, self.divisor, images(y))
        put_back(self, y, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        x, y, g = (channels_first(self, ctx, array) for array in (in_data[0], out_data[0], out_grad[0]))
        gx = channels_first(self, ctx, in_grad[0], filled=False)
        if self.pool_type == "max":
            kernels.pool.maximum_grad(images(g), images(x), *self.numbers(x), images(gx))
        else:
            kernels.pool.power_sum_grad(images(g), images(x), images(y), *self.numbers(x), self.power, self.divisor,
                                        images(gx))  # fmt: skip
        put_back(self, gx, in_grad[0])

    @property
    def power(self):
        return self.p_value if self.pool_type == "lp" else 1

    @property
    def divisor(self):
        return 0 if self.pool_type != "avg" else 2 if self.count_include_pad is False else 1

    def numbers(self, x):
        windows = [(size, 1, 0) for size in x.shape[2:]] if self.global_pool else \
                  [(k, s, p) for k, s, _, p in self.windows()]  # fmt: skip
        padded = [(1, 1, 0)] * (3 - len(windows)) + windows
        return [number for numbers in zip(*padded, strict=True) for number in numbers]


def images(array):
    """View an array (n, c, image axes) as images (n * c, d, h, w)."""
    return array.reshape(prod(array.shape[:2]), *(1,) * (5 - array.ndim), *array.shape[2:])
