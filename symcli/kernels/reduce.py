"""Sums over axes."""

import numpy as np

from symcli.kernels.kernel import numpy_kernel

__all__ = ["sum_rows"]


@numpy_kernel
def sum_rows(a, out):
    """out[j] = sum over i of a[i, j]; a (m, n), out (n,)."""
    np.sum(a, axis=0, out=out)
