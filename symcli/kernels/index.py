"""Reading and writing at places that an array of indices names.

Indices may be of any number type; fractions are cut off. What is out of range goes to the nearest end,
or, with ``wrap``, around as often as needed.
"""

from symcli.kernels.jit import function, kernel
from symcli.kernels.kernel import OutOfRange, numpy_kernel

__all__ = [
    "one_hot", "pick", "pick_grad", "put", "require_in_range", "take", "take_grad", "where", "where_grad",
]  # fmt: skip


@function
def _place(index, size, wrap):
    """The place from 0 to size - 1 that an index names; NaN names the first."""
    if wrap:
        return int(index) % size
    if not index > 0:
        return 0
    return size - 1 if index >= size else int(index)


@numpy_kernel
def require_in_range(index, size):
    """Raise OutOfRange if an index is below 0 or not below size."""
    outside = ~((index >= 0) & (index < size))
    if outside.any():
        raise OutOfRange(
            f"take: index {index[outside].flat[0]} is out of range; needs 0 to {size - 1}, or mode=clip or mode=wrap"
        )


@kernel
def take(a, index, wrap, out):
    """out[i, j, l] = a[i, index[j], l]; a (b, n, m), index (k,), out (b, k, m)."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            place = _place(index[j], a.shape[1], wrap)
            for inner in range(out.shape[2]):
                out[i, j, inner] = a[i, place, inner]


@kernel
def take_grad(g, index, wrap, ga):
    """ga[i, p, l] = sum of g[i, j, l] over the j whose index names p; g (b, k, m), index (k,), ga (b, n, m)."""
    ga[:] = 0
    for i in range(g.shape[0]):
        for j in range(g.shape[1]):
            place = _place(index[j], ga.shape[1], wrap)
            for inner in range(g.shape[2]):
                ga[i, place, inner] += g[i, j, inner]


@kernel
def pick(x, index, wrap, y):
    """y[i, j] = x[i, index[i, j], j]; x (n, k, m), index and y (n, m)."""
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = x[i, _place(index[i, j], x.shape[1], wrap), j]


@kernel
def pick_grad(g, index, wrap, gx):
    """gx[i, index[i, j], j] = g[i, j], 0 elsewhere; g and index (n, m), gx (n, k, m)."""
    gx[:] = 0
    for i in range(g.shape[0]):
        for j in range(g.shape[1]):
            gx[i, _place(index[i, j], gx.shape[1], wrap), j] = g[i, j]


@kernel
def put(a, value, index, out):
    """out = a, but out[i, index[i]] = value[i] where index is in range; a and out (n, k), the others (n,)."""
    for i in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[i, c] = a[i, c]
        if index[i] > -1 and index[i] < out.shape[1]:
            out[i, int(index[i])] = value[i]


@kernel
def one_hot(index, on, off, out):
    """out[i, c] = on if index[i] is c, else off; index (n,), out (n, k). An index out of range has no on."""
    for i in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[i, c] = off
        if index[i] > -1 and index[i] < out.shape[1]:
            out[i, int(index[i])] = on


@kernel
def where(condition, x, y, out):
    """out[i, j] = x[i, j] if condition[i] is not 0, else y[i, j]; x, y, out (n, m), condition (n,)."""
    for i in range(out.shape[0]):
        source = x if condition[i] != 0 else y
        for j in range(out.shape[1]):
            out[i, j] = source[i, j]


@kernel
def where_grad(condition, g, chosen, gx):
    """gx[i, j] = g[i, j] if (condition[i] is not 0) is ``chosen``, else 0; g, gx (n, m), condition (n,)."""
    for i in range(gx.shape[0]):
        taken = (condition[i] != 0) == chosen
        for j in range(gx.shape[1]):
            gx[i, j] = g[i, j] if taken else 0
