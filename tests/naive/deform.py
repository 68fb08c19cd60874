"""Twins of the deformable convolutions: an element at a time."""

import numpy as np

from tests.naive.twin import twin


def interpolated(image, y, x, soft):
    h, w = image.shape
    if (soft and not (-1 < y < h and -1 < x < w)) or (not soft and not (0 <= y < h and 0 <= x < w)):
        return 0.0
    if not soft:
        y, x = min(y, h - 1), min(x, w - 1)
    wide = np.pad(image, 1)
    i, j = int(np.floor(y)), int(np.floor(x))
    fy, fx = y - i, x - j
    four = wide[i + 1 : i + 3, j + 1 : j + 3]
    return sum(four[a, b] * (fy if a else 1 - fy) * (fx if b else 1 - fx)
               for a in range(four.shape[0]) for b in range(four.shape[1]))  # fmt: skip


@twin("_contrib_DeformableConvolution", "_contrib_ModulatedDeformableConvolution")
def deformable(op, inputs, run):
    data, offset, weight = inputs["data"], inputs["offset"], inputs["weight"]
    (n, channels, _, _), (kh, kw), (rows, columns) = data.shape, op.kernel, offset.shape[2:]
    (sh, lh, ph), (sw, lw, pw) = ((s, d, p) for _, s, d, p in op.windows())
    mask = inputs.get("mask", np.ones((n, offset.shape[1] // 2, rows, columns)))
    part, group = channels // op.num_deformable_group, channels // op.num_group
    taps = np.zeros((n, channels, kh, kw, rows, columns))
    for b, c, j, i, y, x in np.ndindex(*taps.shape):
        at = c // part * kh * kw + j * kw + i
        place = (y * sh + j * lh - ph + offset[b, 2 * at, y, x], x * sw + i * lw - pw + offset[b, 2 * at + 1, y, x])
        soft = op.name == "_contrib_ModulatedDeformableConvolution"
        taps[b, c, j, i, y, x] = mask[b, at, y, x] * interpolated(data[b, c], *place, soft)
    made = np.zeros((n, op.num_filter, rows, columns))
    for f in range(op.num_filter):
        first = f // (op.num_filter // op.num_group) * group
        made[:, f] = np.einsum("ncjiyx,cji->nyx", taps[:, first : first + group], weight[f])
    return [made + (0 if op.no_bias else inputs["bias"][:, None, None])]
