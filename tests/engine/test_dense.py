"""Fully connected layers of the engine, against the interpreter."""

import pytest

import symcli as mx
from symcli.engine.jit import LANES
from tests.engine.compare import check

DATA = mx.sym.Variable("data")
SIZES = [(8, 1, 1), (9, 65, 3), (64, 784, 17), (33, 100, 70), (17, 3, 129), (16, 64, 10), (100, 70, 1)]


@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize("no_bias", [False, True])
@pytest.mark.parametrize(("n", "k", "h"), SIZES)
def test_dense(n, k, h, no_bias, grad_req):
    symbol = mx.sym.FullyConnected(DATA, num_hidden=h, no_bias=no_bias, name="fc")
    engine = check(symbol, None, grad_req, rtol=2e-5, data=(n, k))
    assert engine._lowered


@pytest.mark.parametrize("act", ["relu", "sigmoid", "softrelu", "tanh"])
@pytest.mark.parametrize(("n", "k", "h"), SIZES[1:4])
def test_dense_with_activation(n, k, h, act):
    symbol = mx.sym.Activation(mx.sym.FullyConnected(DATA, num_hidden=h, name="fc"), act_type=act)
    rtol = 2e-5 if LANES > 4 else 1e-4  # four sums of 784 products are longer ones than sixteen
    check(symbol, ["Dense", "FromPlanes"], rtol=rtol, data=(n, k))


@pytest.mark.parametrize("act", [None, "tanh"])
@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize(("n", "k", "h"), [(1, 1, 1), (1, 300, 33), (7, 65, 129), (3, 5, 1000)])
def test_few_samples(n, k, h, grad_req, act):
    symbol = mx.sym.FullyConnected(DATA, num_hidden=h, name="fc")
    symbol = symbol if act is None else mx.sym.Activation(symbol, act_type=act)
    check(symbol, ["DenseRows"], grad_req, rtol=2e-5, data=(n, k))


@pytest.mark.parametrize("shape", [(2, 5, 7), (3, 4, 5, 33)], ids=str)
def test_more_than_two_axes(shape):
    check(mx.sym.FullyConnected(DATA, num_hidden=9, flatten=False), ["DenseRows"], rtol=2e-5, data=shape)


@pytest.mark.parametrize("flatten", [mx.sym.Flatten, lambda x: mx.sym.Reshape(x, shape=(0, -1)), lambda x: x])
def test_flatten_before_it_costs_nothing(flatten):
    symbol = mx.sym.FullyConnected(flatten(DATA), num_hidden=10, name="fc")
    check(symbol, ["Dense", "FromPlanes"], rtol=2e-5, data=(9, 3, 5, 7))


def test_chain_stays_in_planes():
    x = DATA
    for h in (33, 20):
        x = mx.sym.Activation(mx.sym.FullyConnected(x, num_hidden=h), act_type="relu")
    x = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=10), name="softmax")
    check(x, ["Dense", "Dense", "Dense", "SoftmaxLoss", "FromPlanes"], rtol=5e-5, data=(64, 100))


def test_a_value_that_is_used_twice_or_seen_is_not_fused_over():
    fc = mx.sym.FullyConnected(DATA, num_hidden=12, name="fc")
    act = mx.sym.Activation(fc, act_type="tanh")
    check(mx.sym.Group([act, fc]), ["Dense", "Activate", "FromPlanes", "FromPlanes"], rtol=2e-5, data=(16, 70))
    again = mx.sym.FullyConnected(act + fc, num_hidden=3, name="last")
    check(again, None, rtol=2e-5, data=(16, 70))


def test_weights_shared_by_two_layers():
    weight = mx.sym.Variable("shared_weight")
    x = mx.sym.FullyConnected(DATA, weight, num_hidden=70, no_bias=True)
    x = mx.sym.FullyConnected(mx.sym.tanh(x), weight, num_hidden=70, no_bias=True)
    check(x, ["Dense", "Dense", "FromPlanes"], rtol=5e-5, data=(9, 70))


def test_float64_stays_with_the_plain_operators():
    executor = mx.sym.FullyConnected(DATA, num_hidden=3).simple_bind(
        mx.cpu(), data=(9, 4), type_dict={"data": "float64"}
    )
    assert executor._lowered is None
