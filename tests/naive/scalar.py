"""Twins of the operators of an array and a number."""

import numpy as np

from tests.naive.binary import VALUES
from tests.naive.twin import twin

NAMES = {"add": "plus", "sub": "minus"}


def scalar_second(value):
    return lambda op, inputs, run: [value(inputs["data"], op.scalar)]


def scalar_first(value):
    return lambda op, inputs, run: [value(op.scalar, inputs["data"])]


for key, value in VALUES.items():
    name = NAMES.get(key, key)
    twin(f"_{name}_scalar")(scalar_second(value))
    if key in ("add", "sub"):
        twin(f"_scatter_{name}_scalar")(scalar_second(value))
    if key in ("sub", "div", "mod", "power"):
        twin(f"_r{name}_scalar")(scalar_first(value))


@twin("smooth_l1")
def smooth_l1(op, inputs, run):
    x, s2 = inputs["data"], op.scalar**2
    return [np.where(np.abs(x) > 1 / s2, np.abs(x) - 0.5 / s2, 0.5 * s2 * x * x)]
