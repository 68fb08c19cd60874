"""Rows of region proposals."""

import numpy as np

from tests.check import case

ANCHORS = {"scales": (2, 4), "ratios": (0.5, 1, 2), "feature_stride": 8, "rpn_post_nms_top_n": 9}
IMAGE = np.array([[30.0, 40, 1]])


def row(op, attrs, image=IMAGE, note=""):
    """Scores, offsets and sizes for six anchors at each of 4 x 5 cells."""
    n = len(image)
    return case(op, ANCHORS | attrs, cls_prob=lambda rng: rng.rand(n, 12, 4, 5), note=note,
                bbox_pred=lambda rng: rng.randn(n, 24, 4, 5) / 3, im_info=image)  # fmt: skip


ROWS = [
    row("_contrib_Proposal", {"rpn_min_size": 6}),
    row("_contrib_Proposal", {"rpn_min_size": 6, "iou_loss": True, "output_score": True, "threshold": 0.3}),
    row("_contrib_Proposal", {"rpn_pre_nms_top_n": 12, "threshold": 0.1, "output_score": True}, note="repeated"),
    row("_contrib_Proposal", {"rpn_min_size": 20, "rpn_pre_nms_top_n": 0, "output_score": True},
        np.array([[17.0, 25, 1.5]]), note="smaller than the map"),
    row("_contrib_MultiProposal", {"rpn_min_size": 6, "output_score": True},
        np.array([[30, 40, 1], [20, 33, 0.5], [32, 16, 2]])),
    row("_contrib_MultiProposal", {"rpn_min_size": 200, "output_score": True, "threshold": 0.9}, note="all too small"),
]  # fmt: skip
