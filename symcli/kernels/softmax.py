"""Softmax along the middle axis of arrays (before, k, after), and its gradients.

The largest entry of each line is subtracted before exp, so that nothing overflows; sums are held in
float64. ``t`` is the temperature, of the arrays' own type; a negative one gives softmin.
"""

import numpy as np

from symcli.kernels.jit import function, kernel

__all__ = ["log_softmax", "log_softmax_grad", "softmax", "softmax_grad", "softmax_length", "softmax_length_grad"]


@function
def _top(x, i, j, k, t):
    """The entry whose quotient by t is largest, of the first k of line (i, :, j)."""
    top = x[i, 0, j]
    for c in range(k):
        if (x[i, c, j] - top) * t > 0:
            top = x[i, c, j]
    return top


@function
def _line(x, i, j, k, t, y):
    """Softmax of the first k entries of line (i, :, j); zeros beyond."""
    top, total = _top(x, i, j, k, t), 0.0
    for c in range(k):
        power = np.exp((x[i, c, j] - top) / t)
        y[i, c, j] = power
        total += power
    for c in range(k):
        y[i, c, j] /= total
    for c in range(k, x.shape[1]):
        y[i, c, j] = 0


@function
def _line_grad(g, y, i, j, k, t, gx):
    """Gradient of _line."""
    total = 0.0
    for c in range(k):
        total += g[i, c, j] * y[i, c, j]
    for c in range(k):
        gx[i, c, j] = y[i, c, j] * (g[i, c, j] - total) / t
    for c in range(k, g.shape[1]):
        gx[i, c, j] = 0


@kernel
def softmax(x, t, y):
    """y[i, c, j] = exp(x[i, c, j] / t) / sum over d of exp(x[i, d, j] / t)."""
    for i in range(x.shape[0]):
        for j in range(x.shape[2]):
            _line(x, i, j, x.shape[1], t, y)


@kernel
def softmax_grad(g, y, t, gx):
    """gx[i, c, j] = y[i, c, j] (g[i, c, j] - sum over d of g[i, d, j] y[i, d, j]) / t."""
    for i in range(y.shape[0]):
        for j in range(y.shape[2]):
            _line_grad(g, y, i, j, y.shape[1], t, gx)


@kernel
def softmax_length(x, length, t, y):
    """Softmax over the first length[i, j] entries of each line; zeros beyond. length (before, after)."""
    for i in range(x.shape[0]):
        for j in range(x.shape[2]):
            _line(x, i, j, min(max(int(length[i, j]), 0), x.shape[1]), t, y)


@kernel
def softmax_length_grad(g, y, length, t, gx):
    """The gradient of softmax_length: zeros beyond the length."""
    for i in range(y.shape[0]):
        for j in range(y.shape[2]):
            _line_grad(g, y, i, j, min(max(int(length[i, j]), 0), y.shape[1]), t, gx)


@kernel
def log_softmax(x, t, y):
    """y[i, c, j] = x[i, c, j] / t - log(sum over d of exp(x[i, d, j] / t))."""
    for i in range(x.shape[0]):
        for j in range(x.shape[2]):
            top, total = _top(x, i, j, x.shape[1], t), 0.0
            for c in range(x.shape[1]):
                total += np.exp((x[i, c, j] - top) / t)
            shift = np.log(total)
            for c in range(x.shape[1]):
                y[i, c, j] = (x[i, c, j] - top) / t - shift


@kernel
def log_softmax_grad(g, y, t, gx):
    """gx[i, c, j] = (g[i, c, j] - exp(y[i, c, j]) sum over d of g[i, d, j]) / t."""
    for i in range(y.shape[0]):
        for j in range(y.shape[2]):
            total = 0.0
            for c in range(y.shape[1]):
                total += g[i, c, j]
            for c in range(y.shape[1]):
                gx[i, c, j] = (g[i, c, j] - np.exp(y[i, c, j]) * total) / t
