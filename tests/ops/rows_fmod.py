"""Rows of the remainders with the sign of the dividend."""

import numpy as np

from tests.check import case

MIXED = np.array([[0.5, -1.2, 2.7], [3.1, 0.7, -0.4]])
DIVISORS = np.array([[1.5, -0.7, 1.0], [-0.9, 0.3, 0.9]])

ROWS = [
    case("broadcast_fmod", lhs=MIXED, rhs=DIVISORS),
    case("broadcast_fmod", lhs=MIXED, rhs=np.array([[0.7, -0.9, 1.1]]), note="broadcast"),
    case("broadcast_fmod", lhs=MIXED, rhs=np.zeros((2, 3)), fixed=("lhs", "rhs"), note="zero"),
    case("_fmod_scalar", {"scalar": 1.5}, data=MIXED),
    case("_fmod_scalar", {"scalar": -1.5}, data=MIXED),
    case("_fmod_scalar", {"scalar": 0}, data=MIXED, fixed=("data",)),
    case("_rfmod_scalar", {"scalar": 5.3}, data=MIXED),
    case("_rfmod_scalar", {"scalar": -5.3}, data=MIXED),
]
