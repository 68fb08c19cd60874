"""C = A^T B for tall matrices, as weight gradients of many rows are: A is packed on the way.

    product(a, b, c, sums, factors, classes, memory, m, n, k, add)
        C[i, j] = sum over r of D[r, i] B[r, j] and sums[i] = sum over r of D[r, i]; c (m, n), sums (m,) or 0

D is A (k, m), or where ``factors`` is not 0 the gradient of a softmax loss: D[r, i] = factors[r] (A[r, i] - (1 if i is
classes[r] else 0)), int64 classes, -1 for none. ``memory`` holds MEMORY floats for each thread; ``add`` adds to c and
sums.

What is packed next is asked for while tiles are computed, and sums stay in registers: (10000, 200, 1120) takes 43.2 ms
on that core, without 45.5.

Tiles that read A where it lies take a line of each of k rows, which lie pages apart: 42 GFLOP/s at (10000, 200, 1120)
against 99 with packing, on a core of 112 at most. The sums cost next to nothing here; as a pass of their own they
read all of A again. A tile's columns of A lie together, a row of them one line: with tiles of 12 x 2 vectors from rows
of 96 numbers it was 97 GFLOP/s, and 176 in place of 192 on two cores.
"""

import numpy as np

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, REGISTERS, intrinsic, types
from symcli.engine.tape import fetch, floats, integers, share, word
from symcli.engine.tiles import outer
from symcli.engine.vector import Loop, Vector, i64

__all__ = ["MEMORY", "product"]

_ROWS, _VECTORS, _PIECE = (16, 1, 16) if REGISTERS == 32 else (6, 2, 8)  # of a tile; lanes that are copied at once
_DEPTH = 256  # rows of A that are packed together
_WIDE = 192  # columns
_FAR = _ROWS * _DEPTH + 16  # floats from one tile's columns to the next
MEMORY = _WIDE // _ROWS * _FAR


@intrinsic
def _pack(typing_context, x, y, factor, count):
    """Copy ``count`` floats, times a factor, from address x in pieces of _ROWS to y, _FAR floats apart."""

    def generate(context, builder, signature, arguments):
        x, y, factor, count = arguments
        v = Vector(builder, _PIECE)
        source, times = v.pointer(x), v.splat(factor)

        def put(value, carried):  # what a piece is longer than a row of its tile is written over by the next row
            v.store(builder.fmul(times, value), carried[0])
            return [builder.gep(carried[0], [i64(_FAR)])]

        def some(k, carried):
            mask = v.first_lanes(builder.sub(left, k))
            return put(v.load_masked(source, mask, builder.add(done, k)), carried)

        whole = builder.sub(count, i64(_PIECE - _ROWS))
        done, target = Loop.run(builder, whole, [v.pointer(y)], lambda k, c: put(v.load(source, k), c), _ROWS)
        left = builder.sub(count, done)
        pieces = builder.sdiv(builder.add(left, i64(_ROWS - 1)), i64(_ROWS))
        Loop.run(builder, builder.mul(pieces, i64(_ROWS)), target, some, _ROWS)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float32, types.int64), generate


@intrinsic
def _sum_rows(typing_context, tile, deep, total, count, more):
    """total[j] = or, with ``more``, += the sum of ``deep`` rows of a tile, j < count."""

    def generate(context, builder, signature, arguments):
        tile, deep, total, count, more = arguments
        v = Vector(builder)
        source, target, pieces = v.pointer(tile), v.pointer(total), range(0, _ROWS, v.lanes)

        def rows(many, first):
            def body(k, sums):
                at = [builder.mul(builder.add(builder.add(first, k), i64(q)), i64(_ROWS)) for q in range(many)]
                read = [v.load(source, builder.add(row, i64(j))) for row in at for j in pieces]
                return [*map(builder.fadd, sums, read), *sums[len(read) :]]

            return body

        done, sums = Loop.run(builder, deep, [v.zero] * (4 * len(pieces)), rows(4, i64(0)), 4)
        _, sums = Loop.run(builder, builder.sub(deep, done), sums, rows(1, done))
        old = v.splat(builder.icmp_signed("!=", more, i64(0)))
        for i, j in enumerate(pieces):
            mask = v.first_lanes(builder.sub(count, i64(j)))
            one, two, three, four = sums[i :: len(pieces)]
            found = builder.fadd(builder.fadd(one, two), builder.fadd(three, four))
            before = builder.select(old, v.load_masked(target, mask, j), v.zero)
            v.store_masked(builder.fadd(before, found), target, mask, j)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), generate


