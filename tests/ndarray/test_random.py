import numpy as np
import pytest

import symcli as mx
from symcli import nd
from symcli.errors import MXNetError
from symcli.ndarray import random

GENERATORS = [
    ("uniform", (2, 4), 3.0, 4 / 12), ("normal", (2, 3), 2.0, 9.0), ("poisson", (4,), 4.0, 4.0),
    ("exponential", (2,), 2.0, 4.0), ("gamma", (2, 3), 6.0, 18.0), ("negative_binomial", (3, 0.5), 3.0, 6.0),
    ("generalized_negative_binomial", (2, 0.5), 2.0, 4.0), ("generalized_negative_binomial", (2, 0), 2.0, 2.0),
    ("randint", (0, 10), 4.5, 8.25),
]  # fmt: skip


@pytest.mark.parametrize(("name", "parameters", "mean", "variance"), GENERATORS)
def test_mean_and_variance(name, parameters, mean, variance):
    mx.random.seed(1)
    drawn = getattr(nd.random, name)(*parameters, shape=(100, 200)).asnumpy().astype("float64")
    assert abs(drawn.mean() - mean) < 5 * (variance / drawn.size) ** 0.5
    assert abs(drawn.var() / variance - 1) < 0.1


@pytest.mark.parametrize(("name", "parameters", "mean", "variance"), GENERATORS)
def test_same_seed_same_numbers(name, parameters, mean, variance):
    def draw():
        return getattr(mx.random, name)(*parameters, shape=(5,)).asnumpy()

    mx.random.seed(7)
    first, second = draw(), draw()
    mx.random.seed(7)
    np.testing.assert_array_equal(first, draw())
    np.testing.assert_array_equal(second, draw())


def test_shapes_types_and_devices():
    assert nd.random.uniform().shape == (1,)
    assert nd.random.uniform(0, 1, 3).shape == (3,)
    assert nd.random.uniform(shape=(2,), dtype="float64").dtype is np.float64
    assert nd.random.uniform(shape=(2,), ctx=mx.cpu(1)).context == mx.cpu(1)
    assert nd.random.randn(2, 3, loc=5).shape == (2, 3)
    assert nd.random.randint(0, 9, (2,)).dtype is np.int32
    assert nd.random.poisson(3, (2,)).dtype is np.float32


def test_array_parameters_give_numbers_for_each_entry():
    low, high = nd.array([0, 10]), nd.array([1, 11])
    drawn = nd.random.uniform(low, high, shape=(3, 4))
    assert drawn.shape == (2, 3, 4)
    assert (drawn[0].asnumpy() < 1).all() and (drawn[1].asnumpy() >= 10).all()
    assert nd.random.normal(low, high).shape == (2,)


def test_older_names_lead_here():
    for function in (nd.uniform, nd.random_uniform):
        assert function(0, 1, shape=(2,)).shape == (2,)
    assert nd.sample_uniform(nd.zeros((3,)), nd.ones((3,)), shape=(2,)).shape == (3, 2)  # this one takes arrays


def test_out_is_written():
    out = nd.zeros((2, 2), dtype="float64")
    assert nd.random.uniform(1, 2, out=out) is out
    assert (out.asnumpy() >= 1).all()
    with pytest.raises(MXNetError, match=r"out is \(2, 2\); needs \(3, 2\)"):
        nd.random.uniform(1, 2, shape=(3, 2), out=out)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: nd.random.uniform(2, 1), MXNetError), (lambda: nd.random.normal(0, -1), MXNetError),
        (lambda: nd.random.randint(3, 3), MXNetError), (lambda: nd.random.uniform(nd.array([0]), 5), TypeError),
        (lambda: nd.random.uniform(dtype="int32"), MXNetError),
        (lambda: nd.random.randint(0, 1, dtype="float32"), MXNetError),
        (lambda: nd.random.uniform(shape=(0,)), MXNetError), (lambda: nd.random.bernouli, AttributeError),
        (lambda: mx.random.seed("x"), ValueError),
    ],
)  # fmt: skip
def test_wrong_parameters_are_errors(call, error):
    with pytest.raises(error):
        call()


def test_shuffle_permutes_the_first_axis():
    array = nd.arange(20).reshape((10, 2))
    shuffled = nd.random.shuffle(array).asnumpy()
    np.testing.assert_array_equal(np.sort(shuffled[:, 0]), array.asnumpy()[:, 0])
    np.testing.assert_array_equal(shuffled[:, 1], shuffled[:, 0] + 1)


def test_multinomial():
    np.testing.assert_array_equal(nd.random.multinomial(nd.array([0, 1, 0])).asnumpy(), [1])
    classes, logarithms = nd.random.multinomial(nd.array([[0, 1, 0], [1, 0, 0]]), shape=2, get_prob=True)
    np.testing.assert_array_equal(classes.asnumpy(), [[1, 1], [0, 0]])
    assert classes.dtype is np.int32
    np.testing.assert_array_equal(logarithms.asnumpy(), np.zeros((2, 2)))
    drawn = nd.random.multinomial(nd.array([0.25, 0.75]), shape=(100, 100), dtype="float32").asnumpy()
    assert drawn.shape == (100, 100) and abs(drawn.mean() - 0.75) < 0.03


def test_keys_of_graphs_do_not_depend_on_operators_run_at_once():
    mx.random.seed(5)
    key = random.new_key()
    mx.random.seed(5)
    random.next_key()
    np.testing.assert_array_equal(random.new_key(), key)
    assert random.new_key()[1] != key[1]
    assert random.next_key()[2] != random.next_key()[2]
