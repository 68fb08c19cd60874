"""Rows of the mask whose number of rows hangs on the data."""

import numpy as np

from tests.check import case

ROWS = [
    case("_contrib_boolean_mask", data=(4, 3), index=np.array([1.0, 0, 2, 1]), fixed=("index",)),
    case("_contrib_boolean_mask", data=(3, 2, 2), index=np.array([0, 0, 5]), fixed=("index",)),
]
