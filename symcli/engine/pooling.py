"""Pooling over planes: largest element or mean of each window, and the gradients.

A window is cut at the image's edges, as in ``kernels/pool.py``. Rows are joined first, element by element; the columns
of a joined row then come from one buffer with room for the padding. Going back, a row of input is kept as one part for
each place that a column can have within a stride, so that a tap of all windows of a row is one shifted run.
"""

import numpy as np

from symcli.engine.convert import copy
from symcli.engine.elementwise import elementwise
from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, inline, intrinsic, ir, types
from symcli.engine.phases import join_row, split_row
from symcli.engine.tape import floats, share, word, words
from symcli.engine.vector import Loop, Vector, i64

LOWEST = float(np.finfo(np.float32).min)  # of an empty window, as in MXNet
SLACK = 4 * LANES  # floats behind a row that vectors may touch

_larger = elementwise(lambda v, x, s: ([v.max(x[1], x[0])], []), 2, 1)  # NaN in the second is passed over
_plus = elementwise(lambda v, x, s: ([v.b.fadd(x[0], x[1])], []), 2, 1)
_total = elementwise(lambda v, x, s: ([], [x[0]]), 1, 0, 0, 1, 4)
_divide = elementwise(lambda v, x, s: ([v.b.fdiv(x[0], v.b.fmul(s[0], x[1]))], []), 2, 1, 1)


def _hit(v, x, s):
    """Inputs: element, largest of the window, what is left of the gradient, sum so far; outputs: sum, what is left."""
    hit = v.b.fcmp_ordered("==", x[0], x[1])
    return [v.b.fadd(x[3], v.b.select(hit, x[2], v.zero)), v.b.select(hit, v.zero, x[2])], []


def _given(v, x, s):
    """The gradient of a window, 0 where it holds nothing larger than the lowest number."""
    return [v.b.select(v.b.fcmp_ordered(">", x[1], v.constant(LOWEST)), x[0], v.zero)], []


_take, _start = elementwise(_hit, 4, 2), elementwise(_given, 2, 1)


def _columns(largest):
    """One row of windows of ``width`` columns, one or two steps apart, from a joined row."""

    @intrinsic
    def row(typing, x, y, count, width, stride):
        def generate(context, b, signature, args):
            v = Vector(b)
            x, y = v.pointer(args[0]), v.pointer(args[1])
            count, width, stride = args[2:]
            start = v.constant(LOWEST) if largest else v.zero
            none = ir.Constant(v.mask_type, [0] * v.lanes)
            every = ir.Constant(v.mask_type, [1] * v.lanes)

            def joined(old, new):
                return v.max(new, old) if largest else b.fadd(old, new)

            def body(k, _):
                p = b.gep(x, [b.mul(k, stride)])

                def single(j, values):
                    return [joined(values[0], v.load(p, j))]

                def pair(j, values):
                    even, odd = v.even_odd(v.load(p, j), v.load(p, b.add(j, i64(v.lanes))))
                    has = b.select(b.icmp_signed("<", b.add(j, i64(1)), width), every, none)
                    return [joined(joined(values[0], even), b.select(has, odd, start))]

                one = b.icmp_signed("==", stride, i64(1))
                _, by_one = Loop.run(b, b.select(one, width, i64(0)), [start], single)
                rounded = b.and_(b.add(width, i64(1)), i64(-2))
                _, out = Loop.run(b, b.select(one, i64(0), rounded), by_one, pair, 2)
                v.store_masked(out[0], b.gep(y, [k]), v.first_lanes(b.sub(count, k)))
                return []

            Loop.run(b, b.and_(b.add(count, i64(v.lanes - 1)), i64(-v.lanes)), [], body, v.lanes)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 5), generate

    return row


_largest_of, _sum_of, _split, _join = _columns(True), _columns(False), split_row(), join_row()


def scratch_size(height, width, kernel, stride, pad, out):
    """Return the floats that a thread needs for the gradient of windows, twice those of the parts of all rows."""
    return 2 * height * part_size(width, kernel, stride, pad, out) * stride + 2 * (out + SLACK)


