"""Sums, products, scalings, Dropout, channels joined and cut: in both storages, against the interpreter."""

import numpy as np
import pytest

import symcli as mx
from tests.engine.compare import bound, check, lowered

S = mx.sym
DATA = S.Variable("data")
SHAPES = [(3, 5), (2, 3, 5, 7), (9, 70), (1, 2, 3)]


def in_planes(x):
    """A value that lies in planes."""
    return S.Convolution(x, kernel=(1,) * 2, num_filter=5, no_bias=True, name="conv")


@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("join", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b])
def test_two_values(join, shape, grad_req):
    symbol = join(S.tanh(DATA), DATA)
    assert len(lowered(check(symbol, None, grad_req, rtol=2e-6, data=shape))) == 2
    check(join(S.tanh(DATA), S.Variable("other")), None, grad_req, rtol=2e-6, data=shape, other=shape)
    square = S.tanh(DATA)
    check(join(square, square), None, grad_req, rtol=2e-6, data=shape)


@pytest.mark.parametrize("join", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b])
def test_two_values_in_planes(join):
    x = in_planes(DATA)
    check(join(S.tanh(x), x), ["ToPlanes", "Block", "Activate", "Sum", "FromPlanes"]
          if join(1, 2) != 2 else None, rtol=2e-5, data=(3, 4, 5, 7))  # fmt: skip


@pytest.mark.parametrize(
    "scaled", [lambda x: x + 1.5, lambda x: x - 2, lambda x: 3 - x, lambda x: x * 0.3, lambda x: x / 7]
)
def test_numbers(scaled):
    check(scaled(DATA), ["Scaled"], "add", rtol=1e-6, data=(3, 5))
    check(scaled(in_planes(DATA)), ["ToPlanes", "Block", "Scaled", "FromPlanes"], rtol=2e-5, data=(3, 4, 5, 7))


def test_division_by_next_to_nothing_stays_plain():
    check(DATA / 1e-39, [], data=(2, 2))


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_dropout_draws_what_the_plain_operator_draws(shape, train):
    check(S.Dropout(DATA, p=0.3), ["Drop"], rtol=0, atol=0, train=train, steps=3, data=shape)


def test_dropout_in_planes():
    check(S.Dropout(in_planes(DATA), p=0.5), ["ToPlanes", "Block", "Drop", "FromPlanes"], rtol=2e-5, data=(3, 4, 5, 7))
    layer = S.FullyConnected(DATA, num_hidden=40, name="fc")
    check(S.Dropout(layer, p=0.5), ["Dense", "Drop", "FromPlanes"], rtol=2e-5, data=(9, 70))


@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_channels_joined_and_cut(grad_req):
    x = in_planes(DATA)
    symbol = S.Concat(x, S.tanh(x), DATA, dim=1)
    check(symbol, None, grad_req, rtol=2e-5, data=(3, 4, 5, 7))
    check(S.slice_axis(symbol, axis=1, begin=2, end=-3), None, grad_req, rtol=2e-5, data=(3, 4, 5, 7))
    check(S.slice_axis(x, axis=-3, begin=-2, end=None), None, grad_req, rtol=2e-5, data=(3, 4, 5, 7))


def test_prediction_uses_memory_again():
    x = DATA
    weights = {}
    for i in range(8):
        x = S.tanh(S.Convolution(x, kernel=(3, 3), pad=(1, 1), num_filter=8, name=f"c{i}"))
        weights[f"c{i}_weight"] = 0.1 * np.random.default_rng(i).standard_normal((8, 8, 3, 3))
    x = x + S.tanh(x)
    check(x, grad_req="null", train=False, values=weights, data=(2, 8, 16, 16))
    executor, one = bound(x, {"data": (2, 8, 16, 16)}, "engine", "null", {}, 0), 4 * 2 * 8 * 16 * 16
    assert executor._lowered.arena.planned < 4 * (one + 8192), "18 values, of which 3 are needed at a time"
