"""Kernels of the small operators that MXNet keeps under ``contrib``, and of a penalty on activations."""

from symcli.kernels.jit import kernel

__all__ = ["kl_sparse_grad", "quadratic", "quadratic_grad"]


@kernel
def quadratic(x, a, b, c, out):
    """out = a x^2 + b x + c; all (n,)."""
    for i in range(x.size):
        out[i] = (a * x[i] + b) * x[i] + c


@kernel
def quadratic_grad(g, x, a, b, gx):
    """gx = g (2 a x + b); all (n,)."""
    for i in range(x.size):
        gx[i] = g[i] * (2 * a * x[i] + b)


@kernel
def kl_sparse_grad(g, x, target, penalty, momentum, average, gx):
    """gx[i, j] = g[i, j] + penalty ((1 - target) / (1 - average[j]) - target / average[j]).

    Before, average[j] = momentum average[j] + (1 - momentum) mean over i of x[i, j].
    """
    for j in range(x.shape[1]):
        total = 0.0
        for i in range(x.shape[0]):
            total += x[i, j]
        moved = momentum * average[j] + (1 - momentum) * (total / x.shape[0])
        average[j] = moved
        slope = g.dtype.type(penalty * ((1 - target) / (1 - moved) - target / moved))
        for i in range(x.shape[0]):
            gx[i, j] = g[i, j] + slope
