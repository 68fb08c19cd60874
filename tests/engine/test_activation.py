"""Activation functions of the engine, against the interpreter."""

import numpy as np
import pytest

import symcli as mx
from tests.engine.compare import check

SHAPES = [(1, 1), (3, 5), (2, 3, 7, 5), (64, 129), (33, 1, 19)]
EDGES = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 3e38, -3e38]


@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_relu(shape, grad_req):
    check(mx.sym.Activation(mx.sym.Variable("data"), act_type="relu"), ["Relu"], grad_req, data=shape)


def test_relu_keeps_nan_and_infinity():
    values = {"data": np.resize(np.array(EDGES, np.float32), (4, 9))}
    check(mx.sym.relu(mx.sym.Variable("data")), ["Relu"], values=values, steps=1, data=(4, 9))
