"""Taking planes apart into phases of a stride, and putting them together again (``frames.py`` says why)."""

from functools import lru_cache

import numpy as np

from symcli.engine.convert import copy
from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, intrinsic, types
from symcli.engine.tape import floats, limited, share, word, words
from symcli.engine.vector import Loop, Vector, i64


@lru_cache(None)
def split_row(lanes=LANES):
    """even[i], odd[i] = x[2 i], x[2 i + 1] for n places; reads 2 n floats rounded up to two vectors."""

    @intrinsic
    def split(typing, x, even, odd, n):
        def generate(context, b, signature, args):
            v = Vector(b, lanes)
            x, even, odd = (v.pointer(a) for a in args[:3])
            n = args[3]

            def body(k, _):
                p, mask = b.gep(x, [b.shl(k, i64(1))]), v.first_lanes(b.sub(n, k))
                e, o = v.even_odd(v.load(p), v.load(p, lanes))
                v.store_masked(e, b.gep(even, [k]), mask)
                v.store_masked(o, b.gep(odd, [k]), mask)
                return []

            Loop.run(b, b.and_(b.add(n, i64(lanes - 1)), i64(-lanes)), [], body, lanes)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 4), generate

    return split


@lru_cache(None)
def join_row(lanes=LANES):
    """x[2 i], x[2 i + 1] = even[i], odd[i] for n places of x; adds to x with ``adds``."""

    @intrinsic
    def join(typing, x, even, odd, n, adds):
        def generate(context, b, signature, args):
            v = Vector(b, lanes)
            x, even, odd = (v.pointer(a) for a in args[:3])
            n, adds = args[3], b.icmp_signed("!=", args[4], i64(0))

            def body(k, _):
                half = b.lshr(k, i64(1))
                pair = v.interleave(v.load(b.gep(even, [half])), v.load(b.gep(odd, [half])))
                for j, new in enumerate(pair):
                    p, mask = v.at(b.gep(x, [k]), j * lanes), v.first_lanes(b.sub(n, b.add(k, i64(j * lanes))))
                    with b.if_else(adds) as (sum_, set_):
                        with sum_:
                            v.store_masked(b.fadd(new, v.load_masked(p, mask)), p, mask)
                        with set_:
                            v.store_masked(new, p, mask)
                return []

            step = 2 * lanes
            Loop.run(b, b.and_(b.add(n, i64(step - 1)), i64(-step)), [], body, step)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 5), generate

    return join


_split, _join = split_row(), join_row()


@instruction
def split_phases(p, thread, threads):
    """frames[phase][channel][image, y, x] = x[channel][image, s y + r, s x + c]; what lies outside keeps its values.

    0 x  1 frames  2 channels  3 images  4 height  5 width  6 pitch of x  7 pitch of the frames  8 distance of phases
    9 int64 (r, c) of each phase  10 phases  11 stride of rows  12 stride of columns  13 frame height  14 frame width
    """
    channels, images, height, width, ch, chf = words(p, 2, 6)
    plane, table, phases, down, right = words(p, 8, 5)
    rows, columns = words(p, 13, 2)
    aside = np.empty(columns + 2 * LANES, np.float32)  # where the columns go that no phase wants
    rest = aside.ctypes.data
    for unit in range(*share(channels * images, 1, thread, threads)):
        c, image = unit // images, unit % images
        x = word(p, 0) + (c * ch + image * height * width) * 4
        out = word(p, 1) + (c * chf + image * rows * columns) * 4
        k = 0
        while k < phases:
            r, s = word(table, 2 * k), word(table, 2 * k + 1)
            pair = right == 2 and s == 0 and k + 1 < phases and word(table, 2 * k + 2) == r
            for y in range(min(rows, (height - r + down - 1) // down)):
                source, target = x + ((y * down + r) * width) * 4, out + (k * plane + y * columns) * 4
                if right == 2:
                    even, odd = target, target + plane * 4 if pair else rest
                    if s == 1:
                        even, odd = rest, target
                    _split(source, even, odd, min(columns, (width + 1) // 2))
                else:
                    line = floats(source, width)
                    new = floats(target, columns)
                    for i in range(min(columns, (width - s + right - 1) // right)):
                        new[i] = line[i * right + s]
            k += 2 if pair else 1


@instruction
def join_phases(p, thread, threads):
    """x[channel][image, s y + r, s x + c] = frames[phase][channel][image, y, x], 0 where no phase has the place.

    As split_phases, with 15: whether to add to x.
    """
    channels, images, height, width, ch, chf = words(p, 2, 6)
    plane, table, phases, down, right = words(p, 8, 5)
    rows, columns, adds = words(p, 13, 3)
    zeros = np.zeros(columns + 2 * LANES, np.float32)  # the columns that no phase has
    none = zeros.ctypes.data
    for unit in range(*share(channels * images, 1, thread, threads)):
        c, image = unit // images, unit % images
        x = word(p, 0) + (c * ch + image * height * width) * 4
        source = word(p, 1) + (c * chf + image * rows * columns) * 4
        for y in range(height):
            r, f = y % down, y // down
            row, first = x + y * width * 4, source + f * columns * 4
            found = 0
            while found < phases and word(table, 2 * found) != r:
                found += 1
            held = found < phases and f < rows
            if held and right == 2 and columns * 2 >= width:
                even = first + found * plane * 4
                if word(table, 2 * found + 1) == 1:
                    _join(row, none, even, width, adds)
                elif found + 1 < phases and word(table, 2 * found + 2) == r:
                    _join(row, even, even + plane * 4, width, adds)
                else:
                    _join(row, even, none, width, adds)
                continue
            line = floats(row, width)
            if not adds:
                for i in range(width):
                    line[i] = 0
            while held and found < phases and word(table, 2 * found) == r:
                s = word(table, 2 * found + 1)
                old = floats(first + found * plane * 4, columns)
                for i in range(min(columns, (width - s + right - 1) // right)):
                    line[i * right + s] += old[i]
                found += 1


@instruction
def crop_frames(p, thread, threads):
    """y = clip(the upper left part of each frame + residual, limits).

    0 frames  1 y  2 channels  3 images  4 frame height  5 frame width  6 height  7 width  8 pitch of the frames
    9 pitch of y  10 residual or 0, with y's pitch  11 limits
    """
    channels, images, rows, columns, height, width = words(p, 2, 6)
    chf, chy, residual = words(p, 8, 3)
    limits = word(p, 11)
    for unit in range(*share(channels * images, 1, thread, threads)):
        c, image = unit // images, unit % images
        for y in range(height):
            frame = floats(word(p, 0) + (c * chf + (image * rows + y) * columns) * 4, width)
            at = (c * chy + (image * height + y) * width) * 4
            line, old = floats(word(p, 1) + at, width), floats(residual + at, width)
            for i in range(width):
                x = frame[i] + old[i] if residual else frame[i]
                line[i] = limited(x, limits)


@instruction
def fill_frames(p, thread, threads):
    """The upper left part of each frame = y; the rest keeps its values. Numbers as those of crop_frames up to 9."""
    channels, images, rows, columns, height, width = words(p, 2, 6)
    chf, chy = words(p, 8, 2)
    for unit in range(*share(channels * images, 1, thread, threads)):
        c, image = unit // images, unit % images
        for y in range(height):
            source = word(p, 1) + (c * chy + (image * height + y) * width) * 4
            copy(source, word(p, 0) + (c * chf + (image * rows + y) * columns) * 4, width)
