"""Operators with a mode, states or random numbers, recorded."""

import numpy as np
import pytest

import symcli as mx
from symcli import autograd, nd


def batch_norm(mode, back, retain=False):
    x, gamma, beta, mean, var = nd.array([[1, 2], [3, 6]]), nd.ones(2), nd.zeros(2), nd.zeros(2), nd.ones(2)
    x.attach_grad()
    with autograd.record(train_mode=mode):
        y = nd.BatchNorm(x, gamma, beta, mean, var, momentum=0.5)
    before = mean.asnumpy(), var.asnumpy()
    if retain:
        y.backward(retain_graph=True)
    y.backward(train_mode=back)
    return before, (mean.asnumpy(), var.asnumpy()), x.grad.asnumpy()


def test_batch_norm_moves_its_statistics_in_backward():
    before, after, _ = batch_norm(True, True)
    np.testing.assert_array_equal(before, [[0, 0], [1, 1]])
    np.testing.assert_allclose(after, [[1, 2], [1, 2.5]], 1e-5)
    np.testing.assert_allclose(batch_norm(True, True, retain=True)[1], [[1.5, 3], [1, 3.25]], 1e-5)


def test_batch_norm_goes_back_in_the_mode_of_the_backward_pass():
    _, after, grad = batch_norm(False, False)
    np.testing.assert_array_equal(after, [[0, 0], [1, 1]])
    np.testing.assert_allclose(grad, np.full((2, 2), 0.9995004), 1e-5)
    grad = batch_norm(False, True)[2]
    np.testing.assert_allclose(grad, [[-1.9970038, -7.988015], [-5.991012, -23.964048]], 1e-5)


def test_states_that_two_layers_share_are_moved_last_layer_first():
    x, gamma, beta, mean, var = nd.array([[1, 2], [3, 6]]), nd.ones(2), nd.zeros(2), nd.zeros(2), nd.ones(2)
    x.attach_grad()
    version = mean._buffer.version
    with autograd.record():
        y = nd.BatchNorm(x, gamma, beta, mean, var, momentum=0.5)
        y = nd.BatchNorm(y * 2, gamma, beta, mean, var, momentum=0.5)
    y.backward()
    np.testing.assert_allclose(mean.asnumpy(), [1, 2], 1e-5)
    np.testing.assert_allclose(var.asnumpy(), [1.749001, 3.24975], 1e-5)
    assert mean._buffer.version > version


@pytest.mark.parametrize(("mode", "back"), [(True, True), (True, False), (False, True), (False, False)])
def test_dropout_goes_back_as_it_went_forward(mode, back):
    mx.random.seed(1)
    x = nd.ones(100)
    x.attach_grad()
    with autograd.record(train_mode=mode):
        y = nd.Dropout(x, p=0.5)
    y.backward(train_mode=back)
    np.testing.assert_array_equal(x.grad.asnumpy(), y.asnumpy())
    assert (y.asnumpy() == 1).all() != mode


def test_mode_holds_for_operators_that_are_not_recorded():
    x = nd.ones(100)
    assert (nd.Dropout(x).asnumpy() == 1).all()
    with autograd.train_mode():
        assert not (nd.Dropout(x).asnumpy() == 1).all()


def test_recurrent_dropout_draws_the_numbers_of_its_forward_pass_again():
    mx.random.seed(2)
    size = mx.sym.RNN(mx.sym.Variable("x"), state_size=4, num_layers=2, mode="rnn_tanh", name="r")
    parameters = nd.ones(size.infer_shape(x=(3, 2, 5))[0][1]) * 0.1
    x, state = nd.ones((3, 2, 5)), nd.zeros((2, 2, 4))
    x.attach_grad()
    with autograd.record():
        y = nd.RNN(x, parameters, state, state_size=4, num_layers=2, mode="rnn_tanh", p=0.5)
    y.backward(retain_graph=True)
    first = x.grad.asnumpy()
    nd.Dropout(x, mode="always")  # draws other numbers in between
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), first)


def network(x, w1, b1, w2):
    h = nd.Convolution(x, w1, b1, kernel=(2, 2), num_filter=3)
    h = nd.Pooling(nd.Activation(h, act_type="tanh"), kernel=(2, 2), pool_type="avg")
    return (nd.FullyConnected(h.flatten(), w2, num_hidden=2, no_bias=True) ** 2).sum() + (h[:, 1] * h[:, 0]).mean()


def test_gradients_of_a_network_are_its_differences():
    rng = np.random.RandomState(0)
    shapes = [(2, 1, 4, 4), (3, 1, 2, 2), (3,), (2, 12)]
    values = [rng.uniform(-1, 1, shape) for shape in shapes]
    arrays = [nd.array(value, dtype="float64") for value in values]
    for array in arrays:
        array.attach_grad()
    with autograd.record():
        loss = network(*arrays)
    loss.backward()
    for number, value in enumerate(values):
        direction = rng.uniform(-1, 1, value.shape)
        up, down = ([nd.array(v + step * direction if i == number else v, dtype="float64")
                     for i, v in enumerate(values)] for step in (1e-6, -1e-6))  # fmt: skip
        slope = (network(*up) - network(*down)).asscalar() / 2e-6
        np.testing.assert_allclose((arrays[number].grad.asnumpy() * direction).sum(), slope, 1e-5, 1e-8)


def test_recorded_gradients_are_those_of_a_bound_symbol():
    rng = np.random.RandomState(1)
    given = {"data": rng.rand(4, 6), "w": rng.rand(3, 6), "label": np.array([0, 2, 1, 0])}
    sym = mx.sym.FullyConnected(mx.sym.Variable("data"), mx.sym.Variable("w"), num_hidden=3, no_bias=True)
    executor = mx.sym.SoftmaxOutput(sym, mx.sym.Variable("label")).simple_bind(mx.cpu(), data=(4, 6))
    executor.forward(is_train=True, **{key: nd.array(value) for key, value in given.items()})
    executor.backward()
    data, w, label = map(nd.array, given.values())
    data.attach_grad()
    w.attach_grad()
    with autograd.record():
        loss = nd.SoftmaxOutput(nd.FullyConnected(data, w, num_hidden=3, no_bias=True), label)
    loss.backward()
    for name, array in (("w", w), ("data", data)):  # the executor may sum in the engine, in another order
        np.testing.assert_allclose(executor.grad_dict[name].asnumpy(), array.grad.asnumpy(), rtol=1e-5, atol=1e-6)
