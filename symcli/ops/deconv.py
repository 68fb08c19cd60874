"""Deconvolution, and upsampling: images made larger."""

from typing import ClassVar

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.conv import Convolution, Window
from symcli.ops.floating import Floating
from symcli.ops.op import WITHOUT_EFFECT
from symcli.params import param, to_text
from symcli.shapes import merge_all, prod, text


class Transposed(Floating, abstract=True):
    """Operators that go the way of a convolution backwards: from its output to its image.

    ``reverse(data)`` is that convolution. Its gradient with respect to the image is what these compute,
    and its forward pass is their gradient with respect to data; the weight is the same.
    """

    def forward(self, ctx, in_data, out_data, aux):
        data, weight, *bias = in_data
        out = out_data[0]
        # The image lends its shape only, so the output stands in for it.
        self.reverse(data).backward(ctx, [data], [out, weight], (), [out, None], ())
        if bias:
            if self.reverse(data).channels_last:
                kernels.elemwise.add(out, bias[0], out)
            else:
                kernels.conv.add_channels(bias[0], out.reshape(*out.shape[:2], -1))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        (data, weight), g, (gdata, gweight) = in_data[:2], out_grad[0], in_grad[:2]
        if gdata is not None:
            self.reverse(data).forward(ctx, [g, weight], [gdata], ())
        if gweight is not None:
            self.reverse(data).backward(ctx, [data], [g, weight], (), [None, gweight], ())
        for gbias in in_grad[2:]:
            if gbias is not None:
                if self.reverse(data).channels_last:
                    kernels.reduce.sum_rows(g.reshape(-1, gbias.size), gbias)
                else:
                    kernels.reduce.sum(g.reshape(*g.shape[:2], -1), gbias.reshape(1, -1, 1))

    def flops(self, in_shape, out_shape):
        return 2 * prod(in_shape[0]) * prod(in_shape[1][1:])


