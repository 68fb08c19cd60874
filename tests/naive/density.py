"""Twins of the densities: one number at a time."""

import math

import numpy as np

from tests.naive.twin import twin


def negative_binomial(x, k, p):
    return math.lgamma(x + k) - math.lgamma(k) - math.lgamma(x + 1) + k * math.log(p) + x * math.log(1 - p)


LOGARITHMS = {
    "uniform": lambda x, low, high: -math.log(high - low),
    "normal": lambda x, mu, sigma: -(((x - mu) / sigma) ** 2) / 2 - math.log(sigma * math.sqrt(2 * math.pi)),
    "gamma": lambda x, a, b: a * math.log(b) + (a - 1) * math.log(x) - b * x - math.lgamma(a),
    "exponential": lambda x, lam: math.log(lam) - lam * x,
    "poisson": lambda x, lam: x * math.log(lam) - lam - math.lgamma(x + 1),
    "negative_binomial": negative_binomial,
    "generalized_negative_binomial": lambda x, mu, a: negative_binomial(x, 1 / a, 1 / (mu * a + 1)),
}


@twin(*(f"_random_pdf_{kind}" for kind in LOGARITHMS))
def density(op, inputs, run):
    sample, *parameters = inputs.values()
    lead = parameters[0].ndim
    made = np.empty(sample.shape)
    for place in np.ndindex(*sample.shape):
        logarithm = LOGARITHMS[op.family](sample[place], *(one[place[:lead]] for one in parameters))
        made[place] = logarithm if op.is_log else math.exp(logarithm)
    return [made]


@twin("_random_pdf_dirichlet")
def dirichlet(op, inputs, run):
    sample, alpha = inputs["sample"], inputs["alpha"]
    made = np.empty(sample.shape[:-1])
    for place in np.ndindex(*made.shape):
        a = alpha[place[: alpha.ndim - 1]]
        logarithm = math.lgamma(a.sum()) - sum(map(math.lgamma, a)) + ((a - 1) * np.log(sample[place])).sum()
        made[place] = logarithm if op.is_log else math.exp(logarithm)
    return [made]
