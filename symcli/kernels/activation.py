"""Activation functions that no elementwise operator of their own has, and their gradients."""

import math

import numpy as np

from symcli.kernels.jit import kernel
from symcli.kernels.kernel import numpy_kernel

__all__ = [
    "elu",
    "elu_grad",
    "gelu",
    "gelu_grad",
    "leaky",
    "leaky_grad",
    "slope_grad",
    "softrelu",
    "softrelu_grad",
    "softsign_grad",
]

_ROOT_HALF = math.sqrt(0.5)
_DENSITY = 1 / math.sqrt(2 * math.pi)


@numpy_kernel
def softrelu(x, y):
    """y = log(1 + e^x)."""
    np.logaddexp(x, 0, out=y)


@numpy_kernel
def softrelu_grad(g, y, gx):
    """gx = g (1 - e^-y), y the softrelu."""
    np.negative(y, out=gx)
    np.expm1(gx, out=gx)
    np.multiply(gx, g, out=gx)
    np.negative(gx, out=gx)


@numpy_kernel
def softsign_grad(g, y, gx):
    """gx = g (1 - |y|)², y the softsign."""
    np.absolute(y, out=gx)
    np.subtract(1, gx, out=gx)
    np.square(gx, out=gx)
    np.multiply(gx, g, out=gx)


@kernel
def elu(x, slope, scale, y):
    """y = scale x where x > 0, else scale slope (e^x - 1)."""
    for i in range(x.size):
        y[i] = scale * x[i] if x[i] > 0 else scale * slope * np.expm1(x[i])


@kernel
def elu_grad(g, x, y, slope, scale, gx):
    """gx = g scale where x > 0, else g scale (slope + y), y the output; with scale = 1 that is g slope e^x."""
    for i in range(x.size):
        gx[i] = g[i] * scale if x[i] > 0 else g[i] * scale * (slope + y[i])


@kernel
def gelu(x, y):
    """y = x Φ(x), Φ(x) = (1 + erf(x / √2)) / 2 the normal distribution."""
    half, root = x.dtype.type(0.5), x.dtype.type(_ROOT_HALF)
    for i in range(x.size):
        y[i] = x[i] * (half + half * math.erf(x[i] * root))


@kernel
def gelu_grad(g, x, gx):
    """gx = g (Φ(x) + x e^(-x²/2) / √(2π))."""
    half, root, density = x.dtype.type(0.5), x.dtype.type(_ROOT_HALF), x.dtype.type(_DENSITY)
    for i in range(x.size):
        gx[i] = g[i] * (half + half * math.erf(x[i] * root) + x[i] * density * np.exp(-half * x[i] * x[i]))


# Slopes are (n, c, k) or 1 on any axis, where they are repeated.


@kernel
def leaky(x, slope, y):
    """y[n, c, k] = x where x > 0, else slope x."""
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            line = slope[min(n, slope.shape[0] - 1), min(c, slope.shape[1] - 1)]
            if line.size == 1:
                factor = line[0]
                for k in range(x.shape[2]):
                    y[n, c, k] = x[n, c, k] if x[n, c, k] > 0 else x[n, c, k] * factor
            else:
                for k in range(x.shape[2]):
                    y[n, c, k] = x[n, c, k] if x[n, c, k] > 0 else x[n, c, k] * line[k]


@kernel
def leaky_grad(g, x, slope, gx):
    """gx[n, c, k] = g where x > 0, else slope g."""
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            line = slope[min(n, slope.shape[0] - 1), min(c, slope.shape[1] - 1)]
            if line.size == 1:
                factor = line[0]
                for k in range(x.shape[2]):
                    gx[n, c, k] = g[n, c, k] if x[n, c, k] > 0 else g[n, c, k] * factor
            else:
                for k in range(x.shape[2]):
                    gx[n, c, k] = g[n, c, k] if x[n, c, k] > 0 else g[n, c, k] * line[k]


@kernel
def slope_grad(g, x, sums):
    """sums[n, c] = the sum of g x where x <= 0, over k and the axes where sums, float64, has size 1."""
    sums[:] = 0
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            total = 0.0
            for k in range(x.shape[2]):
                total += 0 if x[n, c, k] > 0 else np.float64(g[n, c, k]) * x[n, c, k]
            sums[min(n, sums.shape[0] - 1), min(c, sums.shape[1] - 1)] += total
