"""The gradient of a convolution's weights, in two ways.

With pixels in the lanes: a tile of filters and channels of one tap sums dy[f, q] x[c, q + shift] over a run of
pixels, and adds its lanes up at the end. With channels in the lanes: x is transposed once, and the gradient of a
tap is a matrix product whose rows of x are found through a table; nothing is added up across lanes, and any
geometry is alike, but 16 channels are needed to fill a vector.
"""

from functools import lru_cache

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, inline, intrinsic, types
from symcli.engine.shift import bits
from symcli.engine.tape import floats, share, word, words
from symcli.engine.vector import I64, Loop, Vector, i64

FILTERS, CHANNELS = {16: (4, 6), 8: (4, 3), 4: (4, 3)}[LANES]
FEW = (8, 3) if LANES == 16 else (4, 3)  # filters and channels of the tile for images of up to three channels
OUTER = {16: 12, 8: 6, 4: 6}[LANES]  # filters of a tile of the product, by two vectors of channels
CHUNK = 1024  # pixels: those of a tile's filters and channels stay in L1 while the taps go over them


def reduce_to_lanes(v, vectors):
    """Return one vector whose lane i is the sum of vector i."""
    vectors, width = [*vectors, *[v.zero] * (v.lanes - len(vectors))], 1
    while len(vectors) > 1:
        low, high = [], []
        for start in range(0, v.lanes, 2 * width):
            for lanes, first in ((low, start), (high, start + width)):
                lanes += [*range(first, first + width), *range(v.lanes + first, v.lanes + first + width)]
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        vectors = [v.b.fadd(v.shuffle(x, y, low), v.shuffle(x, y, high)) for x, y in pairs]
        width *= 2
    return vectors[0]


def clamped_rows(v, address, pitch, count, rows):
    """Return pointers to rows; those from ``count`` on are the last valid one."""
    b = v.b
    last = b.sub(count, i64(1))
    places = [b.select(b.icmp_signed("<", i64(i), count), i64(i), last) for i in range(rows)]
    return [v.pointer(b.add(address, b.mul(b.mul(i, pitch), i64(4)))) for i in places]


def sums_to_memory(v, sums, address):
    """Add the sum of each vector's lanes to the floats at an address."""
    p = v.pointer(address)
    for start in range(0, len(sums), v.lanes):
        part = sums[start : start + v.lanes]
        total, place = reduce_to_lanes(v, part), v.at(p, start)
        if len(part) == v.lanes:
            v.store(v.b.fadd(total, v.load(place)), place)
        else:
            mask = v.first_lanes(i64(len(part)))
            v.store_masked(v.b.fadd(total, v.load_masked(place, mask)), place, mask)


@lru_cache(None)
def gradient_tile(filters, channels, lanes=LANES):
    """out[f * channels + c] += sum over n pixels of dy[f, q] x[c, q] where the mask is set.

    Rows from ``valid_filters`` or ``valid_channels`` on repeat the last one; their results mean nothing.
    """

    @intrinsic
    def tile(typing, n, dy, pitch_dy, x, pitch_x, masks, out, valid_filters, valid_channels):
        def generate(context, b, signature, args):
            n, dy, pitch_dy, x, pitch_x, masks, out, valid_filters, valid_channels = args
            v = Vector(b, lanes)
            ys = clamped_rows(v, dy, pitch_dy, valid_filters, filters)
            xs = clamped_rows(v, x, pitch_x, valid_channels, channels)
            step = max(lanes, 8)

            def body(tail):
                def run(k, sums):
                    for first in range(0, step, lanes):
                        at = b.add(k, i64(first))
                        mask = bits(v, b.add(masks, b.lshr(k, i64(3))), first)
                        if tail:
                            mask = b.and_(mask, v.first_lanes(b.sub(n, at)))
                        row = [v.load_masked(b.gep(p, [at]), mask) for p in xs]
                        for i in range(filters):
                            y = v.load_masked(b.gep(ys[i], [at]), mask)
                            for j in range(channels):
                                sums[i * channels + j] = v.fma(y, row[j], sums[i * channels + j])
                    return sums

                return run

            done, sums = Loop.run(b, n, [v.zero] * (filters * channels), lambda k, s: body(False)(k, list(s)), step)
            rest = b.select(b.icmp_signed("<", done, n), i64(1), i64(0))
            _, sums = Loop.run(b, rest, sums, lambda _, s: body(True)(done, list(s)))
            sums_to_memory(v, sums, out)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 9), generate

    return tile


