"""The random operators: their distributions by moments, their seeds, what they refuse."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError

COUNT = 40000
# operator, parameters, mean, variance
MOMENTS = [
    ("_random_uniform", {"low": -1, "high": 3}, 1, 4 / 3),
    ("_random_normal", {"loc": 2, "scale": 3}, 2, 9),
    ("_random_gamma", {"alpha": 2.5, "beta": 3}, 7.5, 22.5),
    ("_random_gamma", {"alpha": 0.3, "beta": 3}, 0.9, 2.7),
    ("_random_exponential", {"lam": 4}, 0.25, 1 / 16),
    ("_random_poisson", {"lam": 0.5}, 0.5, 0.5),
    ("_random_poisson", {"lam": 9.9}, 9.9, 9.9),
    ("_random_poisson", {"lam": 10}, 10, 10),
    ("_random_poisson", {"lam": 1000}, 1000, 1000),
    ("_random_negative_binomial", {"k": 3, "p": 0.4}, 4.5, 11.25),
    ("_random_generalized_negative_binomial", {"mu": 2, "alpha": 0.3}, 2, 3.2),
    ("_random_generalized_negative_binomial", {"mu": 2, "alpha": 0}, 2, 2),
    ("_random_randint", {"low": -3, "high": 10}, 3, 14),
]


@pytest.mark.parametrize(("name", "numbers", "mean", "variance"), MOMENTS, ids=lambda one: str(one))
def test_numbers_have_their_mean_and_variance(name, numbers, mean, variance):
    mx.random.seed(5)
    found = getattr(mx.nd.op, name)(shape=(COUNT,), **numbers).asnumpy().astype(np.float64)
    assert abs(found.mean() - mean) < 4 * (variance / COUNT) ** 0.5
    assert abs(found.var() - variance) < 0.06 * variance


def test_poisson_counts_have_their_probabilities():
    mx.random.seed(6)
    for lam in (3.0, 15.0):
        counts = mx.nd.op._random_poisson(lam=lam, shape=(COUNT,)).asnumpy().astype(int)
        chances = [np.exp(-lam)]
        for k in range(1, 40):
            chances.append(chances[-1] * lam / k)
        assert np.abs(np.bincount(counts, minlength=40)[:40] / COUNT - chances).max() < 0.01


def test_classes_come_with_their_probabilities():
    mx.random.seed(7)
    chances = [[0.1, 0.2, 0.7], [0.0, 1.0, 0.0]]
    found = mx.nd.op._sample_multinomial(mx.nd.array(chances), shape=(COUNT,)).asnumpy()
    for row, expected in zip(found, chances, strict=True):
        assert np.abs(np.bincount(row, minlength=3) / COUNT - expected).max() < 0.01


def test_shuffle_brings_each_entry_to_each_place():
    mx.random.seed(8)
    met = np.zeros((4, 4))
    for _ in range(800):
        met[np.arange(4), mx.nd.op._shuffle(mx.nd.arange(4)).asnumpy().astype(int)] += 1
    assert np.abs(met / 800 - 0.25).max() < 0.07


def test_classes_of_zipf_are_different_and_log_uniform():
    mx.random.seed(9)
    rows, trials = (out.asnumpy() for out in mx.nd.op._sample_unique_zipfian(range_max=10, shape=(5000, 3)))
    assert all(len(set(row)) == 3 for row in rows) and trials.min() >= 3 and rows.max() < 10
    c = np.arange(10)
    assert np.abs(np.bincount(rows[:, 0], minlength=10) / 5000 - np.log((c + 2) / (c + 1)) / np.log(11)).max() < 0.02


def test_seed_brings_the_same_numbers_back():
    symbol = mx.sym.Group([mx.sym.random_normal(shape=(50,)), mx.sym.random_normal(shape=(50,))])
    found = []
    for seed in (3, 3, 4):
        mx.random.seed(seed)
        bound = symbol.bind(mx.cpu(), [])
        found.append([out.asnumpy() for _ in range(2) for out in bound.forward()])
    np.testing.assert_array_equal(found[0], found[1])
    drawn = np.concatenate([*found[0], *found[2]])
    assert len(set(drawn)) == drawn.size  # each node, forward and seed draws afresh


def test_chances_send_their_gradient():
    data = mx.sym.Variable("data")
    drawn = mx.sym.Group(list(mx.sym.op._sample_multinomial(data, shape=(8,), get_prob=True)))
    bound = drawn.bind(mx.cpu(), {"data": mx.nd.array([[0.25, 0.75]])}, {"data": mx.nd.zeros((1, 2))})
    counts = np.bincount(bound.forward()[0].asnumpy()[0], minlength=2)
    bound.backward([mx.nd.zeros((1, 8), dtype="int32"), mx.nd.ones((1, 8))])
    np.testing.assert_allclose(bound.grad_dict["data"].asnumpy()[0], counts / [0.25, 0.75], 1e-6)


def test_numbers_that_describe_no_distribution_give_nan():
    wrong = mx.nd.array([-1.0, np.nan, np.inf])
    assert np.isnan(mx.nd.op._sample_poisson(wrong).asnumpy()).all()
    assert np.isnan(mx.nd.op._sample_gamma(wrong, mx.nd.ones((3,))).asnumpy()).all()
    assert mx.nd.op._sample_gamma(mx.nd.zeros((1,)), mx.nd.ones((1,))).asscalar() == 0


@pytest.mark.parametrize(
    ("name", "numbers", "needs"),
    [
        ("_random_uniform", {"low": 1, "high": 0}, "low <= high"),
        ("_random_normal", {"scale": 0}, "> 0"),
        ("_random_exponential", {"lam": 0}, "> 0"),
        ("_random_negative_binomial", {"p": 1.5}, "<= 1"),
        ("_random_randint", {"low": 1, "high": 1}, "low < high"),
        ("_random_uniform", {"dtype": "int32"}, "float16, float32, float64"),
        ("_sample_unique_zipfian", {"range_max": 3}, "at most range_max=3"),
    ],
)
def test_refused_parameters_are_told(name, numbers, needs):
    with pytest.raises(MXNetError, match=needs):
        getattr(mx.nd.op, name)(shape=(2, 5), **numbers)
