"""Rows of the matrix products."""

from tests.check import case

ROWS = [
    case("FullyConnected", {"num_hidden": 4}, data=(2, 3), weight=(4, 3), bias=(4,)),
    case("FullyConnected", {"num_hidden": 4, "no_bias": True}, data=(2, 3, 2), weight=(4, 6)),
    case("FullyConnected", {"num_hidden": 4, "flatten": False}, data=(2, 3, 5), weight=(4, 5), bias=(4,)),
    case("FullyConnected", {"num_hidden": 2}, data=(3,), weight=(2, 1), bias=(2,)),
    case("FullyConnected", {"num_hidden": 2, "flatten": False}, data=(3,), weight=(2, 3), bias=(2,)),
    case("dot", lhs=(2, 3), rhs=(3, 4)),
    case("dot", {"transpose_a": True}, lhs=(3, 2), rhs=(3, 4)),
    case("dot", {"transpose_b": True}, lhs=(2, 3), rhs=(4, 3)),
    case("dot", {"transpose_a": True, "transpose_b": True}, lhs=(3, 2), rhs=(4, 3)),
    case("dot", lhs=(3,), rhs=(3,)),
    case("dot", lhs=(2, 3), rhs=(3,)),
    case("dot", {"transpose_a": True}, lhs=(3,), rhs=(3, 2)),
    case("dot", lhs=(2, 3, 4), rhs=(4, 2, 3)),
    case("dot", {"transpose_a": True, "transpose_b": True}, lhs=(4, 2, 3), rhs=(2, 3, 4)),
    case("batch_dot", lhs=(2, 3, 4), rhs=(2, 4, 5)),
    case("batch_dot", {"transpose_a": True}, lhs=(2, 4, 3), rhs=(2, 4, 5)),
    case("batch_dot", {"transpose_b": True}, lhs=(2, 3, 4), rhs=(2, 5, 4)),
    case("batch_dot", {"transpose_a": True, "transpose_b": True}, lhs=(2, 1, 4, 3), rhs=(2, 1, 5, 4)),
]
