"""Polynomials of the engine: errors over all magnitudes, and the edges."""

import math

import numpy as np
import pytest

from symcli.engine import functions
from symcli.engine.elementwise import elementwise
from symcli.engine.instruction import instruction
from symcli.engine.tape import word

_exp = elementwise(lambda v, x, s: ([functions.exp(v, x[0])], []), 1, 1)
_erf = elementwise(lambda v, x, s: ([functions.erf(v, x[0])], []), 1, 1)
_expm1 = elementwise(lambda v, x, s: ([functions.expm1(v, x[0])], []), 1, 1)
_log = elementwise(lambda v, x, s: ([functions.log(v, x[0])], []), 1, 1)
_sigmoid = elementwise(lambda v, x, s: ([functions.sigmoid(v, x[0])], []), 1, 1)
_softrelu = elementwise(lambda v, x, s: ([functions.softrelu(v, x[0])], []), 1, 1)
_tanh = elementwise(lambda v, x, s: ([functions.tanh(v, x[0])], []), 1, 1)
ZERO = np.float32(0)


@instruction
def every(p, thread, threads):
    """Each function of x.  0 x, 1 exp, 2 log, 3 sigmoid, 4 softrelu, 5 tanh, 6 erf, 7 expm1, 8 n"""
    if thread == 0:
        n = word(p, 8)
        _exp(n, (word(p, 0), word(p, 1)), (ZERO,), 0)
        _log(n, (word(p, 0), word(p, 2)), (ZERO,), 0)
        _sigmoid(n, (word(p, 0), word(p, 3)), (ZERO,), 0)
        _softrelu(n, (word(p, 0), word(p, 4)), (ZERO,), 0)
        _tanh(n, (word(p, 0), word(p, 5)), (ZERO,), 0)
        _erf(n, (word(p, 0), word(p, 6)), (ZERO,), 0)
        _expm1(n, (word(p, 0), word(p, 7)), (ZERO,), 0)


EXACT = {
    "exp": np.exp,
    "log": np.log,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softrelu": lambda x: np.logaddexp(0, x),
    "tanh": np.tanh,
    "erf": np.vectorize(math.erf),
    "expm1": np.expm1,
}


def computed(x):
    results = {name: np.empty_like(x) for name in EXACT}
    every(x, *results.values(), x.size)
    return results


@pytest.fixture(scope="module")
def numbers():
    sizes = np.logspace(-37, np.log10(87), 200_001)
    return np.concatenate([sizes, -sizes, np.linspace(-87, 88.7, 100_003), np.linspace(0.5, 2, 100_001)]).astype("f")


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("exp", 1.2e-7),
        ("log", 1.8e-7),
        ("sigmoid", 2.5e-7),
        ("softrelu", 4e-7),
        ("tanh", 2.5e-7),
        ("erf", 2e-7),
        ("expm1", 2.5e-7),
    ],
)
def test_relative_error(name, bound, numbers):
    x = np.abs(numbers) if name == "log" else numbers
    with np.errstate(all="ignore"):
        want = EXACT[name](x.astype(np.float64))
    normal = np.abs(want) > 1e-36
    got = computed(x)[name]
    assert np.abs(got[normal] / want[normal] - 1).max() < bound
    assert np.abs(got[~normal] - want[~normal]).max(initial=0) < 1e-36


def test_edges():
    x = np.array([np.nan, np.inf, -np.inf, 0, -0.0, 1e-45, -1e-45, 1e-40, 1e30, -1e30, 88.72, 88.73, -200], np.float32)
    for name, got in computed(x).items():
        with np.errstate(all="ignore"):
            want = EXACT[name](x.astype(np.float64)).astype(np.float32)
        np.testing.assert_allclose(got, want, 3e-7, 1e-37, err_msg=name)
