"""The softmax loss over many classes, and rows of tables, against the interpreter."""

import numpy as np
import pytest

import symcli as mx
from tests.engine.compare import check

DATA = mx.sym.Variable("data")
LABELS = np.random.default_rng(5)


def model(count, **parameters):
    layer = mx.sym.FullyConnected(DATA, num_hidden=count, no_bias=parameters.pop("no_bias", False), name="fc")
    return mx.sym.SoftmaxOutput(layer, name="softmax", **parameters)


@pytest.mark.parametrize("parameters", [
    {}, {"no_bias": True}, {"normalization": "batch", "grad_scale": 3.0},
    {"normalization": "valid", "use_ignore": True, "ignore_label": 7}, {"use_ignore": True, "ignore_label": -1},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize(("n", "k", "count"), [(1, 3, 2048), (40, 33, 2051), (256, 21, 259)])
def test_decoder(n, k, count, grad_req, parameters):
    label = LABELS.integers(-1, count + 1, n)
    label[: n // 3] = 7
    check(model(count, **parameters), ["Decoder"], grad_req, values={"softmax_label": label}, data=(n, k))


def test_many_rows_are_taken_in_blocks():
    label = LABELS.integers(0, 6000, 800)
    check(model(6000), ["Decoder"], steps=1, values={"softmax_label": label}, data=(800, 10))


def test_few_classes_and_smoothed_labels_are_for_others():
    cases = [(model(2047), (16, 4)), (model(255), (256, 4)), (model(256), (255, 4)), (model(300), (256, 1024)),
             (model(2048, smooth_alpha=0.1), (16, 4)), (model(2048, out_grad=True), (16, 4))]  # fmt: skip
    for symbol, shape in cases:
        executor = symbol.simple_bind(mx.cpu(), data=shape)
        assert "Decoder" not in [type(step.op).__name__ for step in executor._lowered.program.steps]


def test_what_is_not_finite_stays_so():
    values = {"data": np.array([[1, np.nan], [np.inf, 1], [1, 1]]), "softmax_label": np.zeros(3)}
    engine = check(model(2048), ["Decoder"], values=values, steps=1, grad_req="null", data=(3, 2))
    out = engine.outputs[0].asnumpy()
    assert np.isnan(out[:2]).all() and np.isfinite(out[2]).all()


@pytest.mark.parametrize("grad_req", ["write", "add"])
@pytest.mark.parametrize(("shape", "rows", "width"), [((1,), 1, 1), ((7, 3), 10, 33), ((35, 32), 100, 200)])
def test_lookup(shape, rows, width, grad_req):
    indices = LABELS.uniform(-3, rows + 3, shape)
    indices.flat[0] = np.nan if rows > 1 else 0.7
    symbol = mx.sym.Embedding(DATA, input_dim=rows, output_dim=width, name="embed")
    check(symbol, ["Lookup"], {"embed_weight": grad_req}, values={"data": indices}, steps=1, data=shape)


def test_language_model():
    states = [mx.sym.Variable(name) for name in ("state", "cell")]
    x = mx.sym.Embedding(DATA, input_dim=50, output_dim=20, name="embed")
    x = mx.sym.RNN(x, state=states[0], state_cell=states[1], state_size=24, num_layers=2, mode="lstm", name="rnn")
    x = mx.sym.FullyConnected(mx.sym.Reshape(x, shape=(-1, 24)), num_hidden=2048, name="fc")
    x = mx.sym.SoftmaxOutput(x, name="softmax")
    values = {"data": LABELS.integers(0, 50, (5, 6)), "softmax_label": LABELS.integers(0, 2048, 30)}
    check(x, ["Lookup", "Recurrent", "Decoder"], values=values, rtol=2e-4, data=(5, 6))
