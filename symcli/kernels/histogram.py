"""Counts of numbers between edges."""

import numpy as np

from symcli.kernels.jit import kernel
from symcli.kernels.kernel import numpy_kernel

__all__ = ["counts", "edges"]


@numpy_kernel
def edges(low, high, out):
    """out = edges from low to high, at equal distances."""
    np.copyto(out, np.linspace(low, high, out.size), casting="unsafe")


@kernel
def counts(a, edge, out):
    """out[i] = how many of a lie in [edge[i], edge[i + 1]), the last one's end included; a (n,), edge (bins + 1,)."""
    out[:] = 0
    last = edge.size - 1
    for i in range(a.size):
        x = a[i]
        if not (x >= edge[0] and x <= edge[last]):
            continue
        low, high = 0, last
        while high - low > 1:
            middle = (low + high) // 2
            if x >= edge[middle]:
                low = middle
            else:
                high = middle
        out[low] += 1
