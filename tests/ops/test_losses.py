"""What the rows do not say of losses, products and indices: label shapes, types, messages, backward without heads."""

import json

import numpy as np
import pytest

import symcli as mx
from symcli.errors import DTypeError, MXNetError, ShapeError


def inferred(symbol, **shapes):
    arguments, outputs, _ = symbol.infer_shape(**shapes)
    return dict(zip(symbol.list_arguments(), arguments, strict=True)), outputs


@pytest.mark.parametrize(
    ("name", "attrs", "data", "label"),
    [
        ("SoftmaxOutput", {}, (4, 5), (4,)),
        ("SoftmaxOutput", {}, (4, 5, 3), (4, 5)),
        ("SoftmaxOutput", {"preserve_shape": True}, (4, 5, 3), (4, 5)),
        ("SoftmaxOutput", {"multi_output": True}, (4, 5), (4, 1)),
        ("SoftmaxOutput", {"multi_output": True}, (4, 5, 3, 2), (4, 6)),
        ("LinearRegressionOutput", {}, (4, 3), (4, 3)),
        ("LogisticRegressionOutput", {}, (4, 1), (4,)),
        ("MAERegressionOutput", {}, (4, 1, 1), (4, 1, 1)),
        ("SVMOutput", {}, (4, 5), (4,)),
    ],
)
def test_label_shape_follows_data(name, attrs, data, label):
    symbol = getattr(mx.sym, name)(mx.sym.Variable("data"), name="loss", **attrs)
    shapes, outputs = inferred(symbol, data=data)
    assert shapes["loss_label"] == label
    assert outputs == [data]


@pytest.mark.parametrize("label", [(4, 6), (4, 3, 2), (4, 1, 3, 2), (4, 5, 3, 2)])
def test_multi_output_takes_every_form_of_label(label):
    symbol = mx.sym.SoftmaxOutput(mx.sym.Variable("data"), name="loss", multi_output=True)
    assert inferred(symbol, data=(4, 5, 3, 2), loss_label=label)[0]["loss_label"] == label


def test_label_of_wrong_shape_says_what_is_needed():
    symbol = mx.sym.SoftmaxOutput(mx.sym.Variable("data"), name="loss")
    with pytest.raises(
        ShapeError, match=r"loss \(SoftmaxOutput\): label is \(3,\); data \(4, 5\) needs \(4,\) or \(4, 5\)"
    ):
        symbol.infer_shape(data=(4, 5), loss_label=(3,))


def test_unknown_size_of_a_product_comes_from_the_other_side():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    assert inferred(mx.sym.dot(a, b, transpose_b=True), a=(2, 3), b=(4, 0)) == ({"a": (2, 3), "b": (4, 3)}, [(2, 4)])
    assert inferred(mx.sym.batch_dot(a, b), a=(0, 2, 3), b=(5, 3, 4)) == ({"a": (5, 2, 3), "b": (5, 3, 4)}, [(5, 2, 4)])


def test_product_of_different_sizes_says_which():
    symbol = mx.sym.dot(mx.sym.Variable("a"), mx.sym.Variable("b"), name="d")
    with pytest.raises(ShapeError, match=r"d \(dot\): lhs \(2, 3\) sums over 3 entries, rhs \(2, 4\) over 2"):
        symbol.infer_shape(a=(2, 3), b=(2, 4))


def test_losses_need_no_heads():
    data = mx.sym.Variable("data")
    losses = [
        mx.sym.SoftmaxOutput(data, out_grad=True),
        mx.sym.MakeLoss(data),
        mx.sym.make_loss(data),
        mx.sym.BlockGrad(data),
    ]
    bound = mx.sym.Group(losses).simple_bind(mx.cpu(), data=(2, 3))
    bound.forward(is_train=True)
    bound.backward()
    np.testing.assert_allclose(bound.grad_dict["data"].asnumpy(), 2 + (1 / 3 - np.eye(3)[[0, 0]]) / 3, 1e-6)


def test_outputs_and_names_in_files_are_those_of_mxnet():
    a, internal = mx.sym.Variable("a"), mx.sym._internal
    named = {
        "q_loss": (mx.sym.make_loss(a, name="q"), "make_loss"),
        "m_output": (mx.sym.MakeLoss(a, name="m"), "MakeLoss"),
        "g_output": (internal._grad_add(a, a, name="g"), "_grad_add"),
        "s_output": (internal._scatter_minus_scalar(a, scalar=2, name="s"), "_scatter_minus_scalar"),
        "d_output": (internal._scatter_elemwise_div(a, a, name="d"), "_scatter_elemwise_div"),
    }
    for output, (symbol, saved) in named.items():
        assert symbol.list_outputs() == [output]
        assert json.loads(symbol.tojson())["nodes"][-1]["op"] == saved


def test_softmax_output_in_eval_reads_no_label():
    bound = mx.sym.SoftmaxOutput(mx.sym.Variable("data"), name="loss").simple_bind(mx.cpu(), data=(2, 4))
    bound.arg_dict["loss_label"][:] = np.nan
    np.testing.assert_array_equal(bound.forward(is_train=False)[0].asnumpy(), np.full((2, 4), 0.25, np.float32))


def test_nan_spreads_over_its_line_alone():
    bound = mx.sym.softmax(mx.sym.Variable("data")).simple_bind(mx.cpu(), data=(2, 3))
    bound.arg_dict["data"][:] = mx.nd.array(np.array([[0, np.nan, 1], [0, 0, -np.inf]]))
    np.testing.assert_array_equal(bound.forward()[0].asnumpy(), np.array([[np.nan] * 3, [0.5, 0.5, 0]], np.float32))


def test_softmax_of_integers_is_refused():
    with pytest.raises(DTypeError, match="data is int32; needs one of float16, float32, float64; put Cast before it"):
        mx.sym.softmax(mx.sym.Variable("data")).infer_type(data="int32")


def test_types_of_indices_are_their_own():
    data, index = mx.sym.Variable("data"), mx.sym.Variable("index")
    embedding = mx.sym.Embedding(data, input_dim=5, output_dim=2, name="e")
    assert [np.dtype(t).name for t in embedding.infer_type(data="int32")[0]] == ["int32", "float32"]
    picked = mx.sym.pick(data, index)
    assert [np.dtype(t).name for t in picked.infer_type(data="float64", index="int32")[1]] == ["float64"]
    assert [np.dtype(t).name for t in mx.sym.one_hot(index, depth=3).infer_type(index="int32")[1]] == ["float32"]


def test_take_can_refuse_what_is_out_of_range():
    symbol = mx.sym.take(mx.sym.Variable("a"), mx.sym.Variable("i"), mode="raise")
    bound = symbol.bind(mx.cpu(), {"a": mx.nd.array(np.ones((3, 2))), "i": mx.nd.array(np.array([0, 3]))})
    with pytest.raises(MXNetError, match=r"take: index 3\.0 is out of range; needs 0 to 2"):
        bound.forward()
