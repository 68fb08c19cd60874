"""Windows of an image laid out as columns, so that a convolution is a matrix product, and back again.

Images are (b, c, d, h, w), columns (c * kd * kh * kw, b, od, oh, ow); fewer axes are leading ones of size 1.
Kernel, stride, dilation and padding are given per axis as ``k``, ``s``, ``l`` and ``p``.
"""

import numpy as np

from symcli.kernels.jit import function, kernel
from symcli.kernels.kernel import numpy_kernel

__all__ = ["add_channels", "col2im", "im2col"]


@numpy_kernel
def add_channels(bias, out):
    """out[i, c, j] += bias[c]."""
    np.add(out, bias[:, None], out=out)


@function
def _inside(start, step, size, count):
    """The first and one past the last i < count for which start + i * step lies in [0, size)."""
    first = min(max(0, (-start + step - 1) // step), count)
    return first, max(first, min(count, (size - 1 - start) // step + 1))


# Elements are addressed one by one: views of single lines, filled and copied, took two to three times as long.


@kernel
def im2col(x, kd, kh, kw, sd, sh, sw, ld, lh, lw, pd, ph, pw, col):
    """col[(c, i, j, k), n, z, y, v] = x[n, c, z sd + i ld - pd, y sh + j lh - ph, v sw + k lw - pw], 0 outside x."""
    b, _, d, h, w = x.shape
    rows, _, od, oh, ow = col.shape
    for row in range(rows):
        c, k = row // (kd * kh * kw), row % kw
        i, j = row // (kh * kw) % kd, row // kw % kh
        start = k * lw - pw
        first, last = _inside(start, sw, w, ow)
        for n in range(b):
            for z in range(od):
                at_d = z * sd + i * ld - pd
                for y in range(oh):
                    at_h = y * sh + j * lh - ph
                    inside = 0 <= at_d < d and 0 <= at_h < h
                    begin, end = (first, last) if inside else (0, 0)
                    for v in range(begin):
                        col[row, n, z, y, v] = 0
                    if sw == 1:  # a stretch, which vectorises
                        for v in range(begin, end):
                            col[row, n, z, y, v] = x[n, c, at_d, at_h, v + start]
                    else:
                        for v in range(begin, end):
                            col[row, n, z, y, v] = x[n, c, at_d, at_h, v * sw + start]
                    for v in range(end, ow):
                        col[row, n, z, y, v] = 0


@kernel
def col2im(col, kd, kh, kw, sd, sh, sw, ld, lh, lw, pd, ph, pw, gx):
    """The gradient of im2col: each element of gx is the sum of all elements of col that were copied from it."""
    b, _, d, h, w = gx.shape
    rows, _, od, oh, ow = col.shape
    gx[:] = 0
    for row in range(rows):
        c, k = row // (kd * kh * kw), row % kw
        i, j = row // (kh * kw) % kd, row // kw % kh
        start = k * lw - pw
        first, last = _inside(start, sw, w, ow)
        for n in range(b):
            for z in range(od):
                at_d = z * sd + i * ld - pd
                for y in range(oh):
                    at_h = y * sh + j * lh - ph
                    if at_d < 0 or at_d >= d or at_h < 0 or at_h >= h:
                        continue
                    if sw == 1:
                        for v in range(first, last):
                            gx[n, c, at_d, at_h, v + start] += col[row, n, z, y, v]
                    else:
                        for v in range(first, last):
                            gx[n, c, at_d, at_h, v * sw + start] += col[row, n, z, y, v]
