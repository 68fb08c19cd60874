"""Rows of the densities; the gradient of counts is 0, so they are no arguments of differences."""

from dataclasses import replace

import numpy as np

from tests.check import case

REALS = np.array([[0.3, 1.5, 2.0], [0.2, 0.7, 1.1]])
COUNTS = np.array([[0.0, 3.0, 2.0], [1.0, 0.0, 5.0]])
SHARES = np.array([[[0.2, 0.3, 0.5], [0.1, 0.6, 0.3]], [[0.4, 0.4, 0.2], [0.7, 0.1, 0.2]]])
ONE, TWO = np.array([0.8, 1.7]), np.array([2.5, 0.6])
ARRAYS = {
    "uniform": {"sample": REALS, "low": ONE - 2, "high": TWO},
    "normal": {"sample": REALS, "mu": ONE, "sigma": TWO},
    "gamma": {"sample": REALS, "alpha": ONE, "beta": TWO},
    "exponential": {"sample": REALS, "lam": TWO},
    "poisson": {"sample": COUNTS, "lam": TWO},
    "negative_binomial": {"sample": COUNTS, "k": TWO, "p": ONE / 3},
    "generalized_negative_binomial": {"sample": COUNTS, "mu": TWO, "alpha": ONE},
    "dirichlet": {"sample": SHARES, "alpha": np.array([[1.5, 0.7, 2.0], [0.5, 1.0, 3.0]])},
}
COUNTED = ("poisson", "negative_binomial", "generalized_negative_binomial")

ROWS = [
    # The argument low bears a name of case's own.
    replace(case(f"_random_pdf_{kind}", {"is_log": log}, fixed=("sample",) if kind in COUNTED else (), note=kind),
            inputs=arrays)
    for kind, arrays in ARRAYS.items()
    for log in (False, True)
]  # fmt: skip
ROWS += [
    case("_random_pdf_normal", sample=REALS, mu=REALS - 1, sigma=REALS, note="a distribution each"),
    case("_random_pdf_dirichlet", sample=SHARES, alpha=np.array([1.5, 0.7, 2.0]), note="one distribution"),
]
