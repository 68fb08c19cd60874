"""Winograd's fast convolution F(4x4, 3x3): 36 multiplications for the 144 of a tile of 4x4 output pixels.

    y = A^T ((G w G^T) (B^T x B)) A    for each pair of channels, summed over the input's before A

Lanes are tiles. Two tiles side by side are a *unit* of 8 pixels; a group of ``LANES`` tiles may lie anywhere in the
batch. What is known when a graph is bound stands in one record a group: where its units begin and which pixels exist.
The rows of a unit are loaded as they lie, transformed down the columns there, and only then taken apart into tiles;
the columns left and right of a tile are its neighbours' lanes.

Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015. Errors relative to the largest output are
about ten times those of a direct convolution (4e-6 to 2e-5).
"""

from functools import lru_cache

import numpy as np

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, intrinsic, ir, types
from symcli.engine.shift import ROWS, VECTORS, bits
from symcli.engine.tape import floats, real, share, ticket, word, words
from symcli.engine.vector import I64, Loop, Vector, i64
from symcli.engine.weight_gradient import gradient_product, sums_to_memory

UNITS = LANES // 2  # of a group; at most 8
RECORD, INPUTS, OUTPUTS, BORDERS, EDGES = 192, 64, 112, 144, 148  # bytes of a group's record, and places in it
BLOCK = VECTORS * LANES  # tiles of a block
SIDE = (4, 4) if LANES == 16 else (4, 3)  # filters and channels of a tile of the weight gradient


