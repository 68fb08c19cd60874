"""Rows of the operators of an array and a number."""

from tests.check import case

ROWS = [case("_div_scalar", {"scalar": 2.5}, data=(2, 3))]
