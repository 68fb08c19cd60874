"""Pooling over regions of which each part reads channels of its own, and over regions that are turned."""

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.op import Op
from symcli.params import param, to_text
from symcli.shapes import merge, text

SCALE = "cells of the feature map for each pixel of the image"


class PositionPooling(Op, abstract=True):
    """Shared by those on (data, rois) with output_dim channels; the gradient of rois is 0."""

    spatial_scale: float = param(ge=0, le=1, doc=SCALE)
    output_dim: int = param(ge=1, doc="channels of the output")
    group_size: int = param(0, ge=0, doc="parts along each side of a region with channels of their own")
    pooled_size: int = param(ge=1, doc="height and width of the output")

    @property
    def groups(self):
        return self.group_size or self.pooled_size

    def infer_shape(self, in_shape, out_shape):
        data, rois, *others = in_shape
        needed = self.output_dim * self.groups**2
        if data and (len(data) != 4 or data[1] not in (0, needed)):
            raise ShapeError(f"data is {text(data)}; needs (batch, {needed}, height, width): output_dim channels for "
                             "each part of a region")  # fmt: skip
        if rois and (len(rois) != 2 or rois[1] not in (0, 5)):
            raise ShapeError(f"rois is {text(rois)}; needs (regions, 5): number of the image, x1, y1, x2, y2")
        out = merge(out_shape[0], (rois[0] if rois else 0, self.output_dim, self.pooled_size, self.pooled_size))
        told = data and (data[0], needed, *data[2:])
        return [told, (out[0], 5), *others], [out] * len(out_shape)


class _contrib_PSROIPooling(PositionPooling):
    """The mean of each of pooled_size x pooled_size bins of a region, from channels that belong to the bin's part.

    data    (N, output_dim group_size², H, W)
    rois    (R, 5)                                    number of the image, then corners (x1, y1, x2, y2) in pixels
    output  (R, output_dim, pooled_size, pooled_size)

    group_size is pooled_size unless given. Corners are rounded, halves away from 0, the last cell belongs to the
    region. An empty bin gives 0. The gradient of rois is 0. Dai et al., R-FCN, 2016.
    Source: src/operator/contrib/psroi_pooling.cc.
    """

    first = ("spatial_scale", "output_dim", "pooled_size")
    arguments = ("data", "rois")
    backward_uses = ("rois",)

    def forward(self, ctx, in_data, out_data, aux):
        data, rois = in_data
        kernels.position.mean(data, rois, data.dtype.type(self.spatial_scale), self.groups, out_data[0])

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        gdata, grois = in_grad
        if grois is not None:
            kernels.move.fill(0, grois)
        if gdata is not None:
            scale = gdata.dtype.type(self.spatial_scale)
            kernels.position.mean_grad(out_grad[0], in_data[1], scale, self.groups, gdata)


