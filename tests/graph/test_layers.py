"""Layers of graphs: FLOPs counted by hand, memory, shared parameters, what the backward pass needs."""

import pytest

import symcli as mx
from symcli.graph.infer import infer_shapes
from symcli.graph.layers import layers, total
from symcli.graph.roles import roles


def layers_of(symbol, dtype="float32", **shapes):
    """Return the layers of a symbol by node name."""
    found = infer_shapes(symbol._heads, shapes)
    return {one.name: one for one in layers(symbol._heads, lambda entry: found.known[entry], lambda entry: dtype,
                                            roles(symbol._heads))}  # fmt: skip


def test_layer_is_what_it_makes_and_holds():
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    (conv,) = layers_of(net, data=(2, 3, 8, 8)).values()
    assert conv.outputs == ((2, 4, 6, 6),)
    assert (conv.parameters, conv.states, conv.parameter_bytes) == (4 * 27 + 4, 0, 4 * 112)
    assert conv.activation_bytes == 4 * 2 * 4 * 36
    assert conv.flops == 2 * 2 * 4 * 36 * 27


def test_hidden_outputs_take_memory():
    net = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn")
    (bn,) = layers_of(net, data=(2, 3, 4)).values()
    assert bn.outputs == ((2, 3, 4),) and bn.activation_bytes == 4 * (24 + 3 + 3)
    assert (bn.parameters, bn.states) == (6, 6)


@pytest.mark.parametrize(("dtype", "size"), [("float64", 8), ("float32", 4), ("float16", 2), ("uint8", 1)])
def test_memory_follows_the_element_type(dtype, size):
    (one,) = layers_of(mx.sym.Variable("a") + 1, dtype, a=(3,)).values()
    assert one.activation_bytes == 3 * size


@pytest.mark.parametrize(
    ("make", "shapes", "flops"),
    [
        (lambda a, b: mx.sym.dot(a, b), {"a": (2, 3), "b": (3, 5)}, 2 * 2 * 3 * 5),
        (lambda a, b: mx.sym.batch_dot(a, b), {"a": (7, 2, 3), "b": (7, 3, 5)}, 7 * 2 * 2 * 3 * 5),
        (lambda a, b: a * b, {"a": (4, 5), "b": (4, 5)}, 20),
        (lambda a, b: mx.sym.broadcast_add(a, b), {"a": (4, 5), "b": (1, 5)}, 20),
        (lambda a, b: mx.sym.add_n(a, b, a), {"a": (4, 5), "b": (4, 5)}, 40),
        (lambda a, b: mx.sym.Concat(a, b), {"a": (4, 5), "b": (4, 5)}, 0),
        (lambda a, b: mx.sym.sum(a, axis=1), {"a": (4, 5)}, 20),
        (lambda a, b: mx.sym.exp(a), {"a": (4, 5)}, 20),
        (lambda a, b: a + 1, {"a": (4, 5)}, 20),
        (lambda a, b: mx.sym.transpose(a), {"a": (4, 5)}, 0),
        (lambda a, b: mx.sym.Activation(a, act_type="relu"), {"a": (4, 5)}, 20),
        (lambda a, b: mx.sym.Pooling(a, kernel=(2, 2), stride=(2, 2), pool_type="max"), {"a": (1, 2, 4, 4)}, 2 * 4 * 4),
        (lambda a, b: mx.sym.Pooling(a, global_pool=True, pool_type="avg"), {"a": (1, 2, 4, 4)}, 2 * 16),
        (lambda a, b: mx.sym.Deconvolution(a, b, kernel=(2, 2), num_filter=3), {"a": (1, 5, 4, 4)}, 2 * 80 * 12),
        (lambda a, b: mx.sym.FullyConnected(a, b, num_hidden=3, no_bias=True), {"a": (2, 5)}, 2 * 2 * 5 * 3),
    ],
)
def test_flops_of_an_operator(make, shapes, flops):
    symbol = make(mx.sym.Variable("a"), mx.sym.Variable("b"))
    shapes = {name: shape for name, shape in shapes.items() if name in symbol.list_arguments()}
    (one,) = layers_of(symbol, **shapes).values()
    assert one.flops == flops


def test_backward_counts_a_forward_for_each_gradient_that_parameters_need():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="first")
    net = mx.sym.FullyConnected(mx.sym.relu(net, name="relu"), num_hidden=3, name="second")
    found = layers_of(mx.sym.SoftmaxOutput(net, name="softmax"), data=(2, 5))
    ratio = {name: one.backward_flops / one.flops for name, one in found.items()}
    assert ratio == {"first": 1, "relu": 1, "second": 2, "softmax": 1}  # nobody asks for data's gradient


def test_blocked_gradient_costs_nothing():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="first")
    net = mx.sym.FullyConnected(mx.sym.BlockGrad(net), num_hidden=3, name="second")
    found = layers_of(mx.sym.SoftmaxOutput(net), data=(2, 5))
    assert found["first"].backward_flops == 0 and found["second"].backward_flops == found["second"].flops


def test_shared_parameters_count_once_where_they_are_first_used():
    weight = mx.sym.Variable("w_weight")
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), weight, no_bias=True, num_hidden=5, name="first")
    net = mx.sym.FullyConnected(net, weight, no_bias=True, num_hidden=5, name="second")
    found = layers_of(net, data=(2, 5))
    assert [one.parameters for one in found.values()] == [25, 0]
    assert total(found.values()).parameters == 25


def test_nearest_upsampling_only_copies():
    net = mx.sym.UpSampling(mx.sym.Variable("data"), scale=2, sample_type="nearest", name="up")
    (up,) = layers_of(net, data=(2, 3, 4, 4)).values()
    assert up.flops == 0 and up.outputs == ((2, 3, 8, 8),)


def test_totals_of_no_layers_are_zero():
    symbol = mx.sym.Variable("a")
    assert total(layers_of(symbol, a=(2,)).values()).flops == 0
