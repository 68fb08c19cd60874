"""Elementwise operators that are computed together, against the interpreter."""

import numpy as np
import pytest

import symcli as mx
from symcli.executor.lower import chain
from symcli.executor.lower.formulas import FORMULAS
from tests.engine.compare import bound, check, lowered

S = mx.sym
X, Y = S.Variable("data"), S.Variable("other")
SHAPE = (3, 41)


@pytest.fixture(autouse=True)
def of_any_size(monkeypatch):
    monkeypatch.setattr(chain, "LEAST", 1)


def swish():
    return X * S.sigmoid(X)


def hard_swish():
    return X * S.clip(X + 3, 0, 6) / 6


def gelu():
    return 0.5 * X * (1 + S.erf(X / np.sqrt(2)))


def gelu_by_tanh():
    return 0.5 * X * (1 + S.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3)))


def mish():
    return X * S.tanh(S.Activation(X, act_type="softrelu"))


def gate():
    return S.sigmoid(X) * Y + (1 - S.sigmoid(X)) * S.tanh(Y)


def joined():
    return S.relu(X * 1.5 + 0.25 + Y)


@pytest.mark.parametrize("network", [swish, hard_swish, gelu, gelu_by_tanh, mish, gate, joined])
@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_known_functions(network, grad_req):
    symbol = network()
    shapes = dict.fromkeys(symbol.list_arguments(), SHAPE)
    check(symbol, ["Chain"], grad_req, rtol=2e-6, **shapes)


# What each operator is given besides its arrays.
GIVEN = {
    "clip": {"a_min": -0.5, "a_max": 0.7}, "_power_scalar": {"scalar": 3.0}, "Activation": {"act_type": "softsign"},
    "LeakyReLU": {"act_type": "elu", "slope": 0.3},
}  # fmt: skip
POSITIVE = ("sqrt", "rsqrt", "log", "reciprocal", "_rdiv_scalar")
DRAWN = [name for name in FORMULAS if name not in (*POSITIVE, "exp", "expm1", "elemwise_div", "broadcast_div")]


def one_operator(name, **given):
    """tanh(operator(tanh(data), ...)), so that there is a chain whatever the operator is."""
    first, op = S.tanh(X), getattr(S, name, None) or getattr(S._internal, name)
    given = {"scalar": 0.7} | given if name.endswith("_scalar") else given
    if name in POSITIVE:
        first = first + 1.5
    binary = name.startswith(("elemwise", "broadcast", "_maximum", "_minimum", "add_n")) and "scalar" not in name
    return S.tanh(op(first, Y, **given) if binary else op(first, **given))


@pytest.mark.parametrize("name", FORMULAS)
def test_every_operator(name):
    symbol = one_operator(name, **GIVEN.get(name, {}))
    executor = check(symbol, ["Chain"], rtol=3e-6, **dict.fromkeys(symbol.list_arguments(), SHAPE))
    assert len(executor._lowered.program.steps) == 1


@pytest.mark.parametrize("act_type", ["leaky", "selu", "gelu"])
def test_activations_with_parameters(act_type):
    check(one_operator("LeakyReLU", act_type=act_type), ["Chain"], rtol=2e-6, data=SHAPE)


@pytest.mark.parametrize("act_type", ["relu", "sigmoid", "softrelu", "tanh"])
def test_activations(act_type):
    check(one_operator("Activation", act_type=act_type), ["Chain"], rtol=2e-6, data=SHAPE)


SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-39], np.float32)


@pytest.mark.parametrize("name", ["_maximum", "_minimum", "relu", "clip", "abs", "LeakyReLU", "hard_sigmoid", "erf"])
def test_nan_infinity_and_equal_values(name):
    pairs = np.array(np.meshgrid(SPECIAL, SPECIAL)).reshape(2, -1)
    op = getattr(S, name, None) or getattr(S._internal, name)
    given = {"a_min": 0.0, "a_max": 1.0} if name == "clip" else {}
    symbol = S.negative(op(X, S.negative(Y)) if name.startswith("_m") else op(S.negative(X), **given))
    values = dict(zip(("data", "other"), pairs, strict=True))
    shapes = {one: values[one].shape for one in symbol.list_arguments()}
    check(symbol, ["Chain"], rtol=1e-6, atol=1e-7, steps=1, values=values, **shapes)


@pytest.mark.parametrize("shape", [(1,), (7,), (2, 3), (1, 1, 1, 1), (5, 17, 3), (4, 9000)], ids=str)
@pytest.mark.parametrize("threads", ["1", "3"])
def test_shapes_and_threads(shape, threads, monkeypatch):
    monkeypatch.setenv("SYMCLI_NUM_THREADS", threads)
    check(joined(), ["Chain"], rtol=2e-6, data=shape, other=shape)


