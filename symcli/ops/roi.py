"""Pooling over regions of feature maps."""

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.op import Op
from symcli.params import param, to_text
from symcli.shapes import merge, text


class RegionPooling(Op, abstract=True):
    """Shared by the operators on (data, rois); the gradient of rois is 0."""

    arguments = ("data", "rois")

    pooled_size: tuple[int, ...] = param(ge=1, doc="(height, width) of the output")
    spatial_scale: float = param(ge=0, le=1, doc="cells of the feature map for each pixel of the image")

    def __post_init__(self):
        if len(self.pooled_size) != 2:
            raise ParamError(f"{self.name}: pooled_size={to_text(self.pooled_size)}; needs two sizes: (height, width)")

    def infer_shape(self, in_shape, out_shape):
        data, rois = in_shape
        if data and len(data) != 4:
            raise ShapeError(f"data is {text(data)}; needs 4 axes: (batch, channels, height, width)")
        if rois and (len(rois) != 2 or rois[1] not in (0, 5)):
            raise ShapeError(f"rois is {text(rois)}; needs (regions, 5): number of the image, x1, y1, x2, y2")
        rois = rois and (rois[0], 5)
        out = (rois[0] if rois else 0, self.channels_out(data[1]) if data else 0, *self.pooled_size)
        return [data, rois], [merge(out, out_shape[0]) if data or rois else None] * len(out_shape)

    def channels_out(self, channels):
        return channels

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        gdata, grois = in_grad
        if grois is not None:
            kernels.move.fill(0, grois)
        if gdata is not None:
            self.data_grad(out_grad[0], in_data[1], out_data, gdata)


class ROIPooling(RegionPooling):
    """The largest element of each of pooled_size windows into which a region is divided.

    data    (N, C, H, W)
    rois    (R, 5)            number of the image, then corners (x1, y1, x2, y2) in pixels of the image
    output  (R, C, h, w)      (h, w) is pooled_size

    Corners times spatial_scale are rounded, halves away from 0, and the last cell belongs to the region; windows
    overlap where sizes do not divide. An empty window gives 0. NaN is never the largest. The gradient goes to the
    first of equal elements, that of rois is 0. Girshick, Fast R-CNN, 2015.
    Source: src/operator/roi_pooling.cc.
    """

    aliases = ("_npx_roi_pooling",)
    outputs = ("output", "maxidx")
    backward_uses = ("rois", "maxidx")

    def num_visible_outputs(self):
        return 1

    def forward(self, ctx, in_data, out_data, aux):
        data, rois = in_data
        kernels.roi.maximum(data, rois, data.dtype.type(self.spatial_scale), *out_data)

    def data_grad(self, g, rois, out_data, gx):
        kernels.roi.maximum_grad(g, rois, out_data[1], gx)


class _contrib_ROIAlign(RegionPooling):
    """The mean of samples, interpolated between cells, in each of pooled_size bins into which a region is divided.

    data    (N, C, H, W)
    rois    (R, 5)            number of the image, then corners (x1, y1, x2, y2) in pixels of the image
    output  (R, C, h, w)      (h, w) is pooled_size; C / (h w) channels with position_sensitive

    Nothing is rounded. A region whose number is negative gives 0 (MXNet leaves part of it undefined), and so do
    samples more than one cell outside of the map. The gradient of rois is 0. He et al., Mask R-CNN, 2017.
    Source: src/operator/contrib/roi_align.cc.
    """

    backward_uses = ("rois",)

    sample_ratio: int = param(-1, doc="samples of a bin along each axis; one for each cell begun unless above 0")
    position_sensitive: bool = param(False, doc="each bin reads channels of its own")
    aligned: bool = param(False, doc="move regions by half a cell, and take small ones as they are")

    def channels_out(self, channels):
        if not self.position_sensitive:
            return channels
        bins = self.pooled_size[0] * self.pooled_size[1]
        if channels % bins:
            raise ShapeError(f"data has {channels} channels, a region {bins} bins; position_sensitive needs as many "
                             "for each bin")  # fmt: skip
        return channels // bins

    def options(self, data):
        return data.dtype.type(self.spatial_scale), self.sample_ratio, self.aligned, self.position_sensitive

    def forward(self, ctx, in_data, out_data, aux):
        data, rois = in_data
        kernels.roi.align(data, rois, *self.options(data), out_data[0])

    def data_grad(self, g, rois, out_data, gx):
        kernels.roi.align_grad(g, rois, *self.options(gx), gx)
