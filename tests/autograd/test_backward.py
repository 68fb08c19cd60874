"""Gradients of recorded operators, against what MXNet 1.9.1 computed."""

import numpy as np
import pytest

from symcli import autograd, nd
from symcli.errors import DTypeError, MXNetError, ShapeError


def variable(*values, grad_req="write"):
    x = nd.array(values or [1, 2, 3])
    x.attach_grad(grad_req)
    return x


def same(array, values):
    np.testing.assert_allclose(array.asnumpy(), values, 1e-5)


def test_gradient_of_an_expression():
    x = variable()
    with autograd.record():
        y = x * x + 2 * x
    y.backward()
    same(x.grad, [4, 6, 8])


def test_gradient_is_there_before_backward_and_none_without_attach_grad():
    x = variable()
    same(x.grad, [0, 0, 0])
    assert nd.ones(2).grad is None
    with autograd.record():
        y = x * 2
    y.backward(retain_graph=True)
    assert y.grad is None


def test_graph_goes_back_once_unless_retained():
    x = variable()
    with autograd.record():
        y = x * x
    y.backward(retain_graph=True)
    y.backward()
    same(x.grad, [2, 4, 6])
    with pytest.raises(MXNetError, match="retain_graph=True"):
        y.backward()


def test_freed_part_of_a_graph_is_an_error():
    x = variable()
    with autograd.record():
        h = x * x
        y, z, w = h * 2, h * x, h * 3
    y.backward()
    with pytest.raises(MXNetError, match="freed by an earlier backward"):
        z.backward()
    with pytest.raises(MXNetError, match="no variable that wants a gradient"):
        w.backward()


def test_freed_array_is_a_constant_of_the_next_graph():
    x = variable()
    with autograd.record():
        h = x * x
        y = h * 2
    y.backward()
    with autograd.record():
        z = h * x
    z.backward()
    same(x.grad, [1, 4, 9])


def test_add_accumulates_and_null_computes_none():
    x, w, n = variable(grad_req="add"), variable(), variable(grad_req="null")
    for _ in range(3):
        with autograd.record():
            y = x * w * n
        y.backward()
    same(x.grad, [3, 12, 27])
    same(w.grad, [1, 4, 9])
    assert n.grad is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: variable() * 2, "in no recorded graph"),
        (lambda: nd.ones(3), "in no recorded graph"),
        (lambda: recorded(nd.ones(3)), "in no recorded graph"),
        (lambda: recorded(variable(grad_req="null")), "no variable that wants a gradient"),
    ],
    ids=["outside", "leaf", "unmarked", "null"],
)
def test_head_without_variables_is_an_error(make, message):
    with pytest.raises(MXNetError, match=message):
        make().backward()


def recorded(x):
    with autograd.record():
        return x * x


def test_variable_is_its_own_head():
    x = variable(grad_req="add")
    x.backward()
    x.backward(nd.array([5, 6, 7]))
    same(x.grad, [6, 7, 8])


def test_gradients_of_heads():
    x = variable()
    with autograd.record():
        y, z = x * x, x + 1
    autograd.backward([y, z], [nd.array([1, 10, 100]), None], retain_graph=True)
    same(x.grad, [3, 41, 601])
    autograd.backward([y, y], [nd.ones(3), nd.ones(3) * 10])  # the last one counts
    same(x.grad, [20, 40, 60])


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (nd.ones(2), ShapeError),
        (nd.ones(3, dtype="float64"), DTypeError),
        (np.ones(3), TypeError),
        ([nd.ones(3)], TypeError),
    ],
)
def test_gradient_of_a_head_that_does_not_fit_is_an_error(given, error):
    y = recorded(variable())
    with pytest.raises(error, match="backward"):
        y.backward(given)


def test_heads_are_arrays_with_a_gradient_each():
    y = recorded(variable())
    with pytest.raises(TypeError, match="a head is a int"):
        autograd.backward(3)
    with pytest.raises(MXNetError, match="2 heads, 1 gradients"):
        autograd.backward([y, y], nd.ones(3))
    with pytest.raises(MXNetError, match="no variable"):
        autograd.backward([])


