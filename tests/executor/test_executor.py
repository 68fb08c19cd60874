"""Executors: arrays shared and made, gradients written and added, heads, reshape, monitors."""

import re

import numpy as np
import pytest

import symcli as mx

X, Y = mx.sym.Variable("x"), mx.sym.Variable("y")
MODES = pytest.mark.parametrize("replays", [False, True], ids=["interpreter", "replay"])


def array(*values):
    return mx.nd.array(values)


def bound(symbol, replays=True, grad_req="write", **arrays):
    """Bind to arrays given as lists; gradients start at 1."""
    args = {name: mx.nd.array(value) for name, value in arrays.items()}
    grads = {name: mx.nd.ones(value.shape) for name, value in args.items()}
    executor = symbol.bind(mx.cpu(), args, grads, grad_req)
    executor.replays = replays
    return executor


@MODES
def test_bind_shares_the_callers_arrays(replays):
    executor = bound(X + Y, replays, x=[1, 2], y=[3, 4])
    assert executor.forward()[0].asnumpy().tolist() == [4, 6]
    executor.arg_arrays[0][:] = 10
    assert executor.forward()[0].asnumpy().tolist() == [13, 14]


@MODES
def test_outputs_are_the_same_arrays_after_each_forward(replays):
    executor = bound(X * 2, replays, x=[1, 2])
    first = executor.forward()[0]
    assert executor.forward(x=array(5, 6))[0] is first
    assert first.asnumpy().tolist() == [10, 12]


@MODES
def test_gradients_of_a_variable_used_twice_are_summed(replays):
    executor = bound(X * X + X, replays, x=[3, 4])
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward(array(1, 10))
        assert executor.grad_dict["x"].asnumpy().tolist() == [7, 90]


@MODES
def test_gradients_add_to_what_is_there(replays):
    executor = bound(X * X, replays, "add", x=[3, 4])
    for _ in range(3):
        executor.forward(is_train=True)
        executor.backward(array(1, 1))
    assert executor.grad_dict["x"].asnumpy().tolist() == [1 + 3 * 6, 1 + 3 * 8]


@MODES
def test_gradient_of_an_unreached_variable_is_zero(replays):
    symbol = mx.sym.Group([X * 2, mx.sym.BlockGrad(Y)])
    executor = bound(symbol, replays, x=[1, 2], y=[3, 4])
    executor.forward(is_train=True)
    executor.backward([array(1, 1), array(1, 1)])
    assert executor.grad_dict["y"].asnumpy().tolist() == [0, 0]
    assert executor.grad_dict["x"].asnumpy().tolist() == [2, 2]


@MODES
def test_heads_on_variables_and_inner_nodes_are_summed(replays):
    middle = X * 3
    executor = bound(mx.sym.Group([X, middle, middle * 2]), replays, x=[1, 2])
    executor.forward(is_train=True)
    executor.backward([array(1, 1), array(10, 10), array(100, 100)])
    assert executor.grad_dict["x"].asnumpy().tolist() == [631, 631]
    assert executor.outputs[0].asnumpy().tolist() == [1, 2]


@MODES
def test_one_entry_as_two_heads_takes_both_gradients(replays):
    doubled = X * 2
    executor = bound(mx.sym.Group([doubled, doubled]), replays, x=[1, 2])
    executor.forward(is_train=True)
    executor.backward([array(1, 1), array(10, 10)])
    assert executor.grad_dict["x"].asnumpy().tolist() == [22, 22]


@MODES
def test_an_output_without_gradient_counts_as_zero(replays):
    parts = mx.sym.SliceChannel(X, num_outputs=2, axis=0, name="parts")
    executor = bound(parts[1] * 5, replays, x=[1, 2, 3, 4])
    executor.forward(is_train=True)
    executor.backward(array(1, 2))
    assert executor.grad_dict["x"].asnumpy().tolist() == [0, 0, 5, 10]


@MODES
def test_losses_start_gradients_themselves(replays):
    loss = mx.sym.MakeLoss(X * 3)
    executor = bound(mx.sym.Group([mx.sym.BlockGrad(loss), loss * 5]), replays, x=[1, 2])
    executor.forward(is_train=True)
    executor.backward([None, array(7, 7)])
    assert executor.grad_dict["x"].asnumpy().tolist() == [3, 3]  # as MXNet: what comes from above is ignored


def test_backward_without_heads_is_for_losses_only():
    executor = bound(X * 2, x=[1, 2])
    executor.forward(is_train=True)
    message = (
        "backward: _mulscalar0_output is no loss; give its gradient: backward([nd.ones(…)]), "
        "or end the graph in MakeLoss"
    )
    with pytest.raises(mx.MXNetError) as error:
        executor.backward()
    assert re.sub("[0-9]+", "0", str(error.value)) == message


def test_backward_with_a_wrong_shape_says_both():
    executor = bound(mx.sym.exp(X, name="e"), x=[1, 2])
    executor.forward(is_train=True)
    with pytest.raises(mx.MXNetError, match=re.escape("gradient of e_output is (3,); needs the output's shape (2,)")):
        executor.backward(array(1, 2, 3))


