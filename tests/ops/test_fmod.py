"""fmod of arrays, numbers and symbols; ``%`` beside it."""

import numpy as np
import pytest

import symcli as mx
from symcli import nd

LEFT, RIGHT = [5.5, -5.5, 5.5, -5.5, 0, 1, np.nan, np.inf, 3], [2, 2, -2, -2, 3, 0, 1, 2, np.inf]


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (lambda a, b: nd.fmod(a, b), [1.5, -1.5, 1.5, -1.5, 0, 0, np.nan, np.nan, 3]),
        (lambda a, b: nd.fmod(a, 2), [1.5, -1.5, 1.5, -1.5, 0, 1, np.nan, np.nan, 1]),
        (lambda a, b: nd.fmod(-7, a), [-1.5, -1.5, -1.5, -1.5, 0, 0, np.nan, -7, -1]),
        (lambda a, b: a % b, [1.5, 0.5, -0.5, -1.5, 0, 0, np.nan, np.nan, 3]),
    ],
    ids=["arrays", "number", "number_first", "modulo"],
)
def test_remainder_has_the_sign_of_the_dividend(call, wanted):
    np.testing.assert_array_equal(call(nd.array(LEFT), nd.array(RIGHT)).asnumpy(), wanted)


def test_remainder_of_integers_and_of_two_numbers():
    left, right = nd.array([5, -5, 5, -5], dtype="int32"), nd.array([3, 3, -3, 0], dtype="int32")
    result = nd.fmod(left, right)
    assert result.dtype == np.int32 and result.asnumpy().tolist() == [2, -2, 2, 0]
    assert nd.fmod(-7, 3) == mx.sym.fmod(-7, 3) == -1


def test_symbols_and_numbers():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    group = mx.sym.Group([mx.sym.fmod(a, b), mx.sym.fmod(a, 3), mx.sym.fmod(-7, b)])
    values = {"a": nd.array([7, -7]), "b": nd.array([-4, 4])}
    for output, wanted in zip(group.bind(mx.cpu(), values).forward(), ([3, -3], [1, -1], [-3, -3]), strict=True):
        np.testing.assert_array_equal(output.asnumpy(), wanted)
