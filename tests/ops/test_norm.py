"""BatchNorm's states, types and shapes."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError

data = mx.sym.Variable("data")
X = np.arange(24.0).reshape(4, 3, 2) ** 1.5


def bound(replays=True, **parameters):
    executor = mx.sym.BatchNorm(data, name="bn", momentum=0.75, **parameters).simple_bind(mx.cpu(), data=X.shape)
    executor.mode = "replay" if replays else "interpreter"
    for name, value in {"data": X, "bn_gamma": 2.0}.items():
        executor.arg_dict[name][:] = mx.nd.array(np.broadcast_to(value, executor.arg_dict[name].shape))
    executor.aux_dict["bn_moving_var"][:] = mx.nd.ones((3,))
    return executor


def states(executor):
    return [executor.aux_dict[f"bn_moving_{name}"].asnumpy() for name in ("mean", "var")]


def step(executor):
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones(X.shape)])


@pytest.mark.parametrize("replays", [True, False])
def test_moving_statistics_move_in_backward(replays):
    executor = bound(replays)
    executor.forward(is_train=True)
    np.testing.assert_array_equal(states(executor), [np.zeros(3), np.ones(3)])
    executor.backward([mx.nd.ones(X.shape)])
    np.testing.assert_allclose(states(executor)[0], 0.25 * X.mean((0, 2)), 1e-5)
    np.testing.assert_allclose(states(executor)[1], 0.75 + 0.25 * X.var((0, 2)), 1e-5)


def test_moving_statistics_stay_with_use_global_stats():
    executor = bound(use_global_stats=True)
    step(executor)
    np.testing.assert_array_equal(states(executor), [np.zeros(3), np.ones(3)])


@pytest.mark.parametrize("fix_gamma, gamma, gradient_is_zero", [(True, 1, True), (False, 2, False)])
def test_fix_gamma_writes_gamma(fix_gamma, gamma, gradient_is_zero):
    executor = bound(fix_gamma=fix_gamma)
    executor.forward(is_train=True)
    executor.backward([mx.nd.array(X)])
    assert (executor.arg_dict["bn_gamma"].asnumpy() == gamma).all()
    assert (executor.grad_dict["bn_gamma"].asnumpy() == 0).all() == gradient_is_zero


def test_statistics_hold_their_digits_far_from_zero():
    executor = bound(fix_gamma=False, eps=1e-12)
    executor.arg_dict["data"][:] = mx.nd.array(X / 1024 + 1024)
    exact = executor.arg_dict["data"].asnumpy().astype(np.float64)
    got = executor.forward(is_train=True)[0].asnumpy()
    mean, std = (getattr(exact, name)((0, 2), keepdims=True) for name in ("mean", "std"))
    # A mean near 1024 is held to 1e-4, half a percent of the deviation; E[x^2] - E[x]^2 would leave no digit.
    np.testing.assert_allclose(got, 2 * (exact - mean) / std, rtol=0, atol=1e-2)


@pytest.mark.parametrize("given, parameter", [("float16", "float32"), ("float32", "float32"), ("float64", "float64")])
def test_parameters_of_halves_are_floats(given, parameter):
    arguments, outputs, auxiliary = mx.sym.BatchNorm(data).infer_type(data=given)
    names = [[np.dtype(one).name for one in group] for group in (arguments, outputs, auxiliary)]
    assert names == [[given, parameter, parameter], [given], [parameter, parameter]]


def test_axis_outside_of_data_is_told():
    with pytest.raises(MXNetError, match="axis=2 is outside a shape of rank 2"):
        mx.sym.BatchNorm(data, axis=2).infer_shape(data=(4, 5))


def test_shape_does_not_flow_back():
    out = mx.sym.Variable("out")
    assert (mx.sym.BatchNorm(data, name="bn") + out).infer_shape_partial(out=(2, 3))[0][0] == ()
