"""Updates that write to the weight itself, against MXNet 1.9.1: the weight and the states."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError

SCALING = {"wd": 0.01, "rescale_grad": 2.0, "clip_gradient": 0.5}
FIRST, SECOND = (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)
MEAN_AND_VAR = [(0.140000015, 0.12999998, 0.270500004), (0.399850011, 0.499750018, 0.599400043)]


@pytest.mark.parametrize(
    ("name", "states", "numbers", "weight", "after"),
    [
        ("sgd_update", [], {}, (0.949000001, -1.948000073, 0.499500006), []),
        ("sgd_mom_update", [FIRST], {"momentum": 0.9}, (1.039000034, -1.768000007, 0.769500017),
         [(0.038999993, 0.231999993, 0.269500017)]),
        ("adam_update", [FIRST, SECOND], {}, (0.977859914, -2.018389463, 0.465061128), MEAN_AND_VAR),
        ("rmsprop_update", [FIRST], {"clip_weights": 0.6}, (0.600000024, -0.600000024, 0.499063402),
         [(0.107500002, 0.202500001, 0.285001248)]),
        ("ftrl_update", [FIRST, SECOND], {}, (0.062399644, -0.153633282, -0.016332539),
         [(-1.137702465, 2.878372431, 0.300000012), (0.649999976, 0.75, 0.600000024)]),
    ],
)  # fmt: skip
def test_weight_and_states_are_mxnets(name, states, numbers, weight, after):
    updated, grad = mx.nd.array([1, -2, 0.5]), mx.nd.array([0.3, -0.7, 0])
    arrays = [mx.nd.array(state) for state in states]
    assert getattr(mx.nd, name)(updated, grad, *arrays, out=updated, lr=0.1, **numbers, **SCALING) is updated
    np.testing.assert_allclose(updated.asnumpy(), weight, 1e-6)
    for state, want in zip(arrays, after, strict=True):
        np.testing.assert_allclose(state.asnumpy(), want, 1e-6)


def test_mixed_precision_keeps_the_weight_in_float32():
    weight, grad = mx.nd.array([1, 2], dtype="float16"), mx.nd.array([0.5, 0.25], dtype="float16")
    wide = mx.nd.array([1.0001, 2.0001])
    mx.nd.mp_sgd_update(weight, grad, wide, out=weight, lr=0.001)
    np.testing.assert_allclose(wide.asnumpy(), [0.9996, 1.99985], 1e-6)
    np.testing.assert_array_equal(weight.asnumpy(), wide.asnumpy().astype(np.float16))


def test_no_gradient_flows_through_an_update():
    symbol = mx.sym.sgd_update(mx.sym.Variable("weight"), mx.sym.Variable("grad"), lr=0.1)
    with pytest.raises(MXNetError, match="has no gradient"):
        symbol.simple_bind(mx.cpu(), weight=(2,))


def test_sign_of_what_is_not_finite():
    """As recorded from MXNet 1.9.1: infinity has a sign, NaN has none."""
    gradient = mx.nd.array([np.inf, -np.inf, np.nan, 0])
    weight = mx.nd.signsgd_update(mx.nd.ones((4,)), gradient, lr=0.1, wd=0.0)
    np.testing.assert_allclose(weight.asnumpy(), [0.9, 1.1, 1, 1], 1e-6)
    weight = mx.nd.signum_update(mx.nd.ones((4,)), gradient, mx.nd.zeros((4,)), lr=0.1, wd=0.0, momentum=0.9)
    np.testing.assert_allclose(weight.asnumpy(), [0.9, 1.1, 1, 1], 1e-6)


@pytest.mark.parametrize("name, more", [("adam_update", 2), ("rmsprop_update", 1)])
def test_gradients_whose_squares_are_infinite_move_nothing(name, more):
    """As in MXNet: the running mean of squares becomes infinite, not NaN, and the step is 0."""
    states = [mx.nd.zeros(3) for _ in range(more)]
    weight = getattr(mx.nd, name)(mx.nd.array([1, 2, 3]), mx.nd.array([1e25, 1, -3e38]), *states, lr=0.1).asnumpy()
    assert weight[0] == 1 and weight[2] == 3 and 1.5 < weight[1] < 1.8
    np.testing.assert_array_equal(np.isinf(states[-1].asnumpy()), [True, False, True])
