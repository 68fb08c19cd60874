"""Cells of convolutions: nodes, names, shapes and values as MXNet 1.9.1 makes them (``samples/convolutional.json``)."""

import json
from pathlib import Path

import numpy as np
import pytest

import symcli as mx
from symcli.errors import ParamError

RECORDED = json.loads((Path(__file__).parent / "samples" / "convolutional.json").read_text())
CELLS = {
    "ConvRNNCell": {"activation": "tanh"},
    "ConvLSTMCell": {},
    "ConvGRUCell": {"h2h_kernel": (5, 3), "h2h_dilate": (1, 2), "i2h_stride": (2, 2)},
}


@pytest.mark.parametrize("kind", CELLS)
def test_unrolled_as_in_mxnet(kind):
    with mx.name.NameManager():
        cell = getattr(mx.rnn, kind)(input_shape=(2, 3, 8, 8), num_hidden=4, **CELLS[kind])
        outputs, states = cell.unroll(3, [mx.sym.Variable(f"x{i}") for i in range(3)])
        symbol = mx.sym.Group([*outputs, *states])
    recorded = RECORDED[kind]
    nodes = [[one["op"], one["name"]] for one in json.loads(symbol.tojson())["nodes"]]
    assert [one[0] for one in nodes] == [one[0] for one in recorded["nodes"]]
    named = [(a, b) for (_, a), (_, b) in zip(nodes, recorded["nodes"], strict=True) if "_t" in b]
    assert len(named) > 6 and all(a == b for a, b in named)
    shapes, _, _ = symbol.infer_shape(**{f"x{i}": (2, 3, 8, 8) for i in range(3)})
    assert [[name, list(shape)] for name, shape in zip(symbol.list_arguments(), shapes, strict=True)] == recorded[
        "arguments"
    ]
    assert [list(one["shape"]) for one in cell.state_info] == recorded["state_info"]
    draw = np.random.RandomState(1)
    arrays = {name: mx.nd.array(draw.normal(0, 0.3, shape)) for name, shape in recorded["arguments"]}
    sums = [np.abs(one.asnumpy()).sum() for one in symbol.bind(mx.cpu(), arrays).forward()]
    np.testing.assert_allclose(sums, recorded["sums"], 1e-4)


def test_a_state_keeps_its_size():
    with pytest.raises(ParamError, match=r"ConvRNNCell: h2h_kernel=\(2, 3\); needs odd sizes"):
        mx.rnn.ConvRNNCell((1, 3, 8, 8), 4, h2h_kernel=(2, 3))


def test_weights_of_gates_are_cut_and_joined():
    cell = mx.rnn.ConvLSTMCell((1, 3, 8, 8), 4)
    whole = {f"ConvLSTM_{part}": mx.nd.random.normal(shape=shape)
             for part, shape in (("i2h_weight", (16, 3, 3, 3)), ("h2h_weight", (16, 4, 3, 3)), ("i2h_bias", (16,)),
                                 ("h2h_bias", (16,)))}  # fmt: skip
    parts = cell.unpack_weights(whole)
    assert parts["ConvLSTM_i2h_f_weight"].shape == (4, 3, 3, 3)
    again = cell.pack_weights(parts)
    assert all(np.array_equal(again[name].asnumpy(), one.asnumpy()) for name, one in whole.items())
