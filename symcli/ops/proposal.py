"""Region proposals (Ren et al., Faster R-CNN, 2015)."""

import math

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.op import Op
from symcli.params import param
from symcli.shapes import text


class Proposals(Op, abstract=True):
    arguments = ("cls_prob", "bbox_pred", "im_info")
    outputs = ("output", "score")
    gradient = "zero"

    rpn_pre_nms_top_n: int = param(6000, doc="how many of the best boxes take part in suppression; all unless above 0")
    rpn_post_nms_top_n: int = param(300, ge=1, doc="proposals for each image; repeated if fewer are left")
    threshold: float = param(0.7, doc="the overlap above which the worse of two boxes is left out")
    rpn_min_size: int = param(16, doc="least width and height of a box, in pixels before scaling")
    scales: tuple[float, ...] = param((4.0, 8.0, 16.0, 32.0), gt=0, doc="sizes of the anchors, in feature strides")
    ratios: tuple[float, ...] = param((0.5, 1.0, 2.0), gt=0, doc="shapes of the anchors: height over width")
    feature_stride: int = param(16, ge=1, doc="pixels of the image for each cell of the feature map")
    output_score: bool = param(False, doc="show the scores as a second output")
    iou_loss: bool = param(False, doc="bbox_pred moves the four corners, in place of centre and size")

    def __post_init__(self):
        if not self.scales or not self.ratios:
            raise ParamError(f"{self.name}: scales or ratios is empty; needs one number or more of each")

    def num_visible_outputs(self):
        return 2 if self.output_score else 1

    def infer_shape(self, in_shape, out_shape):
        cls_prob = in_shape[0]
        if not cls_prob:
            return in_shape, out_shape
        if len(cls_prob) != 4:
            raise ShapeError(f"cls_prob is {text(cls_prob)}; needs 4 axes: (batch, 2 anchors, height, width)")
        anchors = len(self.scales) * len(self.ratios)
        if cls_prob[1] not in (0, 2 * anchors):
            raise ShapeError(f"cls_prob is {text(cls_prob)}; {len(self.scales)} scales and {len(self.ratios)} ratios "
                             f"need {2 * anchors} channels")  # fmt: skip
        batch, _, height, width = cls_prob
        count = self.rpn_post_nms_top_n * self.images(batch)
        told = [(batch, 2 * anchors, height, width), (batch, 4 * anchors, height, width), (batch, 3)]
        return told, [(count, 5), (count, 1)]

    def images(self, batch):
        return batch

    def anchors(self):
        """Yield width and height of each anchor, in pixels, rounded as in the paper's code."""
        area = self.feature_stride**2
        for ratio in self.ratios:
            width = math.floor(math.sqrt(math.floor(area / ratio)) + 0.5)
            height = math.floor(width * ratio + 0.5)
            for scale in self.scales:
                yield width * scale, height * scale

    def forward(self, ctx, in_data, out_data, aux):
        score, offset, image = in_data
        (batch, channels, h, w), dtype, number = score.shape, score.dtype, score.dtype.type
        anchors = channels // 2
        box = ctx.scratch((batch, h, w, anchors, 5), dtype)
        for a, (width, height) in enumerate(self.anchors()):
            kernels.proposal.predict(
                score[:, anchors + a], offset[:, 4 * a : 4 * a + 4], image, self.feature_stride, number(width),
                number(height), self.rpn_min_size, self.iou_loss, box[:, :, :, a],
            )  # fmt: skip
        n = h * w * anchors
        before = min(self.rpn_pre_nms_top_n, n) if self.rpn_pre_nms_top_n > 0 else n
        most = min(self.rpn_post_nms_top_n, before)
        work = [ctx.scratch((n,), kind) for kind in (dtype, "int32", "int32", "int32")]
        best, label, kept = ctx.scratch((n, 5), dtype), ctx.scratch((n,), "int32"), ctx.scratch((n,), "int8")
        region, out_score = (array.reshape(batch, self.rpn_post_nms_top_n, -1) for array in out_data)
        kernels.proposal.select(
            box.reshape(batch, n, 5), before, most, number(self.threshold), *work, best, label, kept, region,
            out_score[:, :, 0],
        )  # fmt: skip


class _contrib_Proposal(Proposals):
    """The regions of an image that best look like objects, as a region proposal network sees them.

    cls_prob   (1, 2 A, H, W)   A anchors at each cell: A channels of background, then A of objects
    bbox_pred  (1, 4 A, H, W)   offsets of each anchor: ((x - ax) / aw, (y - ay) / ah, log(w / aw), log(h / ah))
    im_info    (1, 3)           height, width and scale of the image
    output     (R, 5)           rows (0, x1, y1, x2, y2), the best first; R is rpn_post_nms_top_n
    score      (R, 1)           hidden without output_score

    Boxes are cut at the image's edges; those below the least size go last, and grow by it. Anchors are ordered
    by ratio, then by scale. The gradients are 0. Source: src/operator/contrib/proposal.cc.
    """

    def images(self, batch):
        if batch > 1:
            raise ShapeError(f"cls_prob has {batch} images; needs 1; try _contrib_MultiProposal")
        return 1


class _contrib_MultiProposal(Proposals):
    """The regions of each image that best look like objects, as a region proposal network sees them.

    cls_prob   (N, 2 A, H, W)   A anchors at each cell: A channels of background, then A of objects
    bbox_pred  (N, 4 A, H, W)   offsets of each anchor: ((x - ax) / aw, (y - ay) / ah, log(w / aw), log(h / ah))
    im_info    (N, 3)           height, width and scale of each image
    output     (N R, 5)         rows (number of the image, x1, y1, x2, y2), each image's best first; R is
                                rpn_post_nms_top_n
    score      (N R, 1)         hidden without output_score

    Boxes are cut at the image's edges; those below the least size go last, and grow by it. Anchors are ordered
    by ratio, then by scale. The gradients are 0. Source: src/operator/contrib/multi_proposal.cc.
    """
