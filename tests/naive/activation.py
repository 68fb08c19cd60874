"""Twins of the activation functions."""

import math

import numpy as np

from tests.naive.dropout import uniform
from tests.naive.twin import twin


@twin("Activation")
def activation(op, inputs, run):
    x = inputs["data"]
    functions = {
        "relu": lambda: np.where(np.isnan(x), x, np.where(x > 0, x, 0)),
        "sigmoid": lambda: 1 / (1 + np.exp(-x)),
        "softrelu": lambda: np.maximum(x, 0) + np.log1p(np.exp(-abs(x))),
        "softsign": lambda: x / (1 + abs(x)),
        "tanh": lambda: np.tanh(x),
    }
    with np.errstate(all="ignore"):
        return [functions[op.act_type]()]


@twin("LeakyReLU")
def leaky_relu(op, inputs, run):
    x = inputs["data"]
    if op.act_type == "gelu":
        return [x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2]
    if op.act_type == "elu":
        return [np.where(x > 0, x, op.slope * (np.exp(x) - 1))]
    if op.act_type == "selu":
        return [1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1))]
    if op.act_type == "rrelu":
        mask = np.full(x.shape, (op.lower_bound + op.upper_bound) / 2)
        if run.is_train:
            mask = op.lower_bound + (op.upper_bound - op.lower_bound) * uniform(run, x.shape)
        return [np.where(x > 0, x, mask * x), mask]
    slope = op.slope
    if op.act_type == "prelu":
        gamma = inputs["gamma"]
        channels = x.ndim > 1 and gamma.shape[-1] in (1, x.shape[1])
        slope = gamma.reshape(*gamma.shape, *(1,) * (x.ndim - (2 if channels else 1)))
    return [np.where(x > 0, x, slope * x)]
