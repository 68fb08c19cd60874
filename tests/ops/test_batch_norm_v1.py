"""BatchNorm_v1: what its states and gradients are, by recorded values of MXNet 1.9.1."""

import numpy as np
import pytest

import symcli as mx

X = np.random.RandomState(0).randn(4, 6, 3)[:2, :2, :2, None]
HEAD = np.cos(np.arange(8.0)).reshape(X.shape)


def step(train, **parameters):
    symbol = mx.sym.BatchNorm_v1(mx.sym.Variable("x"), fix_gamma=False, name="n", **parameters)
    executor = symbol.simple_bind(mx.cpu(), x=X.shape)
    states = {"n_gamma": [2, 3], "n_moving_mean": [0.5, 0.6], "n_moving_var": [2, 3]}
    for name, value in {"x": X, **states}.items():
        (executor.arg_dict | executor.aux_dict)[name][:] = mx.nd.array(value)
    executor.forward(is_train=train)
    executor.backward([mx.nd.array(HEAD)])
    return executor.grad_dict["x"].asnumpy().ravel(), executor.aux_dict["n_moving_var"].asnumpy()


@pytest.mark.parametrize("train, parameters, gradient, variance", [
    (True, {}, [0.62518, 0.53761, 1.87996, -2.54103, -1.97785, 0.81505, 0.27695, 0.38412], [1.88602, 2.74424]),
    (False, {}, [0.7727, 0.35119, -0.65096, -1.73558, -1.3223, 0.19841, 1.34622, 1.04032], [2, 3]),
    (True, {"use_global_stats": True},
     [1.41386, 0.76391, -0.72067, -1.71443, -0.92416, 0.40106, 1.66279, 1.30558], [2, 3]),
], ids=["train", "backward after prediction", "global"])  # fmt: skip
def test_recorded_gradient_and_state(train, parameters, gradient, variance):
    got, moved = step(train, **parameters)
    np.testing.assert_allclose(got, gradient, 1e-4, 2e-5)
    np.testing.assert_allclose(moved, variance, 1e-5)
