"""Sorting along an axis, and the places of extremes. Sorting is stable; NaN goes last in both directions."""

import numpy as np

from symcli.kernels.jit import function, kernel
from symcli.kernels.kernel import numpy_kernel

__all__ = ["argmax", "argmin", "argsort", "mask", "put", "sort_places", "take"]


@function
def _behind(a, b, descending):
    """Whether a must stand behind b."""
    return (a < b if descending else a > b) or (a != a and b == b)


@function
def sort_places(key, n, descending, order, spare):
    """order[:n] = the places of key[:n], smallest or largest first, equal ones in their order; spare is lost.

    A merge sort, because Numba's argsort allocates and NumPy's cannot be called from a loop.
    """
    for i in range(n):
        order[i] = i
    source, target = order, spare
    width = 1
    while width < n:
        for start in range(0, n, 2 * width):
            middle, stop = min(start + width, n), min(start + 2 * width, n)
            left, right = start, middle
            for i in range(start, stop):
                if right < stop and (left == middle or _behind(key[source[left]], key[source[right]], descending)):
                    target[i] = source[right]
                    right += 1
                else:
                    target[i] = source[left]
                    left += 1
        source, target = target, source
        width *= 2
    for i in range(n):
        order[i] = source[i]


@kernel
def argsort(x, descending, key, spare, order):
    """order[i, j] = the places of x[i, :, j], sorted; x (n, k, m), order int (n, m, k); key and spare (k,) are lost."""
    for i in range(x.shape[0]):
        for j in range(x.shape[2]):
            for p in range(x.shape[1]):
                key[p] = x[i, p, j]
            sort_places(key, x.shape[1], descending, order[i, j], spare)


@kernel
def take(x, order, y):
    """y[i, p, j] = x[i, order[i, j, p], j] for the first places; x (n, k, m), order (n, m, k), y (n, k', m)."""
    for i in range(y.shape[0]):
        for p in range(y.shape[1]):
            for j in range(y.shape[2]):
                y[i, p, j] = x[i, order[i, j, p], j]


@kernel
def mask(order, count, y):
    """y[i, order[i, j, p], j] = 1 for p < count, else 0; order (n, m, k), y (n, k, m)."""
    y[:] = 0
    for i in range(order.shape[0]):
        for j in range(order.shape[1]):
            for p in range(count):
                y[i, order[i, j, p], j] = 1


@kernel
def put(g, places, gx):
    """gx[i, places[i, p, j], j] = g[i, p, j], else 0; g and places (n, k', m), gx (n, k, m)."""
    gx[:] = 0
    for i in range(g.shape[0]):
        for p in range(g.shape[1]):
            for j in range(g.shape[2]):
                gx[i, int(places[i, p, j]), j] = g[i, p, j]


@numpy_kernel
def argmax(x, y):
    """y[i, j] = the first place of the largest of x[i, :, j], or of NaN; x (n, k, m), y (n, m)."""
    np.copyto(y, np.argmax(x, axis=1), casting="unsafe")


@numpy_kernel
def argmin(x, y):
    """y[i, j] = the first place of the smallest of x[i, :, j], or of NaN; x (n, k, m), y (n, m)."""
    np.copyto(y, np.argmin(x, axis=1), casting="unsafe")
