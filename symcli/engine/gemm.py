"""Matrix products C = A B, without packing and without a BLAS.

    product(a, ais, aks, b, ldb, c, ldc, m, n, k, add)   C[i, j] = sum over k of A(i, k) B[k, j]
    panel_product(a, ais, aks, b, c, ldc, m, n, k, add)  the same, B in panels
    product_t(a, lda, b, ldb, c, ldc, m, n, k, add)      C[i, j] = sum over k of A[i, k] B[j, k], both contiguous in k

A(i, k) is a[i ais + k aks]. C is (m, n), its rows ldc floats apart; with ``add`` the product is added to it.
Strides are in floats. A *panel* is PANEL columns of B as an array of its own, as ``transpose.panels`` makes it from
B^T: what lies pages apart is read at 102 GFLOP/s for (204, 10000, 200), panels at 111.
"""

from typing import Any

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, REGISTERS
from symcli.engine.tape import share, word, words
from symcli.engine.tiles import ROWS, VECTORS, dot, dot_lanes, outer

__all__ = ["PANEL", "panel_product", "product", "product_t"]

_NEAR = 1 << 19  # bytes that stay in the second cache
_DEPTH = 512  # steps of k before the next tile is taken: B's columns of that many rows stay in the second cache
_WIDTH = VECTORS * LANES
# What is half a vector at most behind whole tiles is taken by the tile before, which becomes two of 2 and 2.5 vectors.
_HALF = LANES // 2 if LANES == 16 else 0
_HIGH, _NARROW = (12, 1) if REGISTERS == 32 else (6, 2)  # a tile of a panel, which stays in the first cache
PANEL = _NARROW * LANES  # columns of a panel


@instruction
def _product(p, thread, threads):
    """C = A B.  0 a, 1 ais, 2 aks, 3 b, 4 ldb, 5 c, 6 ldc, 7 m, 8 n, 9 k, 10 add, 11 along: tiles of one row follow
    one another"""
    a, ais, aks, b, ldb, c, ldc = words(p, 0, 7)
    m, n, k, add, along = words(p, 7, 5)
    high, wide = (m + ROWS - 1) // ROWS, max(1, (n - _HALF + _WIDTH - 1) // _WIDTH)
    start, stop = share(high * wide, 1, thread, threads)
    for first in range(0, k, _DEPTH):
        steps, more = min(_DEPTH, k - first), add or first > 0
        for tile in range(start, stop):
            row, column = (tile // wide, tile % wide) if along else (tile % high, tile // high)
            i, j = row * ROWS, column * _WIDTH
            end = n if column == wide - 1 else j + _WIDTH
            at_a = a + 4 * (i * ais + first * aks)
            while j < end:
                left, at_b, at_c = end - j, b + 4 * (first * ldb + j), c + 4 * (i * ldc + j)
                if VECTORS == 4 and 3 * LANES < left <= _WIDTH:
                    outer(ROWS, 4, 1, steps, at_a, ais, aks, at_b, ldb, at_c, ldc, m - i, left, more)
                    j += 4 * LANES
                elif _HALF > 0 and 2 * LANES < left <= 2 * LANES + _HALF:
                    outer(ROWS, 3, 2, steps, at_a, ais, aks, at_b, ldb, at_c, ldc, m - i, left, more)
                    j += 3 * LANES
                elif left > LANES:
                    outer(ROWS, 2, 1, steps, at_a, ais, aks, at_b, ldb, at_c, ldc, m - i, left, more)
                    j += 2 * LANES
                else:
                    outer(ROWS, 1, 1, steps, at_a, ais, aks, at_b, ldb, at_c, ldc, m - i, left, more)
                    j += LANES


@instruction
def panel_product(p, thread, threads):
    """C = A B, B in panels.  0 a, 1 ais, 2 aks, 3 b, 4 c, 5 ldc, 6 m, 7 n, 8 k, 9 add"""
    a, ais, aks, b, c, ldc, m, n, k, add = words(p, 0, 10)
    high, wide = (m + _HIGH - 1) // _HIGH, (n + PANEL - 1) // PANEL
    start, stop = share(high * wide, 1, thread, threads)
    for first in range(0, k, _DEPTH):
        steps, more = min(_DEPTH, k - first), add or first > 0
        for tile in range(start, stop):
            i, j = tile // wide * _HIGH, tile % wide * PANEL
            at_a, at_b, at_c = a + 4 * (i * ais + first * aks), b + 4 * (j * k + first * PANEL), c + 4 * (i * ldc + j)
            outer(_HIGH, _NARROW, 1, steps, at_a, ais, aks, at_b, PANEL, at_c, ldc, m - i, n - j, more)


def product(a: Any, ais: int, aks: int, b: Any, ldb: int, c: Any, ldc: int, m: int, n: int, k: int, add: int) -> None:
    """C[i, j] = sum over k of A(i, k) B[k, j]."""
    steps = min(k, _DEPTH)
    _product(a, ais, aks, b, ldb, c, ldc, m, n, k, add, 4 * steps * n <= _NEAR < 4 * steps * m)


@instruction
def product_t(p, thread, threads):
    """C = A B^T.  0 a, 1 lda, 2 b, 3 ldb, 4 c, 5 ldc, 6 m, 7 n, 8 k, 9 add"""
    a, lda, b, ldb, c, ldc = word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5)
    m, n, k, add = word(p, 6), word(p, 7), word(p, 8), word(p, 9)
    if m == 1 and n >= LANES:
        for j in range(*share(n // LANES, 1, thread, threads)):
            dot_lanes(k, a, b + 4 * j * LANES * ldb, ldb, c + 4 * j * LANES, add)
        first = n // LANES * LANES
        b, c, n = b + 4 * first * ldb, c + 4 * first, n - first
    high, wide = (m + 3) // 4, (n + 3) // 4
    start, stop = share(high * wide, 1, thread, threads)
    for tile in range(start, stop):
        i, j = tile // wide * 4, tile % wide * 4
        dot(k, a + 4 * i * lda, lda, b + 4 * j * ldb, ldb, c + 4 * (i * ldc + j), ldc, m - i, n - j, add)
