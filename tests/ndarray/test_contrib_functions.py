"""Functions of mx.nd.contrib that are made of operators; values recorded from MXNet 1.9.1."""

import numpy as np
import pytest

import symcli as mx

W, G = np.float32([0.5, -1.0, 2.0]), np.float32([0.1, 0.2, -0.3])

ADAMW = [0.17877212166786194, -1.3062288761138916, 2.296229362487793]
MANY = [0.3675338625907898, -2.632467269897461, 4.632470607757568]
LAMB = [
    [0.36594146490097046, -1.1320582628250122, 2.1307246685028076],
    [0.47085076570510864, -2.5291504859924316, 4.52915096282959],
]


def arrays(*values):
    return [mx.nd.array(value) for value in values]


@pytest.mark.parametrize(("name", "expected"), [
    ("isnan", [0, 1, 0, 0]), ("isinf", [0, 0, 1, 1]), ("isfinite", [1, 0, 0, 0]),
])  # fmt: skip
def test_what_is_finite(name, expected):
    assert getattr(mx.nd.contrib, name)(mx.nd.array([-1, np.nan, np.inf, -np.inf])).asnumpy().tolist() == expected


def test_whole_numbers_are_finite():
    found = mx.nd.contrib.isnan(mx.nd.array([1, 2], dtype="int32"))
    assert found.dtype == np.int32 and found.asnumpy().tolist() == [0, 0]


def test_zipfian_samples_and_their_expected_counts():
    mx.random.seed(3)
    samples, true, sampled = mx.nd.contrib.rand_zipfian(mx.nd.array([3]), 4000, 5)
    assert (samples.dtype, true.dtype, sampled.dtype) == (np.int64, np.float64, np.float64)
    np.testing.assert_allclose(true.asnumpy(), 4000 * np.log(5 / 4) / np.log(6))
    counts = np.bincount(samples.asnumpy(), minlength=5)
    expected = 4000 * np.log((np.arange(5) + 2) / (np.arange(5) + 1)) / np.log(6)
    assert counts.size == 5 and np.all(abs(counts - expected) < 4 * np.sqrt(expected))
    np.testing.assert_allclose(sampled.asnumpy(), expected[samples.asnumpy()])


def test_zipfian_symbols_compute_the_same():
    samples, true, sampled = mx.sym.contrib.rand_zipfian(mx.sym.var("t"), 6, 5)
    executor = mx.sym.Group([samples, true, sampled]).bind(mx.cpu(), {"t": mx.nd.array([3])})
    drawn, count, counts = (one.asnumpy() for one in executor.forward())
    assert drawn.shape == (6,) and drawn.min() >= 0 and drawn.max() < 5
    np.testing.assert_allclose(count, 6 * np.log(5 / 4) / np.log(6))
    np.testing.assert_allclose(counts, 6 * np.log((drawn + 2) / (drawn + 1)) / np.log(6))


def test_adamw_takes_a_number_or_an_array_as_scale():
    for scale in (0.5, mx.nd.array([0.5])):
        weight, grad, mean, var = arrays(W, G, [0, 0, 0], [0, 0, 0])
        mx.nd.contrib.adamw_update(weight, grad, mean, var, scale, lr=0.1, eta=1.0, wd=0.01, out=weight)
        np.testing.assert_allclose(weight.asnumpy(), ADAMW, rtol=1e-5)
        np.testing.assert_allclose(mean.asnumpy(), 0.05 * G, rtol=1e-5)


def test_adamw_of_several_weights_is_that_of_each():
    lists = [arrays(value, 2 * value) for value in (W, G, 0 * W, 0 * W)]
    mx.nd.contrib.multi_adamw_update(*lists, 0.5, lrs=[0.1, 0.2], wds=[0.01, 0], etas=[1, 1], out=lists[0])
    np.testing.assert_allclose(lists[0][0].asnumpy(), ADAMW, rtol=1e-5)
    np.testing.assert_allclose(lists[0][1].asnumpy(), MANY, rtol=1e-4)
    lists = [arrays(value, 2 * value) for value in (W, G, 0 * W, 0 * W, W)]
    mx.nd.contrib.multi_mp_adamw_update(*lists, 0.5, lrs=[0.1, 0.2], wds=[0.01, 0], etas=[1, 1], out=lists[0])
    np.testing.assert_allclose(lists[0][0].asnumpy(), ADAMW, rtol=1e-5)


def test_lamb_of_several_weights():
    lists = [arrays(value, 2 * value) for value in (W, G, 0 * W, 0 * W)]
    mx.nd.contrib.multi_lamb_update(*lists, step_count=[1, 1], lrs=[0.1, 0.2], wds=[0.01, 0], out=lists[0])
    np.testing.assert_allclose(np.array([one.asnumpy() for one in lists[0]]), LAMB, rtol=1e-5)
