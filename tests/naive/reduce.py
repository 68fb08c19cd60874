"""Twins of the reductions."""

import numpy as np

from tests.naive.twin import twin


def reduced(op, x, function, axis, exclude=False):
    """Apply a reduction of NumPy as the parameters say; what has no axis left has shape (1,)."""
    axes = tuple(i % x.ndim for i in axis) if axis else tuple(range(x.ndim))
    if exclude and axis:
        axes = tuple(i for i in range(x.ndim) if i not in axes)
    result = function(x, axis=axes, keepdims=op.keepdims)
    return result.reshape(result.shape or (1,))


VALUES = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "prod": np.prod,
    "nansum": np.nansum,
    "nanprod": np.nanprod,
}


def over_axes(function):
    return lambda op, inputs, run: [reduced(op, inputs["data"], function, op.axis, op.exclude)]


for key, function in VALUES.items():
    twin(key)(over_axes(function))


@twin("norm")
def norm(op, inputs, run):
    x = inputs["data"]
    if op.ord == 1:
        return [reduced(op, np.abs(x), np.sum, op.axis)]
    return [np.sqrt(reduced(op, x * x, np.sum, op.axis))]


@twin("moments")
def moments(op, inputs, run):
    return [reduced(op, inputs["data"], function, op.axes) for function in (np.mean, np.var)]
