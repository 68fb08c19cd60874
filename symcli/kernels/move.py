"""Copies and fills. These take arrays of any layout, so that a transposed view is a transposed copy."""

import numpy as np

from symcli.kernels.kernel import numpy_kernel

__all__ = ["copy", "fill"]


@numpy_kernel
def copy(a, out):
    """out = a, cast to out's type."""
    np.copyto(out, a, casting="unsafe")


@numpy_kernel
def fill(value, out):
    """out = value everywhere."""
    out.fill(value)
