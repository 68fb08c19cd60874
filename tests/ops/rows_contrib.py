"""Rows of the small operators of one formula."""

import numpy as np

from tests.check import case

ROWS = [
    case("_contrib_quadratic", data=(3,)),
    case("_contrib_quadratic", {"a": 2, "b": -1.5, "c": 0.5}, data=(2, 3)),
    case("_contrib_quadratic", {"a": 1.5, "b": 0.5}, data=np.array([3, -2]), fixed=("data",), note="integers"),
    case("_contrib_div_sqrt_dim", data=(2, 3, 5)),
    case("_contrib_gradientmultiplier", {"scalar": -0.5}, data=(2, 3)),
    case("_contrib_gradientmultiplier", data=(3,)),
    # With momentum=0 the average, which every backward pass moves, depends on data alone.
    case("IdentityAttachKLSparseReg", {"momentum": 0.0, "penalty": 0.2}, data=(4, 3), low=0.2, high=0.8,
         moving_avg=(3,)),
]  # fmt: skip
