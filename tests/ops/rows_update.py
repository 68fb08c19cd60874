"""Rows of the updates of one weight. States that are running means of squares are above 0."""

import numpy as np

from tests.check import case

PLAIN = {"lr": 0.1}
ALL = PLAIN | {"wd": 0.01, "rescale_grad": 2, "clip_gradient": 0.5}
W = {"weight": (2, 3), "grad": (2, 3)}
POSITIVE = np.array([[0.4, 0.5, 0.6], [0.7, 0.8, 0.9]])
FLOAT32 = np.array([[1.0, -2.0, 0.5]], np.float32)
WIDE = {"grad": np.array([[0.25, -0.75, 0.0]], np.float32), "weight": FLOAT32}
NORMS = {"weight": (3,), "g": (3,), "r1": np.array([2.0]), "r2": np.array([3.0])}

ROWS = [
    case("sgd_update", PLAIN, **W),
    case("sgd_update", ALL, **W),
    case("sgd_update", PLAIN | {"clip_gradient": 0}, **W),
    case("mp_sgd_update", ALL, **WIDE, weight32=FLOAT32, float64=False),
    case("sgd_mom_update", ALL | {"momentum": 0.9}, **W, mom=(2, 3)),
    case("mp_sgd_mom_update", ALL | {"momentum": 0.9}, **WIDE, mom=FLOAT32 / 8, weight32=FLOAT32, float64=False),
    case("nag_mom_update", ALL | {"momentum": 0.9}, **W, mom=(2, 3)),
    case("mp_nag_mom_update", ALL | {"momentum": 0.9}, **WIDE, mom=FLOAT32 / 8, weight32=FLOAT32, float64=False),
    case("signsgd_update", ALL, **W),
    case("signum_update", ALL | {"momentum": 0.9, "wd_lh": 0.05}, **W, mom=(2, 3)),
    case("adam_update", PLAIN, **W, mean=(2, 3), var=POSITIVE),
    case("adam_update", ALL, **W, mean=(2, 3), var=POSITIVE),
    case("rmsprop_update", PLAIN, **W, n=POSITIVE),
    case("rmsprop_update", ALL | {"clip_weights": 0.5}, **W, n=POSITIVE),
    case("rmspropalex_update", PLAIN, **W, n=POSITIVE, g=POSITIVE / 2, delta=(2, 3)),
    case("rmspropalex_update", ALL | {"clip_weights": 0.5}, **W, n=POSITIVE, g=POSITIVE / 2, delta=(2, 3)),
    case("ftrl_update", ALL | {"lamda1": 0.3}, **W, z=(2, 3), n=POSITIVE),
    case("ftml_update", PLAIN | {"t": 3, "wd": 0.01, "clip_grad": 0.5}, **W, d=POSITIVE, v=POSITIVE, z=(2, 3)),
    case("lamb_update_phase1", {"t": 3, "wd": 0.01, "clip_gradient": 0.5}, **W, mean=(2, 3), var=POSITIVE),
    case("lamb_update_phase1", {"t": 3, "wd": 0.01, "bias_correction": False}, **W, mean=(2, 3), var=POSITIVE),
    case("lamb_update_phase2", PLAIN, **NORMS),
    case("lamb_update_phase2", PLAIN | {"lower_bound": 2.5, "upper_bound": 4}, **NORMS),
    case("lamb_update_phase2", PLAIN | {"lower_bound": 0.5, "upper_bound": 1}, **NORMS),
    case("lamb_update_phase2", PLAIN, **NORMS | {"r2": np.array([0.0])}),
]
