"""Operators against MXNet 1.9.1: what its executor made of the same arrays, replayed and interpreted.

``tests/samples/operators/index.json`` lists the calls, ``recorded.npz`` holds their arrays: ``in/…``, ``out/…``,
``grad/…`` and ``after/…`` of inputs that were written. Heads are drawn as ``heads_for`` draws them. ``updates`` are
operators that update weights, called on arrays, the weights written in place.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import symcli as mx
from symcli.ops import get
from tests.check import heads_for

FOLDER = Path(__file__).parents[1] / "samples/operators"
CALLS = json.loads((FOLDER / "index.json").read_text())
UPDATES = json.loads((FOLDER / "updates.json").read_text())
# Half precision is rounded at other places; the last digits of long sums differ.
TOLERANCE = {np.float16: (1e-2, 5e-3)}


@pytest.fixture(scope="module")
def recorded():
    with np.load(FOLDER / "recorded.npz") as file:
        return dict(file)


def bound(call, arrays):
    cls = get(call["op"])
    variables = [mx.sym.Variable(name) for name in call["inputs"]]
    function = getattr(mx.sym, cls.name)
    given = {} if cls.variadic else dict(zip(call["inputs"], variables, strict=True))
    symbol = function(*(variables if cls.variadic else ()), name="node", **given, **call["attrs"])
    inputs = {name: mx.nd.array(array, dtype=array.dtype) for name, array in arrays.items()}
    states = {name: inputs.pop(name) for name in symbol.list_auxiliary_states()}
    gradients = {name: mx.nd.zeros(inputs[name].shape, dtype=inputs[name].dtype) for name in call["gradients"]}
    requests = {name: "write" if name in gradients else "null" for name in inputs}
    return symbol.bind(mx.cpu(), inputs, gradients or None, requests, states)


def assert_close(got, want, what):
    assert got.shape == want.shape and got.dtype == want.dtype, what
    rtol, atol = TOLERANCE.get(want.dtype.type, (1e-4, 1e-5))
    np.testing.assert_allclose(got.astype(np.float64), want.astype(np.float64), rtol, atol, err_msg=what)


@pytest.mark.parametrize("replays", [True, False], ids=["replay", "interpreter"])
@pytest.mark.parametrize("call", CALLS, ids=[call["id"] for call in CALLS])
def test_operator_does_as_mxnet(call, replays, recorded):
    start = call["id"] + "/"
    mine = {key.removeprefix(start): array for key, array in recorded.items() if key.startswith(start)}
    executor = bound(call, {name: mine[f"in/{name}"] for name in call["inputs"]})
    executor.replays = replays
    executor.forward(is_train=call["train"])
    if call["gradients"]:
        heads = heads_for(executor)
        executor.backward([mx.nd.array(h, dtype=o.dtype) for h, o in zip(heads, executor.outputs, strict=True)])
    found = {f"out/{i}": output for i, output in enumerate(executor.outputs)}
    found |= {f"grad/{name}": executor.grad_dict[name] for name in call["gradients"]}
    found |= {f"after/{name}": one for name, one in (executor.arg_dict | executor.aux_dict).items()}
    wanted = {key: array for key, array in mine.items() if not key.startswith("in/")}
    for key, array in wanted.items():
        assert_close(found[key].asnumpy(), array, f"{call['id']}: {key}")
    for name in call["inputs"]:
        if f"after/{name}" not in wanted:  # what MXNet leaves as it is
            np.testing.assert_array_equal(found[f"after/{name}"].asnumpy(), mine[f"in/{name}"])


@pytest.fixture(scope="module")
def updates():
    with np.load(FOLDER / "updates.npz") as file:
        return dict(file)


@pytest.mark.parametrize("call", UPDATES, ids=[f"{call['id']}-{call['op']}" for call in UPDATES])
def test_update_does_as_mxnet(call, updates):
    given = [updates[f"{call['id']}/in/{i}"] for i in range(call["inputs"])]
    arrays = [mx.nd.array(array, dtype=array.dtype) for array in given]
    out = [arrays[i] for i in call["written"]]
    getattr(mx.nd, call["op"])(*arrays, out=out if len(out) > 1 else out[0], **call["attrs"])
    for i, array in enumerate(arrays):
        assert_close(array.asnumpy(), updates[f"{call['id']}/after/{i}"], f"{call['op']}: array {i}")
