"""Twins of the operators on boxes."""

import numpy as np

from tests.naive.twin import twin


def to_corners(boxes, form):
    if form == "corner":
        return boxes
    middle, size = boxes[..., :2], boxes[..., 2:]
    return np.concatenate([middle - size / 2, middle + size / 2], -1)


def to_center(boxes):
    return np.concatenate([(boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]], -1)


def overlap(a, b, pixel=0):
    """The IoU of two boxes of corners; 0 if they are apart."""
    shared = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]) + pixel
    if np.any(shared <= 0):
        return 0.0
    areas = [np.prod(np.maximum(box[2:] - box[:2] + pixel, 0)) for box in (a, b)]
    return np.prod(shared) / (sum(areas) - np.prod(shared))


def suppressed(boxes, groups, hides):
    """Return for boxes, the best first, whether a better one of the same group that is left hides it."""
    left = []
    for i, box in enumerate(boxes):
        if not any(groups[i] == groups[j] and hides(overlap(boxes[j], box)) for j in left):
            left.append(i)
    return [i not in left for i in range(len(boxes))]


@twin("_contrib_box_iou")
def box_iou(op, inputs, run):
    lhs, rhs = (to_corners(inputs[name], op.format) for name in ("lhs", "rhs"))
    found = [overlap(a, b) for a in lhs.reshape(-1, 4) for b in rhs.reshape(-1, 4)]
    return [np.reshape(found, lhs.shape[:-1] + rhs.shape[:-1])]


@twin("_contrib_box_nms")
def box_nms(op, inputs, run):
    data = inputs["data"]
    if op.topk == 0:
        return [data]
    columns = slice(op.coord_start, op.coord_start + 4)
    out = np.full_like(data, -1)
    for place in np.ndindex(*data.shape[:-2]):
        rows = data[place]
        rows = rows[rows[:, op.score_index] > op.valid_thresh]
        if op.id_index >= 0:
            rows = rows[rows[:, op.id_index].astype(int) != op.background_id]
        rows = rows[np.argsort(-rows[:, op.score_index], kind="stable")]
        rows = rows[: op.topk] if op.topk > 0 else rows
        one_group = op.force_suppress or op.id_index < 0
        groups = [0] * len(rows) if one_group else rows[:, op.id_index].astype(int)
        gone = suppressed(to_corners(rows[:, columns], op.in_format), groups, lambda x: x > op.overlap_thresh)
        rows = rows[~np.array(gone, bool)]
        if op.in_format != op.out_format:
            boxes = rows[:, columns]
            new = to_corners(boxes, "center") if op.out_format == "corner" else to_center(boxes)
            rows[:, columns] = np.where(boxes[:, :1] < 0, boxes, new)
        out[place][: len(rows)] = rows
    return [out]


@twin("_contrib_bipartite_matching")
def bipartite_matching(op, inputs, run):
    data = inputs["data"]
    rows, columns = np.full(data.shape[:-1], -1.0), np.full((*data.shape[:-2], data.shape[-1]), -1.0)
    for place in np.ndindex(*data.shape[:-2]):
        score = data[place] if op.is_ascend else -data[place]
        limit = op.threshold if op.is_ascend else -op.threshold
        pairs = 0
        for i, j in zip(*np.unravel_index(np.argsort(score, axis=None, kind="stable"), score.shape), strict=True):
            free = rows[place][i] == -1 and columns[place][j] == -1
            if free and score[i, j] < limit and (op.topk <= 0 or pairs <= op.topk):
                rows[place][i], columns[place][j] = j, i
                pairs += 1
    return [rows, columns]


@twin("_contrib_box_encode")
def box_encode(op, inputs, run):
    samples, matches, anchors, refs = (inputs[name] for name in ("samples", "matches", "anchors", "refs"))
    target, mask = np.zeros(anchors.shape), np.zeros(anchors.shape)
    for b, i in np.argwhere(samples > 0.5):
        box, anchor = to_center(refs[b, int(matches[b, i])]), to_center(anchors[b, i])
        offset = np.concatenate([(box[:2] - anchor[:2]) / anchor[2:], np.log(box[2:] / anchor[2:])])
        target[b, i], mask[b, i] = (offset - inputs["means"]) / inputs["stds"], 1
    return [target, mask]


@twin("_contrib_box_decode")
def box_decode(op, inputs, run):
    anchors = inputs["anchors"] if op.format == "center" else to_center(inputs["anchors"])
    offsets = inputs["data"] * [op.std0, op.std1, op.std2, op.std3]
    power = np.minimum(offsets[..., 2:], op.clip) if op.clip > 0 else offsets[..., 2:]
    middle = offsets[..., :2] * anchors[..., 2:] + anchors[..., :2]
    return [to_corners(np.concatenate([middle, np.exp(power) * anchors[..., 2:]], -1), "center")]
