"""Boxes: overlap, non-maximum suppression, matching, and the coding of boxes as offsets from anchors."""

from symcli import kernels
from symcli.errors import ShapeError
from symcli.ops.op import Op
from symcli.ops.views import rows
from symcli.params import param
from symcli.shapes import merge, merge_all, prod, text

FORMATS = ("center", "corner")


class _contrib_box_iou(Op):
    """Overlap of each box of lhs with each of rhs: their shared area over the area that both cover together.

    lhs     (..., 4)
    rhs     (..., 4)
    output  lhs's axes but the last, then rhs's axes but the last

    The gradients are 0. Source: src/operator/contrib/bounding_box.cc.
    """

    arguments = ("lhs", "rhs")
    gradient = "zero"

    format: str = param("corner", choices=FORMATS, doc="boxes as (x1, y1, x2, y2), or as (x, y, width, height)")

    def infer_shape(self, in_shape, out_shape):
        for name, shape in zip(self.arguments, in_shape, strict=True):
            if shape and (len(shape) < 2 or shape[-1] not in (0, 4)):
                raise ShapeError(f"{name} is {text(shape)}; needs 2 or more axes, the last of size 4")
        lhs, rhs = in_shape
        return in_shape, [lhs[:-1] + rhs[:-1] if lhs and rhs else None]

    def forward(self, ctx, in_data, out_data, aux):
        lhs, rhs = (rows(array, 4) for array in in_data)
        kernels.boxes.iou(lhs, rhs, self.format == "center", out_data[0].reshape(len(lhs), len(rhs)))


class _contrib_box_nms(Op):
    """Non-maximum suppression: each row that no better one overlaps by more than overlap_thresh, the best first.

    data     (..., N, K)   rows of numbers: score, class and box at the columns that the parameters name
    output0  (..., N, K)   the rows that are left, then rows of -1

    Rows with a score not above valid_thresh, with the class background_id, or beyond the topk best are left out
    first. Rows of different classes do not suppress each other unless force_suppress. A row's gradient goes to
    the row it was; that of all others is 0. topk=0 gives data itself. A box whose first coordinate is
    negative keeps its format. Source: src/operator/contrib/bounding_box.cc.
    """

    aliases = ("_contrib_box_non_maximum_suppression",)
    outputs = ("output0", "output1")  # the second, hidden, holds the row numbers
    backward_uses = ("output1",)

    overlap_thresh: float = param(0.5, doc="the overlap above which the worse of two boxes is left out")
    valid_thresh: float = param(0.0, doc="the score that a row must exceed")
    topk: int = param(-1, doc="how many of the best rows take part; negative: all")
    coord_start: int = param(2, doc="the first of the four columns of the box")
    score_index: int = param(1, doc="the column of the score")
    id_index: int = param(-1, doc="the column of the class; negative: there are no classes")
    background_id: int = param(-1, doc="the class that is left out")
    force_suppress: bool = param(False, doc="let rows of different classes suppress each other")
    in_format: str = param("corner", choices=FORMATS, doc="boxes of data: (x1, y1, x2, y2) or (x, y, width, height)")
    out_format: str = param("corner", choices=FORMATS, doc="boxes of the output, likewise")

    def num_visible_outputs(self):
        return 1

    def infer_shape(self, in_shape, out_shape):
        data = merge(in_shape[0], out_shape[0])
        if not data:
            return in_shape, out_shape
        if len(data) < 2:
            raise ShapeError(f"data is {text(data)}; needs 2 or more axes: (..., rows, columns)")
        self.check_columns(data[-1])
        return [data], [data, (*data[:-1], 1)]

    def check_columns(self, width):
        box = range(self.coord_start, self.coord_start + 4)
        columns = {"coord_start": box, "score_index": range(self.score_index, self.score_index + 1)}
        if self.id_index >= 0:
            columns["id_index"] = range(self.id_index, self.id_index + 1)
        taken = set()
        for name, used in columns.items():
            if used[0] < 0 or (width and used[-1] >= width):
                raise ShapeError(f"{name}={used[0]} is outside data's {width} columns; columns count from 0")
            if taken & set(used):
                raise ShapeError(f"{name}={used[0]} is taken by another parameter; box, score and class need "
                                 "columns of their own")  # fmt: skip
            taken |= set(used)

    def infer_type(self, in_type, out_type):
        known, _ = super().infer_type(in_type, out_type[:1])
        return known, [*known, "int32"]

    def forward(self, ctx, in_data, out_data, aux):
        data, out, record = self.batches(in_data[0]), self.batches(out_data[0]), self.batches(out_data[1])[:, :, 0]
        n, number = data.shape[1], data.dtype.type
        if self.topk == 0:
            kernels.move.copy(data, out)
            kernels.move.arange(0, 1, record.T)
            return
        work = [ctx.scratch((n,), dtype) for dtype in (data.dtype, *["int32"] * 4)]
        box, label, kept = ctx.scratch((n, 5), data.dtype), ctx.scratch((n,), "int32"), ctx.scratch((n,), "int8")
        kernels.boxes.nms(
            data, number(self.overlap_thresh), number(self.valid_thresh), n if self.topk < 0 else self.topk,
            self.coord_start, self.score_index, self.id_index, self.background_id, self.force_suppress,
            self.in_format == "center", self.out_format == "center", *work, box, label, kept, record, out,
        )  # fmt: skip

    def backward(self, ctx, out_grad, in_data, out_data, in_grad, aux):
        record = self.batches(out_data[1])[:, :, 0]
        kernels.boxes.nms_grad(self.batches(out_grad[0]), record, self.batches(in_grad[0]))

    def batches(self, array):
        return array.reshape(prod(array.shape[:-2]), *array.shape[-2:])


