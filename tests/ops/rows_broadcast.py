"""Rows of the operators of two arrays that broadcast."""

import numpy as np

from tests.check import case

LHS, RHS = np.array([[[0.5], [-1.2]], [[2.1], [3.1]]]), np.array([[1.5, -2.2, 1.0], [3.0, -0.7, 0.9]])
EQUAL = {"lhs": np.array([[0.0], [1.0]]), "rhs": np.array([[0.0, 1.0, 2.0]])}
COMPARISONS = ("equal", "not_equal", "greater", "greater_equal", "lesser", "lesser_equal")

ROWS = [
    *(case(f"broadcast_{name}", lhs=LHS, rhs=RHS) for name in ("add", "sub", "mul", "mod", "maximum", "minimum")),
    case("broadcast_add", lhs=(3,), rhs=(2, 1, 3)),
    case("broadcast_add", lhs=(2, 3), rhs=(2, 3)),
    case("broadcast_sub", lhs=(1, 1), rhs=(2, 3)),
    case("broadcast_mul", lhs=(2, 3, 2, 2), rhs=(1, 3, 1, 1)),
    case("broadcast_mul", lhs=(1,), rhs=(2, 2)),
    case("broadcast_div", lhs=(2, 1, 3), rhs=(1, 2, 3), low=0.5, high=2),
    case("broadcast_power", lhs=(2, 1), rhs=(3,), low=0.5, high=2),
    case("broadcast_hypot", lhs=LHS, rhs=RHS),
    *(case(f"broadcast_{name}", **EQUAL) for name in COMPARISONS),
    *(case(f"broadcast_logical_{name}", **EQUAL) for name in ("and", "or", "xor")),
]
