"""Convolution as a product of matrices over shifted planes.

For one tap of the kernel, the input of a run of output pixels is a run of input pixels, shifted. So

    y[f, q] = sum over taps t, channels c of w[f, t, c] x[c, q + shift[t]]

is a matrix product whose second operand is read in place. Pixels whose tap leaves the image are left out by
a mask that stays the same for all channels. What does not have the output's width (strides, 'valid' windows)
is brought into frames of one width first (``frames.py``).
"""

from functools import lru_cache

import numpy as np

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, inline, intrinsic, ir, types
from symcli.engine.tape import floats, limited, share, word, words
from symcli.engine.vector import I32, I64, Loop, Vector, i64

I8 = ir.IntType(8)
ROWS, VECTORS = {16: (8, 3), 8: (6, 2), 4: (6, 2)}[LANES]
REST = 4 if ROWS == 8 else 0  # pixels at the end that are computed with filters as lanes: less than a vector's work
PLAIN = np.array([-1, 0])  # masks of one tap that sees all pixels of a tile, and its shift
DEPTH = 256  # terms that are summed in registers
STEP = max(LANES, 8)  # pixels that tiles start at multiples of: masks are whole bytes


def bits(v, address, first=0):
    """Load a vector's mask from the bits ``first`` and following of the bytes at an address."""
    b = v.b
    if v.lanes >= 8:
        return v.mask_at(b.add(address, i64(first // 8)))
    byte = b.load(v.pointer(b.add(address, i64(first // 8)), I8), align=1)
    return b.bitcast(b.trunc(b.lshr(byte, ir.Constant(I8, first % 8)), ir.IntType(v.lanes)), v.mask_type)


def finish(v, tile, y, ch, m, n, residual, limits):
    """Store clip(tile + residual, limits): the first m rows, n pixels. A residual address of 0 stands for none.

    ``limits``: see ``Vector.limited``.
    """
    b, rows, vectors = v.b, len(tile), len(tile[0])
    given = b.icmp_signed("!=", residual, i64(0))
    # Without residual the masked loads below see y: even where no lane is loaded, an address that is not valid costs
    # hundreds of cycles.
    out, old = v.pointer(y), v.pointer(b.select(given, residual, y))

    def end(x):
        return v.limited(x, limits)

    full = b.and_(b.icmp_signed(">=", m, i64(rows)), b.icmp_signed(">=", n, i64(vectors * v.lanes)))
    with b.if_else(full) as (whole, edge):
        with whole, b.if_else(given) as (added, plain):
            for branch, adds in ((added, True), (plain, False)):
                with branch:
                    row, line = out, old
                    for i in range(rows):
                        for j in range(vectors):
                            x = tile[i][j]
                            if adds:
                                x = b.fadd(x, v.load(line, j * v.lanes))
                            v.store(end(x), row, j * v.lanes)
                        row, line = b.gep(row, [ch]), b.gep(line, [ch])
        with edge:
            masks = [v.first_lanes(b.sub(n, i64(j * v.lanes))) for j in range(vectors)]
            none = ir.Constant(v.mask_type, [0] * v.lanes)
            for i in range(rows):
                with b.if_then(b.icmp_signed("<", i64(i), m)):
                    at = b.mul(i64(i), ch)
                    row, line = b.gep(out, [at]), b.gep(old, [at])
                    for j in range(vectors):
                        add = v.load_masked(v.at(line, j * v.lanes), b.select(given, masks[j], none))
                        v.store_masked(end(b.fadd(tile[i][j], add)), v.at(row, j * v.lanes), masks[j])


def either(b, *ways):
    """The value of the block that control comes from. ``ways``: values and their blocks."""
    phi = b.phi(ways[0][0].type)
    for way in ways:
        phi.add_incoming(*way)
    return phi


def taken(v, condition, sums, totals):
    """Return zeros and totals + sums where a condition holds, otherwise both as they are.

    Many terms added one after the other would lose digits: the error of a sum grows with its length.
    """
    b, before = v.b, v.b.block
    with b.if_then(condition):
        more, inside = [b.fadd(x, y) for x, y in zip(totals, sums, strict=True)], b.block
    return [[either(b, (old, before), (new, inside)) for old, new in zip(olds, news, strict=True)]
            for olds, news in ((sums, [v.zero] * len(sums)), (totals, more))]  # fmt: skip


@lru_cache(None)
def shift_tile(rows, vectors, lanes=LANES):
    """One tile of a shifted product: ``rows`` filters, ``vectors`` vectors of pixels.

    taps, channels; a: weights [tap][channel][rows]; x: address of the tile's first pixel in channel 0; ch: its
    pitch; shifts: int64 for each tap; masks: bits of the tile's first pixel, mask_stride bytes a tap; y, chy: the
    output; m, n: how many filters and pixels are valid; bias: of each filter; residual, limits: see ``finish``.
    """

    @intrinsic
    def tile(typing, taps, channels, a, x, ch, shifts, masks, mask_stride, y, chy, m, n, bias, residual, limits):
        def generate(context, b, signature, args):
            taps, channels, a, x, ch, shifts, masks, mask_stride, y, chy, m, n, bias, residual, limits = args
            v = Vector(b, lanes)
            pixels, shift, start = v.pointer(x), v.pointer(shifts, I64), v.pointer(bias)

            def products(mask, channels, carried):
                def block(unroll):
                    def body(_, carried):
                        w, p, *sums = carried
                        v.prefetch(b.add(b.ptrtoint(w, I64), i64(4096)), locality=3)
                        for u in range(unroll):
                            row = [v.load_masked(v.at(p, j * lanes), mask[j]) for j in range(vectors)]
                            for i in range(rows):
                                s = v.broadcast(w, u * rows + i)
                                for j in range(vectors):
                                    sums[i * vectors + j] = v.fma(s, row[j], sums[i * vectors + j])
                            p = b.gep(p, [ch])
                        return [v.at(w, unroll * rows), p, *sums]

                    return body

                done, out = Loop.run(b, channels, carried, block(2), 2)
                return Loop.run(b, b.sub(channels, done), out, block(1))[1]

            def tap(t):
                bytes_ = b.add(masks, b.mul(t, mask_stride))
                mask = [bits(v, bytes_, j * lanes) for j in range(vectors)]
                return mask, b.gep(pixels, [b.load(b.gep(shift, [t]), align=8)])

            def few(t, carried):
                mask, first = tap(t)
                w, _, *sums = products(mask, channels, [carried[0], first, *carried[1:]])
                return [w, *sums]

            def many(t, carried):
                mask, first = tap(t)

                def piece(k, carried):
                    w, p, terms, *sums = carried
                    left = b.sub(channels, b.mul(k, i64(DEPTH)))
                    count = b.select(b.icmp_signed("<", left, i64(DEPTH)), left, i64(DEPTH))
                    together = b.add(terms, count)
                    full = b.icmp_signed(">", together, i64(DEPTH))
                    sums, totals = taken(v, full, sums[: rows * vectors], sums[rows * vectors :])
                    w, p, *sums = products(mask, count, [w, p, *sums])
                    return [w, p, b.select(full, count, together), *sums, *totals]

                pieces = b.sdiv(b.add(channels, i64(DEPTH - 1)), i64(DEPTH))
                _, out = Loop.run(b, pieces, [carried[0], first, *carried[1:]], piece)
                return [out[0], *out[2:]]

            last = b.sub(m, i64(1))
            places = [b.select(b.icmp_signed("<", i64(i), m), i64(i), last) for i in range(rows)]
            sums, zeros = [s for i in places for s in [v.broadcast(start, i)] * vectors], [v.zero] * (rows * vectors)
            before = b.block
            with b.if_then(b.icmp_signed(">", b.mul(taps, channels), i64(DEPTH))):
                _, (_, _, *out) = Loop.run(b, taps, [v.pointer(a), i64(0), *sums, *zeros], many)
                added, inside = [b.fadd(*pair) for pair in zip(out, out[rows * vectors :], strict=False)], b.block
            sums = [either(b, (x, before), (y, inside)) for x, y in zip(sums, added, strict=True)]
            left = either(b, (taps, before), (i64(0), inside))
            _, (_, *out) = Loop.run(b, left, [v.pointer(a), *sums], few)
            done = [out[i * vectors : (i + 1) * vectors] for i in range(rows)]
            finish(v, done, y, chy, m, n, residual, limits)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 15), generate

    return tile


tile, tile_of_two = shift_tile(ROWS, VECTORS), shift_tile(ROWS, 2)


@intrinsic
def _rest_tile(typing, channels, w, x, ch, out):
    """out[pixel, filter] = sum over channels of w[channel, filter] x[channel, pixel], for REST pixels.

    Lanes are filters. w: weights as shift_tile has them, of one tap.
    """

    def generate(context, b, signature, args):
        channels, w, x, ch, out = args
        v = Vector(b, 8)

        def steps(count):
            def body(_, carried):
                weights, p, *sums = carried
                for u in range(count):
                    row = v.load(weights, u * v.lanes)
                    for i in range(REST):
                        sums[u * REST + i] = v.fma(v.broadcast(p, i), row, sums[u * REST + i])
                    p = b.gep(p, [ch])
                return [v.at(weights, count * v.lanes), p, *sums]

            return body

        sums = [v.zero] * (2 * REST)  # as many as hide the latency of an addition
        done, carried = Loop.run(b, channels, [v.pointer(w), v.pointer(x), *sums], steps(2), 2)
        _, (_, _, *sums) = Loop.run(b, b.sub(channels, done), carried, steps(1))
        for i in range(REST):
            v.store(b.fadd(sums[i], sums[REST + i]), v.pointer(out), i * v.lanes)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), generate


@inline
def rest_pixels(channels, w, x, ch, y, chy, m, n, bias, residual, limits, memory):
    """n pixels of m filters as shift_tile computes them, for one tap that sees all of them."""
    _rest_tile(channels, w, x, ch, memory.ctypes.data)
    for i in range(min(m, ROWS)):
        start, line, old = floats(bias + i * 4, 1), floats(y + i * chy * 4, n), floats(residual + i * chy * 4, n)
        for k in range(n):
            value = memory[k * ROWS + i] + start[0]
            if residual:
                value += old[k]
            line[k] = limited(value, limits)


@instruction
def shift_convolution(p, thread, threads):
    """y = clip(shifted product + bias + residual, limits).

    0 x  1 weights [group][block][tap][channel][ROWS]  2 shifts  3 masks  4 bytes of a tap's masks  5 period of the
    masks in pixels  6 y  7 pixels  8 pitch of x  9 pitch of y  10 channels of a group  11 filters of a group
    12 taps  13 bias  14 residual or 0, with y's pitch  15 limits  16 groups  17 how many pixels at the end are
    computed by themselves, REST at most: for one tap that sees all pixels
    """
    x, w, shifts, masks, stride, period = words(p, 0, 6)
    y, pixels, ch, chy, ci, co = words(p, 6, 6)
    taps, bias, residual = words(p, 12, 3)
    limits, groups, rest = word(p, 15), word(p, 16), word(p, 17)
    pixels, memory = pixels - rest, np.empty(REST * ROWS + 1, np.float32)
    blocks = (co + ROWS - 1) // ROWS
    steps = (pixels + STEP - 1) // STEP
    wide = VECTORS * LANES // STEP
    tiles = (steps + wide - 1) // wide
    streams = taps * ci * co >= 200000  # the weights of a group do not stay in L2: read them once
    total = groups * blocks * tiles
    for unit in range(*share(total, 1, thread, threads)):
        group, u = unit // (blocks * tiles), unit % (blocks * tiles)
        if streams:
            block, t = u // tiles, u % tiles
        else:
            block, t = u % blocks, u // blocks
        q = steps * t // tiles * STEP
        n = min(steps * (t + 1) // tiles * STEP, pixels) - q
        a = w + (group * blocks + block) * taps * ci * ROWS * 4
        f = group * co + block * ROWS
        out = (f * chy + q) * 4
        old = residual + out if residual else 0
        first = x + (group * ci * ch + q) * 4
        bits_ = masks + q % period // 8
        start = bias + f * 4
        m = co - block * ROWS
        if n > 2 * LANES:
            tile(taps, ci, a, first, ch, shifts, bits_, stride, y + out, chy, m, n, start, old, limits)
        else:
            tile_of_two(taps, ci, a, first, ch, shifts, bits_, stride, y + out, chy, m, n, start, old, limits)
        if rest and t == tiles - 1:
            end = 4 * n
            more = old + end if residual else 0
            rest_pixels(ci, a, first + end, ch, y + out + end, chy, m, rest, start, more, limits, memory)


@instruction
def pack_weights(p, thread, threads):
    """Weights in the order of shift_convolution.

    0 weights  1 packed  2 filters of a group  3 channels of a group  4 taps  5 stride of a filter  6 of a channel
    7 int64 place of each tap  8 groups  9 stride of a group
    """
    co, ci, taps, of_filter, of_channel = words(p, 2, 5)
    places, groups, of_group = words(p, 7, 3)
    blocks = (co + ROWS - 1) // ROWS
    out = floats(word(p, 1), groups * blocks * taps * ci * ROWS)
    for unit in range(*share(groups * blocks, 1, thread, threads)):
        group, block = unit // blocks, unit % blocks
        w = floats(word(p, 0) + group * of_group * 4, of_group)
        valid = min(ROWS, co - block * ROWS)
        for first in range(0, ci, 16):  # what is read for one tap is still in the first cache for the next
            for t in range(taps):
                place = word(places, t)
                for c in range(first, min(first + 16, ci)):
                    at, source = ((unit * taps + t) * ci + c) * ROWS, block * ROWS * of_filter + c * of_channel + place
                    for i in range(valid):
                        out[at + i] = w[source + i * of_filter]
                    for i in range(valid, ROWS):
                        out[at + i] = 0
