"""Rows of the operator that stands for those in Python."""

from tests.check import case
from tests.naive import custom  # noqa: F401 - registers tests_wave

ROWS = [
    case("Custom", {"op_type": "tests_wave"}, data=(2, 3), shift=(2, 3)),
    case("Custom", {"op_type": "tests_wave", "scale": 2.5}, data=(4,), shift=(4,)),
]
