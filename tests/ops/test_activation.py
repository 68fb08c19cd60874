"""What the rows of Activation and LeakyReLU do not reach."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError

data = mx.sym.Variable("data")


def test_selu_gradient_is_mxnets():
    x = np.array([-100, -1, 0, 1], np.float32)
    gradient = mx.nd.zeros((4,))
    bound = mx.sym.LeakyReLU(data, act_type="selu").bind(mx.cpu(), [mx.nd.array(x)], [gradient])
    bound.forward(is_train=True)
    bound.backward([2 * mx.nd.ones((4,))])
    # Recorded from MXNet 1.9.1.
    np.testing.assert_allclose(gradient.asnumpy(), [-0.178275, 1.180846, 3.516199, 2.101402], 1e-5)


@pytest.mark.parametrize("shape, gamma", [((4, 5), (5,)), ((4, 5, 2), (5,)), ((4, 0, 2), (0,))])
def test_prelu_gamma_is_per_channel(shape, gamma):
    assert mx.sym.LeakyReLU(data, act_type="prelu").infer_shape_partial(data=shape)[0] == [shape, gamma]


@pytest.mark.parametrize("gamma", [(1,), (5,), (4,), (1, 5), (4, 1)])
def test_prelu_gamma_may_be_given(gamma):
    symbol = mx.sym.LeakyReLU(data, act_type="prelu", name="p")
    assert symbol.infer_shape(data=(4, 5, 2), p_gamma=gamma)[0][1] == gamma


@pytest.mark.parametrize("gamma", [(2,), (7,), (1, 5, 1)])
def test_prelu_gamma_that_does_not_fit_is_told(gamma):
    with pytest.raises(MXNetError, match="does not fit data"):
        mx.sym.LeakyReLU(data, act_type="prelu", name="p").infer_shape(data=(4, 5, 2), p_gamma=gamma)


def test_prelu_of_one_axis_needs_gamma():
    with pytest.raises(MXNetError, match=r"give the shape of gamma: \(1,\)"):
        mx.sym.LeakyReLU(data, act_type="prelu").infer_shape(data=(4,))


def test_rrelu_shows_its_slopes():
    assert mx.sym.LeakyReLU(data, act_type="rrelu", name="r").list_outputs() == ["r_output", "r_mask"]


@pytest.mark.parametrize("symbol", [
    mx.sym.Activation(data, act_type="relu"), mx.sym.LeakyReLU(data), mx.sym.Dropout(data),
    mx.sym.Pooling(data, kernel=(2,)), mx.sym.BatchNorm(data), mx.sym.Convolution(data, kernel=(2,), num_filter=1),
], ids=lambda symbol: symbol.name)  # fmt: skip
def test_integers_are_refused(symbol):
    with pytest.raises(MXNetError, match="data is int32; needs one of float16, float32, float64"):
        symbol.infer_type(data="int32")
