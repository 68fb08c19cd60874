"""Twins of deconvolution and upsampling."""

import numpy as np

from tests.naive.conv import channels_first, in_layout
from tests.naive.twin import twin


def spread(data, weight, num_group, stride, dilate, cut, sizes):
    """Add data[n, c, place] weight[c] to the output from place * stride on; leave out ``cut`` and what lies behind."""
    rank = len(sizes)
    kernel = weight.shape[2:]
    whole = [s * (n - 1) + d * (k - 1) + 1 for n, s, d, k in zip(data.shape[2:], stride, dilate, kernel, strict=True)]
    room = [max(w, p + n) for w, p, n in zip(whole, cut, sizes, strict=True)]
    channels, filters = data.shape[1] // num_group, weight.shape[1]
    out = np.zeros((len(data), num_group * filters, *room))
    for c in range(data.shape[1]):
        group = slice(c // channels * filters, (c // channels + 1) * filters)
        for place in np.ndindex(*data.shape[2:]):
            where = tuple(slice(o * s, o * s + d * (k - 1) + 1, d)
                          for o, s, d, k in zip(place, stride, dilate, kernel, strict=True))  # fmt: skip
            factor = data[(slice(None), c, *place)].reshape(-1, *(1,) * (rank + 1))
            out[(slice(None), group, *where)] += factor * weight[c]
    return out[(..., *(slice(p, p + n) for p, n in zip(cut, sizes, strict=True)))]


@twin("Deconvolution")
def deconvolution(op, inputs, run):
    data, weight = channels_first(op, inputs["data"]), channels_first(op, inputs["weight"])
    rank = len(op.kernel)
    stride, dilate = op.stride or (1,) * rank, op.dilate or (1,) * rank
    pad, adj = op.pad or (0,) * rank, op.adj or (0,) * rank
    whole = [s * (n - 1) + d * (k - 1) + 1 for n, s, d, k in
             zip(data.shape[2:], stride, dilate, op.kernel, strict=True)]  # fmt: skip
    sizes = [w - 2 * p + a for w, p, a in zip(whole, pad, adj, strict=True)]
    if any(op.target_shape):
        sizes = op.target_shape
        pad = [int(np.ceil((w - t) / 2)) for w, t in zip(whole, sizes, strict=True)]
    out = spread(data, weight, op.num_group, stride, dilate, pad, sizes)
    if not op.no_bias:
        out += inputs["bias"].reshape(-1, *(1,) * rank)
    return [in_layout(op, out)]


@twin("UpSampling")
def up_sampling(op, inputs, run):
    arrays = list(inputs.values())
    c, h, w = arrays[0].shape[1:]
    sizes = (op.scale * h, op.scale * w)
    if op.sample_type == "bilinear":
        pad = int(np.ceil((op.scale - 1) / 2))
        return [spread(arrays[0], arrays[1], c, (op.scale,) * 2, (1, 1), (pad, pad), sizes)]
    large = [np.kron(one, np.ones((1, 1, sizes[0] // one.shape[2], sizes[1] // one.shape[3]))) for one in arrays]
    return [sum(large) if op.multi_input_mode == "sum" else np.concatenate(large, axis=1)]
