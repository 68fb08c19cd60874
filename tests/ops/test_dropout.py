"""The random numbers of Dropout."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError

data = mx.sym.Variable("data")


def masks(symbol, times=1, shape=(200, 100)):
    bound = symbol.bind(mx.cpu(), [mx.nd.ones(shape)])
    return [[out.asnumpy() > 0 for out in bound.forward(is_train=True)] for _ in range(times)]


def test_elements_are_kept_with_their_probability():
    ((mask,),) = masks(mx.sym.Dropout(data, p=0.3))
    assert abs(mask.mean() - 0.7) < 0.015
    assert abs(mask.mean(0) - 0.7).max() < 0.15  # no column is left out
    assert abs(np.corrcoef(mask[:, :-1].ravel(), mask[:, 1:].ravel())[0, 1]) < 0.03


def test_each_forward_and_each_node_draws_afresh():
    (first, second), (third, _) = masks(mx.sym.Group([mx.sym.Dropout(data), mx.sym.Dropout(data)]), 2)
    for a, b in [(first, second), (first, third), (second, third)]:
        assert abs((a == b).mean() - 0.5) < 0.02


def test_seed_brings_the_same_numbers_back():
    found = []
    for seed in (3, 3, 4):
        mx.random.seed(seed)
        found.append(masks(mx.sym.Dropout(data))[0][0])
    assert (found[0] == found[1]).all()
    assert (found[0] != found[2]).any()


@pytest.mark.parametrize("axis", [-1, 2])
def test_axes_outside_of_data_are_told(axis):
    with pytest.raises(MXNetError, match="needs numbers from 0 to 1"):
        mx.sym.Dropout(data, axes=(axis,)).infer_shape(data=(2, 3))


def test_shape_does_not_flow_back():
    out = mx.sym.Variable("out")
    assert (mx.sym.Dropout(data) + out).infer_shape_partial(out=(2, 3))[0] == [(), (2, 3)]
