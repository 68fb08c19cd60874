"""The boxes of single-shot detectors: priors, training targets, detections (Liu et al., 2016)."""

import math

from symcli import kernels
from symcli.errors import ParamError, ShapeError
from symcli.ops.op import Op
from symcli.params import param, to_text
from symcli.shapes import text

VARIANCES = (0.1, 0.1, 0.2, 0.2)


class _contrib_MultiBoxPrior(Op):
    """Boxes of given sizes and shapes around the centre of each cell of a feature map.

    data    (N, C, H, W)               only H and W are used
    output  (1, H W (S + R - 1), 4)    corners in parts of the image, S sizes and R ratios

    A cell has a box of each size with the first ratio, then of the first size with each other ratio. With ratio r
    (width over height, the image taken as H : W) a box is size sqrt(r) H / W wide and size / sqrt(r) high.
    The gradient is 0. Source: src/operator/contrib/multibox_prior.cc.
    """

    aliases = ("_npx_multibox_prior",)
    gradient = "zero"

    sizes: tuple[float, ...] = param((1.0,), doc="sizes of the boxes, in parts of the image's height")
    ratios: tuple[float, ...] = param((1.0,), doc="shapes of the boxes: width over height")
    clip: bool = param(False, doc="cut boxes at the edges of the image")
    steps: tuple[float, ...] = param((-1.0, -1.0), doc="(y, x) distance of the cells; 1 / H and 1 / W unless above 0")
    offsets: tuple[float, ...] = param((0.5, 0.5), ge=0, le=1, doc="(y, x) of the centre inside a cell")

    def __post_init__(self):
        for name in ("sizes", "ratios"):
            if not getattr(self, name):
                raise ParamError(f"{self.name}: {name} is empty; needs one number or more")
        for name in ("steps", "offsets"):
            if len(getattr(self, name)) != 2:
                raise ParamError(f"{self.name}: {name}={to_text(getattr(self, name))}; needs two numbers: (y, x)")
        if self.steps[0] * self.steps[1] < 0:
            raise ParamError(f"{self.name}: steps={to_text(self.steps)}; needs both above 0, or none for the map's own")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if len(data) < 4:
            raise ShapeError(f"data is {text(data)}; needs 4 axes: (batch, channels, height, width)")
        return [data], [(1, data[2] * data[3] * self.boxes_per_cell, 4)]

    @property
    def boxes_per_cell(self):
        return len(self.sizes) + len(self.ratios) - 1

    def forward(self, ctx, in_data, out_data, aux):
        height, width = in_data[0].shape[2:4]
        steps = self.steps if min(self.steps) > 0 else (1 / height, 1 / width)
        shapes = [(size, self.ratios[0]) for size in self.sizes] + [(self.sizes[0], one) for one in self.ratios[1:]]
        out = out_data[0].reshape(height, width, len(shapes), 4)
        for i, (size, ratio) in enumerate(shapes):
            half_h, half_w = size / math.sqrt(ratio) / 2, size * height / width * math.sqrt(ratio) / 2
            kernels.multibox.prior(*steps, *self.offsets, half_h, half_w, self.clip, out[:, :, i])


class _contrib_MultiBoxTarget(Op):
    """Training targets: which box of the label each anchor is to predict, and at which offset.

    anchor      (1, A, 4)   corners
    label       (N, M, 5)   rows of class and corners, the first with class -1 ends them; more columns are ignored
    cls_pred    (N, K, A)   class scores, read by negative mining only
    loc_target  (N, 4 A)    ((x - ax) / aw, (y - ay) / ah, log(w / aw), log(h / ah)) / variances; 0 without box
    loc_mask    (N, 4 A)    1 for anchors with a box, else 0
    cls_target  (N, A)      the box's class + 1, 0 for the background, ignore_label for anchors left out

    Each box is given to the anchor that it overlaps most, the largest overlap first; then each other anchor that
    overlaps a box by more than overlap_threshold (if above 0) gets the one that it overlaps most. Negative
    mining leaves as background the anchors whose softmax is least sure of it. Where an image has fewer
    candidates than asked for, all of them are taken (MXNet raises). An image without boxes is left out.
    The gradients are 0. Source: src/operator/contrib/multibox_target.cc.
    """

    arguments = ("anchor", "label", "cls_pred")
    outputs = ("loc_target", "loc_mask", "cls_target")
    aliases = ("_npx_multibox_target",)
    automatic = ("label",)
    gradient = "zero"

    overlap_threshold: float = param(0.5, doc="the overlap above which an anchor gets a box")
    ignore_label: float = param(-1.0, doc="cls_target of anchors that are left out")
    negative_mining_ratio: float = param(-1.0, doc="background anchors for each anchor with a box; all unless above 0")
    negative_mining_thresh: float = param(0.5, doc="the overlap below which an anchor may be background")
    minimum_negative_samples: int = param(0, doc="read and without effect, as in MXNet")
    variances: tuple[float, ...] = param(VARIANCES, doc="divisors of the four offsets")

    def __post_init__(self):
        check_variances(self)
        if self.negative_mining_ratio > 0 and self.negative_mining_thresh <= 0:
            raise ParamError(f"{self.name}: negative_mining_thresh={self.negative_mining_thresh}; needs a number "
                             "above 0, or every anchor is left out")  # fmt: skip

    def infer_shape(self, in_shape, out_shape):
        anchor, label, cls_pred = in_shape
        for name, shape in zip(self.arguments, in_shape, strict=True):
            if shape and len(shape) != 3:
                raise ShapeError(f"{name} is {text(shape)}; needs 3 axes")
        if label and 0 < label[2] < 5:
            raise ShapeError(f"label is {text(label)}; its rows need 5 or more numbers: class and corners")
        count = (anchor and anchor[1]) or (cls_pred and cls_pred[2]) or 0
        batch = (label and label[0]) or (cls_pred and cls_pred[0]) or 0
        told = [(1, count, 4), (batch, 0, 0), (batch, 0, count)]
        return told, [(batch, 4 * count), (batch, 4 * count), (batch, count)]

    def forward(self, ctx, in_data, out_data, aux):
        (anchor, label, cls_pred), (loc_target, loc_mask, cls_target) = in_data, out_data
        anchor, dtype, number = anchor[0], label.dtype, label.dtype.type
        (batch, count), m = cls_target.shape, label.shape[1]
        overlap, matched = ctx.scratch((batch, count), dtype), ctx.scratch((batch, count), "int32")
        rows = [ctx.scratch((count,), kind) for kind in (dtype, dtype, "int32", "int32", "int32")]
        boxes = [ctx.scratch((m,), kind) for kind in (dtype, "int32", "int32")]
        side = ctx.scratch((5, count), dtype)
        kernels.multibox.match(anchor, label, number(self.overlap_threshold), side, rows[0], *boxes, overlap, matched)
        if self.negative_mining_ratio > 0:
            threshold = number(self.negative_mining_thresh)
            kernels.multibox.negatives(cls_pred, overlap, self.negative_mining_ratio, threshold, *rows, matched)
        kernels.multibox.targets(
            anchor, label, matched, number(self.ignore_label), *map(number, self.variances),
            loc_target.reshape(batch, count, 4), loc_mask.reshape(batch, count, 4), cls_target,
        )  # fmt: skip


