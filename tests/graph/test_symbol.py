"""Composition, indexing, attributes, copies."""

import copy
import pickle

import numpy as np
import pytest

import symcli as mx
from tests.graph.programs import PROGRAMS, SAMPLES, built

sym = mx.sym


def dense(data=None, name="fc", **params):
    data = sym.Variable("data") if data is None else data
    return sym.FullyConnected(data, num_hidden=3, name=name, **params)


# ---- composition


def test_missing_inputs_become_variables_in_order():
    assert sym.BatchNorm(name="bn").list_inputs() == [
        "bn_data", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var",
    ]  # fmt: skip
    assert dense(no_bias=True).list_arguments() == ["data", "fc_weight"]
    assert sym.LeakyReLU(act_type="prelu", name="p").list_arguments() == ["p_data", "p_gamma"]
    assert sym.Concat(num_args=2, name="c").list_arguments() == ["c_arg0", "c_arg1"]


def test_missing_inputs_copy_attributes():
    net = sym.BatchNorm(dense(), eps=0.1, name="bn")
    assert net.attr_dict() == {
        "fc": {"num_hidden": "3"},
        "fc_weight": {"num_hidden": "3"},
        "fc_bias": {"num_hidden": "3"},
        "bn": {"eps": "0.1"},
        "bn_gamma": {"eps": "0.1"},
        "bn_beta": {"eps": "0.1"},
        "bn_moving_mean": {"eps": "0.1", "__init__": '["zero", {}]'},
        "bn_moving_var": {"eps": "0.1", "__init__": '["one", {}]'},
    }


def test_given_states_get_their_initial_values_unless_they_have_one():
    mean, var = sym.Variable("mean"), sym.Variable("var", init='["uniform", {}]')
    sym.BatchNorm(sym.Variable("data"), moving_mean=mean, moving_var=var)
    assert mean.list_attr() == {"__init__": '["zero", {}]'}
    assert var.list_attr() == {"__init__": '["uniform", {}]'}
    gamma = sym.Variable("gamma")
    sym.LeakyReLU(sym.Variable("data"), gamma=gamma, act_type="prelu")
    assert gamma.list_attr() == {"__init__": '["Constant", {"value": 0.25}]'}


def test_arguments_in_order_of_first_visit_states_apart():
    net = sym.BatchNorm(dense(dense(name="a"), name="b"), name="bn")
    assert net.list_arguments() == [
        "data", "a_weight", "a_bias", "b_weight", "b_bias", "bn_gamma", "bn_beta",
    ]  # fmt: skip
    assert net.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]


def test_calling_replaces_variables_in_a_copy():
    net = dense(dense(name="a"), name="b")
    other = net(data=sym.Variable("x"), name="c")
    assert other.list_arguments() == ["x", "a_weight", "a_bias", "b_weight", "b_bias"]
    assert other.list_outputs() == ["c_output"]
    assert net.list_arguments()[0] == "data" and net.name == "b"


def test_group_keeps_order_and_repetitions():
    a, b = sym.Variable("a"), dense()
    group = sym.Group([b, a, b])
    assert group.list_outputs() == ["fc_output", "a", "fc_output"]
    assert group.name is None and len(group) == 3
    assert repr(group) == "<Symbol group [fc, a, fc]>"


def test_internals_and_children():
    net = sym.relu(dense(), name="r")
    assert net.get_internals().list_outputs() == ["data", "fc_weight", "fc_bias", "fc_output", "r_output"]
    assert net.get_internals()["fc_output"].list_outputs() == ["fc_output"]
    assert net.get_children().list_outputs() == ["fc_output"]
    assert sym.Variable("a").get_children() is None


def test_indexing_by_number_name_and_slice():
    parts = sym.split(sym.Variable("a"), num_outputs=3, name="s")
    assert parts[1].list_outputs() == parts[-2].list_outputs() == parts["s_output1"].list_outputs() == ["s_output1"]
    assert parts[1:].list_outputs() == ["s_output1", "s_output2"]
    assert [part.list_outputs() for part in parts] == [["s_output0"], ["s_output1"], ["s_output2"]]


def test_operators_named_as_builtins_leave_python_alone():
    x = sym.Variable("x")
    made = [sym.slice(x, begin=(0,), end=(1,)), sym.max(x), sym.min(x), sym.sum(x), sym.abs(x), sym._copy(x)]
    assert [symbol[0:1].infer_shape_partial(x=(2, -1))[0] for symbol in made] == [[(2, 0)]] * len(made)


