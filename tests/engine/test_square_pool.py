"""Max pooling by squares with an activation function, against the interpreter."""

import numpy as np
import pytest

import symcli as mx
from tests.engine.compare import check

DATA = mx.sym.Variable("data")
SHAPES = [(1, 1, 2, 2), (2, 3, 4, 6), (3, 5, 24, 24), (2, 1, 8, 66), (64, 2, 8, 8)]


def pooled(x):
    return mx.sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["sigmoid", "softrelu", "tanh"])
def test_function_before_the_pooling(name, shape):
    symbol = pooled(mx.sym.Activation(DATA, act_type=name))
    check(symbol, ["ToPlanes", "ActivatedPool", "FromPlanes"], rtol=2e-6, data=shape)


@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_pooling_alone(shape, grad_req):
    check(pooled(DATA), ["ToPlanes", "ActivatedPool", "FromPlanes"], grad_req, rtol=0, atol=0, data=shape)


def test_the_first_of_equal_pixels_gets_the_gradient():
    values = {"data": np.random.default_rng(0).integers(0, 2, (2, 3, 8, 8))}
    check(pooled(DATA), rtol=0, atol=0, values=values, steps=1, data=(2, 3, 8, 8))


@pytest.mark.parametrize("name", [None, "tanh", "sigmoid"])
def test_nan_is_passed_over(name):
    values = np.random.default_rng(1).standard_normal((2, 3, 8, 8))
    values[0, :, ::3, ::2] = np.nan
    values[1, 0] = np.nan
    values[1, 1, :4] = -np.inf
    symbol = pooled(DATA) if name is None else pooled(mx.sym.Activation(DATA, act_type=name))
    check(symbol, values={"data": values}, rtol=2e-6, steps=1, data=values.shape)


def test_relu_stays_with_the_convolution():
    x = mx.sym.Activation(mx.sym.Convolution(DATA, num_filter=8, kernel=(3, 3), pad=(1, 1)), act_type="relu")
    check(pooled(x), ["ToPlanes", "Block", "ActivatedPool", "FromPlanes"], data=(2, 3, 8, 8))


def test_odd_images_are_pooled_otherwise():
    check(pooled(DATA), ["ToPlanes", "Pool", "FromPlanes"], data=(2, 3, 7, 8))