def test_an_operator_without_gradient_is_refused_at_bind():
    symbol = mx.sym.exp(mx.sym.Cast(X, dtype="float32"), name="e")
    assert bound(symbol, x=[1, 2]) is not None
    hidden = mx.sym.BlockGrad(symbol)
    assert bound(hidden, x=[1, 2]) is not None


def test_null_requests_leave_the_gradient_alone():
    executor = bound(X * Y, True, {"x": "write"}, x=[1, 2], y=[3, 4])
    executor.forward(is_train=True)
    executor.backward(array(1, 1))
    assert executor.grad_dict["x"].asnumpy().tolist() == [3, 4]
    assert executor.grad_dict["y"].asnumpy().tolist() == [1, 1]


def test_simple_bind_makes_zeros_one_after_another():
    fc = mx.sym.FullyConnected(X, num_hidden=3, name="fc")
    executor = fc.simple_bind(mx.cpu(), x=(2, 5), grad_req={"fc_weight": "write", "fc_bias": "add"})
    shapes = {name: a.shape for name, a in executor.arg_dict.items()}
    assert shapes == {"x": (2, 5), "fc_weight": (3, 5), "fc_bias": (3,)}
    assert executor.grad_dict["x"] is None
    places = [a._data.__array_interface__["data"][0] for a in executor.arg_arrays]
    assert places == sorted(places)
    assert all(place % 64 == 0 for place in places)
    assert places[-1] - places[0] < 256
    assert not any(a.asnumpy().any() for a in executor.arg_arrays)


def test_simple_bind_takes_types():
    fc = mx.sym.FullyConnected(X, num_hidden=3, name="fc")
    executor = fc.simple_bind(mx.cpu(), x=(2, 5), type_dict={"x": "float64"})
    assert {a.dtype for a in executor.arg_arrays} == {np.float64}
    assert executor.outputs[0].dtype is np.float64


def test_simple_bind_without_shapes_names_the_variables():
    fc = mx.sym.FullyConnected(X, num_hidden=3, name="fc")
    with pytest.raises(RuntimeError) as error:
        fc.simple_bind(mx.cpu())
    assert str(error.value) == (
        "bind: shapes still unknown: x ?, fc_weight ?, fc_bias ?\n  give those of the inputs: simple_bind(ctx, x=(…))"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"args": {}}, "bind: args lacks x, y; needs x, y"),
        ({"args": [mx.nd.ones((2,))]}, "bind: args has 1 arrays; needs 2: x, y"),
        ({"args": {"x": mx.nd.ones((2,)), "y": [1]}}, "bind: args has a list for y; needs an NDArray: nd.array(…)"),
        (
            {"args": [mx.nd.ones((2,)), mx.nd.ones((2,))], "args_grad": {"x": mx.nd.ones((3,))}},
            "bind: the gradient of x is (3,); needs its shape (2,)",
        ),
        (
            {"args": [mx.nd.ones((2,)), mx.nd.ones((2,))], "args_grad": {"x": mx.nd.ones((2,))}, "grad_req": "bogus"},
            "bind: grad_req of x is 'bogus'; needs one of write, add, null",
        ),
        (
            {"args": [mx.nd.ones((2,)), mx.nd.ones((2,))], "args_grad": [None, None], "grad_req": ["write"]},
            "bind: grad_req has 1 entries; needs 2: x, y",
        ),
    ],
)
def test_bind_says_what_is_wrong(arguments, message):
    with pytest.raises((ValueError, TypeError, mx.MXNetError)) as error:
        (X + Y).bind(mx.cpu(), **arguments)
    assert str(error.value) == message


def test_bind_names_the_node_whose_shapes_contradict():
    with pytest.raises(mx.MXNetError, match=re.escape("plus (elemwise_add): (2,) and (3,) are different shapes")):
        mx.sym.elemwise_add(X, Y, name="plus").bind(mx.cpu(), [mx.nd.ones((2,)), mx.nd.ones((3,))])


def test_forward_checks_what_it_is_given():
    executor = bound(X + Y, x=[1, 2], y=[3, 4])
    with pytest.raises(TypeError, match="forward: no argument 'z'; arguments: x, y"):
        executor.forward(z=array(1, 2))
    with pytest.raises(ValueError, match=re.escape("forward: x is (3,), bound as (2,)")):
        executor.forward(x=array(1, 2, 3))
    with pytest.raises(ValueError, match="forward: x is a list; needs an NDArray or a NumPy array"):
        executor.forward(x=[1, 2])
    assert executor.forward(x=np.array([5.0, 6.0]))[0].asnumpy().tolist() == [8, 10]


def test_duplicate_names_bind_but_have_no_dictionary():
    executor = (X + mx.sym.Variable("x")).bind(mx.cpu(), [array(1), array(2)])
    assert executor.forward()[0].asnumpy().tolist() == [3]
    with pytest.raises(ValueError, match="Duplicate names detected: x"):
        executor.arg_dict  # noqa: B018


