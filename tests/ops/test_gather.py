"""Reading and writing at places that several indices name together: what is refused, and equal places."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError

data = mx.nd.array(np.arange(12).reshape(3, 4))


@pytest.mark.parametrize("index", [3, -4, 2.5, np.nan])
def test_index_out_of_range_is_refused(index):
    with pytest.raises(MXNetError, match=r"out of range for axis 0 with size 3; needs -3 to 2"):
        mx.nd.gather_nd(data, mx.nd.array([[0, index]]))
    with pytest.raises(MXNetError, match="needs -3 to 2"):
        mx.nd.scatter_nd(mx.nd.ones((1,)), mx.nd.array([[index]]), shape=(3,))


@pytest.mark.parametrize(
    ("call", "needs"),
    [
        (lambda: mx.nd.gather_nd(data, mx.nd.array([1, 2])), "2 or more axes"),
        (lambda: mx.nd.gather_nd(data, mx.nd.array([[1], [2], [0]])), "at most 2"),
        (lambda: mx.nd.scatter_nd(mx.nd.ones((2,)), mx.nd.array([[1, 0, 1]]), shape=(3,)), "different shapes"),
        (lambda: mx.nd.ravel_multi_index(mx.nd.ones((2, 3))), "shape is missing"),
        (lambda: mx.nd.ravel_multi_index(mx.nd.ones((2, 3)), shape=(7, 6, 2)), r"needs \(3, 3\)"),
        (lambda: mx.nd.ravel_multi_index(mx.nd.ones((2,)), shape=(7, 6)), "needs 2 axes"),
        (lambda: mx.nd.contrib.index_array(data, axes=(2,)), "axis=2"),
        (lambda: mx.nd.contrib.index_copy(data, mx.nd.ones((1, 2)), data), "needs one axis"),
        (lambda: mx.nd.batch_take(mx.nd.ones((2,)), mx.nd.ones((2,), dtype="int32")), "there is pick"),
        (lambda: mx.nd.batch_take(data, mx.nd.ones((3,))), "needs int32"),
    ],
)
def test_wrong_shapes_are_refused(call, needs):
    with pytest.raises(MXNetError, match=needs):
        call()


def test_last_of_equal_places_counts_and_gradients_reach_all():
    indices = mx.nd.array([[1, 1, 0]])
    np.testing.assert_array_equal(mx.nd.scatter_nd(mx.nd.array([1, 2, 3]), indices, shape=(4,)).asnumpy(), [3, 2, 0, 0])
    x, i = mx.sym.Variable("x"), mx.sym.Variable("i")
    arrays, grads = {"x": mx.nd.array([1, 2, 3]), "i": indices}, {"x": mx.nd.zeros((3,)), "i": mx.nd.ones((1, 3))}
    bound = mx.sym.scatter_nd(x, i, shape=(4,)).bind(mx.cpu(), arrays, grads)
    bound.forward(is_train=True)
    bound.backward([mx.nd.array([1, 2, 3, 4])])
    np.testing.assert_array_equal(bound.grad_dict["x"].asnumpy(), [2, 2, 1])
    np.testing.assert_array_equal(bound.grad_dict["i"].asnumpy(), [[0, 0, 0]])


def test_negative_indices_gather_and_send_gradients_from_the_end():
    x, i = mx.sym.Variable("x"), mx.sym.Variable("i")
    bound = mx.sym.gather_nd(x, i).bind(mx.cpu(), {"x": data, "i": mx.nd.array([[-1, -1]])}, {"x": mx.nd.zeros((3, 4))})
    np.testing.assert_array_equal(bound.forward()[0].asnumpy(), [[8, 9, 10, 11]] * 2)
    bound.backward([mx.nd.ones((2, 4))])
    np.testing.assert_array_equal(bound.grad_dict["x"].asnumpy(), [[0] * 4, [0] * 4, [2] * 4])
