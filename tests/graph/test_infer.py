"""Inference of shapes and types: both directions, partial knowledge, the wording of contradictions."""

import warnings

import numpy as np
import pytest

import symcli as mx
from symcli.ops import get
from tests.calls import at_most

sym = mx.sym


@pytest.fixture
def a():
    return sym.Variable("a")


@pytest.fixture
def b():
    return sym.Variable("b")


def dense(data, name="fc", **params):
    return sym.FullyConnected(data, num_hidden=3, name=name, **params)


# ---- directions


def test_shapes_flow_from_data_to_parameters():
    net = sym.SoftmaxOutput(sym.BatchNorm(dense(sym.Variable("data")), name="bn"), name="softmax")
    arguments, outputs, states = net.infer_shape(data=(2, 4))
    assert dict(zip(net.list_arguments(), arguments, strict=True)) == {
        "data": (2, 4), "fc_weight": (3, 4), "fc_bias": (3,), "bn_gamma": (3,), "bn_beta": (3,), "softmax_label": (2,),
    }  # fmt: skip
    assert outputs == [(2, 3)] and states == [(3,), (3,)]


def test_shapes_flow_back_from_the_other_operand(a, b):
    assert (a + b).infer_shape(b=(2, 3))[0] == [(2, 3), (2, 3)]
    assert (a + b).infer_shape_partial(a=(2, 0), b=(0, 3))[0] == [(2, 3), (2, 3)]


def test_batch_size_flows_back_through_a_chain(a, b):
    net = sym.relu(dense(sym.Flatten(a))) + b
    assert net.infer_shape(a=(0, 2, 4), b=(5, 3))[0][0] == (5, 2, 4)


def test_knowledge_crosses_the_graph_twice(a, b):
    # The shape reaches a by way of b's sum, against the order of the nodes.
    left = sym.transpose(a, axes=(1, 0))
    net = sym.Group([sym.expand_dims(left, axis=0), left + b, b + sym.Variable("c")])
    assert net.infer_shape(c=(2, 3))[0] == [(3, 2), (2, 3), (2, 3)]


def test_shape_attribute_counts_as_given():
    x = sym.Variable("x", shape=(0, 4))
    assert dense(x).infer_shape_partial()[0] == [(0, 4), (3, 4), (3,)]
    assert dense(x).infer_shape(x=(2, 4))[1] == [(2, 3)]


def test_shapes_by_position(a, b):
    assert (a + b).infer_shape((2, 3))[1] == (a + b).infer_shape(None, (2, 3))[1] == [(2, 3)]


def test_too_little_warns_and_gives_none():
    with pytest.warns(UserWarning) as warned:
        assert dense(sym.Variable("data")).infer_shape() == (None, None, None)
    assert str(warned[0].message) == (
        "infer_shape: not all shapes can be told; give those of these inputs (0 is an unknown size):\n"
        "  data: ()\n  fc_weight: ()\n  fc_bias: ()"
    )


def test_partial_says_what_it_knows():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net = dense(dense(sym.Variable("data"), "a"), "b")
        assert net.infer_shape_partial(a_weight=(3, 9)) == ([(), (3, 9), (), (), ()], [()], [])


# ---- single rules (values recorded from MXNet 1.9.1)


@pytest.mark.parametrize(
    ("shape", "reverse", "data", "output"),
    [
        ((4, 6), False, (2, 3, 4), (4, 6)),
        ((0, -1), False, (0, 3, 4), (0, 0)),
        ((0, -1), True, (2, 3, 4), (3, 8)),
        ((0, -1), True, (0, 3, 4), (3, 0)),
        ((-2, 1), False, (2, 3), (2, 3, 1)),
        ((-3, 4), False, (2, 3, 4), (6, 4)),
        ((2, -4, -1, 3, -2), False, (2, 3, 4), (2, 1, 3, 4)),
        ((-2, 2, 2, -4), True, (2, 3, 4), (2, 3, 2, 2)),
        ((-1, 2, -4, 0), True, (8, 3), (4, 2, 3)),
        ((-4, 2, 4, 3), False, (8, 3), (2, 4, 3)),
        ((-4, 2, 1, 0, -4, -1, 2), False, (2, 0, 4), (2, 1, 0, 2, 2)),
    ],
)
def test_reshape_codes(a, shape, reverse, data, output):
    assert sym.Reshape(a, shape=shape, reverse=reverse).infer_shape_partial(a=data)[1] == [output]


