"""Rows of the random operators: the numbers themselves; that they are distributed as told is tested by moments."""

from dataclasses import replace

import numpy as np

from tests.check import case

CHANCES = np.array([[0.1, 0.2, 0.7], [0.0, 1.0, 0.0], [0.3, 0.3, 0.4]])
SIZE = {"shape": (3, 20), "dtype": "float64"}
NUMBERS = [
    ("uniform", {"low": -2, "high": 3}),
    ("normal", {"loc": 2, "scale": 3}),
    ("gamma", {"alpha": 2.5, "beta": 3}),
    ("gamma", {"alpha": 0.3}),
    ("exponential", {"lam": 4}),
    ("poisson", {"lam": 2.5}),
    ("poisson", {"lam": 40}),
    ("negative_binomial", {"k": 3, "p": 0.4}),
    ("generalized_negative_binomial", {"mu": 2, "alpha": 0.3}),
    ("generalized_negative_binomial", {"mu": 20, "alpha": 0}),
]
ARRAYS = {
    "uniform": {"low": np.array([0.0, 2.5]), "high": np.array([1.0, 3.75])},
    "normal": {"mu": np.array([0.0, 2.5]), "sigma": np.array([1.0, 3.75])},
    "gamma": {"alpha": np.array([2.0, 0.5]), "beta": np.array([3.0, 4.0])},
    "exponential": {"lam": np.array([1.0, 8.5])},
    "poisson": {"lam": np.array([[1.0], [18.5]])},
    "negative_binomial": {"k": np.array([20.0, 5.0]), "p": np.array([0.5, 0.75])},
    "generalized_negative_binomial": {"mu": np.array([2.0, 12.5]), "alpha": np.array([1.0, 0.0])},
}

ROWS = [
    *(case(f"_random_{kind}", numbers | SIZE) for kind, numbers in NUMBERS),
    case("_random_uniform", {"shape": (4,)}, float64=False),
    *(case(f"_random_{kind}_like", numbers, data=(2, 5)) for kind, numbers in NUMBERS),
    # The arguments low and high bear names of case's own.
    *(
        replace(case(f"_sample_{kind}", {"shape": (3, 2), "dtype": "float64"}), inputs=arrays)
        for kind, arrays in ARRAYS.items()
    ),
    case("_sample_exponential", **ARRAYS["exponential"], float64=False, note="one number each"),
    case(
        "_sample_normal",
        {"dtype": "float64"},
        mu=np.array([1, 2]),
        sigma=np.array([3, 4]),
        fixed=("mu", "sigma"),
        note="of integers",
    ),
    case("_random_randint", {"low": -3, "high": 10, "shape": (20,)}),
    case("_random_randint", {"low": -(2**62), "high": 2**62, "shape": (3,), "dtype": "int64"}),
    case("_sample_multinomial", {"shape": (4,)}, data=CHANCES),
    case("_sample_multinomial", data=CHANCES[0]),
    case("_sample_multinomial", {"dtype": "float32"}, data=CHANCES),
    case("_sample_multinomial", {"get_prob": True, "shape": (2, 3)}, data=CHANCES),
    case("_sample_multinomial", {"get_prob": True}, data=CHANCES[:1]),
    case("_shuffle", data=(6,)),
    case("_shuffle", data=(4, 2, 3)),
    case("_sample_unique_zipfian", {"range_max": 20, "shape": (3, 5)}),
]
