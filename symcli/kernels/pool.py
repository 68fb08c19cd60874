"""Pooling over the windows of images (m, d, h, w); fewer image axes are leading ones of size 1.

Window, stride and padding are given per axis as ``k``, ``s`` and ``p``. A window is cut at the image's
edges; one that lies outside gives the lowest number (max) or 0 (all others).
"""

import numpy as np

from symcli.kernels.jit import function, kernel

__all__ = ["maximum", "maximum_grad", "power_sum", "power_sum_grad"]


@function
def _cut(o, k, s, p, size):
    """First and one past the last element of window o inside the image, and its width with padding."""
    start = o * s - p
    stop = min(start + k, size + p)
    return max(start, 0), min(stop, size), stop - start


@kernel
def maximum(x, kd, kh, kw, sd, sh, sw, pd, ph, pw, y):
    """y[m, z, v, u] = the largest x[m] in window (z, v, u); NaN is passed over, as in MXNet."""
    for m in range(x.shape[0]):
        for z in range(y.shape[1]):
            d0, d1, _ = _cut(z, kd, sd, pd, x.shape[1])
            for v in range(y.shape[2]):
                h0, h1, _ = _cut(v, kh, sh, ph, x.shape[2])
                for u in range(y.shape[3]):
                    w0, w1, _ = _cut(u, kw, sw, pw, x.shape[3])
                    best = np.finfo(x.dtype).min
                    for i in range(d0, d1):
                        for j in range(h0, h1):
                            for k in range(w0, w1):
                                if x[m, i, j, k] > best:
                                    best = x[m, i, j, k]
                    y[m, z, v, u] = best


@kernel
def maximum_grad(g, x, kd, kh, kw, sd, sh, sw, pd, ph, pw, gx):
    """gx = 0; then gx at the first largest element of each window += g of the window."""
    gx[:] = 0
    for m in range(x.shape[0]):
        for z in range(g.shape[1]):
            d0, d1, _ = _cut(z, kd, sd, pd, x.shape[1])
            for v in range(g.shape[2]):
                h0, h1, _ = _cut(v, kh, sh, ph, x.shape[2])
                for u in range(g.shape[3]):
                    w0, w1, _ = _cut(u, kw, sw, pw, x.shape[3])
                    best, at_d, at_h, at_w = np.finfo(x.dtype).min, -1, 0, 0
                    for i in range(d0, d1):
                        for j in range(h0, h1):
                            for k in range(w0, w1):
                                if x[m, i, j, k] > best:
                                    best, at_d, at_h, at_w = x[m, i, j, k], i, j, k
                    if at_d >= 0:
                        gx[m, at_d, at_h, at_w] += g[m, z, v, u]


@kernel
def power_sum(x, kd, kh, kw, sd, sh, sw, pd, ph, pw, power, divisor, y):
    """y[m, z, v, u] = (sum of x[m]^power in window (z, v, u))^(1 / power) / n; power 1, 2 or 3.

    ``divisor`` tells n: 0 for 1, 1 for the window's size with padding, 2 for the elements inside x.
    """
    for m in range(x.shape[0]):
        for z in range(y.shape[1]):
            d0, d1, nd = _cut(z, kd, sd, pd, x.shape[1])
            for v in range(y.shape[2]):
                h0, h1, nh = _cut(v, kh, sh, ph, x.shape[2])
                for u in range(y.shape[3]):
                    w0, w1, nw = _cut(u, kw, sw, pw, x.shape[3])
                    total = 0.0
                    for i in range(d0, d1):
                        for j in range(h0, h1):
                            for k in range(w0, w1):
                                value = np.float64(x[m, i, j, k])
                                if power == 2:
                                    value *= value
                                elif power == 3:
                                    value *= value * value
                                total += value
                    if d1 <= d0 or h1 <= h0 or w1 <= w0:
                        total = 0.0
                    elif divisor == 1:
                        total /= nd * nh * nw
                    elif divisor == 2:
                        total /= (d1 - d0) * (h1 - h0) * (w1 - w0)
                    if power == 2:
                        total = np.sqrt(total)
                    elif power == 3:
                        total = np.copysign(np.abs(total) ** (1 / 3), total)
                    y[m, z, v, u] = total


@kernel
def power_sum_grad(g, x, y, kd, kh, kw, sd, sh, sw, pd, ph, pw, power, divisor, gx):
    """gx = the sum over the windows of g (x / y)^(power - 1) / n, n as in power_sum; 0 where y is 0."""
    gx[:] = 0
    for m in range(gx.shape[0]):
        for z in range(g.shape[1]):
            d0, d1, nd = _cut(z, kd, sd, pd, gx.shape[1])
            for v in range(g.shape[2]):
                h0, h1, nh = _cut(v, kh, sh, ph, gx.shape[2])
                for u in range(g.shape[3]):
                    w0, w1, nw = _cut(u, kw, sw, pw, gx.shape[3])
                    share = g[m, z, v, u]
                    if divisor == 1:
                        share /= nd * nh * nw
                    elif divisor == 2:
                        share /= (d1 - d0) * (h1 - h0) * (w1 - w0)
                    if power > 1:
                        if y[m, z, v, u] == 0:
                            continue
                        share /= y[m, z, v, u] ** (power - 1)
                    for i in range(d0, d1):
                        for j in range(h0, h1):
                            for k in range(w0, w1):
                                if power == 1:
                                    gx[m, i, j, k] += share
                                elif power == 2:
                                    gx[m, i, j, k] += share * x[m, i, j, k]
                                else:
                                    gx[m, i, j, k] += share * x[m, i, j, k] * x[m, i, j, k]