@instruction
def product(p, thread, threads):
    """0 a, 1 b, 2 c, 3 sums, 4 factors, 5 classes, 6 memory, 7 m, 8 n, 9 k, 10 add"""
    a, b, c, m, n, k, add = word(p, 0), word(p, 1), word(p, 2), word(p, 7), word(p, 8), word(p, 9), word(p, 10)
    packed, total = word(p, 6) + 4 * MEMORY * thread, word(p, 3)
    factors, classes = floats(word(p, 4), k), integers(word(p, 5), k)
    # where half a vector is left at most, the last columns are taken by tiles of 8 rows and 2.5 vectors
    whole = n // LANES * LANES - 2 * LANES if LANES == 16 and n > 2 * LANES and 0 < n % LANES <= LANES // 2 else n
    start, stop = share(m, _WIDE // 2, thread, threads)
    for i in range(start, stop, _WIDE):
        wide = min(_WIDE, stop - i)
        for first in range(0, k, _DEPTH):
            deep = min(_DEPTH, k - first)
            for r in range(deep):
                source, target = a + 4 * ((first + r) * m + i), packed + 4 * r * _ROWS
                if word(p, 4) == 0:
                    _pack(source, target, np.float32(1), wide)
                else:
                    _pack(source, target, factors[first + r], wide)
                    which = classes[first + r] - i
                    if 0 <= which < wide:
                        floats(target, MEMORY)[which // _ROWS * _FAR + which % _ROWS] -= factors[first + r]
            more = add or first > 0
            # What is packed next is asked for while tiles are computed, two rows a tile.
            later, beside = (first + _DEPTH, i) if first + _DEPTH < k else (0, i + _WIDE)
            ahead, rows, size = a + 4 * (later * m + beside), min(_DEPTH, k - later), 4 * min(_WIDE, stop - beside)
            asked = 0 if size > 0 else rows
            for t in range(0, wide, _ROWS):
                tile = packed + 4 * (t // _ROWS * _FAR)
                if total != 0:
                    _sum_rows(tile, deep, total + 4 * (i + t), min(_ROWS, wide - t), more)
                for j in range(0, whole, _VECTORS * LANES):
                    for row in range(asked, min(asked + 2, rows)):
                        fetch(ahead + 4 * row * m, size)
                    asked += 2
                    left, at_b, at_c = n - j, b + 4 * (first * n + j), c + 4 * ((i + t) * n + j)
                    if left >= _VECTORS * LANES:  # without masks, which LLVM makes anew in each step of this loop
                        outer(_ROWS, _VECTORS, 0, deep, tile, 1, _ROWS, at_b, n, at_c, n, wide - t, left, more)
                    elif _VECTORS == 1 or left <= LANES:
                        outer(_ROWS, 1, 1, deep, tile, 1, _ROWS, at_b, n, at_c, n, wide - t, left, more)
                    else:
                        outer(_ROWS, _VECTORS, 1, deep, tile, 1, _ROWS, at_b, n, at_c, n, wide - t, left, more)
                if LANES == 16 and whole < n:
                    at_b, at_c = b + 4 * (first * n + whole), c + 4 * ((i + t) * n + whole)
                    for r in range(0, min(_ROWS, wide - t), 8):
                        outer(8, 3, 2, deep, tile + 4 * r, 1, _ROWS, at_b, n, at_c + 4 * r * n, n, wide - t - r,
                              n - whole, more)  # fmt: skip
