"""Values from MXNet's layout (N, C, pixels of a sample) to planes (C, pitch), and back.

    to_planes(x, y, n, c, size, pitch)     y = planes of x
    from_planes(y, x, n, c, size, pitch)   x = y in MXNet's layout
    copy_values(x, y, count)               y = x

``size`` is the number of pixels of one sample; 1 for (N, F), which becomes a transposition.
"""

from symcli.engine.instruction import instruction
from symcli.engine.jit import intrinsic, types
from symcli.engine.tape import floats, share, word
from symcli.engine.vector import Loop, Vector, i64, when

__all__ = ["copy", "copy_values", "from_planes", "to_planes"]

_BLOCK = 16  # rows and columns of a block of a transposition: the lines it touches stay in the first cache


@intrinsic
def copy(typing_context, source, target, count):
    """Copy ``count`` floats from one address to another; nothing beyond them is touched."""

    def generate(context, builder, signature, arguments):
        source, target, count = arguments
        v = Vector(builder)
        x, y = v.pointer(source), v.pointer(target)

        def body(k, carried):
            v.store(v.load(x, k), y, k)
            return []

        done, _ = Loop.run(builder, count, [], body, v.lanes)
        rest = builder.sub(count, done)
        with when(builder, builder.icmp_signed(">", rest, i64(0))):
            mask = v.first_lanes(rest)
            v.store_masked(v.load_masked(x, mask, done), y, mask, done)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@instruction
def to_planes(p, thread, threads):
    """y[c, n size + s] = x[n, c, s].  0 x, 1 y, 2 N, 3 C, 4 size, 5 pitch"""
    x, y, n, c, size, pitch = word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5)
    if size == 1:
        rows, planes = floats(x, n * c), floats(y, c * pitch)
        start, stop = share(c, _BLOCK, thread, threads)
        for first in range(start, stop, _BLOCK):
            for row in range(n):
                for k in range(first, min(first + _BLOCK, stop)):
                    planes[k * pitch + row] = rows[row * c + k]
    else:
        start, stop = share(n * c, 1, thread, threads)
        for k in range(start, stop):
            copy(x + 4 * k * size, y + 4 * ((k % c) * pitch + (k // c) * size), size)


@instruction
def from_planes(p, thread, threads):
    """x[n, c, s] = y[c, n size + s].  0 y, 1 x, 2 N, 3 C, 4 size, 5 pitch"""
    y, x, n, c, size, pitch = word(p, 0), word(p, 1), word(p, 2), word(p, 3), word(p, 4), word(p, 5)
    if size == 1:
        rows, planes = floats(x, n * c), floats(y, c * pitch)
        start, stop = share(n, _BLOCK, thread, threads)
        for first in range(start, stop, _BLOCK):
            for k in range(c):
                for row in range(first, min(first + _BLOCK, stop)):
                    rows[row * c + k] = planes[k * pitch + row]
    else:
        start, stop = share(n * c, 1, thread, threads)
        for k in range(start, stop):
            copy(y + 4 * ((k % c) * pitch + (k // c) * size), x + 4 * k * size, size)


@instruction
def copy_values(p, thread, threads):
    """y = x.  0 x, 1 y, 2 count"""
    start, stop = share(word(p, 2), 1024, thread, threads)
    if stop > start:
        copy(word(p, 0) + 4 * start, word(p, 1) + 4 * start, stop - start)
