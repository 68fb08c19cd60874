"""Reductions. ``out`` has the rank of ``a`` and size 1 along the axes that are reduced."""

import numpy as np

from symcli.kernels.kernel import numpy_kernel

__all__ = ["max", "min", "prod", "sum", "sum_rows"]


def _axes(out):
    return tuple(axis for axis, size in enumerate(out.shape) if size == 1)


def _wide(out):
    # float32 sums along outer axes lose a digit for each factor of ten in length; float64 takes twice the time.
    return np.float64 if out.dtype.kind == "f" else out.dtype


@numpy_kernel
def sum(a, out):
    """out = the sum of a."""
    np.sum(a, axis=_axes(out), dtype=_wide(out), keepdims=True, out=out)


@numpy_kernel
def prod(a, out):
    """out = the product of a."""
    np.prod(a, axis=_axes(out), keepdims=True, out=out)


@numpy_kernel
def max(a, out):
    """out = the largest of a; NaN if one is."""
    np.max(a, axis=_axes(out), keepdims=True, out=out)


@numpy_kernel
def min(a, out):
    """out = the smallest of a; NaN if one is."""
    np.min(a, axis=_axes(out), keepdims=True, out=out)


@numpy_kernel
def sum_rows(a, out):
    """out[j] = sum over i of a[i, j]; a (m, n), out (n,)."""
    np.sum(a, axis=0, dtype=_wide(out), out=out)