class _contrib_DeformablePSROIPooling(PositionPooling):
    """Position-sensitive pooling as in PSROIPooling, each bin moved by an offset, its mean taken of samples.

    data    (N, output_dim group_size², H, W)
    rois    (R, 5)                                    number of the image, then corners (x1, y1, x2, y2) in pixels
    trans   (R, 2 classes, part_size, part_size)      right, then down; absent with no_trans
    output  (R, output_dim, pooled_size, pooled_size)

    A bin moves by trans_std trans times the size of its region; classes divide the channels of output. It has
    sample_per_part² samples, interpolated between cells; those outside of the map are left out. The gradient of
    rois is 0. Dai et al., Deformable Convolutional Networks, 2017.
    Source: src/operator/contrib/deformable_psroi_pooling.cc.
    """

    arguments = ("data", "rois", "trans")
    outputs = ("output", "top_count")
    backward_uses = ("data", "rois", "trans", "top_count")

    part_size: int = param(0, ge=0, doc="parts along each side with an offset of their own; pooled_size if 0")
    sample_per_part: int = param(1, ge=1, doc="samples along each side of a bin")
    trans_std: float = param(0.0, ge=0, le=1, doc="what offsets are multiplied by")
    no_trans: bool = param(False, doc="leave trans out: no bin moves")

    def list_arguments(self):
        return ["data", "rois", "trans"][: 2 if self.no_trans else 3]

    def num_visible_outputs(self):
        return 1

    @property
    def parts(self):
        return self.part_size or self.pooled_size

    def infer_shape(self, in_shape, out_shape):
        (data, rois, *trans), out = super().infer_shape(in_shape, out_shape)
        if trans:
            classes = trans[0][1] // 2 if trans[0] and len(trans[0]) == 4 else 0
            if classes and (trans[0][1] % 2 or self.output_dim % classes):
                raise ShapeError(f"trans is {text(trans[0])}; needs 2 channels for each class, and classes that divide "
                                 f"output_dim={self.output_dim}")  # fmt: skip
            trans = [merge(trans[0], (rois[0], 2 * classes, self.parts, self.parts))]
        return [data, rois, *trans], out

    def shifts(self, ctx, in_data):
        if not self.no_trans:
            return in_data[2]
        shift = ctx.scratch((len(in_data[1]), 2, self.parts, self.parts), in_data[0].dtype)
        kernels.move.fill(0, shift)
        return shift

    def numbers(self, data):
        std = 0.0 if self.no_trans else self.trans_std
        number = data.dtype.type
        return number(self.spatial_scale), self.groups, self.parts, self.sample_per_part, number(std)

    def forward(self, ctx, in_data, out_data, aux):
        data, rois = in_data[:2]
        kernels.position.moved(data, rois, self.shifts(ctx, in_data), *self.numbers(data), *out_data)

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        data, rois = in_data[:2]
        shift = self.shifts(ctx, in_data)
        gdata, grois, *gtrans = in_grad
        if grois is not None:
            kernels.move.fill(0, grois)
        gdata, gtrans = (ctx.scratch(array.shape, array.dtype) if grad is None else grad
                         for array, grad in ((data, gdata), (shift, gtrans[0] if gtrans else None)))  # fmt: skip
        numbers = self.numbers(data)
        kernels.position.moved_grad(out_grad[0], data, rois, shift, *numbers, out_data[1], gdata, gtrans)


class _contrib_RROIAlign(Op):
    """The mean of samples in each of pooled_size bins of a region that is turned about its centre.

    data    (N, C, H, W)
    rois    (R, 6)          number of the image, centre (x, y), width, height, degrees counter-clockwise
    output  (R, C, h, w)    (h, w) is pooled_size

    Samples are interpolated between cells, as in ROIAlign; widths and heights below one cell count as one.
    Ma et al., Rotation Proposals, 2018. Source: src/operator/contrib/rroi_align.cc.
    """

    arguments = ("data", "rois")
    gradient = "none"

    pooled_size: tuple[int, ...] = param(ge=1, doc="(height, width) of the output")
    spatial_scale: float = param(ge=0, le=1, doc=SCALE)
    sampling_ratio: int = param(-1, doc="samples of a bin along each axis; one for each cell begun unless above 0")

    def __post_init__(self):
        if len(self.pooled_size) != 2:
            raise ParamError(f"{self.name}: pooled_size={to_text(self.pooled_size)}; needs two sizes: (height, width)")

    def infer_shape(self, in_shape, out_shape):
        data, rois = in_shape
        if data and len(data) != 4:
            raise ShapeError(f"data is {text(data)}; needs 4 axes: (batch, channels, height, width)")
        if rois and (len(rois) != 2 or rois[1] not in (0, 6)):
            raise ShapeError(f"rois is {text(rois)}; needs (regions, 6): number of the image, x, y, w, h, degrees")
        out = (rois[0] if rois else 0, data[1] if data else 0, *self.pooled_size)
        return [data, rois and (rois[0], 6)], [merge(out_shape[0], out)]

    def forward(self, ctx, in_data, out_data, aux):
        data, rois = in_data
        kernels.position.turned(data, rois, data.dtype.type(self.spatial_scale), self.sampling_ratio, out_data[0])
