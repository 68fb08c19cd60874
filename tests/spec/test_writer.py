"""Specs written from graphs: reading one back gives the same graph."""

from pathlib import Path

import pytest

import symcli as mx
from symcli.errors import MXNetError
from symcli.graph.node import topological
from symcli.spec.network import load_network
from symcli.spec.writer import to_spec

SAMPLES = sorted((Path(__file__).parents[1] / "graph" / "samples").glob("*.json"))
DATA = mx.sym.Variable("data")


def same(symbol):
    """Return what makes two graphs equal: names, operators with parameters, attributes, inputs, heads."""
    nodes = topological(symbol._heads)
    index = {node: i for i, node in enumerate(nodes)}

    def kept(node):
        return {key: value for key, value in node.attrs.items() if node.op is None or key.startswith("__")}

    rows = [(node.name, node.op, kept(node), [(index[source], i) for source, i in node.inputs]) for node in nodes]
    return rows, [(index[node], i) for node, i in symbol._heads]


def read_back(symbol, tmp_path, name="net"):
    path = tmp_path / f"{name}.yaml"
    path.write_text(to_spec(symbol, name, {}))
    return load_network(str(path)).symbol


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_recorded_graphs_are_read_back_equal(sample, tmp_path):
    symbol = mx.sym.load(str(sample))
    names = [node.name for node in topological(symbol._heads)]
    if len(set(names)) < len(names):
        with pytest.raises(MXNetError, match="a spec needs a name for each"):
            to_spec(symbol, "net", {})
    else:
        assert same(read_back(symbol, tmp_path)) == same(symbol)


def lenet():
    net = mx.sym.Convolution(DATA, kernel=(5, 5), num_filter=20, name="conv1")
    net = mx.sym.Activation(net, act_type="tanh", name="tanh1")
    net = mx.sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2), name="pool1")
    net = mx.sym.FullyConnected(mx.sym.Flatten(net, name="flat"), num_hidden=10, name="fc1")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def test_a_run_of_layers_is_a_chain():
    assert to_spec(lenet(), "lenet", {"data": (4, 1, 28, 28)}) == (
        "network:\n"
        "  name: lenet\n"
        "  inputs:\n"
        "    data: [4, 1, 28, 28]\n"
        "  graph:\n"
        "    softmax:\n"
        "      - Convolution: {name: conv1, kernel: [5, 5], num_filter: 20}\n"
        "      - Activation: {name: tanh1, act_type: tanh}\n"
        "      - Pooling: {name: pool1, kernel: [2, 2], pool_type: max, stride: [2, 2]}\n"
        "      - Flatten: {name: flat}\n"
        "      - FullyConnected: {name: fc1, num_hidden: 10}\n"
        "      - SoftmaxOutput\n"
        "  outputs: [softmax]\n"
    )


def awkward():
    with mx.name.NameManager():
        shared = mx.sym.Variable("w", lr_mult=2)
        parts = mx.sym.SliceChannel(DATA, num_outputs=3, name="parts")
        left = mx.sym.FullyConnected(parts[0], shared, num_hidden=4, name="first-3*3", attr={"__mood__": "so, so"})
        right = mx.sym.FullyConnected(parts[1], shared, num_hidden=4, no_bias=True, name="1st")
        normal = mx.sym.BatchNorm(2 / (left - right) + 1.5, moving_mean=mx.sym.Variable("mean"), name="bn")
        both = mx.sym.Concat(normal, -left, dim=0, name="both")
        return mx.sym.Group([both, parts[2], DATA, mx.sym.zeros((2, 2), name="nothing")])


@pytest.mark.parametrize("make", [lenet, awkward, lambda: DATA * 2, lambda: mx.sym.Group([DATA, DATA])])
def test_graphs_are_read_back_equal(make, tmp_path):
    symbol = make()
    assert same(read_back(symbol, tmp_path)) == same(symbol)


def test_variables_without_the_copied_attributes_stay_without(tmp_path):
    symbol = mx.sym.BatchNorm(
        DATA, *(mx.sym.Variable(name) for name in ("bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var")), name="bn"
    )
    assert same(read_back(symbol, tmp_path)) == same(symbol)