@lru_cache(None)
def gradient_product(filters, channels):
    """As ``gradient_tile`` for a whole number of vectors, without masks."""

    @intrinsic
    def tile(typing, n, dy, pitch_dy, x, pitch_x, out, valid_filters, valid_channels):
        def generate(context, b, signature, args):
            n, dy, pitch_dy, x, pitch_x, out, valid_filters, valid_channels = args
            v = Vector(b)
            ys = clamped_rows(v, dy, pitch_dy, valid_filters, filters)
            xs = clamped_rows(v, x, pitch_x, valid_channels, channels)

            def body(k, sums):
                sums, row = list(sums), [v.load(b.gep(p, [k])) for p in xs]
                for i in range(filters):
                    y = v.load(b.gep(ys[i], [k]))
                    for j in range(channels):
                        sums[i * channels + j] = v.fma(y, row[j], sums[i * channels + j])
                return sums

            _, sums = Loop.run(b, n, [v.zero] * (filters * channels), body, v.lanes)
            sums_to_memory(v, sums, out)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 8), generate

    return tile


_tile, _few = gradient_tile(FILTERS, CHANNELS), gradient_tile(*FEW)


@inline
def _tile_sizes(channels):
    return FEW if channels <= FEW[1] else (FILTERS, CHANNELS)