def random_chain(seed):
    rng = np.random.default_rng(seed)
    values = [X, Y, S.Variable("third")]

    def one():
        return values[int(rng.integers(len(values)))]

    for _ in range(int(rng.integers(3, 11))):
        name = str(rng.choice(DRAWN))
        op, given = getattr(S, name, None) or getattr(S._internal, name), dict(GIVEN.get(name, {}))
        if name.endswith("_scalar"):
            given = {"scalar": float(rng.uniform(0.5, 2))} | given
        binary = name.startswith(("elemwise", "broadcast", "_maximum", "_minimum", "add_n")) and "scalar" not in name
        values.append(op(one(), one(), **given) if binary else op(one(), **given))
    return S.Group([S.tanh(values[-1]), S.tanh(values[-2] + values[0])])


@pytest.mark.parametrize("seed", range(12))
def test_random_chains(seed):
    symbol = random_chain(seed)
    grad_req = ("write", "add", {"data": "write", "other": "null", "third": "add"})[seed % 3]
    executor = check(symbol, None, grad_req, rtol=1e-4, seed=seed, **dict.fromkeys(symbol.list_arguments(), (5, 13)))
    assert "Chain" in lowered(executor)


def test_values_that_others_read_are_made():
    inner = S.tanh(X)
    outer = S.sigmoid(inner * 2) + 1
    check(S.Group([outer, inner]), ["Activate", "Chain"], rtol=2e-6, data=SHAPE)
    executor = check(S.sum(inner) + S.sum(S.sigmoid(inner) * 2), None, rtol=2e-6, data=SHAPE)
    assert lowered(executor)[:2] == ["Activate", "Chain"]


def test_layers_keep_what_costs_nothing_there():
    dense = S.FullyConnected(X, num_hidden=70, name="fc")
    check(S.tanh(dense) * S.sigmoid(S.tanh(dense * 1)), None, data=(9, 30))
    check(S.tanh(S.FullyConnected(X, num_hidden=70, name="fc")) * 2 + 1, ["ToPlanes", "Dense", "Chain", "FromPlanes"],
          data=(9, 30))  # fmt: skip


def test_planes_stay_planes():
    x = S.Convolution(X, num_filter=6, kernel=(3, 3), pad=(1, 1), name="conv")
    y = S.Convolution(S.LeakyReLU(x, act_type="leaky"), num_filter=5, kernel=(1, 1), name="last")
    check(y, ["ToPlanes", "Block", "Chain", "Block", "FromPlanes"], data=(2, 4, 7, 9))


BROADCASTS = [((2, 5, 4, 7), (1, 5, 1, 1)), ((2, 5, 4, 7), (2, 5, 1, 1)), ((3, 2, 33), (3, 1, 1)),
              ((3, 2, 40), (1, 1, 1)), ((5, 37), (5, 1)), ((5, 37), (1, 1)), ((2, 3, 4, 5), (3, 1, 1))]  # fmt: skip


@pytest.mark.parametrize(("shape", "few"), BROADCASTS, ids=str)
@pytest.mark.parametrize("grad_req", ["write", "add", {"data": "write"}, {"other": "add"}], ids=str)
def test_broadcasting(shape, few, grad_req):
    symbol = S.tanh(S.broadcast_sub(S.broadcast_mul(S.negative(X), Y), Y) * 0.5)
    symbol = symbol if len(few) == len(shape) else S.tanh(S.broadcast_mul(S.negative(X), S.expand_dims(Y, axis=0)))
    executor = check(symbol, None, grad_req, rtol=3e-5, data=shape, other=few)
    assert lowered(executor) == ["Chain"]


@pytest.mark.parametrize("few", [(1, 6, 1, 1), (2, 6, 1, 1), (2, 1, 1, 1)], ids=str)
def test_broadcasting_in_planes(few):
    x = S.Convolution(X, num_filter=6, kernel=(3, 3), pad=(1, 1), name="conv")
    y = S.Convolution(S.broadcast_mul(S.tanh(x), S.sigmoid(Y)), num_filter=5, kernel=(1, 1), name="last")
    executor = check(y, None, rtol=1e-4, data=(2, 4, 7, 9), other=few)
    assert lowered(executor)[-3:] == ["Chain", "Block", "FromPlanes"]


def test_broadcasting_over_the_first_axes_stays_plain():
    executor = check(S.broadcast_mul(S.tanh(X), S.sigmoid(Y)) * 2, None, data=(4, 5), other=(1, 5))
    assert "Chain" not in lowered(executor)


def test_small_arrays_stay_plain(monkeypatch):
    monkeypatch.setattr(chain, "LEAST", 1000)
    assert "Chain" not in lowered(bound(joined(), {"data": SHAPE, "other": SHAPE}, "engine", "write", {}, 0))