def test_fluent_methods_are_operators():
    x = sym.Variable("x")
    assert x.reshape((0, -1)).infer_shape(x=(2, 3, 4))[1] == [(2, 12)]
    assert x.slice_axis(axis=0, begin=0, end=1).attr("end") == "1"
    assert x.astype("int32").attr("dtype") == "int32"


def test_two_variables_of_one_name_are_two():
    assert (sym.Variable("x") + sym.Variable("x")).list_arguments() == ["x", "x"]


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: dense()[3], IndexError, "<Symbol fc> has 1 outputs; there is no output 3"),
        (lambda: dense()["fc_outpu"], ValueError,
         "<Symbol fc>: no output named 'fc_outpu'; did you mean 'fc_output'?"),
        (lambda: sym.Group([dense(), dense()])["fc_output"], ValueError,
         "<Symbol group [fc, fc]>: several outputs named 'fc_output'; list_outputs() names them"),
        (lambda: dense()[1.5], TypeError, "<Symbol fc>[1.5]: needs an integer, an output name or a slice"),
        (lambda: bool(dense()), mx.MXNetError,
         "<Symbol fc> has no truth value: it is not computed yet; bind it and run forward"),
        (lambda: dense()(sym.Variable("x")), mx.MXNetError,
         "<Symbol fc>(…): 1 symbols by position; name the variables to replace: data, fc_weight, fc_bias"),
        (lambda: dense()(dat=sym.Variable("x")), mx.MXNetError,
         "<Symbol fc>: no variable 'dat' to replace; did you mean 'data'? variables: data, fc_weight, fc_bias"),
        (lambda: dense()(data=3), TypeError, "<Symbol fc>(data=…) is a int; needs a Symbol"),
        (lambda: sym.Variable(3), TypeError, "Variable(3): needs a name as text"),
        (lambda: sym.Variable("q", attr={"k": 3}), ValueError,
         "Variable('q'): attribute k=3: values are texts; write '3'"),
        (lambda: sym.Variable("q", foo=3), ValueError,
         "Variable('q'): unknown keyword 'foo'; attributes are named __foo__, or go to attr="),
        (lambda: sym.Group([]), TypeError, "Group: needs a list of at least one symbol, and nothing else in it"),
        (lambda: sym.Group(dense()), mx.MXNetError,
         "Group(<Symbol fc>): needs a list of symbols; write Group([symbol])"),
        (lambda: sym.FullyConected(), AttributeError,
         "module 'symcli.symbol' has no operator 'FullyConected'; did you mean 'FullyConnected'?"),
        (lambda: sym.FullyConnected(name="f", num_hiden=3), mx.MXNetError,
         "FullyConnected 'f' has no parameter 'num_hiden'; did you mean 'num_hidden'?  "
         "parameters: num_hidden, no_bias, flatten"),
        (lambda: sym.FullyConnected(name="f"), mx.MXNetError,
         "FullyConnected 'f' needs the parameter num_hidden (an integer): size of the output's last axis"),
        (lambda: sym.FullyConnected(name="f", num_hidden=0), mx.MXNetError,
         "FullyConnected 'f': num_hidden='0' is out of bounds; needs >= 1"),
        (lambda: sym.FullyConnected(3, num_hidden=3), TypeError, "FullyConnected: data is 3 (int); needs a Symbol"),
        (lambda: sym.relu(sym.split(sym.Variable("a"), num_outputs=2, name="s")), mx.MXNetError,
         "relu: data has 2 outputs (<Symbol s>); needs one: pick it with [i]"),
        (lambda: dense(bias=sym.Variable("b"), no_bias=True), mx.MXNetError,
         "FullyConnected 'fc' takes no bias with these parameters; inputs: data, weight"),
        (lambda: sym.Variable("a").nope, AttributeError, "'Symbol' object has no attribute 'nope'"),
        (lambda: sym.Variable("a") + "x", TypeError, "unsupported operand type(s) for +: 'Symbol' and 'str'"),
    ],
)  # fmt: skip
def test_error_says_what_is_there_and_what_is_needed(attempt, error, message):
    with pytest.raises(error) as raised:
        attempt()
    assert str(raised.value) == message


# ---- attributes


def test_variable_attributes_are_texts():
    x = sym.Variable("x", shape=(2, 0), lr_mult=2, wd_mult=0.5, dtype="float64", init='["one", {}]', __k__=(1,))
    assert x.list_attr() == {
        "__shape__": "(2, 0)", "__lr_mult__": "2", "lr_mult": "2", "__wd_mult__": "0.5", "wd_mult": "0.5",
        "__dtype__": "1", "__init__": '["one", {}]', "__k__": "(1,)",
    }  # fmt: skip