def test_copy_params_from_is_strict_unless_told():
    executor = mx.sym.FullyConnected(X, num_hidden=2, name="fc").simple_bind(mx.cpu(), x=(1, 2))
    executor.copy_params_from({"fc_bias": array(1, 2)})
    assert executor.forward()[0].asnumpy().tolist() == [[1, 2]]
    with pytest.raises(ValueError, match="copy_params_from: no argument 'fc_bais'; did you mean 'fc_bias'"):
        executor.copy_params_from({"fc_bais": array(1, 2)})
    executor.copy_params_from({"fc_bais": array(1, 2)}, allow_extra_params=True)
    with pytest.raises(ValueError, match=re.escape("copy_params_from: fc_bias is (3,); bound as (2,)")):
        executor.copy_params_from({"fc_bias": array(1, 2, 3)})


def test_reshape_keeps_parameters_and_shares_memory_downwards():
    executor = mx.sym.FullyConnected(X, num_hidden=2, name="fc").simple_bind(mx.cpu(), x=(4, 3))
    smaller = executor.reshape(x=(2, 3))
    assert smaller.arg_dict["fc_weight"] is executor.arg_dict["fc_weight"]
    smaller.arg_dict["x"][:] = 5
    assert executor.arg_dict["x"].asnumpy()[:2].tolist() == [[5, 5, 5], [5, 5, 5]]
    assert smaller.outputs[0].shape == (2, 2)
    assert smaller.grad_dict["x"].shape == (2, 3)


def test_reshape_refuses_what_it_was_not_told_to_do():
    executor = mx.sym.FullyConnected(X, num_hidden=2, name="fc").simple_bind(mx.cpu(), x=(4, 3))
    with pytest.raises(mx.MXNetError, match="reshape: x would grow"):
        executor.reshape(x=(8, 3))
    assert executor.reshape(x=(8, 3), allow_up_sizing=True).arg_dict["x"].shape == (8, 3)
    with pytest.raises(mx.MXNetError, match="reshape: fc_weight would change"):
        executor.reshape(x=(2, 4))
    assert executor.reshape(x=(2, 2), partial_shaping=True).arg_dict["fc_weight"].shape == (2, 2)


def test_monitor_sees_outputs_and_if_asked_inputs():
    net = mx.sym.Dropout(mx.sym.FullyConnected(X * 2, num_hidden=2, name="f"), name="d")
    executor = net.simple_bind(mx.cpu(), x=(2, 3))
    seen = []
    executor.set_monitor_callback(lambda name, value: seen.append(name))
    executor.forward(is_train=True)
    assert seen[1:] == ["f_output", "d_output", "d_mask"]
    seen.clear()
    executor.set_monitor_callback(lambda name, value: seen.append(name), monitor_all=True)
    executor.forward(is_train=True)
    assert seen[3:] == [*"f_data f_weight f_weight f_bias f_bias f_output d_data d_output d_mask".split()]


def test_executors_raise_versions_of_what_they_write():
    executor = bound(X * 2, x=[1, 2])
    argument, output, gradient = executor.arg_arrays[0], executor.outputs[0], executor.grad_arrays[0]
    before = [one._buffer.version for one in (argument, output, gradient)]
    executor.forward(is_train=True)
    executor.backward(array(1, 1))
    after = [one._buffer.version for one in (argument, output, gradient)]
    assert [b < a for b, a in zip(before, after, strict=True)] == [False, True, True]


def test_a_seed_repeats_dropout_in_an_executor_that_lives_on():
    executor = mx.sym.Dropout(X, p=0.5).simple_bind(mx.cpu(), x=(50,))
    draws = []
    for _ in range(2):
        mx.random.seed(7)
        draws.append([executor.forward(is_train=True, x=mx.nd.ones((50,)))[0].asnumpy() for _ in range(2)])
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0][0] != draws[0][1]).any()


def test_eval_binds_and_runs_at_once():
    assert (X + 1).eval(x=array(1, 2))[0].asnumpy().tolist() == [2, 3]
    assert (X + 1).eval(ctx=mx.cpu(), x=array(1, 2))[0].asnumpy().tolist() == [2, 3]


def test_backward_without_gradients_given_after_one_with_them():
    x = mx.sym.Variable("x")
    executor = mx.sym.Group([mx.sym.MakeLoss(x * x), mx.sym.BlockGrad(x)]).simple_bind(mx.cpu(), x=(2,))
    executor.arg_dict["x"][:] = 3
    for heads, wanted in ((None, 6), ([mx.nd.ones((2,)) * 7, None], 6), (None, 6)):
        executor.forward(is_train=True)
        before = executor.grad_dict["x"]._buffer.version
        executor.grad_dict["x"][:] = 0
        executor.backward(heads)
        assert executor.grad_dict["x"].asnumpy().tolist() == [wanted] * 2
        assert executor.grad_dict["x"]._buffer.version > before + 1
    other = (x * x).simple_bind(mx.cpu(), x=(2,))
    other.forward(is_train=True)
    with pytest.raises(mx.base.MXNetError, match="no loss"):
        other.backward()
