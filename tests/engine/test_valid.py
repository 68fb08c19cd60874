"""Convolution without padding, by units of 8 pixels and by Winograd's 5x5, against the interpreter."""

import pytest

import symcli as mx
from tests.engine.compare import check

DATA = mx.sym.Variable("data")
CASES = [  # data, filters, kernel
    ((2, 1, 28, 28), 20, (5, 5)),
    ((1, 3, 10, 18), 7, (3, 3)),
    ((2, 2, 5, 10), 1, (5, 3)),
    ((4, 1, 3, 9), 13, (2, 2)),
    ((64, 20, 12, 12), 50, (5, 5)),
    ((3, 5, 12, 20), 9, (5, 5)),
]


@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize(("shape", "filters", "kernel"), CASES, ids=str)
def test_convolution(shape, filters, kernel, grad_req):
    symbol = mx.sym.Convolution(DATA, num_filter=filters, kernel=kernel, name="conv")
    check(symbol, ["ToPlanes", "Block", "FromPlanes"], grad_req, rtol=5e-5, data=shape)


@pytest.mark.parametrize(("shape", "filters", "kernel"), CASES[1:], ids=str)
def test_convolution_and_relu(shape, filters, kernel):
    symbol = mx.sym.relu(mx.sym.Convolution(DATA, num_filter=filters, kernel=kernel, no_bias=True, name="conv"))
    check(symbol, ["ToPlanes", "Block", "FromPlanes"], "null", rtol=5e-5, train=False, data=shape)


@pytest.mark.parametrize(("shape", "filters", "kernel"), [CASES[0], CASES[-1]], ids=str)
def test_residual_behind_it(shape, filters, kernel):
    branch = mx.sym.Convolution(DATA, num_filter=filters, kernel=kernel, name="branch")
    symbol = mx.sym.Convolution(DATA, num_filter=filters, kernel=kernel, name="conv") + branch
    check(symbol, rtol=5e-5, data=shape)


def test_lenet():
    x = DATA
    for filters in (20, 50):
        x = mx.sym.Activation(mx.sym.Convolution(x, num_filter=filters, kernel=(5, 5)), act_type="tanh")
        x = mx.sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")
    x = mx.sym.Activation(mx.sym.FullyConnected(mx.sym.Flatten(x), num_hidden=500), act_type="tanh")
    x = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=10), name="softmax")
    expected = [
        "ToPlanes",
        *["Block", "ActivatedPool"] * 2,
        "FromPlanes",
        "Dense",
        "Dense",
        "SoftmaxLoss",
        "FromPlanes",
    ]
    values = dict.fromkeys(("convolution0_weight",), 0.1)
    check(x, expected, rtol=1e-3, values=values, data=(16, 1, 28, 28))


def test_winograd_can_be_turned_off(monkeypatch):
    symbol = mx.sym.Convolution(DATA, num_filter=50, kernel=(5, 5), name="conv")
    monkeypatch.setenv("SYMCLI_WINOGRAD", "off")
    check(symbol, ["ToPlanes", "Block", "FromPlanes"], "null", rtol=3e-6, data=(4, 20, 12, 12))
    padded = mx.sym.Convolution(DATA, num_filter=16, kernel=(3, 3), pad=(1, 1), no_bias=True, name="conv")
    check(padded, ["ToPlanes", "Block", "FromPlanes"], "null", rtol=3e-6, data=(16, 16, 16, 16))
