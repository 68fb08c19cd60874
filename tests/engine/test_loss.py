"""Loss outputs of the engine, against the interpreter."""

import numpy as np
import pytest

import symcli as mx
from tests.engine.compare import check

DATA = mx.sym.Variable("data")
PARAMETERS = [
    {},
    {"normalization": "batch", "grad_scale": 0.3},
    {"normalization": "valid", "use_ignore": True, "ignore_label": 1},
    {"normalization": "valid"},
    {"use_ignore": True, "ignore_label": 2},
    {"smooth_alpha": 0.1},
]


def labels(shape, classes, seed=0):
    found = np.random.default_rng(seed).integers(-1, classes + 1, shape).astype(np.float32)
    found.flat[:3] = [1.7, -0.5, np.nan][: found.size]
    return found


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
@pytest.mark.parametrize("shape", [(1, 1), (64, 10), (5, 33), (37, 3)], ids=str)
def test_softmax_output(shape, parameters):
    symbol = mx.sym.SoftmaxOutput(DATA, name="softmax", **parameters)
    values = {"softmax_label": labels(shape[:1], shape[1])}
    grads = {"data": "write", "softmax_label": "write"}
    check(symbol, ["ToPlanes", "SoftmaxLoss", "FromPlanes"], grads, rtol=3e-6, values=values, steps=1, data=shape)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1000), (7, 16), (3, 33), (5, 3)], ids=str)
def test_few_rows_without_gradients(shape):
    symbol = mx.sym.SoftmaxOutput(DATA, name="softmax")
    check(symbol, ["SoftmaxRows"], "null", rtol=3e-6, train=False, data=shape)


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
@pytest.mark.parametrize("shape", [(2, 5, 7), (3, 4, 5, 6), (1, 2, 100)], ids=str)
def test_softmax_output_of_positions(shape, parameters):
    symbol = mx.sym.SoftmaxOutput(DATA, name="softmax", multi_output=True, **parameters)
    label = (shape[0], int(np.prod(shape[2:])))
    check(symbol, ["ToPlanes", "SoftmaxLoss", "FromPlanes"], {"data": "add"}, rtol=3e-6,
          values={"softmax_label": labels(label, shape[1])}, steps=1, data=shape)  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "parameters"), [((2, 3, 4), {"preserve_shape": True}), ((2, 3, 4), {}), ((4, 3), {"out_grad": True})]
)
def test_forms_that_stay_plain(shape, parameters):
    check(mx.sym.SoftmaxOutput(DATA, name="softmax", **parameters), [], "write", data=shape)


def test_probabilities_as_labels_stay_plain():
    check(mx.sym.SoftmaxOutput(DATA, mx.sym.Variable("label")), [], data=(4, 3), label=(4, 3))


def test_edges_of_softmax():
    values = {"data": np.array([[0, np.nan, 1], [np.inf, 0, 1], [-np.inf, 0, 1], [88, -88, 200], [-np.inf] * 3])}
    values["softmax_label"] = np.zeros(5)
    for grad_req in ("write", "null"):
        check(
            mx.sym.SoftmaxOutput(DATA, name="softmax"), None, grad_req, values=values, steps=1, rtol=1e-6, data=(5, 3)
        )