class Deconvolution(Window, Transposed):
    """The transpose of a convolution: each element of data spreads one filter over the output:

    output[n, f, s y + d j - p, s x + d i - p] = bias[f] + sum over c, y, x, j, i of data[n, c, y, x] weight[c, f, j, i]

    with stride s, dilation d, and p elements cut off the edges.

    data    (N, C, H, W)                       (N, C, W) or (N, C, D, H, W) with 1 or 3 kernel sizes
    weight  (C, num_filter / num_group, kernel)
    bias    (num_filter,)                      absent with no_bias, which is the default
    output  (N, num_filter, H', W')            H' = s (H - 1) + d (k - 1) + 1 - 2 p + adj, or target_shape

    With target_shape, p and adj are chosen to reach it: what is surplus is cut off in equal parts, the odd
    element at the start. The layouts NHWC and NDHWC put the channels last, in weight too; MXNet computes
    these on GPUs only, and no dilation of three axes.

    Source: src/operator/nn/deconvolution.cc.
    """

    arguments = ("data", "weight", "bias")
    aliases = ("_npx_deconvolution",)
    automatic = ("weight", "bias")
    backward_uses = ("data", "weight")

    kernel: tuple[int, ...] = param(ge=1, doc="window size: (w), (h, w) or (d, h, w)")
    stride: tuple[int, ...] = param((), ge=1, doc="steps between windows of the output; 1 if not given")
    dilate: tuple[int, ...] = param((), ge=1, doc="steps between the elements of a window; 1 if not given")
    pad: tuple[int, ...] = param((), ge=0, doc="elements cut off the output on both sides; 0 if not given")
    adj: tuple[int, ...] = param((), ge=0, doc="elements put at the end of the output; less than stride")
    target_shape: tuple[int, ...] = param((), ge=0, doc="size of the output's image, in place of pad and adj")
    num_filter: int = param(ge=1, doc="number of filters, the channels of the output")
    num_group: int = param(1, ge=1, doc="number of groups that channels and filters are cut into")
    workspace: int = param(512, ge=0, doc=WITHOUT_EFFECT + "megabytes of temporary memory")
    no_bias: bool = param(True, doc="leave the bias out")
    cudnn_tune: str | None = param(None, choices=("fastest", "limited_workspace", "off"),
                                   doc=WITHOUT_EFFECT + "how cuDNN chooses its algorithm")  # fmt: skip
    cudnn_off: bool = param(False, doc=WITHOUT_EFFECT + "do without cuDNN")
    layout: str | None = param(None, choices=("NCDHW", "NCHW", "NCW", "NDHWC", "NHWC"),
                               doc="order of the axes of all arrays; channels first if not given")  # fmt: skip

    def __post_init__(self):
        super().__post_init__()
        rank = len(self.kernel)
        for key in ("adj", "target_shape"):
            if getattr(self, key) and len(getattr(self, key)) != rank:
                raise ParamError(f"{self.name}: {key}={to_text(getattr(self, key))} has {len(getattr(self, key))} "
                                 f"numbers; kernel={to_text(self.kernel)} needs {rank}")  # fmt: skip
        if any(self.target_shape) and not all(self.target_shape):
            raise ParamError(f"{self.name}: target_shape={to_text(self.target_shape)} leaves sizes open; "
                             "give all or none")  # fmt: skip

    def list_arguments(self):
        return ["data", "weight", "bias"][: 2 if self.no_bias else 3]

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        self.check_rank(len(data), len(self.kernel) + 2)
        n, c, *image = self.to_first(data)
        if c % self.num_group or self.num_filter % self.num_group:
            raise ShapeError(f"data has {c} channels, num_filter={self.num_filter}; num_group={self.num_group} "
                             "must divide both")  # fmt: skip
        weight = self.to_layout((c, self.num_filter // self.num_group, *self.kernel))
        sizes = [size and self.whole(axis, size) - 2 * pad + adj
                 for axis, (size, (pad, adj)) in enumerate(zip(image, self.margins(image), strict=True))]  # fmt: skip
        if any(size < 0 or (made and not size) for made, size in zip(image, sizes, strict=True)):
            raise ShapeError(f"pad={to_text(self.pad)} cuts off the whole output of an image {text(image)}; "
                             "needs a smaller one")  # fmt: skip
        out = self.to_layout((n, self.num_filter, *(self.target_shape if any(self.target_shape) else sizes)))
        return [data, weight, (self.num_filter,)][: len(in_shape)], [out]

    def whole(self, axis, size):
        # the output's size before anything is cut off
        k, s, d, _ = self.windows()[axis]
        return s * (size - 1) + d * (k - 1) + 1

    def margins(self, image):
        # (pad, adj) of each image axis
        found = []
        for axis, size in enumerate(image):
            pad, adj = self.windows()[axis][3], self.adj[axis] if self.adj else 0
            if any(self.target_shape):
                surplus = max(self.whole(axis, size), 0) - self.target_shape[axis] if size else 0
                if surplus < 0:
                    raise ShapeError(f"target_shape={to_text(self.target_shape)} exceeds what an image {text(image)} "
                                     f"makes: {self.whole(axis, size)} along axis {axis}")  # fmt: skip
                pad, adj = (surplus + 1) // 2, surplus % 2
            stride = self.windows()[axis][1]
            if adj >= stride:
                what = f"target_shape={to_text(self.target_shape)} needs" if any(self.target_shape) else "there is"
                raise ShapeError(f"{what} adj {adj} along image axis {axis}; needs less than the stride {stride}")
            found.append((pad, adj))
        return found

    def reverse(self, data):
        _, c, *image = self.to_first(data.shape)
        return Convolution(kernel=self.kernel, stride=self.stride, dilate=self.dilate,
                           pad=tuple(pad for pad, _ in self.margins(image)), num_filter=c, num_group=self.num_group,
                           no_bias=True, layout=self.layout)  # fmt: skip


class UpSampling(Transposed):
    """Images made scale times as large.

    nearest: each element becomes a square of scale by scale. The images of all inputs are brought to the size
    scale times that of the first, and laid one behind the other along the channels, or added up.

    arg0    (N, C, H, W)
    arg1... (N, C1, H1, W1)  H1 and W1 divide scale H and scale W; with sum C1 = C
    output  (N, C + C1 + ..., scale H, scale W)

    bilinear: a deconvolution of each channel with its own filter, of stride scale, kernel k = 2 scale - scale % 2
    and pad ceil((scale - 1) / 2). The filter is initialised to interpolate.

    data    (N, C, H, W)     C = num_filter
    weight  (C, 1, k, k)
    output  (N, C, scale H, scale W)

    Source: src/operator/nn/upsampling.cc.
    """

    arguments = ("data", "weight")
    automatic = ("weight",)
    initial: ClassVar = {"weight": '["bilinear", {}]'}
    variadic = "num_args"

    scale: int = param(ge=1, doc="how many times larger")
    num_filter: int = param(0, ge=0, doc="the channels of data; bilinear only")
    sample_type: str = param(choices=("bilinear", "nearest"), doc="how the elements between are found")
    multi_input_mode: str = param("concat", choices=("concat", "sum"), doc="how the images of several inputs are "
                                  "joined; nearest only")  # fmt: skip
    num_args: int = param(ge=1, doc="number of inputs; 2 with bilinear")
    workspace: int = param(512, ge=0, doc=WITHOUT_EFFECT + "megabytes of temporary memory")

    @property
    def bilinear(self):
        return self.sample_type == "bilinear"

    def list_arguments(self):
        return ["data", "weight"] if self.bilinear else [f"arg{i}" for i in range(self.num_args)]

    def flops(self, in_shape, out_shape):
        return super().flops(in_shape, out_shape) if self.sample_type == "bilinear" else 0

    def infer_shape(self, in_shape, out_shape):
        for name, shape in zip(self.list_arguments(), in_shape, strict=True):
            if shape and len(shape) != 4:
                raise ShapeError(f"{name} has {len(shape)} axes {text(shape)}; needs 4: batch, channels, height, width")
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        out = (*data[:2], *(size * self.scale for size in data[2:]))
        if self.bilinear:
            if data[1] and data[1] != self.num_filter:
                raise ShapeError(f"data has {data[1]} channels; needs num_filter={self.num_filter}")
            return [data, (data[1], 1, self.extent, self.extent)], [out]
        for shape in in_shape[1:]:
            if shape and any(size and whole % size for size, whole in zip(shape[2:], out[2:], strict=True)):
                raise ShapeError(f"an image of {text(shape[2:])} does not fit a whole number of times into the output "
                                 f"{text(out[2:])}")  # fmt: skip
        joined = self.multi_input_mode == "sum"
        common = merge_all(*((shape[0], shape[1] if joined else 0, 0, 0) for shape in in_shape if shape))
        channels = [shape[1] if shape else 0 for shape in in_shape]
        count = common[1] if joined else 0 if 0 in channels else sum(channels)
        told = [shape and (common[0], shape[1] or common[1], *shape[2:]) for shape in in_shape]
        return told, [(common[0], count, *out[2:])]

    @property
    def extent(self):
        return 2 * self.scale - self.scale % 2

    def reverse(self, data):
        side, stride, pad = self.extent, self.scale, self.scale // 2
        return Convolution(kernel=(side, side), stride=(stride, stride), pad=(pad, pad), num_filter=self.num_filter,
                           num_group=self.num_filter, no_bias=True)  # fmt: skip

    def forward(self, ctx, in_data, out_data, aux):
        if self.bilinear:
            return super().forward(ctx, in_data, out_data, aux)
        for i, (data, squares) in enumerate(zip(in_data, self.squares(in_data, out_data[0]), strict=True)):
            if i and self.multi_input_mode == "sum":
                kernels.elemwise.add(squares, corners(data), squares)
            else:
                kernels.move.copy(corners(data), squares)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        if self.bilinear:
            return super().backward(ctx, out_grad, in_data, out_data, in_grad, aux)
        for grad, squares in zip(in_grad, self.squares(in_data, out_grad[0]), strict=True):
            if grad is not None:
                kernels.move.sum_to(squares, corners(grad))

    def squares(self, inputs, out):
        # For each input its part of the output: (n, c, h, scale of h, w, scale of w).
        first, parts = 0, []
        for one in inputs:
            n, c, h, w = one.shape
            part = out if self.multi_input_mode == "sum" else out[:, first : first + c]
            parts.append(part.reshape(n, c, h, out.shape[2] // h, w, out.shape[3] // w))
            first += c
        return parts


def corners(array):
    """View images (n, c, h, w) as (n, c, h, 1, w, 1)."""
    n, c, h, w = array.shape
    return array.reshape(n, c, h, 1, w, 1)
