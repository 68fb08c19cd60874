"""Calls with attributes, shapes and types drawn at random, against what MXNet 1.9.1 made of them.

``tests/samples/operators/drawn.json`` lists the calls, with each array as (type, place, shape) in ``drawn.npz``.
Heads are cos(0), cos(1), … each + 1/2, in the output's shape.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import symcli as mx

FOLDER = Path(__file__).parents[1] / "samples/operators"
CALLS = json.loads((FOLDER / "drawn.json").read_text())
TOLERANCES = {"float16": (1e-2, 5e-3), "float32": (1e-4, 1e-5), "float64": (1e-6, 1e-7)}


@pytest.fixture(scope="module")
def arrays():
    with np.load(FOLDER / "drawn.npz") as file:
        stored = dict(file)

    def array(where):
        kind, place, shape = where
        return stored[kind][place : place + int(np.prod(shape))].reshape(shape)

    return array


def function(name):
    for prefix, room in (("_linalg_", mx.nd.linalg), ("_contrib_", mx.nd.contrib)):
        if name.startswith(prefix):
            return getattr(room, name.removeprefix(prefix))
    return getattr(mx.nd, name)


def assert_close(found, wanted, what):
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype), what
    rtol, atol = TOLERANCES.get(wanted.dtype.name, (0, 0))
    np.testing.assert_allclose(found.astype(np.float64), wanted.astype(np.float64), rtol, atol, err_msg=what)


@pytest.mark.parametrize("call", CALLS, ids=[f"{i}-{call['op']}" for i, call in enumerate(CALLS)])
def test_a_drawn_call_is_mxnets(call, arrays):
    given = [arrays(where) for where in call["inputs"]]
    inputs = [mx.nd.array(one, dtype=one.dtype) for one in given]
    for one in inputs:
        if one._data.dtype.kind == "f":
            one.attach_grad()
    attrs = {key: tuple(value) if key in call["tuples"] else value for key, value in call["attrs"].items()}
    with mx.autograd.record():
        made = function(call["op"])(*inputs, **attrs)
    outputs = list(made) if isinstance(made, list | tuple) else [made]
    assert len(outputs) == len(call["outputs"])
    for i, (output, where) in enumerate(zip(outputs, call["outputs"], strict=True)):
        assert_close(output.asnumpy(), arrays(where), f"output {i}")
    if call["gradients"] is None:
        return
    heads = [mx.nd.array((np.cos(np.arange(one.size)) + 0.5).reshape(one.shape), dtype=one.dtype) for one in outputs]
    mx.autograd.backward(outputs, heads)
    for i, (one, where) in enumerate(zip(inputs, call["gradients"], strict=True)):
        if where is not None:
            assert_close(one.grad.asnumpy(), arrays(where), f"gradient {i}")