def groups(images, height, width):
    """Return the records of all groups of a batch of images.

    A record: int64 offset of each unit's first pixel, a row above it; a byte of column masks for each of the six
    rows that a unit reads, then for each of the four that it writes; bits of the tiles that have a left and a right
    neighbour; masks of the six rows of the units left and right of the group.
    """
    down, across = -(-height // 4), -(-width // 4)
    halves = -(-across // 2)
    number = np.arange(-(-images * down * halves // UNITS) * UNITS)
    exists = number < images * down * halves
    image, rest = np.divmod(number, down * halves)
    ty, u = np.divmod(rest, halves)
    top = 4 * ty - 1

    def columns(first):
        x = 8 * first[:, None] + np.arange(8)
        return (((x >= 0) & (x < width)) << np.arange(8)).sum(1)

    def masks(first, start, count):
        y = top[:, None] + start + np.arange(count)
        return np.where((y >= 0) & (y < height) & exists[:, None], columns(first)[:, None], 0).astype(np.uint8)

    records = np.zeros((len(number) // UNITS, RECORD), np.uint8)
    offsets = np.where(exists, image * height * width + top * width + 8 * u, 0)
    records[:, : 8 * UNITS] = offsets.astype(np.int64).reshape(-1, UNITS).view(np.uint8)
    records[:, INPUTS : INPUTS + 6 * UNITS] = masks(u, 0, 6).reshape(-1, 6 * UNITS)
    records[:, OUTPUTS : OUTPUTS + 4 * UNITS] = masks(u, 1, 4).reshape(-1, 4 * UNITS)
    tile = 2 * u[:, None] + np.arange(2)
    for place, has in ((0, tile > 0), (2, tile < across - 1)):
        lanes = (has & exists[:, None]).reshape(-1, LANES)
        packed = np.packbits(lanes, axis=1, bitorder="little")
        records[:, BORDERS + place : BORDERS + place + packed.shape[1]] = packed
    records[:, EDGES : EDGES + 6] = masks(u - 1, 0, 6)[::UNITS]
    records[:, EDGES + 6 : EDGES + 12] = masks(u + 1, 0, 6)[UNITS - 1 :: UNITS]
    return records


# ---- the transforms, on lists of vectors


def input_side(v, d):
    """B^T d"""
    b, f, k = v.b, v.fma, v.constant
    a, e = f(k(-4), d[2], d[4]), f(k(-4), d[1], d[3])
    c, g = b.fsub(d[4], d[2]), b.fsub(d[3], d[1])
    first, last = f(k(4), d[0], f(k(-5), d[2], d[4])), f(k(4), d[1], f(k(-5), d[3], d[5]))
    return [first, b.fadd(a, e), b.fsub(a, e), f(k(2), g, c), f(k(-2), g, c), last]


def output_side(v, m):
    """A^T m"""
    b, f, k = v.b, v.fma, v.constant
    sum1, sum2, less1, less2 = b.fadd(m[1], m[2]), b.fadd(m[3], m[4]), b.fsub(m[1], m[2]), b.fsub(m[3], m[4])
    first, last = b.fadd(b.fadd(m[0], sum1), sum2), b.fadd(f(k(8), less2, less1), m[5])
    return [first, f(k(2), less2, less1), f(k(4), sum2, sum1), last]


def gradient_side(v, y):
    """A y"""
    b, f, k = v.b, v.fma, v.constant
    even, odd = b.fadd(y[0], y[2]), b.fadd(y[1], y[3])
    even2, odd2 = f(k(4), y[2], y[0]), f(k(8), y[3], b.fmul(k(2), y[1]))
    return [y[0], b.fadd(even, odd), b.fsub(even, odd), b.fadd(even2, odd2), b.fsub(even2, odd2), y[3]]


def weight_side(v, w):
    """G w"""
    b, f, k = v.b, v.fma, v.constant
    e = b.fmul(k(-1 / 6), b.fadd(w[0], w[2]))
    h = f(k(1 / 6), w[2], b.fmul(k(1 / 24), w[0]))
    m, c = b.fmul(k(1 / 6), w[1]), b.fmul(k(1 / 12), w[1])
    return [b.fmul(k(1 / 4), w[0]), b.fsub(e, m), b.fadd(e, m), b.fadd(h, c), b.fsub(h, c), w[2]]


def weight_gradient_side(v, u):
    """G^T u"""
    b, f, k = v.b, v.fma, v.constant
    a, c = b.fadd(u[1], u[2]), b.fadd(u[3], u[4])
    d, e = b.fsub(u[2], u[1]), b.fsub(u[3], u[4])
    q = b.fmul(k(-1 / 6), a)
    first, last = f(k(1 / 4), u[0], f(k(1 / 24), c, q)), b.fadd(f(k(1 / 6), c, q), u[5])
    return [first, f(k(1 / 6), d, b.fmul(k(1 / 12), e)), last]


# ---- rows of units, and tiles


def apart(v, x):
    """Four vectors of pixels as the four columns of their tiles."""
    n, half = v.lanes, v.lanes // 2

    def pairs(x, y, first):
        return v.shuffle(x, y, [4 * i + first + j for j in range(2) for i in range(half)])

    a, b = pairs(x[0], x[1], 0), pairs(x[0], x[1], 2)
    c, d = pairs(x[2], x[3], 0), pairs(x[2], x[3], 2)
    low, high = [*range(half), *range(n, n + half)], [*range(half, n), *range(n + half, 2 * n)]
    return [v.shuffle(a, c, low), v.shuffle(a, c, high), v.shuffle(b, d, low), v.shuffle(b, d, high)]


def together(v, q):
    """The inverse of ``apart``."""
    n, half = v.lanes, v.lanes // 2
    low, high = [*range(half), *range(n, n + half)], [*range(half, n), *range(n + half, 2 * n)]
    a, c = v.shuffle(q[0], q[1], low), v.shuffle(q[0], q[1], high)
    b, d = v.shuffle(q[2], q[3], low), v.shuffle(q[2], q[3], high)

    def pixels(x, y, first):
        return v.shuffle(x, y, [p + i for i in range(first, first + n // 4) for p in (0, half, n, n + half)])

    return [pixels(a, b, 0), pixels(a, b, n // 4), pixels(c, d, 0), pixels(c, d, n // 4)]


def unit_offsets(v, record):
    p = v.pointer(record, I64)
    return [v.b.load(v.at(p, i), align=8) for i in range(UNITS)]


def unit_rows(v, plane, record, offsets, down, masks, count, row):
    """One row of all units of a group, as four vectors. ``down`` is its distance in elements."""
    eight, out = Vector(v.b, 8), []
    for unit, offset in enumerate(offsets):
        mask = bits(eight, v.b.add(record, i64(masks + unit * count + row)))
        out.append(eight.load_masked(v.b.gep(plane, [v.b.add(offset, down)]), mask))
    if v.lanes == 8:
        return out
    return [eight.shuffle(out[i], out[i + 1], range(16)) for i in range(0, 8, 2)]


@lru_cache(None)
def input_tile():
    """B^T x B of one channel and group: a vector of tiles for each of 36 places, ``pitch`` elements apart."""

    @intrinsic
    def tile(typing, x, width, record, out, pitch):
        def generate(context, b, signature, args):
            x, width, record, out, pitch = args
            v, eight = Vector(b), Vector(b, 8)
            plane, offsets = v.pointer(x), unit_offsets(v, record)
            down = [b.mul(width, i64(i)) for i in range(6)]
            rows = [unit_rows(v, plane, record, offsets, down[i], INPUTS, 6, i) for i in range(6)]
            outside = []  # lane 0: the pixel before the group, lane 1: the one behind it
            for i in range(6):
                ends = []
                for end, offset in enumerate((b.sub(offsets[0], i64(8)), b.add(offsets[-1], i64(8)))):
                    mask = bits(eight, b.add(record, i64(EDGES + 6 * end + i)))
                    ends.append(eight.load_masked(b.gep(plane, [b.add(offset, down[i])]), mask))
                outside.append(eight.shuffle(*ends, [7, 8] * 4))
            outside = input_side(eight, outside)
            columns = [input_side(v, [rows[i][q] for i in range(6)]) for q in range(4)]
            left, right = bits(v, b.add(record, i64(BORDERS))), bits(v, b.add(record, i64(BORDERS + 2)))
            p = v.pointer(out)
            for i in range(6):
                inner = apart(v, [columns[q][i] for q in range(4)])
                end = b.shuffle_vector(
                    outside[i], eight.undefined, ir.Constant(v.int_type, [j % 8 for j in range(v.lanes)])
                )
                first = v.shuffle(inner[3], end, [v.lanes, *range(v.lanes - 1)])
                last = v.shuffle(inner[0], end, [*range(1, v.lanes), v.lanes + 1])
                row = [b.select(left, first, v.zero), *inner, b.select(right, last, v.zero)]
                for value in input_side(v, row):
                    v.store(value, p)
                    p = b.gep(p, [pitch])
            return context.get_dummy_value()

        return types.void(*[types.int64] * 5), generate

    return tile


@lru_cache(None)
def output_tile(adds):
    """max(A^T m A + bias (+ residual), floor) of one filter and group, from 36 vectors ``pitch`` elements apart."""

    @intrinsic
    def tile(typing, m, pitch, y, width, record, bias, residual, floor):
        def generate(context, b, signature, args):
            m, pitch, y, width, record, bias, residual, floor = args
            v, eight = Vector(b), Vector(b, 8)
            p, out, old, offsets = v.pointer(m), v.pointer(y), v.pointer(residual), unit_offsets(v, record)
            bias, floor = eight.splat(bias), eight.splat(floor)
            halves = []
            for _ in range(6):
                row = []
                for _ in range(6):
                    row.append(v.load(p))
                    p = b.gep(p, [pitch])
                halves.append(output_side(v, row))
            columns = [output_side(v, [halves[i][c] for i in range(6)]) for c in range(4)]
            for r in range(4):
                pixels = together(v, [columns[c][r] for c in range(4)])
                down = b.mul(width, i64(r + 1))
                for unit in range(UNITS):
                    part, mask = pixels[unit * 8 // v.lanes], bits(eight, b.add(record, i64(OUTPUTS + 4 * unit + r)))
                    if v.lanes == 16:
                        part = v.shuffle(part, part, range(unit % 2 * 8, unit % 2 * 8 + 8))
                    at = b.add(offsets[unit], down)
                    part = b.fadd(part, bias)
                    if adds:
                        part = b.fadd(part, eight.load_masked(b.gep(old, [at]), mask))
                    part = b.select(b.fcmp_ordered("<", part, floor), floor, part)
                    eight.store_masked(part, b.gep(out, [at]), mask)
            return context.get_dummy_value()

        f, i = types.float32, types.int64
        return types.void(i, i, i, i, i, f, i, f), generate

    return tile


@lru_cache(None)
def gradient_input_tile():
    """A dy A^T of one filter and group."""

    @intrinsic
    def tile(typing, y, width, record, out, pitch):
        def generate(context, b, signature, args):
            y, width, record, out, pitch = args
            v = Vector(b)
            plane, offsets = v.pointer(y), unit_offsets(v, record)
            rows = [unit_rows(v, plane, record, offsets, b.mul(width, i64(i + 1)), OUTPUTS, 4, i) for i in range(4)]
            columns = [gradient_side(v, [rows[i][q] for i in range(4)]) for q in range(4)]
            p = v.pointer(out)
            for i in range(6):
                for value in gradient_side(v, apart(v, [columns[q][i] for q in range(4)])):
                    v.store(value, p)
                    p = b.gep(p, [pitch])
            return context.get_dummy_value()

        return types.void(*[types.int64] * 5), generate

    return tile


@lru_cache(None)
def weight_tile(mirrored):
    """G w G^T for ROWS filters of one channel: stores ROWS floats at each of 36 places, ``pitch`` elements apart.

    w: the first filter's nine numbers; step: elements to the next filter; n: how many filters there are.
    """

    @intrinsic
    def tile(typing, w, step, n, out, pitch):
        def generate(context, b, signature, args):
            w, step, n, out, pitch = args
            v = Vector(b, 8)
            taps, last = [v.zero] * 9, b.sub(n, i64(1))
            for lane in range(ROWS):
                place = b.select(b.icmp_signed("<", i64(lane), n), i64(lane), last)
                p = v.pointer(b.add(w, b.mul(b.mul(place, step), i64(4))))
                for t in range(9):
                    number = b.load(v.at(p, t), align=4)
                    taps[t] = b.insert_element(taps[t], number, ir.Constant(ir.IntType(32), lane))
            if mirrored:
                taps.reverse()
            columns = [weight_side(v, taps[j::3]) for j in range(3)]
            p, mask = v.pointer(out), v.first_lanes(i64(ROWS))
            for i in range(6):
                for value in weight_side(v, [columns[j][i] for j in range(3)]):
                    if ROWS == 8:
                        v.store(value, p)
                    else:
                        v.store_masked(value, p, mask)
                    p = b.gep(p, [pitch])
            return context.get_dummy_value()

        return types.void(*[types.int64] * 5), generate

    return tile


@lru_cache(None)
def weight_gradient_tile():
    """G^T du G for LANES pairs of channels: nine vectors, from the sum over ``parts`` of 36 vectors."""

    @intrinsic
    def tile(typing, du, pitch, parts, part, out):
        def generate(context, b, signature, args):
            du, pitch, parts, part, out = args
            v = Vector(b)
            p, u = v.pointer(du), []
            for _ in range(36):
                step = lambda _, c: [b.fadd(c[0], v.load(c[1])), b.gep(c[1], [part])]  # noqa: E731
                u.append(Loop.run(b, parts, [v.zero, p], step)[1][0])
                p = b.gep(p, [pitch])
            columns = [weight_gradient_side(v, u[j::6]) for j in range(6)]
            target = v.pointer(out)
            for i in range(3):
                for j, value in enumerate(weight_gradient_side(v, [columns[j][i] for j in range(6)])):
                    v.store(value, target, (3 * i + j) * v.lanes)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 5), generate

    return tile


@lru_cache(None)
def product_tile(rows, vectors, ahead=0):
    """c[i, j] = sum over k < n of a[k, i] b[k, j]: a packed, all rows and columns valid.

    ``ahead`` bytes of a are asked for before they are needed: one stream for few products comes faster than the
    processor asks by itself.
    """

    @intrinsic
    def tile(typing, n, a, x, pitch, c, pitch_c):
        def generate(context, b, signature, args):
            n, a, x, pitch, c, pitch_c = args
            v = Vector(b)

            def block(unroll):
                def body(_, carried):
                    w, p, *sums = carried
                    for line in range(0, unroll * rows * 4 if ahead else 0, 64):
                        v.prefetch(b.add(b.ptrtoint(w, I64), i64(ahead + line)), locality=3)
                    for u in range(unroll):
                        row = [v.load(p, j * v.lanes) for j in range(vectors)]
                        for i in range(rows):
                            s = v.broadcast(w, u * rows + i)
                            for j in range(vectors):
                                sums[i * vectors + j] = v.fma(s, row[j], sums[i * vectors + j])
                        p = b.gep(p, [pitch])
                    return [v.at(w, unroll * rows), p, *sums]

                return body

            start = [v.pointer(a), v.pointer(x), *[v.zero] * (rows * vectors)]
            done, out = Loop.run(b, n, start, block(4), 4)
            _, out = Loop.run(b, b.sub(n, done), out, block(1))
            row = v.pointer(c)
            for i in range(rows):
                for j in range(vectors):
                    v.store(out[2 + i * vectors + j], row, j * v.lanes)
                row = b.gep(row, [pitch_c])
            return context.get_dummy_value()

        return types.void(*[types.int64] * 6), generate

    return tile


@lru_cache(None)
def ahead(write):
    """Prefetch 1024 bytes."""

    @intrinsic
    def fetch(typing, address):
        def generate(context, b, signature, args):
            v = Vector(b)
            for line in range(16):
                v.prefetch(b.add(args[0], i64(64 * line)), write)
            return context.get_dummy_value()

        return types.void(types.int64), generate

    return fetch


_input, _output, _output_added, _gradient_input = (
    input_tile(),
    output_tile(False),
    output_tile(True),
    gradient_input_tile(),
)
_weights, _mirrored, _weight_gradient = weight_tile(False), weight_tile(True), weight_gradient_tile()
_product, _sums = product_tile(ROWS, VECTORS), gradient_product(*SIDE)
_product_wide, _product_2, _product_1 = (product_tile(ROWS, n, 4096) for n in (VECTORS, 2, 1))
_read, _write = ahead(False), ahead(True)


def forward_scratch(channels, filters):
    """Return the floats that a thread needs for ``winograd``: two sets of 36 matrices.

    16 floats between matrices keep them from being a multiple of 4096 bytes apart.
    """
    rows = -(-filters // ROWS) * ROWS
    return 36 * (channels * BLOCK + 16) + 36 * (rows * BLOCK + 16) + 32


def matrices_size(channels, count):
    """Return the floats of the 36 matrices of ``count`` groups that all threads share."""
    return 36 * (-(-channels // ROWS) * ROWS * count * LANES + 16)


def gradient_scratch(channels, filters, count):
    """Return the floats that a thread needs for ``winograd_gradient`` with blocks of ``count`` groups."""
    return 36 * (channels * count * LANES + 16) + 36 * (filters * count * LANES + 16) + 32


def weights_size(channels, filters):
    """Return the floats of transformed weights."""
    return 36 * -(-filters // ROWS) * ROWS * channels


def gradient_size(channels, filters):
    """Return the floats of a thread's part of the transformed gradient of the weights."""
    return 36 * (-(-filters // SIDE[0]) * -(-channels // SIDE[1]) * SIDE[0] * SIDE[1] + LANES)


@instruction
def winograd_weights(p, thread, threads):
    """u[36][block][channel][ROWS] = G w G^T.

    0 w (filters, channels, 3, 3)  1 u  2 filters  3 channels  4 whether to mirror the taps and swap filters and
    channels of w, for the gradient of the data
    """
    w, u, co, ci, swapped = words(p, 0, 5)
    blocks = (co + ROWS - 1) // ROWS
    pitch = blocks * ci * ROWS
    for unit in range(*share(blocks * ci, 1, thread, threads)):
        first, c = unit // ci * ROWS, unit % ci
        if swapped:
            _mirrored(w + (c * co + first) * 36, 9, co - first, u + unit * ROWS * 4, pitch)
        else:
            _weights(w + (first * ci + c) * 36, ci * 9, co - first, u + unit * ROWS * 4, pitch)


@instruction
def winograd(p, thread, threads):
    """y = max(convolution of x + bias + residual, floor), 3x3 with stride and padding 1.

    0 x  1 transformed weights  2 records  3 groups  4 y  5 width  6 pitch of x  7 pitch of y  8 channels  9 filters
    10 scratch  11 floats of a thread's scratch  12 bias  13 residual or 0, with y's pitch  14 floor
    """
    x, u, records, count, y, width = words(p, 0, 6)
    ch, chy, ci, co = words(p, 6, 4)
    residual, floor = word(p, 13), real(p, 14)
    bias = floats(word(p, 12), co)
    blocks = (co + ROWS - 1) // ROWS
    pitch_v, pitch_m = ci * BLOCK + 16, blocks * ROWS * BLOCK + 16
    v = word(p, 10) + thread * word(p, 11) * 4
    m = v + (36 * pitch_v * 4 + 63) // 64 * 64
    runs = (count + VECTORS - 1) // VECTORS
    while True:
        run = ticket(p, runs, threads)
        if run < 0:
            break
        g = run * VECTORS
        n = min(VECTORS, count - g)
        following = word(records + min(g + VECTORS, count - 1) * RECORD, 0) + width
        for c in range(ci):
            for s in range(n):
                _read(x + (c * ch + following + s * 256) * 4)
                _input(x + c * ch * 4, width, records + (g + s) * RECORD, v + (c * BLOCK + s * LANES) * 4, pitch_v)
        for xi in range(36):
            for block in range(blocks):
                a = u + (xi * blocks + block) * ci * ROWS * 4
                _product(ci, a, v + xi * pitch_v * 4, BLOCK, m + (xi * pitch_m + block * ROWS * BLOCK) * 4, BLOCK)
        for f in range(co):
            for s in range(n):
                source, record, out = m + (f * BLOCK + s * LANES) * 4, records + (g + s) * RECORD, f * chy * 4
                if residual:
                    _read(residual + out + (following + s * 256) * 4)
                    _output_added(source, pitch_m, y + out, width, record, bias[f], residual + out, floor)
                else:
                    _write(y + out + (following + s * 256) * 4)
                    _output(source, pitch_m, y + out, width, record, bias[f], 0, floor)


@instruction
def winograd_inputs(p, thread, threads):
    """v[36][channel][tile] = B^T x B. 0 x  1 v  2 records  3 groups  4 width  5 pitch of x  6 channels  7 pitch of v"""
    x, v, records, count, width, ch, channels, pitch = words(p, 0, 8)
    for c in range(*share(channels, 1, thread, threads)):
        for g in range(count):
            out = v + (c * count + g) * LANES * 4
            _input(x + c * ch * 4, width, records + g * RECORD, out, pitch)


@instruction
def winograd_products(p, thread, threads):
    """m = u v, 36 times. 0 u  1 v  2 m  3 groups  4 channels  5 filters  6 pitch of v  7 pitch of m"""
    u, v, m, count, ci, co, pitch_v, pitch_m = words(p, 0, 8)
    blocks, tiles = (co + ROWS - 1) // ROWS, count * LANES
    for unit in range(*share(36 * blocks, 1, thread, threads)):
        xi, a = unit // blocks, u + unit * ci * ROWS * 4
        g = 0
        while g < count:
            left = count - g
            b, c = v + (xi * pitch_v + g * LANES) * 4, m + (xi * pitch_m + unit % blocks * ROWS * tiles + g * LANES) * 4
            if left >= VECTORS and left != VECTORS + 1:
                _product_wide(ci, a, b, tiles, c, tiles)
                g += VECTORS
            elif left >= 2:
                _product_2(ci, a, b, tiles, c, tiles)
                g += 2
            else:
                _product_1(ci, a, b, tiles, c, tiles)
                g += 1


@instruction
def winograd_outputs(p, thread, threads):
    """y = max(A^T m A + bias + residual, floor).

    0 m  1 y  2 records  3 groups  4 width  5 pitch of y  6 filters  7 pitch of m  8 bias  9 residual or 0, with y's
    pitch  10 floor
    """
    m, y, records, count, width, chy, filters, pitch = words(p, 0, 8)
    bias, residual, floor = floats(word(p, 8), filters), word(p, 9), real(p, 10)
    for f in range(*share(filters, 1, thread, threads)):
        out = f * chy * 4
        for g in range(count):
            source, record = m + (f * count + g) * LANES * 4, records + g * RECORD
            if residual:
                _output_added(source, pitch, y + out, width, record, bias[f], residual + out, floor)
            else:
                _output(source, pitch, y + out, width, record, bias[f], 0, floor)


@instruction
def winograd_gradient(p, thread, threads):
    """Each thread's part of the gradient of the transformed weights, in tiles [36][filters][channels].

    0 x  1 dy  2 records  3 groups  4 width  5 pitch of x  6 pitch of dy  7 channels  8 filters  9 scratch
    10 floats of a thread's scratch  11 du  12 floats of a thread's du  13 groups of a block
    """
    x, dy, records, count, width = words(p, 0, 5)
    ch, chy, ci, co = words(p, 5, 4)
    size, most = words(p, 12, 2)
    v, du = word(p, 9) + thread * word(p, 10) * 4, word(p, 11) + thread * size * 4
    mine = floats(du, size)
    for i in range(size):
        mine[i] = 0
    high, wide = SIDE
    rows, columns, tiles = (co + high - 1) // high, (ci + wide - 1) // wide, most * LANES
    pitch_v, pitch_m = ci * tiles + 16, co * tiles + 16
    pitch = size // 36
    m = v + (36 * pitch_v * 4 + 63) // 64 * 64
    start, stop = share(count, most, thread, threads)
    for g in range(start, stop, most):
        n = min(most, stop - g)
        following = word(records + min(g + most, count - 1) * RECORD, 0) + width
        for c in range(ci):
            for s in range(n):
                _read(x + (c * ch + following + s * 256) * 4)
                _input(x + c * ch * 4, width, records + (g + s) * RECORD, v + (c * tiles + s * LANES) * 4, pitch_v)
        for f in range(co):
            for s in range(n):
                _read(dy + (f * chy + following + s * 256) * 4)
                out = m + (f * tiles + s * LANES) * 4
                _gradient_input(dy + f * chy * 4, width, records + (g + s) * RECORD, out, pitch_m)
        for xi in range(36):
            for i in range(rows):
                for j in range(columns):
                    out = du + (xi * pitch + (i * columns + j) * high * wide) * 4
                    a, b = m + (xi * pitch_m + i * high * tiles) * 4, v + (xi * pitch_v + j * wide * tiles) * 4
                    _sums(n * LANES, a, tiles, b, tiles, out, co - i * high, ci - j * wide)


@instruction
def winograd_gradient_sum(p, thread, threads):
    """dw = G^T du G, summed over the threads' parts.

    0 du  1 floats of a thread's du  2 dw (filters, channels, 3, 3)  3 channels  4 filters  5 whether to add to dw
    6 scratch  7 floats of a thread's scratch, at least nine vectors
    """
    du, size = words(p, 0, 2)
    ci, co, adds = words(p, 3, 3)
    dw, place = floats(word(p, 2), co * ci * 9), word(p, 6) + thread * word(p, 7) * 4
    made = floats(place, 9 * LANES)
    high, wide = SIDE
    columns, total = (ci + wide - 1) // wide, (co + high - 1) // high * ((ci + wide - 1) // wide) * high * wide
    for start in range(*share(total, LANES, thread, threads), LANES):
        _weight_gradient(du + start * 4, size // 36, threads, size, place)
        for lane in range(min(LANES, total - start)):
            tile, inside = (start + lane) // (high * wide), (start + lane) % (high * wide)
            f, c = tile // columns * high + inside // wide, tile % columns * wide + inside % wide
            if f < co and c < ci:
                at = (f * ci + c) * 9
                for t in range(9):
                    x = made[t * LANES + lane]
                    dw[at + t] = x + dw[at + t] if adds else x
