"""Matrix products C = A B, without packing and without a BLAS.

    product(a, ais, aks, b, ldb, c, ldc, m, n, k, add)   C[i, j] = sum over k of A(i, k) B[k, j]
    product_t(a, lda, b, ldb, c, ldc, m, n, k, add)      C[i, j] = sum over k of A[i, k] B[j, k], both contiguous in k

A(i, k) is a[i ais + k aks]. C is (m, n), its rows ldc floats apart; with ``add`` the product is added to it.
Strides are in floats.
"""

from typing import Any

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES
from symcli.engine.tape import share, word
from symcli.engine.tiles import SHAPES, dot, outer
from symcli.kernels.kernel import Kernel

__all__ = ["product", "product_t"]

_DEPTH = 512  # steps of k before the next tile is taken: B's columns of that many rows stay in the second cache


def _product(rows: int, vectors: int) -> Kernel:
    """Return the instruction for one shape of tiles. All loads of B are masked where masks cost nothing."""
    width = vectors * LANES
    if LANES == 16:

        def body(p, thread, threads):
            """C = A B.  0 a, 1 ais, 2 aks, 3 b, 4 ldb, 5 c, 6 ldc, 7 m, 8 n, 9 k, 10 add"""
            a, ais, aks, b, ldb, c, ldc = (
                word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5), word(p, 6)
            )  # fmt: skip
            m, n, k, add = word(p, 7), word(p, 8), word(p, 9), word(p, 10)
            high = (m + rows - 1) // rows
            start, stop = share(high * ((n + width - 1) // width), 1, thread, threads)
            for first in range(0, k, _DEPTH):
                steps = min(_DEPTH, k - first)
                for tile in range(start, stop):
                    i, j = tile % high * rows, tile // high * width
                    outer(rows, vectors, 1, steps, a + 4 * (i * ais + first * aks), ais, aks, b + 4 * (first * ldb + j),
                          ldb, c + 4 * (i * ldc + j), ldc, m - i, n - j, add or first > 0)  # fmt: skip
    else:

        def body(p, thread, threads):
            """C = A B.  0 a, 1 ais, 2 aks, 3 b, 4 ldb, 5 c, 6 ldc, 7 m, 8 n, 9 k, 10 add"""
            a, ais, aks, b, ldb, c, ldc = (
                word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5), word(p, 6)
            )  # fmt: skip
            m, n, k, add = word(p, 7), word(p, 8), word(p, 9), word(p, 10)
            high = (m + rows - 1) // rows
            start, stop = share(high * ((n + width - 1) // width), 1, thread, threads)
            for first in range(0, k, _DEPTH):
                steps = min(_DEPTH, k - first)
                for tile in range(start, stop):
                    i, j = tile % high * rows, tile // high * width
                    at_a, at_b, at_c = (
                        a + 4 * (i * ais + first * aks), b + 4 * (first * ldb + j), c + 4 * (i * ldc + j)
                    )  # fmt: skip
                    more = add or first > 0
                    if n - j >= width:
                        outer(rows, vectors, 0, steps, at_a, ais, aks, at_b, ldb, at_c, ldc, m - i, n - j, more)
                    else:
                        outer(rows, vectors, 1, steps, at_a, ais, aks, at_b, ldb, at_c, ldc, m - i, n - j, more)

    return instruction(body)


_BY_WIDTH = {vectors: _product(rows, vectors) for vectors, rows in SHAPES.items()}

# Time of a tile for what it computes, by its width: measured at (204, 10000, 200), 97, 88 and 86 GFLOP/s.
_COST = {4: 1.0, 3: 1.0, 2: 1.1, 1: 1.13}


def _width(n: int) -> int:
    """Return the vectors of a tile for n columns: wide tiles load less for what they compute, but may waste lanes."""
    vectors = -(-n // LANES)
    return min(SHAPES, key=lambda width: -(-vectors // width) * width * _COST[width])


def product(a: Any, ais: int, aks: int, b: Any, ldb: int, c: Any, ldc: int, m: int, n: int, k: int, add: int) -> None:
    """C[i, j] = sum over k of A(i, k) B[k, j]."""
    _BY_WIDTH[_width(n)](a, ais, aks, b, ldb, c, ldc, m, n, k, add)


@instruction
def product_t(p, thread, threads):
    """C = A B^T.  0 a, 1 lda, 2 b, 3 ldb, 4 c, 5 ldc, 6 m, 7 n, 8 k, 9 add"""
    a, lda, b, ldb, c, ldc = word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5)
    m, n, k, add = word(p, 6), word(p, 7), word(p, 8), word(p, 9)
    high, wide = (m + 3) // 4, (n + 3) // 4
    start, stop = share(high * wide, 1, thread, threads)
    for tile in range(start, stop):
        i, j = tile // wide * 4, tile % wide * 4
        dot(k, a + 4 * i * lda, lda, b + 4 * j * ldb, ldb, c + 4 * (i * ldc + j), ldc, m - i, n - j, add)
