"""Activation functions of the engine, against the interpreter."""

import mmap

import numpy as np
import pytest

import symcli as mx
from symcli.engine.activation import NAMES, activate
from tests.engine.compare import check

SHAPES = [(1, 1), (3, 5), (2, 3, 7, 5), (64, 129), (33, 1, 19), (70, 300)]
EDGES = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 3e38, -3e38]


@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["relu", "sigmoid", "softrelu", "tanh"])
def test_activation(name, shape, grad_req):
    check(mx.sym.Activation(mx.sym.Variable("data"), act_type=name), ["Activate"], grad_req, rtol=2e-6, data=shape)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_functions_that_are_operators(name):
    check(getattr(mx.sym, name)(mx.sym.Variable("data")), ["Activate"], rtol=2e-6, data=(5, 7))


@pytest.mark.parametrize("name", ["relu", "sigmoid", "softrelu", "tanh"])
def test_nan_and_infinity_stay(name):
    values = {"data": np.resize(np.array(EDGES, np.float32), (4, 9))}
    check(mx.sym.Activation(mx.sym.Variable("data"), act_type=name), ["Activate"], values=values, steps=1,
          rtol=2e-6, atol=1e-37, data=(4, 9))  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_addresses_do_not_get_into_values(name):
    """Without a bias 0 is added, wherever the values lie: half of an address may be a float32 NaN."""
    size = (1 << 32) + (1 << 16)  # every address modulo 4 GiB; pages that nobody touches take no memory
    with mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)) as region:
        memory = np.frombuffer(region, np.uint8)
        start = (0x7FC00000 - memory.__array_interface__["data"][0]) % (1 << 32)
        x = memory[start : start + 160].view(np.float32)
        y = np.empty(40, np.float32)
        x[:] = np.linspace(-2, 2, 40)
        wanted = x.copy()
        activate[name](wanted, wanted, 0, 1, 40, 40)
        activate[name](x, y, 0, 1, 40, 40)
        np.testing.assert_array_equal(y, wanted)
        del memory, x
