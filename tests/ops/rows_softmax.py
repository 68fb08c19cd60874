"""Rows of softmax and its relations."""

import numpy as np

from tests.check import case

LENGTHS = np.array([[1, 4], [3, 2]])

ROWS = [
    case("softmax", data=(3, 5)),
    case("softmax", data=(4,)),
    case("softmax", {"axis": 0}, data=(3, 5)),
    case("softmax", {"axis": 1, "temperature": 2.5}, data=(2, 3, 4)),
    case("softmax", {"temperature": -0.5}, data=(2, 3)),
    case("softmax", {"dtype": "float64"}, data=(2, 3)),
    case("softmax", data=(2, 3), low=900, high=901, note="does not overflow"),
    case("softmax", {"use_length": True}, data=(4, 3), length=np.array([2, 7, 0, -1]), fixed=("length",)),
    case(
        "softmax", {"use_length": True, "axis": 1, "temperature": 3}, data=(2, 4, 2), length=LENGTHS, fixed=("length",)
    ),
    case("log_softmax", data=(3, 5)),
    case("log_softmax", {"axis": 0}, data=(3, 5)),
    case("log_softmax", {"axis": -2, "temperature": 0.5}, data=(2, 3, 4)),
    case("softmin", data=(3, 5)),
    case("softmin", {"axis": 1, "temperature": 2}, data=(2, 3, 4)),
    case("SoftmaxActivation", data=(3, 4)),
    case("SoftmaxActivation", data=(2, 3, 4)),
    case("SoftmaxActivation", {"mode": "channel"}, data=(2, 3, 4)),
    case("SoftmaxActivation", {"mode": "channel"}, data=(2, 3, 2, 2)),
]