def tiles_size(filters, channels, taps, groups):
    """Return the floats of a thread's tiles, for the filters and channels of a group."""
    high, wide = FEW if channels <= FEW[1] else (FILTERS, CHANNELS)
    return groups * -(-filters // high) * -(-channels // wide) * taps * high * wide


@instruction
def weight_gradient(p, thread, threads):
    """Each thread's part of dw, in tiles [group][filters][channels][tap].

    0 x  1 dy  2 shifts  3 masks  4 bytes of a tap's masks  5 their period in pixels  6 pixels  7 pitch of x
    8 pitch of dy  9 channels of a group  10 filters of a group  11 taps  12 tiles  13 floats of a thread's tiles
    14 groups
    """
    x, dy, shifts, masks, stride, period = words(p, 0, 6)
    pixels, ch, chy, ci, co, taps = words(p, 6, 6)
    size, groups = words(p, 13, 2)
    out = word(p, 12) + thread * size * 4
    mine = floats(out, size)
    for i in range(size):
        mine[i] = 0
    high, wide = _tile_sizes(ci)
    rows, columns = (co + high - 1) // high, (ci + wide - 1) // wide
    chunks = (pixels + CHUNK - 1) // CHUNK
    few = chunks < 4 * threads  # then threads share the filters
    first, last = (0, chunks) if few else (chunks * thread // threads, chunks * (thread + 1) // threads)
    top, end = (
        (groups * rows * thread // threads, groups * rows * (thread + 1) // threads) if few else (0, groups * rows)
    )
    for chunk in range(first, last):
        q = chunk * CHUNK
        n = min(CHUNK, pixels - q)
        for unit in range(top, end):
            group, i = unit // rows, unit % rows
            y = dy + ((group * co + i * high) * chy + q) * 4
            for j in range(columns):
                for t in range(taps):
                    source = x + ((group * ci + j * wide) * ch + q + word(shifts, t)) * 4
                    mask = masks + t * stride + q % period // 8
                    tile = out + ((unit * columns + j) * taps + t) * high * wide * 4
                    if ci <= FEW[1]:
                        _few(n, y, chy, source, ch, mask, tile, co - i * high, ci - j * wide)
                    else:
                        _tile(n, y, chy, source, ch, mask, tile, co - i * high, ci - j * wide)


@instruction
def sum_weight_gradient(p, thread, threads):
    """dw[filter][channel][tap] from the tiles of all threads.

    0 tiles  1 floats of a thread's tiles  2 dw  3 channels of a group  4 filters of a group  5 taps  6 groups
    7 whether to add to dw
    """
    size = word(p, 1)
    ci, co, taps, groups, adds = words(p, 3, 5)
    parts, dw = floats(word(p, 0), size * threads), floats(word(p, 2), groups * co * ci * taps)
    high, wide = _tile_sizes(ci)
    rows, columns = (co + high - 1) // high, (ci + wide - 1) // wide
    for f in range(*share(groups * co, 1, thread, threads)):
        group, i = f // co, f % co
        for c in range(ci):
            for t in range(taps):
                tile = (((group * rows + i // high) * columns + c // wide) * taps + t) * high * wide
                at = tile + i % high * wide + c % wide
                total = parts[at]
                for k in range(1, threads):
                    total += parts[k * size + at]
                place = (f * ci + c) * taps + t
                dw[place] = total + dw[place] if adds else total


@lru_cache(None)
def outer_tile(rows, vectors, lanes=LANES):
    """c[i, j] = sum over k < n of a[i, k] x[table[k] + j]: ``rows`` rows of a, ``vectors`` vectors of j.

    m, valid: how many rows and columns are stored.
    """

    @intrinsic
    def tile(typing, n, a, pitch_a, x, table, c, pitch_c, m, valid):
        def generate(context, b, signature, args):
            n, a, pitch_a, x, table, c, pitch_c, m, valid = args
            v = Vector(b, lanes)
            lines, x, table = clamped_rows(v, a, pitch_a, m, rows), v.pointer(x), v.pointer(table, I64)

            def block(unroll):
                def body(k, carried):
                    at, *sums = carried
                    for _ in range(unroll):
                        p = b.gep(x, [b.load(b.gep(table, [at]), align=8)])
                        row = [v.load(p, j * lanes) for j in range(vectors)]
                        for i in range(rows):
                            s = v.broadcast(b.gep(lines[i], [at]))
                            for j in range(vectors):
                                sums[i * vectors + j] = v.fma(s, row[j], sums[i * vectors + j])
                        at = b.add(at, i64(1))
                    return [at, *sums]

                return body

            done, out = Loop.run(b, n, [i64(0), *[v.zero] * (rows * vectors)], block(2), 2)
            _, out = Loop.run(b, b.sub(n, done), out, block(1))
            masks = [v.first_lanes(b.sub(valid, i64(j * lanes))) for j in range(vectors)]
            target = v.pointer(c)
            for i in range(rows):
                with b.if_then(b.icmp_signed("<", i64(i), m)):
                    row = b.gep(target, [b.mul(i64(i), pitch_c)])
                    for j in range(vectors):
                        v.store_masked(out[1 + i * vectors + j], v.at(row, j * lanes), masks[j])
            return context.get_dummy_value()

        return types.void(*[types.int64] * 9), generate

    return tile


_outer = outer_tile(OUTER, 2)


@instruction
def transpose_planes(p, thread, threads):
    """t[q][c] = x[c][q], and one row of zeros behind. 0 x  1 t  2 channels  3 pixels  4 pitch of x  5 pitch of t"""
    channels, pixels, ch, pitch = words(p, 2, 4)
    x, t = floats(word(p, 0), channels * ch), floats(word(p, 1), (pixels + 1) * pitch)
    runs = (pixels + 15) // 16
    for run in range(*share(runs, 1, thread, threads)):
        for c in range(channels):
            for q in range(run * 16, min(pixels, run * 16 + 16)):
                t[q * pitch + c] = x[c * ch + q]
    if thread == 0:
        for c in range(pitch):
            t[pixels * pitch + c] = 0


@instruction
def outer_gradient(p, thread, threads):
    """dw[filter][tap][channel] by a product over the pixels.

    0 dy  1 pitch of dy  2 transposed x  3 int64 [tap][pixel]: element of the row that a pixel reads  4 pixels  5 dw
    6 channels  7 filters  8 taps
    """
    dy, chy, x, table, pixels, dw = words(p, 0, 6)
    ci, co, taps = words(p, 6, 3)
    blocks, pieces = (co + OUTER - 1) // OUTER, (ci + 2 * LANES - 1) // (2 * LANES)
    for unit in range(*share(blocks * taps, 1, thread, threads)):
        t, i = unit // blocks, unit % blocks * OUTER
        for piece in range(pieces):
            j = piece * 2 * LANES
            out = dw + ((i * taps + t) * ci + j) * 4
            _outer(pixels, dy + i * chy * 4, chy, x + j * 4, table + t * pixels * 8, out, taps * ci, co - i, ci - j)


@instruction
def permute_gradient(p, thread, threads):
    """dw[filter][channel][tap] = g[filter][tap][channel]. 0 g  1 dw  2 filters  3 channels  4 taps  5 whether to add"""
    co, ci, taps, adds = words(p, 2, 4)
    g, dw = floats(word(p, 0), co * ci * taps), floats(word(p, 1), co * ci * taps)
    for f in range(*share(co, 1, thread, threads)):
        for c in range(ci):
            for t in range(taps):
                place = (f * ci + c) * taps + t
                x = g[(f * taps + t) * ci + c]
                dw[place] = x + dw[place] if adds else x
