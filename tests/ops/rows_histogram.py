"""Rows of the histogram: numbers on the edges, outside of them, and NaN."""

import numpy as np

from tests.check import case

DATA = np.array([[0.0, 0.25, 0.5, 0.5], [1.0, 1.5, -0.25, 0.75]])

ROWS = [
    case("_histogram", {"bin_cnt": 4, "range": (0, 1)}, data=DATA),
    case("_histogram", {"bin_cnt": 3, "range": (-1, 2)}, data=(4, 5)),
    case("_histogram", data=DATA, bins=np.array([0.0, 0.5, 0.75, 1.5])),
]
