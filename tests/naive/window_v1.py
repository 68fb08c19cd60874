"""Twins of the first versions of convolution and pooling."""

import numpy as np

from tests.naive.conv import convolution
from tests.naive.twin import twin


@twin("Convolution_v1")
def convolution_v1(op, inputs, run):
    return convolution(op, inputs, run)


@twin("Pooling_v1")
def pooling_v1(op, inputs, run):
    data = inputs["data"]
    rank = data.ndim - 2
    kernel, stride, pad = op.kernel, op.stride or (1,) * rank, op.pad or (0,) * rank
    if op.global_pool:
        kernel, stride, pad = data.shape[2:], (1,) * rank, (0,) * rank
    padded = np.pad(data, [(0, 0), (0, 0), *((p, p) for p in pad)])
    rounding = np.floor if op.pooling_convention == "valid" else np.ceil
    sizes = [int(rounding((n - k) / s)) + 1 for n, k, s in zip(padded.shape[2:], kernel, stride, strict=True)]
    out = np.zeros((*data.shape[:2], *sizes))
    for place in np.ndindex(*sizes):
        window = tuple(slice(o * s, o * s + k) for o, s, k in zip(place, stride, kernel, strict=True))
        seen = padded[(..., *window)].reshape(*data.shape[:2], -1)
        value = np.max(seen, axis=-1, initial=-np.inf) if op.pool_type == "max" else np.sum(seen, axis=-1)
        out[(..., *place)] = value / np.prod(kernel) if op.pool_type == "avg" else value
    return [out]