class _contrib_MultiBoxDetection(Op):
    """Detections: the box and class that each anchor predicts, after non-maximum suppression.

    cls_prob  (N, K, A)   class probabilities, class 0 the background
    loc_pred  (N, 4 A)    offsets from the anchors, as MultiBoxTarget gives them
    anchor    (1, A, 4)   corners
    output    (N, A, 6)   rows (class, probability, corners), the best first; the first class after the background is 0

    A row is left out if its probability is below threshold, or, among the nms_topk best, if a better one of its
    class overlaps it by nms_threshold or more; its class is then -1 (rows beyond the predictions are all -1). With
    nms_threshold outside of (0, 1] nothing is suppressed or sorted. The gradients are 0.
    Source: src/operator/contrib/multibox_detection.cc.
    """

    arguments = ("cls_prob", "loc_pred", "anchor")
    aliases = ("_npx_multibox_detection",)
    gradient = "zero"

    clip: bool = param(True, doc="cut boxes at the edges of the image")
    threshold: float = param(0.01, doc="the least probability of a detection")
    background_id: int = param(0, doc="read and without effect, as in MXNet: the background is class 0")
    nms_threshold: float = param(0.5, doc="the overlap from which the worse of two boxes is left out")
    force_suppress: bool = param(False, doc="let boxes of different classes suppress each other")
    variances: tuple[float, ...] = param(VARIANCES, doc="factors of the four offsets")
    nms_topk: int = param(-1, doc="how many of the best boxes are kept before suppression; all unless above 0")

    def __post_init__(self):
        check_variances(self)

    def infer_shape(self, in_shape, out_shape):
        cls_prob, loc_pred, anchor = in_shape
        for name, shape, rank in zip(self.arguments, in_shape, (3, 2, 3), strict=True):
            if shape and len(shape) != rank:
                raise ShapeError(f"{name} is {text(shape)}; needs {rank} axes")
        if loc_pred and loc_pred[1] % 4:
            raise ShapeError(f"loc_pred is {text(loc_pred)}; its second size needs to be 4 for each anchor")
        count = (anchor and anchor[1]) or (cls_prob and cls_prob[2]) or (loc_pred and loc_pred[1] // 4) or 0
        batch = (cls_prob and cls_prob[0]) or (loc_pred and loc_pred[0]) or 0
        return [(batch, 0, count), (batch, 4 * count), (1, count, 4)], [(batch, count, 6)]

    def forward(self, ctx, in_data, out_data, aux):
        (cls_prob, loc_pred, anchor), out = in_data, out_data[0]
        (batch, n, _), dtype, number = out.shape, out.dtype, out.dtype.type
        count, label = ctx.scratch((batch,), "int32"), ctx.scratch((n,), "int32")
        key = ctx.scratch((n,), dtype)
        kernels.multibox.decode(
            cls_prob, loc_pred.reshape(batch, n, 4), anchor[0], number(self.threshold), self.clip,
            *map(number, self.variances), key, label, count, out,
        )  # fmt: skip
        if 0 < self.nms_threshold <= 1:
            order, spare, grouped = (ctx.scratch((n,), "int32") for _ in range(3))
            rows, box, kept = ctx.scratch((n, 6), dtype), ctx.scratch((n, 5), dtype), ctx.scratch((n,), "int8")
            topk = self.nms_topk if self.nms_topk > 0 else n
            kernels.multibox.suppress_rows(count, number(self.nms_threshold), topk, self.force_suppress,
                                           key, order, spare, grouped, rows, box, label, kept, out)  # fmt: skip


def check_variances(op):
    if len(op.variances) != 4:
        raise ParamError(f"{op.name}: variances={to_text(op.variances)}; needs four numbers: (x, y, width, height)")
