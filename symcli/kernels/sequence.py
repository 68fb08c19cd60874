"""Sequences of different lengths side by side: arrays (t, n, k) of t steps, or with batch first (n, t, k).

``length`` (n,) may be of any number type; fractions are cut off, lengths out of range taken as the nearest end.
"""

from symcli.kernels.jit import function, kernel

__all__ = ["last", "last_grad", "mask", "reverse"]


@function
def _steps(length, most):
    """A length as a number of steps from 0 to most; NaN is 0."""
    if not length > 0:
        return 0
    return most if length >= most else int(length)


@kernel
def mask(x, length, value, out):
    """out[t, n] = x[t, n] where t < length[n], else value."""
    for n in range(x.shape[1]):
        end = _steps(length[n], x.shape[0])
        for t in range(x.shape[0]):
            for k in range(x.shape[2]):
                out[t, n, k] = x[t, n, k] if t < end else value


@kernel
def last(x, length, out):
    """out[n] = x[length[n] - 1, n], the first step if there is none."""
    for n in range(x.shape[1]):
        t = max(_steps(length[n], x.shape[0]) - 1, 0)
        for k in range(x.shape[2]):
            out[n, k] = x[t, n, k]


@kernel
def last_grad(g, length, gx):
    """gx[t, n] = g[n] for the step that ``last`` takes, else 0."""
    for n in range(gx.shape[1]):
        place = max(_steps(length[n], gx.shape[0]) - 1, 0)
        for t in range(gx.shape[0]):
            for k in range(gx.shape[2]):
                gx[t, n, k] = g[n, k] if t == place else 0


@kernel
def reverse(x, length, out):
    """out[t, n] = x[length[n] - 1 - t, n] where t < length[n], else x[t, n]."""
    for n in range(x.shape[1]):
        end = _steps(length[n], x.shape[0])
        for t in range(x.shape[0]):
            source = end - 1 - t if t < end else t
            for k in range(x.shape[2]):
                out[t, n, k] = x[source, n, k]