def test_hidden_attributes_are_found_with_and_without_underscores():
    x = sym.Variable("x", attr={"ctx_group": "a"})
    assert x.attr("ctx_group") == x.attr("__ctx_group__") == "a"
    x._set_attr(lr_mult="3")
    assert x.attr("__lr_mult__") == "3" and x.attr("nothing") is None


def test_only_given_attributes_are_kept_as_given():
    conv = sym.Convolution(sym.Variable("d"), kernel=[3, 3], num_filter=8, no_bias=True, stride=(2,) * 2, name="c")
    texts = {"kernel": "[3, 3]", "num_filter": "8", "no_bias": "True", "stride": "(2, 2)"}
    assert conv.list_attr() == texts


# ---- copies and listings


def test_copies_share_nothing():
    net = dense(dense(name="a"), name="b")
    for other in (copy.copy(net), copy.deepcopy(net)):
        assert other.tojson() == net.tojson()
        other._set_attr(num_hidden="9")
        other.get_internals()["data"]._set_attr(k="v")
    assert net.attr("num_hidden") == "3" and net.get_internals()["data"].list_attr() == {}


@pytest.mark.parametrize("program", PROGRAMS)
def test_pickle_keeps_the_graph(program):
    net = built(mx, PROGRAMS[program])
    assert pickle.loads(pickle.dumps(net)).tojson() == net.tojson()


@pytest.mark.parametrize("program", PROGRAMS)
def test_debug_str_is_what_mxnet_writes(program):
    assert built(mx, PROGRAMS[program]).debug_str() == (SAMPLES / f"{program}.txt").read_text(encoding="utf-8")


def test_hidden_output_as_head_has_a_name():
    dropout = sym.Dropout(sym.Variable("x"), name="d")
    assert sym.load_json(dropout.tojson().replace('"heads": [[1, 0, 0]]', '"heads": [[1, 1, 0]]')).list_outputs() == [
        "d_mask"
    ]


def test_constants_and_parts_as_mxnet_names_them():
    """Values and names that MXNet 1.9.1 gives."""
    matrix = mx.sym.eye(2, 3, 1).bind(mx.cpu(), {}).forward()[0].asnumpy()
    assert matrix.tolist() == [[0, 1, 0], [0, 0, 1]]
    numbers = mx.sym.linspace(0, 1, 4, endpoint=False).bind(mx.cpu(), {}).forward()[0].asnumpy()
    assert numbers.tolist() == [0, 0.25, 0.5, 0.75]
    x = mx.sym.Variable("x")
    parts = mx.sym.split_v2(x, (1, 3), axis=1).bind(mx.cpu(), {"x": mx.nd.ones((2, 5))}).forward()
    assert [part.shape for part in parts] == [(2, 1), (2, 2), (2, 2)]
    columns = mx.sym.split_v2(x, 5, axis=1, squeeze_axis=True)
    assert columns.infer_shape(x=(2, 5))[1] == [(2,)] * 5


def test_types_that_can_be_told_are_told():
    net = mx.sym.FullyConnected(mx.sym.var("a"), num_hidden=3)
    assert net.infer_type_partial() == ([None] * 3, [None], [])
    assert net.infer_type() == (None, None, None)
    assert net.infer_type_partial(a="float64") == net.infer_type(a="float64") == ([np.float64] * 3, [np.float64], [])


@pytest.mark.parametrize("name", ["asnumpy", "backward", "copy", "wait_to_read"])
def test_what_only_arrays_have_is_answered_in_words(name):
    with pytest.raises(AttributeError, match=f"'{name}'; bind it, run forward, and ask its outputs"):
        getattr(mx.sym.var("a"), name)


@pytest.mark.parametrize("of", [mx.sym, mx.nd], ids=["sym", "nd"])
def test_namespaces_list_what_they_have(of):
    assert {"box_nms", "MultiBoxPrior", "foreach"} <= set(dir(of.contrib)) and "gemm2" in dir(of.linalg)
    assert all(hasattr(of.contrib, name) for name in dir(of.contrib)) and not {"_prefixes", "exp"} & set(
        dir(of.contrib)
    )


def test_sparse_arrays_are_answered_in_words():
    with pytest.raises(AttributeError, match="no operator 'csr_matrix'; arrays are dense here"):
        _ = mx.nd.sparse.csr_matrix
