"""Twins of the convolutions, and the windows that they and pooling see."""

import itertools

import numpy as np

from tests.naive.twin import twin


def channels_first(op, array):
    return np.moveaxis(array, -1, 1) if op.layout in ("NWC", "NHWC", "NDHWC") else array


def in_layout(op, array):
    return np.moveaxis(array, 1, -1) if op.layout in ("NWC", "NHWC", "NDHWC") else array


@twin("Convolution")
def convolution(op, inputs, run):
    data, weight = channels_first(op, inputs["data"]), channels_first(op, inputs["weight"])
    rank = len(op.kernel)
    stride, dilate, pad = op.stride or (1,) * rank, op.dilate or (1,) * rank, op.pad or (0,) * rank
    padded = np.pad(data, [(0, 0), (0, 0), *((p, p) for p in pad)])
    extent = [d * (k - 1) + 1 for k, d in zip(op.kernel, dilate, strict=True)]
    sizes = [(n - e) // s + 1 for n, e, s in zip(padded.shape[2:], extent, stride, strict=True)]
    out = np.zeros((len(data), op.num_filter, *sizes))
    channels, filters = data.shape[1] // op.num_group, op.num_filter // op.num_group
    axes = range(1, rank + 2)
    for group, place in itertools.product(range(op.num_group), np.ndindex(*sizes)):
        window = tuple(slice(o * s, o * s + e, d) for o, s, e, d in zip(place, stride, extent, dilate, strict=True))
        seen = padded[:, group * channels : (group + 1) * channels][(..., *window)]
        chosen = slice(group * filters, (group + 1) * filters)
        out[(slice(None), chosen, *place)] = np.tensordot(seen, weight[chosen], (axes, axes))
    if not op.no_bias:
        out += inputs["bias"].reshape(-1, *(1,) * rank)
    return [in_layout(op, out)]
