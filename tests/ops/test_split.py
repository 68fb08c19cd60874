"""A vector split into numbers, as MXNet 1.9.1 does: arrays without axes."""

import numpy as np
import pytest

import symcli as mx

SPLITS = {
    "SliceChannel": {"num_outputs": 3, "axis": 0, "squeeze_axis": True},
    "_split_v2": {"indices": (0, 1, 2), "axis": 0, "squeeze_axis": True},
}


@pytest.fixture(params=SPLITS)
def split(request):
    return lambda of, x: getattr(of, request.param)(x, **SPLITS[request.param])


def test_vector_splits_into_numbers(split):
    parts = split(mx.nd, mx.nd.array([5, 6, 7]))
    assert [part.shape for part in parts] == [(), (), ()]
    assert [part.asscalar() for part in parts] == [5, 6, 7]
    np.testing.assert_array_equal(parts[1].reshape((1,)).asnumpy(), [6])


@pytest.mark.parametrize("replays", [True, False], ids=["replay", "interpreter"])
def test_graph_splits_into_numbers(split, replays):
    net = split(mx.sym, mx.sym.Variable("x"))
    assert net.infer_shape(x=(3,)) == ([(3,)], [(), (), ()], [])
    executor = net.bind(mx.cpu(), {"x": mx.nd.array([5, 6, 7])}, {"x": mx.nd.zeros(3)})
    executor.replays = replays
    assert [part.asscalar() for part in executor.forward(is_train=True)] == [5, 6, 7]
    executor.backward([mx.nd.array(np.float32(i)) for i in range(3)])
    np.testing.assert_array_equal(executor.grad_arrays[0].asnumpy(), [0, 1, 2])


def test_numbers_are_recorded(split):
    x = mx.nd.array([5, 6, 7])
    x.attach_grad()
    with mx.autograd.record():
        parts = split(mx.nd, x)
    mx.autograd.backward(parts)
    np.testing.assert_array_equal(x.grad.asnumpy(), [1, 1, 1])
