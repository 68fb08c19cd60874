"""Normalisation of rows.

What divides into groups of elements that share a mean (GroupNorm, InstanceNorm) is batch normalisation of
another view and uses its kernels (``norm``).
"""

import numpy as np

from symcli.kernels.jit import kernel

__all__ = ["layer_norm", "layer_norm_grad", "layer_norm_sums"]


@kernel
def layer_norm(x, gamma, beta, eps, mean, std, out):
    """out[i, j] = (x[i, j] - mean[i]) / std[i] gamma[j] + beta[j], std[i] = sqrt(biased variance of x[i] + eps)."""
    count = x.shape[1]
    for i in range(x.shape[0]):
        total = 0.0
        for j in range(count):
            total += x[i, j]
        middle = total / count
        total = 0.0
        for j in range(count):
            total += (x[i, j] - middle) ** 2
        mean[i], std[i] = middle, np.sqrt(total / count + eps)
        shift, scale = x.dtype.type(middle), x.dtype.type(1 / np.sqrt(total / count + eps))
        for j in range(count):
            out[i, j] = (x[i, j] - shift) * scale * gamma[j] + beta[j]


@kernel
def layer_norm_grad(g, x, gamma, mean, std, gx):
    """gx[i, j] = (h[j] - mean of h - z[j] mean of (h z)) / std[i]; h = g[i] gamma, z = (x[i] - mean[i]) / std[i]."""
    count, one = x.shape[1], x.dtype.type(1)
    for i in range(x.shape[0]):
        total, product, shift, scale = 0.0, 0.0, mean[i], one / std[i]
        for j in range(count):
            h = g[i, j] * gamma[j]
            total += h
            product += h * (x[i, j] - shift)
        middle, slope = x.dtype.type(total / count), x.dtype.type(product / count * scale * scale)
        for j in range(count):
            gx[i, j] = (g[i, j] * gamma[j] - middle - (x[i, j] - shift) * slope) * scale


@kernel
def layer_norm_sums(g, x, mean, std, sums):
    """sums[0, j] = sum over i of g[i, j]; sums[1, j] = sum over i of g[i, j] (x[i, j] - mean[i]) / std[i]; float64."""
    sums[:] = 0
    one = x.dtype.type(1)
    for i in range(x.shape[0]):
        shift, scale = mean[i], one / std[i]
        for j in range(x.shape[1]):
            sums[0, j] += g[i, j]
            sums[1, j] += g[i, j] * ((x[i, j] - shift) * scale)
