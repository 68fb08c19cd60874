"""Rows of the operators that read at places named by indices. Fractions of indices are cut off."""

import numpy as np

from tests.check import case

TABLE = {"input_dim": 4, "output_dim": 3}
MIXED = np.array([[1.5, 0.5], [3.5, 1.5]])
OUTSIDE = np.array([-7.5, 9.5, 1.5])

ROWS = [
    case("Embedding", TABLE, data=MIXED, weight=(4, 3)),
    case("Embedding", TABLE, data=OUTSIDE, weight=(4, 3), note="out of range"),
    case("Embedding", TABLE, data=np.array([[2, 2, 0]]), weight=(4, 3), fixed=("data",), note="integers"),
    case("take", a=(4, 3), indices=MIXED),
    case("take", {"axis": 1}, a=(2, 4, 3), indices=OUTSIDE),
    case("take", {"axis": -1, "mode": "wrap"}, a=(2, 4), indices=OUTSIDE),
    case("take", {"mode": "raise"}, a=(4, 3), indices=np.array([3, 0]), fixed=("indices",)),
    case("pick", data=(3, 4), index=OUTSIDE),
    case("pick", {"mode": "wrap"}, data=(3, 4), index=OUTSIDE),
    case("pick", {"axis": 1}, data=(2, 4, 2), index=MIXED),
    case("pick", {"axis": 0, "keepdims": True}, data=(4, 2, 2), index=MIXED),
    case("pick", {"axis": 1, "keepdims": True}, data=(3, 4), index=OUTSIDE[:, None]),
    case("pick", data=(4,), index=np.array([2]), fixed=("index",), note="one axis"),
    case("fill_element_0index", lhs=(3, 4), mhs=(3,), rhs=np.array([2.0, 0.5, 3.0])),
    case("fill_element_0index", lhs=(4, 4), mhs=(4,), rhs=np.array([-1, -0.5, 4, 3.5]), note="out of range"),
    case("_onehot_encode", lhs=np.array([1.5, -0.5, -1.0, 3.0]), rhs=(4, 3)),
    case("one_hot", {"depth": 4}, indices=MIXED),
    case("one_hot", {"depth": 2, "on_value": 2.5, "off_value": -1}, indices=OUTSIDE),
    case("one_hot", {"depth": 3, "dtype": "int32", "on_value": 7}, indices=np.array([2, 0, -1, 3])),
    case("where", condition=np.array([[1.5, 0.0, -2.0], [0.0, np.nan, 0.0]]), x=(2, 3), y=(2, 3), fixed=("condition",)),
    case("where", condition=np.array([0, 3]), x=(2, 3, 2), y=(2, 3, 2)),
    case("where", condition=np.array([[0], [3]]), x=(2, 3), y=(2, 3)),
]