@pytest.mark.parametrize(
    ("net", "known", "data"),
    [
        (lambda a: sym.Reshape(a, shape=(4, 6)), {"a": (0, 3, 4)}, (2, 3, 4)),
        (lambda a: sym.Reshape(a, shape=(0, -1)) + sym.Variable("o"), {"a": (2, 0, 4), "o": (2, 12)}, (2, 3, 4)),
        (lambda a: sym.transpose(a, axes=(2, 0, 1)) + sym.Variable("o"), {"o": (2, 3, 4)}, (3, 4, 2)),
        (lambda a: sym.expand_dims(a, axis=-1) + sym.Variable("o"), {"o": (2, 3, 1)}, (2, 3)),
        (lambda a: sym.split(a, num_outputs=3)[0] + sym.Variable("o"), {"a": (0, 3, 4), "o": (2, 1, 4)}, (2, 3, 4)),
        (lambda a: sym.identity(a) + sym.Variable("o"), {"o": (0, 3)}, (0, 3)),
    ],
)
def test_data_is_told_by_the_output(a, net, known, data):
    assert net(a).infer_shape_partial(**known)[0][0] == data


def test_concat_of_an_unknown_array_counts_it_as_empty(a, b):
    assert sym.Concat(a, b).infer_shape_partial(a=(2, 3)) == ([(2, 3), (2, 0)], [(2, 3)], [])
    assert sym.Concat(a, b).infer_shape_partial(a=(2, 3), b=(0, 0)) == ([(2, 3), (2, 0)], [(2, 0)], [])


# ---- contradictions


@pytest.mark.parametrize(
    ("net", "known", "message"),
    [
        (lambda a, b: dense(a), {"a": (2, 4), "fc_weight": (3, 5)},
         "fc (FullyConnected): weight is (3, 5), needs (3, 4)\n"
         "  data: (2, 4)  given as a\n  weight: (3, 5)  given as fc_weight\n  bias: ?\n"
         "  parameters: num_hidden=3"),
        (lambda a, b: dense(sym.relu(a, name="r")), {"a": (2, 4), "fc_weight": (3, 5)},
         "fc (FullyConnected): weight is (3, 5), needs (3, 4)\n"
         "  data: (2, 4)  from r\n  weight: (3, 5)  given as fc_weight\n  bias: ?\n"
         "  parameters: num_hidden=3"),
        (lambda a, b: sym.elemwise_add(a, b, name="sum"), {"a": (2, 3), "b": (3, 2)},
         "sum (elemwise_add): (2, 3) and (3, 2) are different shapes\n"
         "  lhs: (2, 3)  given as a\n  rhs: (3, 2)  given as b"),
        (lambda a, b: sym.Reshape(a, shape=(5, -1), name="r"), {"a": (2, 3)},
         "r (Reshape): data has 6 elements; needs a multiple of 5 for this shape\n"
         "  data: (2, 3)  given as a\n  parameters: shape=(5, -1)"),
        (lambda a, b: sym.Reshape(a, shape=(4, 2), name="r"), {"a": (2, 3)},
         "r (Reshape): data (2, 3) cannot take the shape (4, 2): 8 elements\n"
         "  data: (2, 3)  given as a\n  parameters: shape=(4, 2)"),
        (lambda a, b: sym.transpose(a, axes=(0, 0), name="t"), {"a": (2, 3)},
         "t (transpose): axes=(0, 0) is no order of the 2 axes of data\n"
         "  data: (2, 3)  given as a\n  parameters: axes=(0, 0)"),
        (lambda a, b: sym.Concat(a, b, dim=1, name="c"), {"a": (2, 3, 4), "b": (2, 3, 5)},
         "c (Concat): (2, ?, 4) and (2, ?, 5) are different shapes\n"
         "  arg0: (2, 3, 4)  given as a\n  arg1: (2, 3, 5)  given as b\n  parameters: dim=1, num_args=2"),
        (lambda a, b: sym.Concat(a, b, dim=1, name="c"), {"a": (2, 3, 4), "b": (2, 3)},
         "c (Concat): (2, 3, 4) and (2, 3) have different ranks\n"
         "  arg0: (2, 3, 4)  given as a\n  arg1: (2, 3)  given as b\n  parameters: dim=1, num_args=2"),
        (lambda a, b: sym.split(a, num_outputs=2, name="s"), {"a": (2, 3)},
         "s (SliceChannel): axis 1 has 3 elements; they do not split into 2 equal parts\n"
         "  data: (2, 3)  given as a\n  parameters: num_outputs=2"),
        (lambda a, b: sym.slice_axis(a, axis=1, begin=0, end=9, name="s"), {"a": (2, 3)},
         "s (slice_axis): begin=0, end=9 is no part of the 3 elements of axis 1\n"
         "  data: (2, 3)  given as a\n  parameters: axis=1, begin=0, end=9"),
        (lambda a, b: sym.slice(a, begin=(1,), end=(1,), name="s"), {"a": (2, 3)},
         "s (slice): begin=1, end=1, step=None takes nothing of the 2 elements of axis 0; needs one at least\n"
         "  data: (2, 3)  given as a\n  parameters: begin=(1,), end=(1,)"),
        (lambda a, b: sym.expand_dims(a, axis=4, name="e"), {"a": (2, 3)},
         "e (expand_dims): axis=4 is outside a shape of rank 3: needs -3 to 2\n"
         "  data: (2, 3)  given as a\n  parameters: axis=4"),
        (lambda a, b: sym.squeeze(a, axis=0, name="s"), {"a": (2, 3)},
         "s (squeeze): axis 0 of data (2, 3) has size 2; only 1 can be left out\n"
         "  data: (2, 3)  given as a\n  parameters: axis=0"),
        (lambda a, b: sym.broadcast_to(a, shape=(4, 3), name="t"), {"a": (2, 3)},
         "t (broadcast_to): data (2, 3) does not repeat to shape=(4, 3): sizes must be equal or 1\n"
         "  data: (2, 3)  given as a\n  parameters: shape=(4, 3)"),
        (lambda a, b: sym.pad(a, mode="reflect", pad_width=(0, 0, 3, 0), name="p"), {"a": (2, 3)},
         "p (Pad): a border of 3 cannot reflect the 3 elements of axis 1; needs 2 at most\n"
         "  data: (2, 3)  given as a\n  parameters: mode=reflect, pad_width=(0, 0, 3, 0)"),
        (lambda a, b: sym.arange(5, 1, name="n"), {},
         "n (_arange): no numbers lie from 5 to 1 in steps of 1; step has to lead from the one to the other\n"
         "  parameters: start=5, stop=1, step=1.0, repeat=1, infer_range=False, dtype=float32"),
    ],
)  # fmt: skip
def test_contradiction_names_node_inputs_and_their_origin(a, b, net, known, message):
    with pytest.raises(mx.MXNetError) as raised:
        net(a, b).infer_shape(**known)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda net: net.infer_shape(dat=(2, 3)), mx.MXNetError,
         "infer_shape: <Symbol fc> has no argument 'dat'; did you mean 'data'?  arguments: data, fc_weight, fc_bias"),
        (lambda net: net.infer_shape((2, 3), data=(2, 3)), ValueError,
         "infer_shape: shapes given by position and by name; give all of them one way"),
        (lambda net: net.infer_shape((2, 3), None, None, None), ValueError,
         "infer_shape: 4 shapes given; there are 3 arguments"),
        (lambda net: net.infer_shape(data=3), TypeError, "infer_shape(data=3): needs a shape, a tuple of sizes"),
        (lambda net: net.infer_type(data="float31"), mx.MXNetError,
         "dtype 'float31' is not known; did you mean 'float32'?  dtypes: float32, float64, float16, uint8, int32, "
         "int8, int64, bool"),
        (lambda net: sym.relu(sym.Variable("q", __shape__="x")).infer_shape(), mx.MXNetError,
         "variable q: __shape__ is 'x', needs a tuple of sizes like (10, 2)"),
    ],
)  # fmt: skip
def test_wrong_question(attempt, error, message):
    with pytest.raises(error) as raised:
        attempt(dense(sym.Variable("data")))
    assert str(raised.value) == message


