"""Matrix products C = A B, without packing and without a BLAS.

    product(a, ais, aks, b, ldb, c, ldc, m, n, k, add)   C[i, j] = sum over k of A(i, k) B[k, j]
    panel_product(a, ais, aks, b, c, ldc, m, n, k, add)  the same, B in panels
    product_t(a, lda, b, ldb, c, ldc, m, n, k, add)      C[i, j] = sum over k of A[i, k] B[j, k], both contiguous in k

A(i, k) is a[i ais + k aks]. C is (m, n), its rows ldc floats apart; with ``add`` the product is added to it.
Strides are in floats. A *panel* is some columns of B as an array of its own, as ``transpose.panels`` makes it from B^T:
what lies pages apart is read at 102 GFLOP/s for (204, 10000, 200), panels at 111.
"""

from typing import Any

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, REGISTERS
from symcli.engine.tape import share, word
from symcli.engine.tiles import SHAPES, dot, dot_lanes, outer
from symcli.kernels.kernel import Kernel

__all__ = ["panel", "panel_product", "product", "product_t"]

_NEAR = 1 << 19  # bytes that stay in the second cache
_DEPTH = 512  # steps of k before the next tile is taken: B's columns of that many rows stay in the second cache


def _product(rows: int, vectors: int) -> Kernel:
    """Return the instruction for one shape of tiles. All loads of B are masked where masks cost nothing."""
    width = vectors * LANES
    if LANES == 16:

        def body(p, thread, threads):
            """C = A B.  0 a, 1 ais, 2 aks, 3 b, 4 ldb, 5 c, 6 ldc, 7 m, 8 n, 9 k, 10 add, 11 panel, 12 along: tiles of
            one row follow one another"""
            a, ais, aks, b, ldb, c, ldc = (
                word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5), word(p, 6)
            )  # fmt: skip
            m, n, k, add, panel, along = word(p, 7), word(p, 8), word(p, 9), word(p, 10), word(p, 11), word(p, 12)
            high, wide = (m + rows - 1) // rows, (n + width - 1) // width
            start, stop = share(high * wide, 1, thread, threads)
            for first in range(0, k, _DEPTH):
                steps = min(_DEPTH, k - first)
                for tile in range(start, stop):
                    row, column = (tile // wide, tile % wide) if along else (tile % high, tile // high)
                    i, j = row * rows, column * width
                    at_a, at_b, at_c = (
                        a + 4 * (i * ais + first * aks), b + 4 * (first * ldb + column * panel), c + 4 * (i * ldc + j)
                    )  # fmt: skip
                    more = add or first > 0
                    outer(rows, vectors, 1, steps, at_a, ais, aks, at_b, ldb, at_c, ldc, m - i, n - j, more)
    else:

        def body(p, thread, threads):
            """C = A B.  0 a, 1 ais, 2 aks, 3 b, 4 ldb, 5 c, 6 ldc, 7 m, 8 n, 9 k, 10 add, 11 panel, 12 along: tiles of
            one row follow one another"""
            a, ais, aks, b, ldb, c, ldc = (
                word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5), word(p, 6)
            )  # fmt: skip
            m, n, k, add, panel, along = word(p, 7), word(p, 8), word(p, 9), word(p, 10), word(p, 11), word(p, 12)
            high, wide = (m + rows - 1) // rows, (n + width - 1) // width
            start, stop = share(high * wide, 1, thread, threads)
            for first in range(0, k, _DEPTH):
                steps = min(_DEPTH, k - first)
                for tile in range(start, stop):
                    row, column = (tile // wide, tile % wide) if along else (tile % high, tile // high)
                    i, j = row * rows, column * width
                    at_a, at_b, at_c = (
                        a + 4 * (i * ais + first * aks), b + 4 * (first * ldb + column * panel), c + 4 * (i * ldc + j)
                    )  # fmt: skip
                    more = add or first > 0
                    if n - j >= width:
                        outer(rows, vectors, 0, steps, at_a, ais, aks, at_b, ldb, at_c, ldc, m - i, n - j, more)
                    else:
                        outer(rows, vectors, 1, steps, at_a, ais, aks, at_b, ldb, at_c, ldc, m - i, n - j, more)

    return instruction(body)


_BY_WIDTH = {vectors: _product(rows, vectors) for vectors, rows in SHAPES.items()}

# Time of a tile for what it computes, by its width: at (1120, 800, 200) 100, 98, 104 GFLOP/s for 4, 2 and 1 vectors,
# and 107, 107, 111 with panels; at (1120, 200, 10000) 87, 95 and 103, which with 13 vectors for 12.5 is 107 of 112.
_COST = {4: 1.0, 2: 1.1, 1: 1.03} if REGISTERS == 32 else {3: 1.0, 2: 1.1, 1: 1.13}


def _width(n: int) -> int:
    """Return the vectors of a tile for n columns: wide tiles load less for what they compute, but may waste lanes."""
    vectors = -(-n // LANES)
    return min(SHAPES, key=lambda width: -(-vectors // width) * width * _COST[width])


def panel(n: int) -> int:
    """Return the columns of a panel of a matrix of n columns, as ``panel_product`` takes it."""
    return _width(n) * LANES


def product(a: Any, ais: int, aks: int, b: Any, ldb: int, c: Any, ldc: int, m: int, n: int, k: int, add: int) -> None:
    """C[i, j] = sum over k of A(i, k) B[k, j]."""
    width, steps = _width(n), min(k, _DEPTH)
    along = 4 * steps * n <= _NEAR < 4 * steps * m
    _BY_WIDTH[width](a, ais, aks, b, ldb, c, ldc, m, n, k, add, width * LANES, along)


def panel_product(a: Any, ais: int, aks: int, b: Any, c: Any, ldc: int, m: int, n: int, k: int, add: int) -> None:
    """C[i, j] = sum over k of A(i, k) B[k, j], B in panels."""
    width = panel(n)
    _BY_WIDTH[width // LANES](a, ais, aks, b, width, c, ldc, m, n, k, add, width * k, 1)


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
