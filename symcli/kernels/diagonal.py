"""Diagonals and triangles of matrices, to and from packed form."""

import numpy as np

from symcli.kernels.jit import kernel
from symcli.kernels.kernel import numpy_kernel

__all__ = ["divide_diagonal", "pack_triangle", "put_diagonal", "sum_log_diagonal", "unpack_triangle"]


@numpy_kernel
def put_diagonal(a, offset, axis1, axis2, out):
    """The diagonal of out's axis1 and axis2 that lies ``offset`` columns to the right = a, 0 elsewhere."""
    out.fill(0)
    diagonal = out.diagonal(offset, axis1, axis2)
    diagonal.flags.writeable = True
    np.copyto(diagonal, a)


@numpy_kernel
def sum_log_diagonal(a, out):
    """out[b] = sum over i of log(a[b, i, i])."""
    np.sum(np.log(a.diagonal(0, 1, 2)), axis=1, dtype=np.float64, out=out, keepdims=False)


@numpy_kernel
def divide_diagonal(g, a, out):
    """out[b, i, i] = g[b] / a[b, i, i], 0 elsewhere."""
    out.fill(0)
    out[:, np.arange(a.shape[1]), np.arange(a.shape[1])] = g[:, None] / a.diagonal(0, 1, 2)


@kernel
def pack_triangle(a, offset, lower, out):
    """out[b] = the entries of a[b] on and beyond a diagonal: lower ones row by row, upper ones column by column.

    a (b, n, n), out (b, k (k + 1) / 2) with k = n - offset, offset >= 0 the distance to the main diagonal.
    """
    for b in range(a.shape[0]):
        place = 0
        for i in range(offset, a.shape[1]):
            for j in range(i - offset + 1):
                out[b, place] = a[b, i, j] if lower else a[b, j, i]
                place += 1


@kernel
def unpack_triangle(a, offset, lower, out):
    """The inverse of ``pack_triangle``: out[b] = a[b] in its triangle, 0 elsewhere."""
    out[:] = 0
    for b in range(out.shape[0]):
        place = 0
        for i in range(offset, out.shape[1]):
            for j in range(i - offset + 1):
                if lower:
                    out[b, i, j] = a[b, place]
                else:
                    out[b, j, i] = a[b, place]
                place += 1
