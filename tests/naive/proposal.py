"""Twins of region proposals."""

import numpy as np

from tests.naive.boxes import suppressed
from tests.naive.twin import twin


def predicted(op, score, offset, image):
    """Return rows (corners, score), cell by cell, all anchors of a cell together."""
    height, width, scale = image
    stride, rows = op.feature_stride, []
    sizes = []
    for ratio in op.ratios:
        w = np.floor(np.sqrt(np.floor(stride**2 / ratio)) + 0.5)
        sizes += [(w * s, np.floor(w * ratio + 0.5) * s) for s in op.scales]
    for v, u in np.ndindex(*score.shape[1:]):
        for a, (w, h) in enumerate(sizes):
            middle = np.array([u, v]) * stride + (stride - 1) / 2
            size, moved = np.array([w, h]), offset[4 * a : 4 * a + 4, v, u]
            if op.iou_loss:
                low, high = middle - (size - 1) / 2 + moved[:2], middle + (size - 1) / 2 + moved[2:]
            else:
                middle, size = middle + moved[:2] * size, np.exp(moved[2:]) * size
                low, high = middle - (size - 1) / 2, middle + (size - 1) / 2
            low, high = (np.clip(x, 0, [width - 1, height - 1]) for x in (low, high))
            found = score[a, v, u] if v < int(height / stride) and u < int(width / stride) else -1
            if np.any(high - low + 1 < op.rpn_min_size * scale):
                low, high, found = low - op.rpn_min_size * scale / 2, high + op.rpn_min_size * scale / 2, -1
            rows.append([*low, *high, found])
    return np.array(rows)


@twin("_contrib_Proposal", "_contrib_MultiProposal")
def proposal(op, inputs, run):
    regions, scores = [], []
    for b, (prob, offset, image) in enumerate(zip(*inputs.values(), strict=True)):
        rows = predicted(op, prob[len(prob) // 2 :], offset, image)
        rows = rows[np.argsort(-rows[:, 4], kind="stable")]
        rows = rows[: op.rpn_pre_nms_top_n] if op.rpn_pre_nms_top_n > 0 else rows
        # Corners are pixels of the box: it is one pixel wider than their distance.
        boxes = rows[:, :4] + [0, 0, 1, 1]
        rows = rows[~np.array(suppressed(boxes, [0] * len(rows), lambda x: x > op.threshold))]
        rows = rows[np.arange(op.rpn_post_nms_top_n) % min(len(rows), op.rpn_post_nms_top_n)]
        regions.append(np.insert(rows[:, :4], 0, b, axis=1))
        scores.append(rows[:, 4:])
    outputs = [np.concatenate(regions), np.concatenate(scores)]
    return outputs if op.output_score else outputs[:1]
