"""Twins of the operators of two arrays, and of add_n."""

import numpy as np

from tests.naive.twin import twin


def remainder(a, b):
    return np.where(b == 0, 0.0, a - b * np.floor(a / np.where(b == 0, 1.0, b)))


# What each operator computes of two values; the scalar and the broadcasting operators compute the same.
VALUES = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "mod": remainder,
    "power": lambda a, b: a**b,
    "maximum": lambda a, b: np.where(a > b, a, b),
    "minimum": lambda a, b: np.where(a < b, a, b),
    "hypot": lambda a, b: np.sqrt(a * a + b * b),
    "equal": lambda a, b: np.where(a == b, 1.0, 0.0),
    "not_equal": lambda a, b: np.where(a != b, 1.0, 0.0),
    "greater": lambda a, b: np.where(a > b, 1.0, 0.0),
    "greater_equal": lambda a, b: np.where(a >= b, 1.0, 0.0),
    "lesser": lambda a, b: np.where(a < b, 1.0, 0.0),
    "lesser_equal": lambda a, b: np.where(a <= b, 1.0, 0.0),
    "logical_and": lambda a, b: np.where((a != 0) & (b != 0), 1.0, 0.0),
    "logical_or": lambda a, b: np.where((a != 0) | (b != 0), 1.0, 0.0),
    "logical_xor": lambda a, b: np.where((a != 0) ^ (b != 0), 1.0, 0.0),
}


def of_arrays(value):
    return lambda op, inputs, run: [value(inputs["lhs"], inputs["rhs"])]


for key, value in VALUES.items():
    twin(f"elemwise_{key}" if key in ("add", "sub", "mul", "div") else f"_{key}")(of_arrays(value))
twin("_grad_add")(of_arrays(VALUES["add"]))
twin("_scatter_elemwise_div")(of_arrays(VALUES["div"]))


@twin("add_n")
def add_n(op, inputs, run):
    return [np.sum(list(inputs.values()), axis=0)]
