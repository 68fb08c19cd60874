"""Matrix products, through NumPy's BLAS."""

import numpy as np

from symcli.kernels.kernel import numpy_kernel

__all__ = ["add_row", "matmul", "matmul_t", "t_matmul"]


@numpy_kernel
def matmul(a, b, out):
    """out = a . b; a (..., m, k), b (..., k, n), out (..., m, n)."""
    np.matmul(a, b, out=out)


@numpy_kernel
def matmul_t(a, b, out):
    """out = a . b^T; a (m, k), b (n, k), out (m, n)."""
    np.matmul(a, b.T, out=out)


@numpy_kernel
def t_matmul(a, b, out):
    """out = a^T . b; a (k, m), b (k, n), out (m, n)."""
    np.matmul(a.T, b, out=out)


@numpy_kernel
def add_row(row, out):
    """out += row, for every row of out (m, n)."""
    np.add(out, row, out=out)
