"""Rows of the matrix products."""

from tests.check import case

ROWS = [
    case("FullyConnected", {"num_hidden": 4}, data=(2, 3), weight=(4, 3), bias=(4,)),
    case("FullyConnected", {"num_hidden": 4, "no_bias": True}, data=(2, 3, 2), weight=(4, 6)),
    case("FullyConnected", {"num_hidden": 4, "flatten": False}, data=(2, 3, 5), weight=(4, 5), bias=(4,)),
]
