"""Rows of sorting and of the places of extremes."""

import numpy as np

from tests.check import case


def apart(rng):
    """Elements further apart than the steps of the finite differences."""
    return rng.permutation(60).reshape(3, 5, 4) / 20 - 1.5


def ties(rng):
    return rng.randint(0, 4, (3, 5, 4)).astype(np.float64)


HOLES = np.array([[2, np.nan, 1, np.inf, 1], [np.nan, -np.inf, np.nan, 0, 3]])

ROWS = [
    case("sort", data=apart),
    case("sort", {"axis": 1, "is_ascend": False}, data=apart),
    case("sort", {"axis": None}, data=apart),
    case("sort", data=HOLES, fixed=("data",), note="NaN last"),
    case("argsort", data=apart),
    case("argsort", {"axis": 0, "is_ascend": False}, data=ties, note="ties in their order"),
    case("argsort", {"axis": None, "dtype": "int64"}, data=ties),
    case("argsort", {"is_ascend": False}, data=HOLES, note="NaN last"),
    case("topk", data=apart),
    case("topk", {"k": 2, "axis": 1, "dtype": "int32"}, data=ties, fixed=("data",)),
    case("topk", {"k": 0, "is_ascend": True}, data=ties, fixed=("data",), note="all of them"),
    case("topk", {"k": 3, "ret_typ": "value"}, data=apart),
    case("topk", {"k": 7, "ret_typ": "both", "axis": None}, data=apart),
    case("topk", {"k": 2, "ret_typ": "mask", "axis": 0}, data=apart),
    case("topk", {"k": 5, "ret_typ": "mask", "axis": None, "is_ascend": True}, data=ties, fixed=("data",)),
    case("topk", {"k": 2, "ret_typ": "both"}, data=np.array([[3, 1, 3, 2]]), fixed=("data",), note="integers"),
    case("argmax", data=ties),
    case("argmax", {"axis": -2, "keepdims": True}, data=ties),
    case("argmax", {"axis": 1}, data=HOLES, note="the first NaN"),
    case("argmax", {"axis": 0}, data=(6,)),
    case("argmin", {"keepdims": True}, data=ties),
    case("argmin", {"axis": 1}, data=ties),
    case("argmin", {"axis": 1}, data=HOLES, note="the first NaN"),
    case("argmax_channel", data=ties),
]
