"""Max pooling of images (m, d, h, w) that are padded already; kernel ``k`` and stride ``s`` are given per axis.

A window is cut at the image's end; one that lies outside gives -inf.
"""

import numpy as np

from symcli.kernels.jit import kernel

__all__ = ["maximum", "maximum_grad"]


@kernel
def maximum(x, kd, kh, kw, sd, sh, sw, y):
    """y[m, z, v, u] = the largest x[m] in window (z, v, u); NaN if one is."""
    _, d, h, w = x.shape
    for m in range(x.shape[0]):
        for z in range(y.shape[1]):
            for v in range(y.shape[2]):
                for u in range(y.shape[3]):
                    best = x.dtype.type(-np.inf)
                    for i in range(z * sd, min(z * sd + kd, d)):
                        for j in range(v * sh, min(v * sh + kh, h)):
                            for k in range(u * sw, min(u * sw + kw, w)):
                                value = x[m, i, j, k]
                                if value > best or value != value:
                                    best = value
                    y[m, z, v, u] = best


@kernel
def maximum_grad(g, x, y, kd, kh, kw, sd, sh, sw, gx):
    """gx = 0; then gx at every element of a window that equals its y += g of the window."""
    _, d, h, w = x.shape
    gx[:] = 0
    for m in range(x.shape[0]):
        for z in range(g.shape[1]):
            for v in range(g.shape[2]):
                for u in range(g.shape[3]):
                    for i in range(z * sd, min(z * sd + kd, d)):
                        for j in range(v * sh, min(v * sh + kh, h)):
                            for k in range(u * sw, min(u * sw + kw, w)):
                                if x[m, i, j, k] == y[m, z, v, u]:
                                    gx[m, i, j, k] += g[m, z, v, u]