def test_attach_grad_on_a_recorded_array_cuts_the_graph():
    x = variable()
    with autograd.record():
        y = x * 2
        y.attach_grad()
        z = y * y
    z.backward()
    same(x.grad, [0, 0, 0])
    same(y.grad, [4, 8, 12])


def test_attach_grad_again_leaves_the_recorded_graph_its_old_gradient():
    x = variable()
    old = x.grad
    y = recorded(x)
    x.attach_grad("add")
    y.backward()
    same(old, [2, 4, 6])
    same(x.grad, [0, 0, 0])


def test_constant_that_becomes_a_variable_between_two_uses():
    c, x = nd.ones(3), variable()
    with autograd.record():
        y = c * x
        c.attach_grad()
        z = y * c
    z.backward()
    same(c.grad, [1, 2, 3])
    same(x.grad, [1, 1, 1])


def test_attach_grad_refuses_what_there_is_not():
    with pytest.raises(MXNetError, match="choices: write, add, null"):
        nd.ones(2).attach_grad("foo")
    with pytest.raises(MXNetError, match="needs 'default'"):
        nd.ones(2).attach_grad(stype="row_sparse")


def test_unused_variable_keeps_its_gradient_and_a_blocked_one_gets_zeros():
    x, unused, blocked = variable(), variable(), variable()
    unused.grad[:] = 5
    blocked.grad[:] = 5
    with autograd.record():
        y = x * nd.BlockGrad(blocked)
        _ = unused * 2
    y.backward()
    same(unused.grad, [5, 5, 5])
    same(blocked.grad, [0, 0, 0])


def test_sum_of_two_arrays_shares_no_gradient_but_elemwise_add_does():
    a, b = variable(grad_req="add"), variable()
    for make, wanted in ((lambda: a + b, [1, 1, 1]), (lambda: nd.elemwise_add(a, b), [2, 2, 2])):
        with autograd.record():
            y = make()
        y.backward()
        same(b.grad, wanted)  # elemwise_add: what a has accumulated, as MXNet's one array for both


def test_variable_is_read_as_backward_finds_it():
    x = variable()
    y = recorded(x)
    x += 1
    y.backward()
    same(x.grad, [4, 6, 8])


def test_backward_inside_record_and_loops_that_look_at_values():
    x = nd.array([0.3])
    x.attach_grad()
    with autograd.record():
        y = x * 2
        while y.norm().asscalar() < 100:
            y = y * 2
        y.backward()
        assert autograd.is_recording()
    same(x.grad, [512])


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
def test_gradients_have_the_type_of_their_variables(dtype):
    x = nd.array([1, 2], dtype=dtype)
    x.attach_grad()
    y = recorded(x)
    y.backward()
    assert x.grad.dtype == x.dtype
    same(x.grad, [2, 4])


def test_output_that_no_head_needs_has_gradient_zero():
    x = nd.array([1, 2, 3, 4])
    x.attach_grad()
    with autograd.record():
        first, _ = nd.split(x, 2, axis=0)
        y = first * 3
    y.backward()
    same(x.grad, [3, 3, 0, 0])


def test_operator_without_gradient_is_named():
    x = nd.array([[2.0, 1.0], [1.0, 2.0]])
    x.attach_grad()
    with autograd.record():
        y = nd.batch_take(x, nd.array([0, 1], dtype="int32"))
    with pytest.raises(MXNetError, match=r"node_\d+ \(batch_take\): has no gradient"):
        y.backward()


def test_loss_ignores_its_head_and_counts_wherever_it_stands_in_the_graph():
    x, label = nd.array([[1, 2, 3]]), nd.array([2])
    x.attach_grad()
    for make, wanted in (
        (lambda: nd.SoftmaxOutput(x, label) * 5, [0.090031, 0.244728, -0.334759]),
        (lambda: nd.BlockGrad(nd.SoftmaxOutput(x, label)) + x, [1.090031, 1.244728, 0.665241]),
        (lambda: nd.MakeLoss(x * x, grad_scale=3), [6, 12, 18]),
    ):
        with autograd.record():
            y = make()
        y.backward()
        np.testing.assert_allclose(x.grad.asnumpy(), [wanted], 1e-4)