# ---- types


def test_types_flow_both_ways(a, b):
    assert (a + b).infer_type(b="float16") == ([np.float16] * 2, [np.float16], [])
    assert sym.relu(a).infer_type() == (None, None, None)
    assert sym.relu(sym.Variable("x", dtype="float64")).infer_type()[1] == [np.float64]


def test_cast_and_shape_array_set_types_of_their_own(a, b):
    net = sym.Group([sym.Cast(a, dtype="int32"), sym.shape_array(a), sym.reshape_like(a, b)])
    assert net.infer_type(a="float16", b="int8")[1] == [np.int32, np.int64, np.float16]


def test_type_contradiction(a, b):
    with pytest.raises(mx.MXNetError) as raised:
        sym.elemwise_add(a, b, name="sum").infer_type(a="float32", b="float64")
    assert str(raised.value) == (
        "sum (elemwise_add): float32 and float64 are different types\n  lhs: float32  given as a\n"
        "  rhs: float64  given as b"
    )


# ---- size


def deep(count):
    net = sym.Variable("data")
    for i in range(count):
        net = sym.relu(net, name=f"r{i}") if i % 2 else sym.FullyConnected(net, num_hidden=4, name=f"f{i}")
    return net


def test_deep_graph_needs_no_recursion_and_little_work():
    with at_most(5_000_000):  # half as many when written
        net = deep(2000)
        arguments, outputs, _ = net.infer_shape(data=(2, 4))
        assert outputs == [(2, 4)] and len(arguments) == 2001
        assert net.infer_type(data="float32")[1] == [np.float32]
        assert sym.load_json(net.tojson()).tojson() == net.tojson()
        assert net(data=sym.Variable("x")).list_arguments()[0] == "x"
        assert net.debug_str().count("Op:") == 2000


def test_deep_graph_is_told_from_its_end_in_two_sweeps(monkeypatch):
    net = sym.Variable("data")
    for _ in range(2000):
        net = sym.identity(net)
    asked, rule = [], get("identity").infer_shape
    monkeypatch.setattr(get("identity"), "infer_shape", lambda *args: asked.append(1) or rule(*args))
    assert (net + sym.Variable("end")).infer_shape(end=(2, 3))[0] == [(2, 3), (2, 3)]
    assert len(asked) <= 3 * 2000
