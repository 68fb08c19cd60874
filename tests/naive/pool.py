"""Twins of pooling."""

import numpy as np

from tests.naive.conv import channels_first, in_layout
from tests.naive.twin import twin


@twin("Pooling")
def pooling(op, inputs, run):
    data = channels_first(op, inputs["data"])
    image = data.shape[2:]
    kernel, stride, pad = op.kernel, op.stride or (1,) * len(op.kernel), op.pad or (0,) * len(op.kernel)
    if op.global_pool:
        kernel, stride, pad = image, (1,) * len(image), (0,) * len(image)
    rounding = np.floor if op.pooling_convention == "valid" else np.ceil
    sizes = [int(rounding((n + 2 * p - k) / s)) + 1 for n, k, s, p in zip(image, kernel, stride, pad, strict=True)]
    if op.pooling_convention == "same":
        sizes = [-(-n // s) for n, s in zip(image, stride, strict=True)]
    out = np.zeros((*data.shape[:2], *sizes))
    for place in np.ndindex(*sizes):
        starts = [o * s - p for o, s, p in zip(place, stride, pad, strict=True)]
        stops = [min(start + k, n + p) for start, k, n, p in zip(starts, kernel, image, pad, strict=True)]
        inside = tuple(slice(max(a, 0), max(min(b, n), 0)) for a, b, n in zip(starts, stops, image, strict=True))
        seen = data[(..., *inside)].reshape(*data.shape[:2], -1)
        if op.pool_type == "max":
            value = np.fmax.reduce(seen, axis=-1, initial=np.finfo(np.float64).min)
        elif op.pool_type == "lp":
            total = np.sum(seen**op.p_value, axis=-1)
            value = {1: total, 2: np.sqrt(np.abs(total)), 3: np.cbrt(total)}[op.p_value]
        else:
            value = np.sum(seen, axis=-1)
        if op.pool_type == "avg" and seen.size:
            padded = np.prod([b - a for a, b in zip(starts, stops, strict=True)])
            value = value / (seen.shape[-1] if op.count_include_pad is False else padded)
        out[(..., *place)] = value
    return [in_layout(op, out)]
