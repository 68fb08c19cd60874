"""Batch normalisation of arrays (i, c, j), c the channels.

Statistics are taken in two passes: the difference of E[x^2] and E[x]^2 loses all digits where the mean
is large against the deviation.
"""

import numpy as np

from symcli.kernels.jit import kernel, ordered_kernel

__all__ = [
    "batch_stats",
    "grad_sums",
    "move_stats",
    "moving_stats",
    "normalise",
    "normalise_grad",
    "scale_channels",
]


_BLOCK = 8192  # elements


# In float32 the order of the sums decides the last digits, and a deep network with ReLU shows them: up to one
# block they are MXNet's, one element after another. Blocks are added in float64, where MXNet goes on in float32.
@ordered_kernel
def batch_stats(x, eps, mean, invstd):
    """mean[c] = mean of x[:, c, :], invstd[c] = 1 / sqrt(its biased variance + eps)."""
    count = x.shape[0] * x.shape[2]
    for c in range(x.shape[1]):
        for moment in range(2):
            middle = mean[c] if moment else x.dtype.type(0)
            total, part, left = 0.0, x.dtype.type(0), _BLOCK
            for i in range(x.shape[0]):
                for j in range(x.shape[2]):
                    away = x[i, c, j] - middle
                    part += away * away if moment else away
                    left -= 1
                    if left == 0:
                        total, part, left = total + part, x.dtype.type(0), _BLOCK
            total += part
            if moment:
                invstd[c] = 1 / np.sqrt(x.dtype.type(total / count) + x.dtype.type(eps))
            else:
                mean[c] = total / count


@kernel
def moving_stats(moving_mean, moving_var, eps, mean, invstd):
    """mean = moving_mean, invstd = 1 / sqrt(moving_var + eps); all (c,)."""
    for c in range(mean.size):
        mean[c] = moving_mean[c]
        invstd[c] = 1 / np.sqrt(moving_var[c] + eps)


@kernel
def normalise(x, mean, invstd, gamma, beta, out):
    """out[i, c, j] = (x[i, c, j] - mean[c]) invstd[c] gamma[c] + beta[c]."""
    for i in range(x.shape[0]):
        for c in range(x.shape[1]):
            middle, scale, shift = mean[c], invstd[c] * gamma[c], beta[c]
            for j in range(x.shape[2]):
                out[i, c, j] = (x[i, c, j] - middle) * scale + shift


@kernel
def grad_sums(g, x, mean, invstd, sums):
    """sums[0, c] = sum of g[:, c, :], sums[1, c] = sum of g[:, c, :] (x[:, c, :] - mean[c]) invstd[c]; float64."""
    sums[:] = 0
    for i in range(x.shape[0]):
        for c in range(x.shape[1]):
            total, product, middle = 0.0, 0.0, np.float64(mean[c])
            for j in range(x.shape[2]):
                total += g[i, c, j]
                product += g[i, c, j] * (x[i, c, j] - middle)
            sums[0, c] += total
            sums[1, c] += product * invstd[c]


@kernel
def normalise_grad(g, x, mean, invstd, gamma, sums, gx):
    """gx = invstd gamma (g - sums[0] / n - (x - mean) invstd sums[1] / n), n = i j; sums as grad_sums gives them."""
    count = x.shape[0] * x.shape[2]
    for i in range(x.shape[0]):
        for c in range(x.shape[1]):
            middle, scale = mean[c], invstd[c] * gamma[c]
            shift = g.dtype.type(sums[0, c] / count)
            slope = g.dtype.type(sums[1, c] / count * invstd[c])
            for j in range(x.shape[2]):
                gx[i, c, j] = scale * (g[i, c, j] - shift - (x[i, c, j] - middle) * slope)


@kernel
def scale_channels(g, invstd, gamma, gx):
    """gx[i, c, j] = g[i, c, j] invstd[c] gamma[c]."""
    for i in range(g.shape[0]):
        for c in range(g.shape[1]):
            scale = invstd[c] * gamma[c]
            for j in range(g.shape[2]):
                gx[i, c, j] = g[i, c, j] * scale


@kernel
def move_stats(mean, invstd, eps, momentum, moving_mean, moving_var):
    """moving = momentum moving + (1 - momentum) batch, for the mean and for the variance 1 / invstd^2 - eps."""
    for c in range(mean.size):
        variance = 1 / np.float64(invstd[c]) ** 2 - eps
        moving_mean[c] = momentum * moving_mean[c] + (1 - momentum) * mean[c]
        moving_var[c] = momentum * moving_var[c] + (1 - momentum) * variance
