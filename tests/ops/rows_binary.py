"""Rows of the operators of two arrays, and of add_n."""

import numpy as np

from tests.check import case

APART = {"lhs": np.array([[0.5, -1.2, 2.1], [3.1, 0.8, -0.4]]), "rhs": np.array([[1.5, -2.2, 1.0], [3.0, -0.7, 0.9]])}
EQUAL = {"lhs": np.array([0.0, 1.0, 2.0, -3.0, 0.0]), "rhs": np.array([0.0, 2.0, 1.0, -3.0, 5.0])}
COMPARISONS = ("_equal", "_not_equal", "_greater", "_greater_equal", "_lesser", "_lesser_equal")

ROWS = [
    case("elemwise_add", lhs=(2, 3), rhs=(2, 3)),
    case("_grad_add", lhs=(2, 3), rhs=(2, 3)),
    case("_scatter_elemwise_div", lhs=(2, 3), rhs=(2, 3), low=0.5, high=2),
    case("elemwise_sub", lhs=(2, 3), rhs=(2, 3)),
    case("elemwise_mul", lhs=(2, 3, 2), rhs=(2, 3, 2)),
    case("elemwise_div", lhs=(2, 3), rhs=(2, 3), low=0.5, high=2),
    case("elemwise_div", lhs=(4,), rhs=(4,), low=-2, high=-0.5),
    case("_mod", **APART),
    case("_power", lhs=(2, 3), rhs=(2, 3), low=0.5, high=2),
    case("_maximum", **APART),
    case("_minimum", **APART),
    case("_hypot", **APART),
    *(case(name, **EQUAL) for name in COMPARISONS),
    *(case(name, **EQUAL) for name in ("_logical_and", "_logical_or", "_logical_xor")),
    case("add_n", arg0=(2, 3)),
    case("add_n", arg0=(2, 3), arg1=(2, 3), arg2=(2, 3), arg3=(2, 3)),
]
