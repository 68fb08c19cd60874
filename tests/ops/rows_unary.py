"""Rows of the elementwise operators of one array."""

import numpy as np

from tests.check import case

SIGNED = np.array([[0.5, -1.2, 2.7], [3.1, 0.7, -0.4]])
HALVES = np.array([-2.5, -1.5, -0.7, -0.5, 0.0, 0.2, 0.5, 1.5, 2.5, 3.7])
SIGNED_NAMES = (
    "abs", "negative", "reciprocal", "square", "cbrt", "rcbrt", "exp", "expm1", "relu", "sigmoid", "softsign", "erf",
    "sin", "cos", "arctan", "degrees", "radians", "sinh", "cosh", "tanh", "arcsinh",
)  # fmt: skip
STEPS = ("sign", "round", "rint", "ceil", "floor", "trunc", "fix", "logical_not")

ROWS = [
    *(case(name, data=SIGNED) for name in SIGNED_NAMES),
    *(case(name, data=(2, 3), low=0.3, high=3) for name in ("sqrt", "rsqrt", "log", "log2", "log10", "log1p")),
    *(case(name, data=(2, 3), low=-0.8, high=0.8) for name in ("tan", "arcsin", "arccos", "arctanh", "erfinv")),
    case("arccosh", data=(2, 3), low=1.5, high=3),
    *(case(name, data=HALVES) for name in STEPS),
    *(case(name, data=HALVES) for name in ("_contrib_round_ste", "_contrib_sign_ste")),
    *(case(name, data=SIGNED) for name in ("gamma", "gammaln")),
    case("clip", {"a_min": -0.5, "a_max": 2}, data=SIGNED),
    case("hard_sigmoid", data=SIGNED),
    case("hard_sigmoid", {"alpha": 0.5, "beta": 0.25}, data=SIGNED),
]
