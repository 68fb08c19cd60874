"""Twins of the operators of single-shot detectors."""

import numpy as np

from tests.naive.boxes import overlap, suppressed, to_center, to_corners
from tests.naive.twin import twin


@twin("_contrib_MultiBoxPrior")
def prior(op, inputs, run):
    height, width = inputs["data"].shape[2:4]
    step_y, step_x = op.steps if min(op.steps) > 0 else (1 / height, 1 / width)
    shapes = [(size, op.ratios[0]) for size in op.sizes] + [(op.sizes[0], ratio) for ratio in op.ratios[1:]]
    boxes = []
    for v, u in np.ndindex(height, width):
        for size, ratio in shapes:
            middle = [(u + op.offsets[1]) * step_x, (v + op.offsets[0]) * step_y]
            boxes.append([*middle, size * np.sqrt(ratio) * height / width, size / np.sqrt(ratio)])
    boxes = to_corners(np.array(boxes), "center")
    return [np.clip(boxes, 0, 1)[None] if op.clip else boxes[None]]


def matches(anchors, boxes, threshold):
    """Return the number of each anchor's box, -1 without one, and the overlaps (anchors, boxes)."""
    table = np.array([[overlap(anchor, box) for box in boxes] for anchor in anchors])
    matched, free = np.full(len(anchors), -1), table.copy()
    while free.max() > 1e-6:
        anchor, box = np.unravel_index(free.argmax(), free.shape)
        matched[anchor] = box
        free[anchor], free[:, box] = -1, -1
    for anchor in np.flatnonzero(matched < 0):
        if threshold > 0 and table[anchor].max() > threshold:
            matched[anchor] = table[anchor].argmax()
    return matched, table


@twin("_contrib_MultiBoxTarget")
def target(op, inputs, run):
    anchors, label, scores = inputs["anchor"][0], inputs["label"], inputs["cls_pred"]
    offsets, mask = np.zeros((2, len(label), len(anchors), 4))
    classes = np.full((len(label), len(anchors)), op.ignore_label)
    for b, rows in enumerate(label):
        ends = np.flatnonzero(rows[:, 0] == -1)
        rows = rows[: ends[0]] if len(ends) else rows
        if not len(rows):
            continue
        matched, table = matches(anchors, rows[:, 1:5], op.overlap_threshold)
        negative = np.flatnonzero(matched < 0)
        if op.negative_mining_ratio > 0:
            count = int(np.sum(matched >= 0) * op.negative_mining_ratio)
            negative = negative[table[negative].max(1) < op.negative_mining_thresh]
            softmax = np.exp(scores[b]) / np.exp(scores[b]).sum(0)
            negative = negative[np.argsort(softmax[0, negative], kind="stable")][:count]
        classes[b, negative] = 0
        for j in np.flatnonzero(matched >= 0):
            box, anchor = to_center(rows[matched[j], 1:5]), to_center(anchors[j])
            offset = np.concatenate([(box[:2] - anchor[:2]) / anchor[2:], np.log(box[2:] / anchor[2:])])
            offsets[b, j], mask[b, j], classes[b, j] = offset / op.variances, 1, rows[matched[j], 0] + 1
    return [offsets.reshape(len(label), -1), mask.reshape(len(label), -1), classes]


@twin("_contrib_MultiBoxDetection")
def detection(op, inputs, run):
    prob, anchors = inputs["cls_prob"], to_center(inputs["anchor"][0])
    offsets = inputs["loc_pred"].reshape(len(prob), -1, 4) * op.variances
    out = np.full((len(prob), len(anchors), 6), -1.0)
    for b in range(len(prob)):
        middle = offsets[b, :, :2] * anchors[:, 2:] + anchors[:, :2]
        boxes = to_corners(np.concatenate([middle, np.exp(offsets[b, :, 2:]) * anchors[:, 2:]], -1), "center")
        boxes = np.clip(boxes, 0, 1) if op.clip else boxes
        rows = np.column_stack([prob[b, 1:].argmax(0), prob[b, 1:].max(0), boxes])
        rows = rows[rows[:, 1] >= op.threshold]
        if 0 < op.nms_threshold <= 1:
            best = np.argsort(-rows[:, 1], kind="stable")
            best = best[: op.nms_topk] if op.nms_topk > 0 else best
            n, groups = len(best), [0] * len(rows) if op.force_suppress else rows[best, 0]
            gone = suppressed(rows[best, 2:], groups, lambda x: x >= op.nms_threshold)
            rows[:n] = rows[best]
            rows[[*np.flatnonzero(gone), *range(n, len(rows))], 0] = -1
        out[b, : len(rows)] = rows
    return [out]
