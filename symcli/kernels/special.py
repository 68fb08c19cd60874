"""Special functions that NumPy lacks, elementwise, computed in float64."""

import math

import numpy as np

from symcli.kernels.jit import function, kernel

__all__ = ["digamma", "erf", "erfinv", "gamma", "gammaln", "psi"]


@kernel
def erf(a, out):
    """out = 2 / sqrt(π) times the integral of exp(-t²) from 0 to a."""
    for i in range(a.size):
        out[i] = math.erf(a[i])


@kernel
def gamma(a, out):
    """out = Γ(a), the integral of t^(a-1) e^-t from 0 on; (a - 1)! of whole numbers."""
    for i in range(a.size):
        out[i] = math.gamma(a[i])


@kernel
def gammaln(a, out):
    """out = log |Γ(a)|."""
    for i in range(a.size):
        out[i] = math.lgamma(a[i])


@kernel
def digamma(a, out):
    """out = the derivative of log Γ at a; infinity at 0 and negative whole numbers."""
    for i in range(a.size):
        out[i] = psi(np.float64(a[i]))


@kernel
def erfinv(a, beyond, out):
    """out = the number whose erf is a; beyond where there is none."""
    for i in range(a.size):
        y = np.float64(a[i])
        out[i] = _erfinv(y) if abs(y) <= 1 else beyond


@function
def psi(x):
    """The derivative of log Γ at a number."""
    if x <= 0 and x == math.floor(x):
        return np.inf
    result = 0.0
    if x < 0:  # ψ(x) = ψ(1 - x) - π / tan(π x)
        result = -math.pi / math.tan(math.pi * x)
        x = 1 - x
    while x < 8:  # ψ(x) = ψ(x + 1) - 1 / x
        result -= 1 / x
        x += 1
    s = 1 / (x * x)
    # Abramowitz and Stegun, 6.3.18.
    series = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s * (1 / 132)))))
    return result + math.log(x) - 0.5 / x - series


@function
def _erfinv(y):
    size = abs(y)
    if size == 1:
        return y * np.inf
    # Winitzki's formula to two digits, then Halley's steps; erfc keeps the digits that erf loses near 1.
    a = 0.147
    logarithm = math.log((1 - size) * (1 + size))
    t = 2 / (math.pi * a) + logarithm / 2
    x = math.sqrt(math.sqrt(t * t - logarithm / a) - t)
    for _ in range(3):
        error = math.erf(x) - size if size < 0.5 else (1 - size) - math.erfc(x)
        step = error * math.sqrt(math.pi) / 2 * math.exp(x * x)
        x -= step / (1 + x * step)
    return math.copysign(x, y)