def part_size(width, kernel, stride, pad, out):
    """Return the floats of one part of a row: for each place within a stride, what the row's windows see."""
    return (max(width + 2 * pad, (out - 1) * stride + kernel) + stride - 1) // stride + SLACK


@inline
def _fill(address, count, value):
    x = floats(address, count)
    for i in range(count):
        x[i] = value


@instruction
def pool(p, thread, threads):
    """y = the largest element, or the sum or mean, of each window.

    0 x  1 y  2 channels  3 images  4 height  5 width  6 pitch of x  7 output height  8 output width  9 pitch of y
    10 kernel height  11 kernel width  12, 13 strides  14, 15 padding  16 whether the largest  17 float32 counts: of the
    rows of each output row, then of the columns of each output column; 1 for the sum  18 buffer  19 floats of a
    thread's buffer
    """
    channels, images, height, width, ch, rows, columns = words(p, 2, 7)
    chy, kh, kw, sh, sw, ph, pw, largest = words(p, 9, 8)
    counts, size = floats(word(p, 17), rows), word(p, 19)
    buffer = word(p, 18) + thread * size * 4
    empty, none = np.float32(LOWEST) if largest else np.float32(0), (np.float32(0),)
    _fill(buffer, size, empty)
    line = buffer + pw * 4
    for unit in range(*share(channels * images, 1, thread, threads)):
        c, image = unit // images, unit % images
        x = word(p, 0) + (c * ch + image * height * width) * 4
        y = word(p, 1) + (c * chy + image * rows * columns) * 4
        for v in range(rows):
            top, out = v * sh - ph, y + v * columns * 4
            start, stop = max(top, 0), min(top + kh, height)
            if stop <= start:
                _fill(out, columns, empty)
                continue
            if largest:  # from the lowest number on, so that NaN and minus infinity are passed over
                _fill(line, width, empty)
            else:
                copy(x + start * width * 4, line, width)
                start += 1
            for i in range(start, stop):
                if largest:
                    _larger(width, (line, x + i * width * 4, line), none, 0)
                else:
                    _plus(width, (line, x + i * width * 4, line), none, 0)
            if sw > 2:
                row, made = floats(buffer, size), floats(out, columns)
                for u in range(columns):
                    value = empty
                    for k in range(u * sw, u * sw + kw):
                        if not largest:
                            value += row[k]
                        elif row[k] > value:
                            value = row[k]
                    made[u] = value
            elif largest:
                _largest_of(buffer, out, columns, kw, sw)
            else:
                _sum_of(buffer, out, columns, kw, sw)
            if not largest:
                _divide(columns, (out, word(p, 17) + rows * 4, out), (counts[v],), 0)


