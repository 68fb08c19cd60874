"""Convolution, and what operators with a sliding window share."""

from typing import ClassVar

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.floating import Floating
from symcli.ops.op import WITHOUT_EFFECT
from symcli.params import param
from symcli.shapes import prod, text, window

CHANNELS_FIRST = ("NCW", "NCHW", "NCDHW")
CHANNELS_LAST = ("NWC", "NHWC", "NDHWC")
BLOCK_BYTES = 4 << 20  # columns made at a time


class Window(Floating, abstract=True):
    """Operators whose parameters kernel, stride, pad (and dilate) have one number for each image axis."""

    def __post_init__(self):
        rank = len(self.kernel)
        if rank not in (1, 2, 3):
            raise ParamError(f"{self.name}: kernel={text(self.kernel)} has {rank} sizes; needs 1, 2 or 3")
        for key in ("stride", "dilate", "pad"):
            given = getattr(self, key, ())
            if given and len(given) != rank:
                raise ParamError(f"{self.name}: {key}={given} has {len(given)} numbers; "
                                 f"kernel={text(self.kernel)} needs {rank}")  # fmt: skip

    @property
    def channels_last(self):
        return self.layout in CHANNELS_LAST

    def windows(self):
        # (kernel, stride, dilate, pad) of each image axis
        ones, zeros = (1,) * len(self.kernel), (0,) * len(self.kernel)
        dilate = getattr(self, "dilate", ones)
        return list(zip(self.kernel, self.stride or ones, dilate or ones, self.pad or zeros, strict=True))

    def check_rank(self, rank, needed):
        layout = self.layout or CHANNELS_FIRST[needed - 3]
        if rank != needed or len(layout) != needed:
            raise ShapeError(f"data has {rank} axes; needs {needed} with kernel={text(self.kernel)}, as many as "
                             f"the layout {layout} has letters")  # fmt: skip

    # Shapes in the order batch, channels, image axes, and back.
    def to_first(self, shape):
        return (shape[0], shape[-1], *shape[1:-1]) if self.channels_last else tuple(shape)

    def to_layout(self, shape):
        return (shape[0], *shape[2:], shape[1]) if self.channels_last else tuple(shape)


def channels_first(op, ctx, array, filled=True):
    """Return an array in the order batch, channels, image axes, contiguous; a copy if channels come last.

    ``filled=False`` leaves out the copying, for arrays that are to be written.
    """
    if array is None or not op.channels_last:
        return array
    view = _view_first(array)
    copy = ctx.scratch(view.shape, array.dtype)
    if filled:
        kernels.move.copy(view, copy)
    return copy


def put_back(op, first, array):
    """Write what was made in the order of ``channels_first`` into the operator's own array."""
    if array is not None and op.channels_last:
        kernels.move.copy(first, _view_first(array))


def _view_first(array):
    last = array.ndim - 1
    return array.transpose(0, last, *range(1, last))


def spatial(array):
    """View an array (n, c, image axes) with three image axes, the first of size 1 where there are fewer."""
    return array.reshape(*array.shape[:2], *(1,) * (5 - array.ndim), *array.shape[2:])


