"""Convolutions whose windows are moved, element by element, by offsets that the network computes."""

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.conv import Convolution
from symcli.ops.op import WITHOUT_EFFECT
from symcli.params import param
from symcli.shapes import merge, prod, text


class Deformable(Convolution, abstract=True):
    soft = False  # how an image ends, see kernels.deform

    first = ("kernel", "stride", "dilate", "pad", "num_filter", "num_group", "num_deformable_group")

    num_deformable_group: int = param(1, ge=1, doc="number of groups of channels with offsets of their own")
    layout: str | None = param(None, choices=("NCDHW", "NCHW", "NCW"), doc="order of the axes; NCHW")
    cudnn_tune: str | None = None
    cudnn_off: bool = False

    def __post_init__(self):
        super().__post_init__()
        if len(self.kernel) != 2:
            raise ShapeError(f"{self.name}: kernel={text(self.kernel)}; needs two sizes")

    def extra(self):
        """The arguments between data and weight."""
        return ["offset"]

    def list_arguments(self):
        return ["data", *self.extra(), "weight", "bias"][: len(self.extra()) + (2 if self.no_bias else 3)]

    def infer_shape(self, in_shape, out_shape):
        extra = len(self.extra())
        (data, *others), out = super().infer_shape([in_shape[0], *in_shape[1 + extra :]], out_shape)
        if data and data[1] % self.num_deformable_group:
            raise ShapeError(f"data has {data[1]} channels; num_deformable_group={self.num_deformable_group} does not "
                             "divide them")  # fmt: skip
        told = [None] * extra
        if out[0]:
            taps, sizes = self.num_deformable_group * prod(self.kernel), out[0][2:]
            told = [(out[0][0], 2 * taps, *sizes), (out[0][0], taps, *sizes)][:extra]
        return [data, *(merge(a, b) for a, b in zip(in_shape[1 : 1 + extra], told, strict=True)), *others], out

    def geometry(self):
        return [number for numbers in zip(*self.windows(), strict=True) for number in numbers]

    def spread(self, ctx, in_data):
        # offset and mask of all images, the mask 1 where there is none
        offset, n = in_data[1], len(in_data[0])
        taps = prod(self.kernel)
        offset = offset.reshape(n, self.num_deformable_group, taps, 2, *offset.shape[2:])
        if len(self.extra()) > 1:
            return offset, in_data[2].reshape(n, self.num_deformable_group, taps, *offset.shape[4:])
        mask = ctx.scratch((1, self.num_deformable_group, taps, *offset.shape[4:]), offset.dtype)
        kernels.move.fill(1, mask)
        return offset, mask

    def forward(self, ctx, in_data, out_data, aux):
        x, weight, (offset, mask) = in_data[0], in_data[1 + len(self.extra())], self.spread(ctx, in_data)
        y = out_data[0]
        filters = weight.reshape(self.num_group, -1, prod(weight.shape[1:]))
        rows = x.shape[1] * prod(self.kernel)
        columns = ctx.scratch((rows, *y.shape[2:]), x.dtype)
        for n in range(len(x)):
            scale = mask[n % len(mask)]
            kernels.deform.columns(x[n], offset[n], scale, *self.geometry(), self.soft, columns)
            kernels.dense.matmul(filters, columns.reshape(self.num_group, filters.shape[2], -1),
                                 y[n].reshape(self.num_group, filters.shape[1], -1))  # fmt: skip
        if not self.no_bias:
            kernels.conv.add_channels(in_data[-1], y.reshape(*y.shape[:2], -1))

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        extra = len(self.extra())
        x, weight, (offset, mask), g = in_data[0], in_data[1 + extra], self.spread(ctx, in_data), out_grad[0]
        form = (self.num_group, self.num_filter // self.num_group, prod(weight.shape[1:]))
        columns = ctx.scratch((x.shape[1] * prod(self.kernel), *g.shape[2:]), x.dtype)
        by_group = columns.reshape(self.num_group, form[2], -1)
        gx, gweight = in_grad[0], in_grad[1 + extra]
        into = [ctx.scratch(array.shape, array.dtype) if grad is None else grad
                for array, grad in zip(in_data[1 : 1 + extra], in_grad[1 : 1 + extra], strict=True)]  # fmt: skip
        moved = any(grad is not None for grad in in_grad[1 : 1 + extra])
        goffset, gmask = self.spread(ctx, [x, *into])
        part = None if gweight is None else ctx.scratch(form, weight.dtype)
        for array in (gx, gweight):
            if array is not None:
                kernels.move.fill(0, array)
        for n in range(len(x)):
            heads, scale = g[n].reshape(self.num_group, form[1], -1), mask[n % len(mask)]
            if part is not None:
                kernels.deform.columns(x[n], offset[n], scale, *self.geometry(), self.soft, columns)
                kernels.dense.matmul(heads, by_group.transpose(0, 2, 1), part)
                kernels.elemwise.add(gweight.reshape(form), part, gweight.reshape(form))
            if gx is None and not moved:
                continue
            kernels.dense.matmul(weight.reshape(form).transpose(0, 2, 1), heads, by_group)
            if gx is not None:
                kernels.deform.image_grad(columns, offset[n], scale, *self.geometry(), self.soft, gx[n])
            if moved:
                kernels.deform.columns_grad(columns, x[n], offset[n], scale, *self.geometry(), self.soft, goffset[n],
                                            gmask[n % len(gmask)])  # fmt: skip
        if not self.no_bias and in_grad[-1] is not None:
            kernels.reduce.sum(g.reshape(*g.shape[:2], -1), in_grad[-1].reshape(1, -1, 1))

    def flops(self, in_shape, out_shape):
        return 2 * prod(out_shape[0]) * prod(in_shape[1 + len(self.extra())][1:])


class _contrib_DeformableConvolution(Deformable):
    """Convolution whose windows' elements are moved by offsets:

    output[n, f, y, x] = bias[f] + sum over c, j, i of weight[f, c, j, i] data[n, c] at (y', x')

    with (y', x') = (s y + d j - p, s x + d i - p) + offset[n, 2 (j kw + i) and the next, y, x], interpolated between
    cells; 0 before the first cell and from the size on.

    data    (N, C, H, W)
    offset  (N, num_deformable_group 2 kh kw, H', W')   down, then right, in cells, for each element of a window
    weight  (num_filter, C / num_group, kh, kw)
    bias    (num_filter,)                               absent with no_bias
    output  (N, num_filter, H', W')                     H' = floor((H + 2 p - d (k - 1) - 1) / s) + 1

    Dai et al., Deformable Convolutional Networks, 2017. Source: src/operator/contrib/deformable_convolution.cc.
    """

    arguments = ("data", "offset", "weight", "bias")
    automatic = ("weight", "bias")
    backward_uses = ("data", "offset", "weight")


class _contrib_ModulatedDeformableConvolution(Deformable):
    """Convolution whose windows' elements are moved by offsets and scaled by a mask, as in DeformableConvolution:

    output[n, f, y, x] = bias[f] + sum over c, j, i of weight[f, c, j, i] mask[n, j kw + i, y, x] data[n, c] at (y', x')

    data    (N, C, H, W)                                fades to 0 within one cell outside of it
    offset  (N, num_deformable_group 2 kh kw, H', W')   down, then right, in cells, for each element of a window
    mask    (N, num_deformable_group kh kw, H', W')
    weight  (num_filter, C / num_group, kh, kw)
    bias    (num_filter,)                               absent with no_bias
    output  (N, num_filter, H', W')                     H' = floor((H + 2 p - d (k - 1) - 1) / s) + 1

    Zhu et al., Deformable ConvNets v2, 2018. Source: src/operator/contrib/modulated_deformable_convolution.cc.
    """

    arguments = ("data", "offset", "mask", "weight", "bias")
    automatic = ("weight", "bias")
    backward_uses = ("data", "offset", "mask", "weight")
    soft = True

    im2col_step: int = param(64, ge=1, doc=WITHOUT_EFFECT + "images that are computed at a time")

    def extra(self):
        return ["offset", "mask"]
