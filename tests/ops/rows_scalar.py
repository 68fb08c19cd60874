"""Rows of the operators of an array and a number."""

import numpy as np

from tests.check import case

MIXED = np.array([[0.5, -1.2, 2.7], [3.1, 0.7, -0.4]])
WHOLE = np.array([0.0, 1.0, 2.5, -3.0])
COMPARISONS = ("equal", "not_equal", "greater", "greater_equal", "lesser", "lesser_equal")

ROWS = [
    *(case(f"_{name}_scalar", {"scalar": -2.5}, data=(2, 3)) for name in ("plus", "minus", "rminus", "mul", "div")),
    *(case(f"_scatter_{name}_scalar", {"scalar": -2.5}, data=(2, 3)) for name in ("plus", "minus")),
    *(case(f"_{name}_scalar", data=(3,)) for name in ("plus", "mul")),
    case("_rdiv_scalar", {"scalar": 2.5}, data=(2, 3), low=0.5, high=2),
    case("_mod_scalar", {"scalar": 1.5}, data=MIXED),
    case("_mod_scalar", {"scalar": -1.5}, data=MIXED),
    case("_mod_scalar", {"scalar": 0}, data=MIXED, fixed=("data",)),
    case("_rmod_scalar", {"scalar": 5.3}, data=MIXED),
    case("_power_scalar", {"scalar": 2}, data=(2, 3)),
    case("_power_scalar", {"scalar": 0.5}, data=(2, 3), low=0.5, high=2),
    case("_power_scalar", {"scalar": -3}, data=(2, 3), low=0.5, high=2),
    case("_rpower_scalar", {"scalar": 2}, data=(2, 3)),
    *(case(f"_{name}_scalar", {"scalar": 0.6}, data=MIXED) for name in ("maximum", "minimum", "hypot")),
    *(case(f"_{name}_scalar", {"scalar": 2.5}, data=WHOLE) for name in COMPARISONS),
    *(case(f"_logical_{name}_scalar", {"scalar": s}, data=WHOLE) for name in ("and", "or", "xor") for s in (0, 2)),
    case("smooth_l1", data=MIXED),
    case("smooth_l1", {"scalar": 2.5}, data=MIXED),
    case("smooth_l1", {"scalar": 0.1}, data=MIXED),
]
