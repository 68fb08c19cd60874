"""What variables are for, declared and guessed."""

import symcli as mx
from symcli.graph.roles import roles


def named(symbol, inputs=None):
    nodes = {node.name: node for node in roles(symbol._heads)}
    found = roles(symbol._heads, None if inputs is None else [nodes[name] for name in inputs])
    return {node.name: role for node, role in found.items()}


def net():
    body = mx.sym.BatchNorm(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc"), name="bn")
    scale = mx.sym.Variable("scale", init='["one", {}]') * mx.sym.Variable("mask")
    return mx.sym.SoftmaxOutput(mx.sym.broadcast_mul(body, scale), mx.sym.Variable("truth"), name="softmax")


def test_symbol_without_declarations():
    assert named(net()) == {
        "data": "input", "fc_weight": "parameter", "fc_bias": "parameter", "bn_gamma": "parameter",
        "bn_beta": "parameter", "bn_moving_mean": "state", "bn_moving_var": "state", "scale": "parameter",
        "mask": "input", "truth": "label",
    }  # fmt: skip


def test_what_is_declared_decides():
    found = named(net(), ["data", "fc_bias", "truth"])
    assert (found["fc_bias"], found["mask"], found["truth"]) == ("input", "parameter", "label")


def test_label_that_is_reshaped_goes_by_its_name():
    label = mx.sym.Reshape(mx.sym.Variable("softmax_label"), shape=(-1,))
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3), label)
    assert named(net)["softmax_label"] == "label"
