"""Twins of the elementwise operators of one array."""

import math

import numpy as np

from tests.naive.twin import twin, twin_gradient


def step_sign(x):
    return np.where(x > 0, 1.0, np.where(x < 0, -1.0, 0.0))


def half_away(x):
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


def half_down(x):
    return np.ceil(x - 0.5)


@np.vectorize
def erfinv(y):
    low, high = -6.0, 6.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erf(middle) < y else (low, middle)
    return (low + high) / 2


VALUES = {
    "abs": lambda x: np.where(x < 0, -x, x),
    "negative": lambda x: -x,
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
    "sqrt": lambda x: x**0.5,
    "rsqrt": lambda x: x**-0.5,
    "cbrt": lambda x: np.sign(x) * np.abs(x) ** (1 / 3),
    "rcbrt": lambda x: np.sign(x) * np.abs(x) ** (-1 / 3),
    "exp": np.exp,
    "expm1": lambda x: np.exp(x) - 1,
    "log": np.log,
    "log2": lambda x: np.log(x) / np.log(2),
    "log10": lambda x: np.log(x) / np.log(10),
    "log1p": lambda x: np.log(1 + x),
    "relu": lambda x: np.where(x > 0, x, 0.0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "erf": np.vectorize(math.erf),
    "erfinv": erfinv,
    "gamma": np.vectorize(math.gamma),
    "gammaln": np.vectorize(math.lgamma),
    "sin": np.sin,
    "cos": np.cos,
    "tan": lambda x: np.sin(x) / np.cos(x),
    "arcsin": np.arcsin,
    "arccos": lambda x: np.pi / 2 - np.arcsin(x),
    "arctan": np.arctan,
    "degrees": lambda x: x * 180 / np.pi,
    "radians": lambda x: x * np.pi / 180,
    "sinh": lambda x: (np.exp(x) - np.exp(-x)) / 2,
    "cosh": lambda x: (np.exp(x) + np.exp(-x)) / 2,
    "tanh": lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1),
    "arcsinh": lambda x: np.log(x + np.sqrt(x * x + 1)),
    "arccosh": lambda x: np.log(x + np.sqrt(x * x - 1)),
    "arctanh": lambda x: np.log((1 + x) / (1 - x)) / 2,
    "sign": step_sign,
    "_contrib_sign_ste": step_sign,
    "round": half_away,
    "_contrib_round_ste": half_away,
    "rint": half_down,
    "ceil": np.ceil,
    "floor": np.floor,
    "trunc": lambda x: np.sign(x) * np.floor(np.abs(x)),
    "fix": lambda x: np.sign(x) * np.floor(np.abs(x)),
    "logical_not": lambda x: np.where(x == 0, 1.0, 0.0),
}


def of_data(value):
    return lambda op, inputs, run: [value(inputs["data"])]


for key, value in VALUES.items():
    twin(key)(of_data(value))


@twin("clip")
def clip(op, inputs, run):
    return [np.minimum(np.maximum(inputs["data"], op.a_min), op.a_max)]


@twin("hard_sigmoid")
def hard_sigmoid(op, inputs, run):
    return [np.minimum(np.maximum(op.alpha * inputs["data"] + op.beta, 0), 1)]


@twin_gradient("_contrib_round_ste", "_contrib_sign_ste")
def straight_through(op, inputs, heads):
    return {"data": heads[0]}
