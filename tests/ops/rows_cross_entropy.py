"""Rows of the losses whose output is the loss itself."""

import numpy as np

from tests.check import case

LABELS = np.array([[1.0, 2], [3, 0], [2, 2]])
ENDS = np.array([[0, 2, -1], [1, -1, -1], [2, 2, 0]])

ROWS = [
    case("softmax_cross_entropy", data=(3, 4), label=np.array([0.0, 3, 1.7]), fixed=("label",), rtol=1e-4),
    case("softmax_cross_entropy", data=(3, 4), label=np.array([-1.0, 4, 2]), fixed=("data", "label"),
         rtol=1e-4, note="out of range"),
    case("CTCLoss", data=(4, 3, 4), label=LABELS, fixed=("label",), rtol=1e-4),
    case("CTCLoss", {"blank_label": "last"}, data=(4, 3, 4), label=ENDS, fixed=("label",), rtol=1e-4),
    case("CTCLoss", {"use_data_lengths": True}, data=(4, 3, 3), label=LABELS.clip(0, 2),
         data_lengths=np.array([4.0, 1, 3]), fixed=("label", "data_lengths"), rtol=1e-4),
    case("CTCLoss", {"use_label_lengths": True}, data=(4, 3, 4), label=LABELS, label_lengths=np.array([2, 1, 0]),
         fixed=("label", "label_lengths"), rtol=1e-4),
    case("CTCLoss", {"use_data_lengths": True, "use_label_lengths": True, "blank_label": "last"}, data=(3, 3, 3),
         label=np.array([[0, 1], [1, 1], [1, 0]]), data_lengths=np.array([2, 3, 1]),
         label_lengths=np.array([2, 2, 1]), fixed=("label", "data_lengths", "label_lengths"), rtol=1e-4),
    case("CTCLoss", data=(2, 1, 3), label=np.array([[1, 1]]), fixed=("label",), note="too short for a repeated label"),
]  # fmt: skip