class _contrib_bipartite_matching(Op):
    """Pairs of rows and columns, the best score first, each row and each column at most once.

    data     (..., N, M)   scores
    output0  (..., N)      the column of each row, -1 without one
    output1  (..., M)      the row of each column, -1 without one

    The gradient is 0. Source: src/operator/contrib/bounding_box.cc.
    """

    outputs = ("output0", "output1")
    gradient = "zero"

    is_ascend: bool = param(False, doc="the smallest score is the best")
    threshold: float = param(doc="the score that a pair must exceed; with is_ascend, be below")
    topk: int = param(-1, doc="stop after this number of pairs and one more, as MXNet does; below 1: no limit")

    def infer_shape(self, in_shape, out_shape):
        data = in_shape[0]
        if not data:
            return in_shape, out_shape
        if len(data) < 2:
            raise ShapeError(f"data is {text(data)}; needs 2 or more axes: (..., rows, columns)")
        return [data], [data[:-1], (*data[:-2], data[-1])]

    def forward(self, ctx, in_data, out_data, aux):
        n, m = in_data[0].shape[-2:]
        score, row, column = rows(in_data[0], n * m), rows(out_data[0], n), rows(out_data[1], m)
        order, spare = ctx.scratch((n * m,), "int32"), ctx.scratch((n * m,), "int32")
        most = self.topk + 1 if self.topk > 0 else n * m
        threshold = score.dtype.type(self.threshold)
        kernels.boxes.match(score, m, self.is_ascend, threshold, most, order, spare, row, column)


class _contrib_box_encode(Op):
    """Offsets of matched boxes from anchors: ((x - ax) / aw, (y - ay) / ah, log(w / aw), log(h / ah) - means) / stds.

    samples  (B, N)      above 0.5 for the anchors that take part
    matches  (B, N)      the number of each anchor's box
    anchors  (B, N, 4)   corners
    refs     (B, M, 4)   corners
    means    (4,)
    stds     (4,)
    output0  (B, N, 4)   the offsets; 0 for anchors that take no part
    output1  (B, N, 4)   1 for anchors that take part, else 0

    x, y, w, h are centre and size of the box, ax, ay, aw, ah those of the anchor. The gradients are 0.
    Source: src/operator/contrib/bounding_box.cc.
    """

    arguments = ("samples", "matches", "anchors", "refs", "means", "stds")
    outputs = ("output0", "output1")
    gradient = "zero"

    def infer_shape(self, in_shape, out_shape):
        samples, matches, anchors, refs, _, _ = in_shape
        for name, shape, rank in (("samples", samples, 2), ("matches", matches, 2), ("anchors", anchors, 3)):
            if shape and len(shape) != rank:
                raise ShapeError(f"{name} is {text(shape)}; needs {rank} axes: (batch, anchors{', 4' * (rank > 2)})")
        known = merge_all(samples, matches, anchors and anchors[:2])
        boxes = known and (*known, 4)
        refs = merge(refs, (known[0], 0, 4)) if known else refs
        return [known, known, boxes, refs, (4,), (4,)], [boxes, boxes]

    def forward(self, ctx, in_data, out_data, aux):
        kernels.boxes.encode(*in_data, *out_data)


class _contrib_box_decode(Op):
    """Boxes at offsets from anchors: centre ax + dx std0 aw, ay + dy std1 ah, size exp(dw std2) aw, exp(dh std3) ah.

    data     (B, N, 4)   the offsets (dx, dy, dw, dh)
    anchors  (1, N, 4)
    output   (B, N, 4)   corners

    ax, ay, aw, ah are centre and size of the anchor. The gradients are 0. Source:
    src/operator/contrib/bounding_box.cc.
    """

    arguments = ("data", "anchors")
    gradient = "zero"

    std0: float = param(1.0, doc="factor of the first offset")
    std1: float = param(1.0, doc="factor of the second offset")
    std2: float = param(1.0, doc="factor of the third offset")
    std3: float = param(1.0, doc="factor of the fourth offset")
    clip: float = param(-1.0, doc="the largest exponent; no limit unless it is above 0")
    format: str = param("center", choices=FORMATS, doc="anchors as (x, y, width, height), or as (x1, y1, x2, y2)")

    def infer_shape(self, in_shape, out_shape):
        data, anchors = merge(in_shape[0], out_shape[0]), in_shape[1]
        if data and len(data) != 3:
            raise ShapeError(f"data is {text(data)}; needs 3 axes: (batch, anchors, 4)")
        if data:
            data = merge(data, (0, anchors[1] if anchors and len(anchors) == 3 else 0, 4))
        return [data, (1, data[1], 4) if data else None], [data]

    def forward(self, ctx, in_data, out_data, aux):
        offset, number = in_data[0], in_data[0].dtype.type
        numbers = [number(one) for one in (self.std0, self.std1, self.std2, self.std3, self.clip)]
        kernels.boxes.decode(offset, in_data[1][0], *numbers, self.format == "center", out_data[0])
