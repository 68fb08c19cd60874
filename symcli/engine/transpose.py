"""Transposition of matrices by blocks that stay in registers.

    transpose(x, y, rows, columns, ldx, ldy)   y[j, i] = x[i, j]
    panels(x, y, rows, columns, width)         y[i // width, j, i % width] = x[i, j], x and y without gaps

Strides are in floats. A block of lanes x lanes takes log2(lanes) shuffles a row; nothing beyond the matrices is
touched.
"""

from typing import Any

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, intrinsic, types
from symcli.engine.tape import share, word
from symcli.engine.tiles import row_pointers
from symcli.engine.vector import Vector, i64, when

__all__ = ["block", "panels", "transpose", "transposed"]


def transposed(v: Vector, rows: list[Any]) -> list[Any]:
    """The columns of a square of vectors: each step swaps the off-diagonal quarters of squares twice as large."""
    size = 1
    while size < v.lanes:
        low = [lane if lane & size == 0 else v.lanes + lane - size for lane in range(v.lanes)]
        high = [lane + size if lane & size == 0 else v.lanes + lane for lane in range(v.lanes)]
        rows = list(rows)
        for i in range(v.lanes):
            if i & size == 0:
                x, y = rows[i], rows[i + size]
                rows[i], rows[i + size] = v.shuffle(x, y, low), v.shuffle(x, y, high)
        size *= 2
    return rows


@intrinsic
def block(typing_context, x, ldx, y, ldy, rows, columns):
    """Transpose a block of lanes x lanes at addresses, of which ``rows`` x ``columns`` of x are valid."""

    def generate(context, builder, signature, arguments):
        x, ldx, y, ldy, rows, columns = arguments
        v = Vector(builder)
        across, down = v.first_lanes(columns), v.first_lanes(rows)
        lines = transposed(v, [v.load_masked(line, across) for line in row_pointers(v, x, ldx, v.lanes, rows)])
        target = v.pointer(y)
        for j, line in enumerate(lines):
            with when(builder, builder.icmp_signed("<", i64(j), columns)):
                v.store_masked(line, v.at(target, builder.mul(ldy, i64(j))), down)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 6), generate


@instruction
def transpose(p, thread, threads):
    """y[j, i] = x[i, j].  0 x, 1 y, 2 rows, 3 columns, 4 ldx, 5 ldy"""
    x, y, rows, columns, ldx, ldy = word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5)
    start, stop = share(columns, LANES, thread, threads)
    for j in range(start, stop, LANES):
        for i in range(0, rows, LANES):
            block(x + 4 * (i * ldx + j), ldx, y + 4 * (j * ldy + i), ldy, rows - i, stop - j)


@instruction
def panels(p, thread, threads):
    """y[i // width, j, i % width] = x[i, j].  0 x, 1 y, 2 rows, 3 columns, 4 width, a multiple of the lanes"""
    x, y, rows, columns, width = word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4)
    start, stop = share(rows, LANES, thread, threads)
    for i in range(start, stop, LANES):
        target = y + 4 * (i // width * width * columns + i % width)
        for j in range(0, columns, LANES):
            block(x + 4 * (i * columns + j), columns, target + 4 * j * width, width, rows - i, columns - j)
