"""Places that several indices name together, and rows written to places.

Fractions of indices are cut off. ``place`` is int64, one entry for each multi-index.
"""

import numpy as np

from symcli.kernels.jit import kernel
from symcli.kernels.kernel import OutOfRange, numpy_kernel

__all__ = ["clear_rows", "count", "join_index", "put_rows", "require_in_range", "split_index"]


@numpy_kernel
def require_in_range(index, size, axis):
    """Raise OutOfRange if an index is below -size or above size - 1; axis is the one it counts, for the message."""
    outside = ~((index >= -size) & (index <= size - 1))
    if outside.any():
        raise OutOfRange(f"index {index[outside].flat[0]} is out of range for axis {axis} with size {size}; "
                         f"needs {-size} to {size - 1}")  # fmt: skip


@kernel
def join_index(index, size, wrap, place):
    """place[i] = place[i] size + index[i]; with wrap a negative index counts from the end."""
    for i in range(place.size):
        one = int(index[i])
        place[i] = place[i] * size + (one + size if wrap and one < 0 else one)


@kernel
def split_index(size, place, out):
    """out[i] = what is left of place[i] by size, place[i] = the quotient; both rounded toward 0, as C does."""
    for i in range(place.size):
        quotient = abs(place[i]) // size
        if place[i] < 0:
            quotient = -quotient
        out[i] = place[i] - quotient * size
        place[i] = quotient


@kernel
def put_rows(rows, place, out):
    """out[place[i]] = rows[i], the last one where places are equal; rows (n, m), place (n,), out (k, m)."""
    for i in range(place.size):
        for j in range(out.shape[1]):
            out[place[i], j] = rows[i, j]


@kernel
def clear_rows(place, out):
    """out[place[i]] = 0."""
    for i in range(place.size):
        for j in range(out.shape[1]):
            out[place[i], j] = 0


@numpy_kernel
def count(out):
    """out[i, j, k] = j."""
    np.copyto(out, np.arange(out.shape[1])[None, :, None])
