"""Normalisation of arrays (i, c, j) across neighbouring channels c."""

import numpy as np

from symcli.kernels.jit import kernel

__all__ = ["lrn", "lrn_grad"]


@kernel
def lrn(x, half, scale, beta, knorm, norm, out):
    """out = x norm^-beta, norm[i, c, j] = knorm + scale times the sum of x[i, d, j]^2 over |d - c| <= half."""
    for i in range(x.shape[0]):
        for c in range(x.shape[1]):
            first, last = max(c - half, 0), min(c + half + 1, x.shape[1])
            for j in range(x.shape[2]):
                total = 0.0
                for d in range(first, last):
                    total += np.float64(x[i, d, j]) ** 2
                norm[i, c, j] = knorm + scale * total
                out[i, c, j] = x[i, c, j] * norm[i, c, j] ** -beta


@kernel
def lrn_grad(g, x, norm, half, scale, beta, gx):
    """gx = g norm^-beta - 2 scale beta x[i, c, j] times the sum of g x norm^(-beta - 1) over |d - c| <= half."""
    for i in range(x.shape[0]):
        for c in range(x.shape[1]):
            first, last = max(c - half, 0), min(c + half + 1, x.shape[1])
            for j in range(x.shape[2]):
                total = 0.0
                for d in range(first, last):
                    total += g[i, d, j] * x[i, d, j] * norm[i, d, j] ** (-beta - 1)
                gx[i, c, j] = g[i, c, j] * norm[i, c, j] ** -beta - 2 * scale * beta * x[i, c, j] * total
