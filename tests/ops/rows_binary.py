"""Rows of the operators of two arrays."""

from tests.check import case

ROWS = [case("elemwise_add", lhs=(2, 3), rhs=(2, 3))]
