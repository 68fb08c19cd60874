"""The search for numbers that are not finite."""

import numpy as np

from symcli.kernels.kernel import numpy_kernel

__all__ = ["clear_unless_finite"]


@numpy_kernel
def clear_unless_finite(a, out):
    """out = 0 if a holds NaN or an infinity, else out stays; out (1,)."""
    if not np.isfinite(a).all():
        out.fill(0)