@instruction
def pool_gradient(p, thread, threads):
    """The gradient of pool.

    0 x  1 y  2 channels  3 images  4 height  5 width  6 pitch of x  7 output height  8 output width  9 pitch of y
    10 kernel height  11 kernel width  12, 13 strides  14, 15 padding  16 whether the largest  17 counts  18 buffer
    19 floats of a thread's buffer  20 dy  21 dx  22 whether to add to dx  23 floats of a part
    """
    channels, images, height, width, ch, rows, columns = words(p, 2, 7)
    chy, kh, kw, sh, sw, ph, pw, largest = words(p, 9, 8)
    counts, size = floats(word(p, 17), rows), word(p, 19)
    adds, part = words(p, 22, 2)
    buffer = word(p, 18) + thread * size * 4
    all_ = height * sw * part
    seen, sums, left, none = buffer, buffer + all_ * 4, buffer + 2 * all_ * 4, (np.float32(0),)
    if largest:
        _fill(seen, all_, np.float32(LOWEST))
    for unit in range(*share(channels * images, 1, thread, threads)):
        c, image = unit // images, unit % images
        place = (c * ch + image * height * width) * 4
        x, dx = word(p, 0) + place, word(p, 21) + place
        place = (c * chy + image * rows * columns) * 4
        y, dy = word(p, 1) + place, word(p, 20) + place
        _fill(sums, all_, np.float32(0))
        first, second = (pw % sw * part + pw // sw) * 4, ((pw + 1) % sw * part + (pw + 1) // sw) * 4
        if largest:
            for i in range(height):
                row = seen + i * sw * part * 4
                if sw == 1:
                    copy(x + i * width * 4, row + first, width)
                elif sw == 2:
                    _split(x + i * width * 4, row + first, row + second, (width + 1) // 2)
                    if width % 2:
                        _fill(row + second + width // 2 * 4, 1, np.float32(LOWEST))
                else:
                    source, target = floats(x + i * width * 4, width), floats(row, sw * part)
                    for k in range(width):
                        target[(k + pw) % sw * part + (k + pw) // sw] = source[k]
        for v in range(rows):
            top, g = v * sh - ph, dy + v * columns * 4
            largest_ = y + v * columns * 4
            if largest:
                _start(columns, (g, largest_, left), none, 0)
            else:
                _divide(columns, (g, word(p, 17) + rows * 4, left), (counts[v],), 0)
            for i in range(max(top, 0), min(top + kh, height)):
                for k in range(kw):
                    at = ((i * sw + k % sw) * part + k // sw) * 4
                    if largest:
                        _take(columns, (seen + at, largest_, left, sums + at, sums + at, left), none, 0)
                    else:
                        _plus(columns, (left, sums + at, sums + at), none, 0)
        for i in range(height):
            row, out = sums + i * sw * part * 4, dx + i * width * 4
            if sw == 2:
                _join(out, row + first, row + second, width, adds)
            elif sw == 1 and adds:
                _plus(width, (out, row + first, out), none, 0)
            elif sw == 1:
                copy(row + first, out, width)
            else:
                source, target = floats(row, sw * part), floats(out, width)
                for k in range(width):
                    value = source[(k + pw) % sw * part + (k + pw) // sw]
                    target[k] = target[k] + value if adds else value


@instruction
def global_pool(p, thread, threads):
    """y[c][image] = the largest element or the mean of an image. 0 x  1 y  2 channels  3 images  4 pixels of an image
    5 pitch of x  6 pitch of y  7 whether the largest  8 whether the sum is not divided"""
    channels, images, n, ch, chy, largest = words(p, 2, 6)
    for unit in range(*share(channels * images, 1, thread, threads)):
        c, image = unit // images, unit % images
        x, y = floats(word(p, 0) + (c * ch + image * n) * 4, n), floats(word(p, 1) + (c * chy + image) * 4, 1)
        if largest:
            best = np.float32(LOWEST)
            for i in range(n):
                if x[i] > best:
                    best = x[i]
            y[0] = best
        else:
            y[0] = 0
            _total(n, (x.ctypes.data,), (np.float32(0),), y.ctypes.data)
            if not word(p, 8):
                y[0] /= np.float32(n)


@instruction
def global_pool_gradient(p, thread, threads):
    """The gradient of global_pool. Numbers as there; 9 dy  10 dx  11 whether to add to dx"""
    channels, images, n, ch, chy, largest = words(p, 2, 6)
    adds = word(p, 11)
    for unit in range(*share(channels * images, 1, thread, threads)):
        c, image = unit // images, unit % images
        at = (c * ch + image * n) * 4
        x, dx = floats(word(p, 0) + at, n), floats(word(p, 10) + at, n)
        g = floats(word(p, 9) + (c * chy + image) * 4, 1)[0]
        if largest:
            y = floats(word(p, 1) + (c * chy + image) * 4, 1)[0]
            if not adds:
                for i in range(n):
                    dx[i] = 0
            for i in range(n):
                if x[i] == y and y > np.float32(LOWEST):
                    dx[i] += g
                    break
        else:
            if not word(p, 8):
                g /= np.float32(n)
            if adds:
                for i in range(n):
                    dx[i] += g
            else:
                for i in range(n):
                    dx[i] = g
