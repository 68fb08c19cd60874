"""C = A^T B for tall matrices, as weight gradients of many rows are: A is packed on the way.

    product(a, b, c, sums, factors, classes, memory, m, n, k, add)
        C[i, j] = sum over r of D[r, i] B[r, j] and sums[i] = sum over r of D[r, i]; c (m, n), sums (m,) or 0

D is A (k, m), or where ``factors`` is not 0 the gradient of a softmax loss: D[r, i] = factors[r] (A[r, i] - (1 if i is
classes[r] else 0)), int64 classes, -1 for none. ``memory`` holds MEMORY floats for each thread; ``add`` adds to c and
sums.

Tiles that read A where it lies take a line of each of k rows, which lie pages apart: 42 GFLOP/s at (10000, 200, 1120)
against 92 with packing, on a core of 118 at most. The sums cost next to nothing here; as a pass of their own they
read all of A again.
"""

import numpy as np

from symcli.engine.convert import copy
from symcli.engine.elementwise import add_to, elementwise
from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES
from symcli.engine.tape import floats, integers, share, word
from symcli.engine.tiles import SHAPES, outer

__all__ = ["MEMORY", "product"]

_ROWS = SHAPES[2]
_WIDE = -(-96 // _ROWS) * _ROWS  # columns of A that are packed together
_DEPTH = 256  # rows
MEMORY = _WIDE * _DEPTH

_times = elementwise(lambda v, x, s: ([v.b.fmul(x[0], s[0])], []), 1, 1, 1)
_NONE = (np.float32(0),)


@instruction
def product(p, thread, threads):
    """0 a, 1 b, 2 c, 3 sums, 4 factors, 5 classes, 6 memory, 7 m, 8 n, 9 k, 10 add"""
    a, b, c, m, n, k, add = word(p, 0), word(p, 1), word(p, 2), word(p, 7), word(p, 8), word(p, 9), word(p, 10)
    packed, total = word(p, 6) + 4 * MEMORY * thread, word(p, 3)
    factors, classes = floats(word(p, 4), k), integers(word(p, 5), k)
    start, stop = share(m, _WIDE, thread, threads)
    for i in range(start, stop, _WIDE):
        wide = min(_WIDE, stop - i)
        for first in range(0, k, _DEPTH):
            deep = min(_DEPTH, k - first)
            for r in range(deep):
                source, target = a + 4 * ((first + r) * m + i), packed + 4 * r * _WIDE
                if word(p, 4) == 0:
                    copy(source, target, wide)
                else:
                    _times(wide, (source, target), (factors[first + r],), 0)
                    which = classes[first + r] - i
                    if 0 <= which < wide:
                        floats(target, wide)[which] -= factors[first + r]
            more = add or first > 0
            if total != 0:
                at = total + 4 * i
                if not more:
                    for j in range(wide):
                        floats(at, wide)[j] = 0
                for r in range(deep):
                    add_to(wide, (packed + 4 * r * _WIDE, at, at), _NONE, 0)
            for j in range(0, n, 2 * LANES):
                for t in range(0, wide, _ROWS):
                    at_b, at_c = b + 4 * (first * n + j), c + 4 * ((i + t) * n + j)
                    if n - j > LANES:
                        outer(_ROWS, 2, 1, deep, packed + 4 * t, 1, _WIDE, at_b, n, at_c, n, wide - t, n - j, more)
                    else:
                        outer(_ROWS, 1, 1, deep, packed + 4 * t, 1, _WIDE, at_b, n, at_c, n, wide - t, n - j, more)