class Convolution(Window):
    """Cross-correlation of an image with each of num_filter filters:

    output[n, f, y, x] = bias[f] + sum over c, j, i of weight[f, c, j, i] data[n, c, s y + d j - p, s x + d i - p]

    with stride s, dilation d, and p zeros around the image.

    data    (N, C, H, W)                       (N, C, W) or (N, C, D, H, W) with 1 or 3 kernel sizes
    weight  (num_filter, C / num_group, kernel)
    bias    (num_filter,)                      absent with no_bias
    output  (N, num_filter, H', W')            H' = floor((H + 2 p - d (k - 1) - 1) / s) + 1

    With num_group > 1 channels and filters are cut into as many groups, and each group of filters sees
    its group of channels only. The layouts NHWC and NDHWC put the channels last, in weight too.
    MXNet computes these on GPUs only.

    Source: src/operator/nn/convolution.cc.
    """

    arguments: ClassVar[tuple[str, ...]] = ("data", "weight", "bias")
    aliases = ("_npx_convolution",)
    automatic = ("weight", "bias")
    backward_uses: ClassVar[tuple[str, ...]] = ("data", "weight")

    kernel: tuple[int, ...] = param(ge=1, doc="window size: (w), (h, w) or (d, h, w)")
    stride: tuple[int, ...] = param((), ge=1, doc="steps between windows; 1 if not given")
    dilate: tuple[int, ...] = param((), ge=1, doc="steps between the elements of a window; 1 if not given")
    pad: tuple[int, ...] = param((), ge=0, doc="zeros put around the image on both sides; 0 if not given")
    num_filter: int = param(ge=1, doc="number of filters, the channels of the output")
    num_group: int = param(1, ge=1, doc="number of groups that channels and filters are cut into")
    workspace: int = param(1024, ge=0, doc=WITHOUT_EFFECT + "megabytes of temporary memory")
    no_bias: bool = param(False, doc="leave the bias out")
    cudnn_tune: str | None = param(None, choices=("fastest", "limited_workspace", "off"),
                                   doc=WITHOUT_EFFECT + "how cuDNN chooses its algorithm")  # fmt: skip
    cudnn_off: bool = param(False, doc=WITHOUT_EFFECT + "do without cuDNN")
    layout: str | None = param(None, choices=("NCDHW", "NCHW", "NCW", "NDHWC", "NHWC"),
                               doc="order of the axes of all arrays; channels first if not given")  # fmt: skip

    def list_arguments(self):
        return ["data", "weight", "bias"][: 2 if self.no_bias else 3]

    def infer_shape(self, in_shape, out_shape):
        data, out = in_shape[0], out_shape[0]
        if not data:
            return in_shape, out_shape
        self.check_rank(len(data), len(self.kernel) + 2)
        n, c, *image = self.to_first(data)
        if c % self.num_group or self.num_filter % self.num_group:
            raise ShapeError(f"data has {c} channels, num_filter={self.num_filter}; num_group={self.num_group} "
                             "must divide both")  # fmt: skip
        weight = self.to_layout((self.num_filter, c // self.num_group, *self.kernel))
        sizes = [window(size, k, s, d, p) for size, (k, s, d, p) in zip(image, self.windows(), strict=True)]
        made = self.to_layout((n, self.num_filter, *sizes))
        if out and len(out) == len(data):
            # As MXNet: the batch size flows back, and with stride 1 the size of the image too.
            n0, _, *known = self.to_first(out)
            for axis, (k, s, d, p) in enumerate(self.windows()):
                if s == 1 and known[axis] and not image[axis]:
                    image[axis] = known[axis] + d * (k - 1) - 2 * p
            data = self.to_layout((n or n0, c, *image))
        return [data, weight, (self.num_filter,)][: len(in_shape)], [made]

    def forward(self, ctx, in_data, out_data, aux):
        x, weight = (channels_first(self, ctx, array) for array in in_data[:2])
        y = channels_first(self, ctx, out_data[0], filled=False)
        filters = weight.reshape(self.num_group, -1, prod(weight.shape[1:]))
        for images, columns, outputs in self.blocks(ctx, x, y):
            kernels.conv.im2col(spatial(x[images]), *self.numbers(), columns)
            kernels.dense.matmul(filters, columns.reshape(self.num_group, filters.shape[2], -1), outputs)
            self.scatter(outputs, y[images])
        if len(in_data) > 2:
            kernels.conv.add_channels(in_data[2], y.reshape(*y.shape[:2], -1))
        put_back(self, y, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        x, weight, g = (channels_first(self, ctx, array) for array in (*in_data[:2], out_grad[0]))
        gx, gweight = (channels_first(self, ctx, array, filled=False) for array in in_grad[:2])
        form = (self.num_group, self.num_filter // self.num_group, prod(weight.shape[1:]))
        part = None if gweight is None else ctx.scratch(form, weight.dtype)
        for images, columns, heads in self.blocks(ctx, x, g) if gx is not None or part is not None else ():
            rows = columns.reshape(self.num_group, form[2], -1)
            self.gather(g[images], heads)
            if part is not None:
                total = gweight.reshape(form)
                kernels.conv.im2col(spatial(x[images]), *self.numbers(), columns)
                kernels.dense.matmul(heads, rows.transpose(0, 2, 1), part if images.start else total)
                if images.start:
                    kernels.elemwise.add(total, part, total)
            if gx is not None:
                kernels.dense.matmul(weight.reshape(form).transpose(0, 2, 1), heads, rows)
                kernels.conv.col2im(columns, *self.numbers(), spatial(gx[images]))
        put_back(self, gx, in_grad[0])
        put_back(self, gweight, in_grad[1])
        if len(in_grad) > 2 and in_grad[2] is not None:
            kernels.reduce.sum(g.reshape(*g.shape[:2], -1), in_grad[2].reshape(1, -1, 1))

    # Several images at a time: 64 images (64, 8, 8) with 64 filters take 4.2 ms, one at a time 6.0 ms.
    def blocks(self, ctx, x, y):
        rows, size = x.shape[1] * prod(self.kernel), prod(y.shape[2:])
        count = max(1, min(len(x), BLOCK_BYTES // (rows * size * x.dtype.itemsize)))
        columns = ctx.scratch((rows * count * size,), x.dtype)
        outputs = ctx.scratch((self.num_filter * count * size,), x.dtype)
        for first in range(0, len(x), count):
            images = slice(first, min(first + count, len(x)))
            b = images.stop - first
            yield (images, columns[: rows * b * size].reshape(rows, b, *spatial(y).shape[2:]),
                   outputs[: self.num_filter * b * size].reshape(self.num_group, -1, b * size))  # fmt: skip

    def scatter(self, outputs, y):
        n, f = y.shape[:2]
        kernels.move.copy(outputs.reshape(f, n, -1).transpose(1, 0, 2), y.reshape(n, f, -1))

    def gather(self, g, heads):
        n, f = g.shape[:2]
        kernels.move.copy(g.reshape(n, f, -1).transpose(1, 0, 2), heads.reshape(f, n, -1))

    def numbers(self):
        padded = [(1, 1, 1, 0)] * (3 - len(self.kernel)) + self.windows()
        return [number for numbers in zip(*padded, strict=True) for number in numbers]

    def flops(self, in_shape, out_shape):
        return 2 * prod(out_shape[0]) * prod(in_shape[1][1:])
