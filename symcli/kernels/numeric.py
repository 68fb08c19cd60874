"""Running sums."""

import numpy as np

from symcli.kernels.kernel import numpy_kernel

__all__ = ["cumsum"]


@numpy_kernel
def cumsum(a, out):
    """out[i, j, k] = the sum of a[i, :j + 1, k], in float64 at least for floating-point numbers."""
    np.cumsum(a, axis=1, dtype=np.float64 if out.dtype.kind == "f" else out.dtype, out=out)
