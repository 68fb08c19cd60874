"""Depthwise convolution by 3x3 windows with padding 1: stride 1, and stride 2 of images of even width.

The masks of ``depthwise`` cost nine loads a vector, most of them across two cache lines. Here a vector is three loads,
one for each row: the sums over the left and over the right column of the window are taken in place and then moved
by one lane. On one core of an EPYC Zen 4 the stride 1 layers of MobileNet-0.25 take half the time, those of stride 2
a third.
"""

import numpy as np

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, intrinsic, types
from symcli.engine.tape import floats, share, word, words
from symcli.engine.vector import Loop, Vector, i64

__all__ = ["RECORD", "ROWS", "RUN", "masks", "same", "same_run", "strided", "strided_rows"]

_BYTES = max(1, LANES // 8)  # of a mask
RECORD = 4 * _BYTES  # of the masks of one vector: whether there is a pixel above, below, to the left, to the right
RUN = 1024 // LANES  # vectors that are done together, at most
ROWS = 16  # rows, with stride 2


def masks(batch: int, height: int, width: int) -> tuple[np.ndarray, int]:
    """Return the masks of every vector of a batch of planes, and after how many vectors they repeat.

    A record stands before the first, and RUN + 1 behind the last, so that a run may start anywhere in a period.
    """
    plane = height * width
    period = min(np.lcm(plane, LANES), -(-batch * plane // LANES) * LANES)
    place = np.arange(-LANES, period + (RUN + 1) * LANES) % plane
    y, x = place // width, place % width
    inside = np.stack([y > 0, y < height - 1, x > 0, x < width - 1]).reshape(4, -1, LANES).transpose(1, 0, 2)
    packed = np.packbits(inside, axis=-1, bitorder="little")
    return np.ascontiguousarray(packed), int(period) // LANES


@intrinsic
def same_run(typing, x, width, w, step, bias, limits, y, n, records):
    """y = clip(convolution + bias, limits) for n vectors of pixels from address x on; stride 1.

    w, step: the first weight, and how many floats on the next is; records: the masks of the first vector. Whole vectors
    are read and written.
    """

    def generate(context, b, signature, args):
        x, width, w, step, bias, limits, y, n, records = args
        v = Vector(b)
        pixels, out = v.pointer(x), v.pointer(y)
        weights = [v.broadcast(v.pointer(w), b.mul(step, i64(i))) for i in range(9)]
        start, above = v.splat(bias), b.neg(width)

        def mask(j, which):
            return v.mask_at(b.add(b.add(records, b.mul(j, i64(RECORD))), i64(which * _BYTES)))

        def rows(j):
            p = b.gep(pixels, [b.mul(j, i64(v.lanes))])
            return v.load_masked(p, mask(j, 0), above), v.load(p), v.load_masked(p, mask(j, 1), width)

        def column(values, k):
            first = b.fmul(values[0], weights[k])
            return v.fma(values[2], weights[6 + k], v.fma(values[1], weights[3 + k], first))

        def moved(first, second, lane, allowed):
            return b.select(allowed, v.shuffle(first, second, range(lane, lane + v.lanes)), v.zero)

        def sums(j, left):
            """Sums over the columns of vector j, that of the left one moved and added to that of the middle."""
            values = rows(j)
            new = column(values, 0)
            middle = v.fma(values[2], weights[7], v.fma(values[1], weights[4], v.fma(values[0], weights[1], start)))
            return [new, b.fadd(middle, moved(left, new, v.lanes - 1, mask(j, 2))), column(values, 2)]

        def body(k, carried):
            left, joined, right = carried
            following = sums(b.add(k, i64(1)), left)
            total = b.fadd(joined, moved(right, following[2], 1, mask(k, 3)))
            total = v.limited(total, limits)
            v.store(total, out, b.mul(k, i64(v.lanes)))
            return following

        Loop.run(b, n, sums(i64(0), column(rows(i64(-1)), 0)), body)
        return context.get_dummy_value()

    i, f = types.int64, types.float32
    return types.void(i, i, i, i, f, i, i, i, i), generate


@intrinsic
def strided_rows(typing, x, width, w, bias, limits, y, rows, above, below, nothing):
    """y = clip(convolution + bias, limits) for rows of width // 2 pixels, stride 2; width is even.

    x: the row of the input in the middle of the first windows; above: whether there is one before it; below: whether
    there is one behind that of the last windows; nothing: the address of a row of zeros. Whole vectors are read.
    """

    def generate(context, b, signature, args):
        x, width, w, bias, limits, y, rows, above, below, nothing = args
        v = Vector(b)
        pixels, out, zeros = v.pointer(x), v.pointer(y), v.pointer(nothing)
        weights, start = [v.broadcast(v.pointer(w), i) for i in range(9)], v.splat(bias)
        columns, last = b.lshr(width, i64(1)), b.sub(rows, i64(1))
        lacks = [b.icmp_signed("==", one, i64(0)) for one in (above, below)]

        def row(r, _):
            here, line = b.gep(pixels, [b.mul(b.shl(r, i64(1)), width)]), b.gep(out, [b.mul(r, columns)])
            first = b.and_(lacks[0], b.icmp_signed("==", r, i64(0)))
            end = b.and_(lacks[1], b.icmp_signed("==", r, last))
            sources = [b.select(first, zeros, b.gep(here, [b.neg(width)])), here,
                       b.select(end, zeros, b.gep(here, [width]))]  # fmt: skip

            def vector(k, carried):
                left, middle = v.zero, start
                for i, source in enumerate(sources):
                    p = b.gep(source, [b.shl(k, i64(1))])
                    even, odd = v.even_odd(v.load(p), v.load(p, v.lanes))
                    left = v.fma(odd, weights[3 * i], left) if i else b.fmul(odd, weights[0])
                    middle = v.fma(odd, weights[3 * i + 2], v.fma(even, weights[3 * i + 1], middle))
                total = b.fadd(middle, v.shuffle(carried[0], left, range(v.lanes - 1, 2 * v.lanes - 1)))
                total = v.limited(total, limits)
                v.store_masked(total, line, v.first_lanes(b.sub(columns, k)), k)
                return [left]

            Loop.run(b, b.and_(b.add(columns, i64(v.lanes - 1)), i64(-v.lanes)), [v.zero], vector, v.lanes)
            return []

        Loop.run(b, rows, [], row)
        return context.get_dummy_value()

    i, f = types.int64, types.float32
    return types.void(i, i, i, f, i, i, i, i, i, i), generate


@instruction
def same(p, thread, threads):
    """y = clip(convolution of x + bias, limits), stride 1.

    0 x  1 w (channels, 9)  2 bias  3 y  4 masks  5 their period in vectors  6 channels  7 width  8 pixels  9 pitch of x
    10 pitch of y  11 whether the windows are turned by half, as for the gradient of the data  12 limits
    """
    x, w, _, y, records, period, channels, width = words(p, 0, 8)
    pixels, ch, chy, turned = words(p, 8, 4)
    bias, limits = floats(word(p, 2), channels), word(p, 12)
    vectors = (pixels + LANES - 1) // LANES
    runs = (vectors + RUN - 1) // RUN
    for unit in range(*share(channels * runs, 1, thread, threads)):
        c, r = unit // runs, unit % runs
        q, n = vectors * r // runs, vectors * (r + 1) // runs - vectors * r // runs
        first, step = (c * 9 + 8, -1) if turned else (c * 9, 1)
        same_run(x + (c * ch + q * LANES) * 4, width, w + first * 4, step, bias[c], limits,
                 y + (c * chy + q * LANES) * 4, n, records + (1 + q % period) * RECORD)  # fmt: skip


@instruction
def strided(p, thread, threads):
    """y = clip(convolution of x + bias, limits), stride 2.

    0 x  1 w (channels, 9)  2 bias  3 y  4 channels  5 images  6 height and  7 width of x  8 pitch of x  9 pitch of y
    10 limits
    """
    x, w, _, y, channels, images, height, width = words(p, 0, 8)
    ch, chy = words(p, 8, 2)
    bias, limits = floats(word(p, 2), channels), word(p, 10)
    rows, columns = (height + 1) // 2, width // 2
    nothing = np.zeros(width + 2 * LANES, np.float32)
    parts = (rows + ROWS - 1) // ROWS
    for unit in range(*share(channels * images * parts, 1, thread, threads)):
        c, image, part = unit // (images * parts), unit // parts % images, unit % parts
        r, end = rows * part // parts, rows * (part + 1) // parts
        strided_rows(
            x + (c * ch + (image * height + 2 * r) * width) * 4, width, w + c * 36, bias[c], limits,
            y + (c * chy + (image * rows + r) * columns) * 4, end - r, r > 0, 2 * end - 1 < height, nothing.ctypes.data,
        )  # fmt: skip
