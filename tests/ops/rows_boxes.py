"""Rows of the operators on boxes."""

import numpy as np

from tests.check import case


def boxes(*shape):
    """Random corners in parts of an image."""

    def fill(rng):
        middle, size = rng.uniform(0.2, 0.8, (*shape, 2)), rng.uniform(0.1, 0.6, (*shape, 2))
        return np.concatenate([middle - size / 2, middle + size / 2], -1)

    return fill


def centers(*shape):
    """Random centres and sizes in parts of an image."""
    return lambda rng: np.concatenate([rng.uniform(0.2, 0.8, (*shape, 2)), rng.uniform(0.1, 0.6, (*shape, 2))], -1)


def detections(make, *shape):
    """Rows (class, score, box, extra); classes lie between integers, where a small step changes nothing."""

    def fill(rng):
        head = np.stack([rng.randint(0, 3, shape) + 0.5, rng.uniform(-0.3, 1, shape)], -1)
        return np.concatenate([head, make(*shape)(rng), rng.rand(*shape, 1)], -1)

    return fill


def degenerate(rng):
    """Boxes without area, one turned inside out, and one that has no score."""
    return np.array([[0.5, 0.1, 0.1, 0.1, 0.2], [0.4, 0.1, 0.1, 0.1, 0.2], [0.3, 0.3, 0.3, 0.1, 0.1],
                     [np.nan, 0.5, 0.5, 0.9, 0.9], [0.2, -0.1, 0.3, 0.4, 0.8]])  # fmt: skip


def columns(score):
    return {"score_index": score, "coord_start": 1}


NMS, MATCH = "_contrib_box_nms", "_contrib_bipartite_matching"

ROWS = [
    case("_contrib_box_iou", lhs=boxes(2, 3), rhs=boxes(4)),
    case("_contrib_box_iou", {"format": "center"}, lhs=centers(3), rhs=centers(2, 2)),
    case("_contrib_box_iou", lhs=np.array([[0.1, 0.1, 0.1, 0.3], [0.4, 0.4, 0.2, 0.2]]), rhs=boxes(2),
         note="boxes without area"),
    case(NMS, data=detections(boxes, 9)),
    case(NMS, {"id_index": 0, "overlap_thresh": 0.2}, data=detections(boxes, 2, 12)),
    case(NMS, {"id_index": 0, "force_suppress": True, "topk": 5}, data=detections(boxes, 2, 1, 9)),
    case(NMS, {"id_index": 0, "background_id": 1, "valid_thresh": 0.3}, data=detections(boxes, 9)),
    case(NMS, {"in_format": "center", "out_format": "center"}, data=detections(centers, 9)),
    case(NMS, {"out_format": "center"}, data=detections(boxes, 9), fixed=("data",)),
    case(NMS, {"in_format": "center"}, data=detections(centers, 9), fixed=("data",)),
    case(NMS, {"topk": 0}, data=detections(boxes, 2, 4)),
    case(NMS, {"valid_thresh": 2}, data=detections(boxes, 4), note="none is left"),
    case(NMS, columns(0) | {"out_format": "center"}, data=degenerate, fixed=("data",)),
    case(MATCH, {"threshold": 0.1}, data=(2, 4, 3), low=0),
    case(MATCH, {"threshold": 0.4, "is_ascend": True}, data=(2, 3, 5), low=0),
    case(MATCH, {"threshold": 0.01, "topk": 1}, data=(4, 4), low=0),
    case(MATCH, {"threshold": 0.5}, data=np.ones((1, 3, 2)), note="ties"),
    case("_contrib_box_encode", samples=np.array([[1, -1, 0, 0.6]] * 2), matches=np.array([[0, 1.0, 9, 2]] * 2),
         anchors=boxes(2, 4), refs=boxes(2, 3), means=(4,), stds=np.array([0.1, 0.1, 0.2, 0.2])),
    case("_contrib_box_decode", data=(2, 5, 4), anchors=centers(1, 5)),
    case("_contrib_box_decode", {"format": "corner", "std0": 0.1, "std1": 0.2, "std2": 0.5, "std3": 0.7, "clip": 0.1},
         data=(2, 5, 4), anchors=boxes(1, 5)),
]  # fmt: skip
