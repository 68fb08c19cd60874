"""Rows of the operators of single-shot detectors."""

import numpy as np

from tests.check import case
from tests.ops.rows_boxes import boxes


def labels(*counts):
    """Rows (class, corners) for images with these numbers of boxes, the rest -1."""

    def fill(rng):
        rows = np.full((len(counts), 5, 5), -1.0)
        for b, n in enumerate(counts):
            rows[b, :n] = np.column_stack([rng.randint(0, 3, n), boxes(n)(rng)])
        return rows

    return fill


def wide_labels(rng):
    """As labels, with two more columns."""
    return np.concatenate([labels(2, 3)(rng), rng.rand(2, 5, 2)], -1)


def crowded(rng):
    """Five boxes so close to each other that they overlap the same anchor most."""
    shift = np.array([0, 0.01, 0.02, 0.03, 0.04])[:, None]
    return np.concatenate([np.arange(5.0)[:, None], np.array([[0.4, 0.4, 0.6, 0.6]]) + shift], -1)[None]


def grid(rng):
    """Anchors on a grid, where overlaps are often equal."""
    corner = np.stack(np.meshgrid(np.arange(4), np.arange(4)), -1).reshape(-1, 2) / 4
    return np.concatenate([corner, corner + 0.25], -1)[None]


def probabilities(n, classes, anchors):
    def fill(rng):
        score = np.exp(3 * rng.randn(n, classes, anchors))
        return score / score.sum(1, keepdims=True)

    return fill


PRIOR, TARGET, DETECTION = "_contrib_MultiBoxPrior", "_contrib_MultiBoxTarget", "_contrib_MultiBoxDetection"
FOUND = {"cls_prob": probabilities(2, 3, 20), "loc_pred": (2, 80), "anchor": boxes(1, 20)}

ROWS = [
    case(PRIOR, {"sizes": (0.2, 0.3), "ratios": (1, 2, 0.5)}, data=(1, 1, 3, 4)),
    case(PRIOR, {"sizes": (0.9, 0.3), "ratios": (2, 3), "clip": True}, data=(2, 3, 2, 5)),
    case(PRIOR, {"sizes": (0.4,), "steps": (0.3, 0.2), "offsets": (0.25, 1)}, data=(1, 1, 2, 2)),
    case(TARGET, anchor=boxes(1, 30), label=labels(3, 0, 5), cls_pred=(3, 4, 30)),
    case(TARGET, {"overlap_threshold": 0.2, "variances": (1, 2, 3, 4)}, anchor=boxes(1, 30), label=wide_labels,
         cls_pred=(2, 4, 30)),
    case(TARGET, {"overlap_threshold": -1}, anchor=boxes(1, 9), label=labels(2, 5), cls_pred=(2, 4, 9)),
    case(TARGET, anchor=boxes(1, 12), label=crowded, cls_pred=(1, 6, 12)),
    case(TARGET, anchor=grid, label=np.array([[[0, 0.125, 0.0, 0.375, 0.25], [1, 0.25, 0.25, 0.75, 0.75]]]),
         cls_pred=(1, 3, 16), note="equal overlaps"),
    case(TARGET, anchor=boxes(1, 4), label=labels(5, 5), cls_pred=(2, 4, 4), note="more boxes than anchors"),
    case(TARGET, {"negative_mining_ratio": 1.5, "negative_mining_thresh": 0.4, "ignore_label": -7},
         anchor=boxes(1, 40), label=labels(3, 0, 1), cls_pred=(3, 4, 40)),
    case(TARGET, {"negative_mining_ratio": 100, "negative_mining_thresh": 0.05}, anchor=boxes(1, 9),
         label=labels(1, 5), cls_pred=(2, 4, 9), note="few candidates"),
    case(DETECTION, **FOUND),
    case(DETECTION, {"nms_threshold": 0.3, "nms_topk": 7, "variances": (1, 0.5, 0.3, 0.1)}, **FOUND),
    case(DETECTION, {"nms_threshold": 0.2, "force_suppress": True, "clip": False, "threshold": 0.5}, **FOUND),
    case(DETECTION, {"nms_threshold": 0}, **FOUND, note="not sorted"),
    case(DETECTION, {"nms_threshold": 1, "threshold": 0}, cls_prob=probabilities(1, 2, 4), loc_pred=np.zeros((1, 16)),
         anchor=np.array([[[0.2, 0.2, 0.5, 0.5]] * 4]), note="overlap of exactly the threshold"),
    case(DETECTION, {"threshold": 2}, **FOUND, note="none is left"),
]  # fmt: skip
