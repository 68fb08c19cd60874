"""The tiles of Winograd's F(4x4, 3x3): records of groups, the transforms, and products of packed matrices.

Lanes are tiles. Two tiles side by side are a *unit* of 8 pixels; a group of ``LANES`` tiles may lie anywhere in the
batch. What is known when a graph is bound stands in one record a group: where its units begin and which pixels exist.
The rows of a unit are loaded as they lie, transformed down the columns there, and only then taken apart into tiles;
the columns left and right of a tile are its neighbours' lanes.
"""

from functools import lru_cache

import numpy as np

from symcli.engine.jit import LANES, intrinsic, ir, types
from symcli.engine.shift import ROWS, bits
from symcli.engine.vector import I64, Loop, Vector, i64

UNITS = LANES // 2  # of a group; at most 8
# The nodes are 0, P, -P, Q, -Q and infinity. With the usual 1 and 2 errors are 2.2 times these; powers up to the third
# are exact in float32. PARTS: node, and the factor of its rows of G.
P, Q = 5 / 8, 3 / 2
P2, Q2 = P * P, Q * Q
PARTS = ((P, 1 / (2 * P2 * (P2 - Q2))), (Q, 1 / (2 * Q2 * (Q2 - P2))))
DEPTH = 32  # terms summed in registers; sums of more are added in memory, so that their errors do not grow as fast
RECORD, INPUTS, OUTPUTS, BORDERS, EDGES = 192, 64, 112, 144, 148  # bytes of a group's record, and places in it


def groups(images, height, width):
    """Return the records of all groups of a batch of images.

    A record: int64 offset of each unit's first pixel, a row above it; for each of the six rows that units read a
    byte of column masks for each unit, then for each of the four rows that they write; bits of the tiles that have a
    left and a right neighbour; masks of the six rows of the units left and right of the group.
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
    for place, start, rows in ((INPUTS, 0, 6), (OUTPUTS, 1, 4)):
        bytes_ = masks(u, start, rows).reshape(-1, UNITS, rows)
        for row in range(rows):
            records[:, place + 8 * row : place + 8 * row + UNITS] = bytes_[:, :, row]
    tile = 2 * u[:, None] + np.arange(2)
    for place, has in ((0, tile > 0), (2, tile < across - 1)):
        lanes = (has & exists[:, None]).reshape(-1, LANES)
        packed = np.packbits(lanes, axis=1, bitorder="little")
        records[:, BORDERS + place : BORDERS + place + packed.shape[1]] = packed
    records[:, EDGES : EDGES + 6] = masks(u - 1, 0, 6)[::UNITS]
    records[:, EDGES + 6 : EDGES + 12] = masks(u + 1, 0, 6)[UNITS - 1 :: UNITS]
    return records


def paired(width):
    """Whether units 2 i and 2 i + 1 of a group always lie side by side, so that 16 lanes are one run of pixels."""
    return LANES == 16 and -(-width // 8) % 2 == 0


# ---- the transforms, on lists of vectors


def input_side(v, d):
    """B^T d"""
    f, k = v.fma, v.constant
    a, e, c, g = f(k(-Q2), d[2], d[4]), f(k(-Q2), d[1], d[3]), f(k(-P2), d[2], d[4]), f(k(-P2), d[1], d[3])
    first, last = (f(k(P2 * Q2), d[i], f(k(-P2 - Q2), d[i + 2], d[i + 4])) for i in (0, 1))
    return [first, f(k(P), e, a), f(k(-P), e, a), f(k(Q), g, c), f(k(-Q), g, c), last]


def output_side(v, m):
    """A^T m"""
    b, f, k = v.b, v.fma, v.constant
    sum1, sum2, less1, less2 = b.fadd(m[1], m[2]), b.fadd(m[3], m[4]), b.fsub(m[1], m[2]), b.fsub(m[3], m[4])
    first, second = b.fadd(m[0], b.fadd(sum1, sum2)), f(k(Q), less2, b.fmul(k(P), less1))
    return [first, second, f(k(Q2), sum2, b.fmul(k(P2), sum1)), f(k(Q * Q2), less2, f(k(P * P2), less1, m[5]))]


def gradient_side(v, y):
    """A y"""
    f, k, rows = v.fma, v.constant, [y[0]]
    for x in (P, Q):
        even, odd = f(k(x * x), y[2], y[0]), f(k(x * x), y[3], y[1])
        rows += [f(k(x), odd, even), f(k(-x), odd, even)]
    return [*rows, y[3]]


def weight_side(v, w):
    """G w"""
    b, f, k = v.b, v.fma, v.constant
    rows = [b.fmul(k(1 / (P2 * Q2)), w[0])]
    for x, part in PARTS:
        even = f(k(x * x), w[2], w[0])
        rows += [b.fmul(k(part), f(k(x), w[1], even)), b.fmul(k(part), f(k(-x), w[1], even))]
    return [*rows, w[2]]


def weight_gradient_side(v, u):
    """G^T u"""
    b, f, k = v.b, v.fma, v.constant
    sum1, sum2, less1, less2 = parted(v, u)
    first = f(k(1 / (P2 * Q2)), u[0], b.fadd(sum1, sum2))
    return [first, f(k(Q), less2, b.fmul(k(P), less1)), f(k(Q2), sum2, f(k(P2), sum1, u[5]))]


def parted(v, u):
    """The sums and differences of what belongs to the nodes P and -P, Q and -Q, as the gradient of weights has them."""
    b, pairs = v.b, [(v.constant(part), u[i], u[i + 1]) for (_, part), i in zip(PARTS, (1, 3), strict=True)]
    return [b.fmul(part, join(x, y)) for join in (b.fadd, b.fsub) for part, x, y in pairs]


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


def quarter(v, plane, record, offsets, downs, masks, q, pairs):
    """A quarter of the pixels of some rows of a group, a vector of each. ``downs`` are the rows' distances."""
    b, eight = v.b, Vector(v.b, 8)

    def unit(row, i):
        mask = bits(eight, b.add(record, i64(masks + 8 * row + i)))
        return eight.load_masked(b.gep(plane, [b.add(offsets[i], downs[row])]), mask)

    if v.lanes == 8:
        return [unit(row, q) for row in range(len(downs))]
    with b.if_else(pairs) as (together_, apart_):
        with together_:
            wide = []
            for row, down in enumerate(downs):
                mask = bits(v, b.add(record, i64(masks + 8 * row + 2 * q)))
                wide.append(v.load_masked(b.gep(plane, [b.add(offsets[2 * q], down)]), mask))
            first = b.block
        with apart_:
            halves = [eight.shuffle(unit(row, 2 * q), unit(row, 2 * q + 1), range(16)) for row in range(len(downs))]
            second = b.block
    joined = []
    for x, y in zip(wide, halves, strict=True):
        phi = b.phi(v.type)
        phi.add_incoming(x, first)
        phi.add_incoming(y, second)
        joined.append(phi)
    return joined


def outer_columns(eight, plane, record, offsets, down):
    """B^T d of the pixel before the group, lane 0, and of the one behind it, lane 1."""
    b, columns = eight.b, []
    for i in range(6):
        ends = []
        for end, offset in enumerate((b.sub(offsets[0], i64(8)), b.add(offsets[-1], i64(8)))):
            mask = bits(eight, b.add(record, i64(EDGES + 6 * end + i)))
            ends.append(eight.load_masked(b.gep(plane, [b.add(offset, down[i])]), mask))
        columns.append(eight.shuffle(*ends, [7, 8] * 4))
    return input_side(eight, columns)


@lru_cache(None)
def input_tile():
    """B^T x B of one channel and group: a vector of tiles for each of 36 places, ``pitch`` elements apart."""

    @intrinsic
    def tile(typing, x, width, record, out, pitch, pairs):
        def generate(context, b, signature, args):
            x, width, record, out, pitch, pairs = args
            pairs = b.icmp_signed("!=", pairs, i64(0))
            v, eight = Vector(b), Vector(b, 8)
            plane, offsets = v.pointer(x), unit_offsets(v, record)
            down = [b.mul(width, i64(i)) for i in range(6)]

            def put(outside):
                columns = [input_side(v, quarter(v, plane, record, offsets, down, INPUTS, q, pairs)) for q in range(4)]
                left, right = bits(v, b.add(record, i64(BORDERS))), bits(v, b.add(record, i64(BORDERS + 2)))
                p = v.pointer(out)
                for i in range(6):
                    inner = apart(v, [columns[q][i] for q in range(4)])
                    end = v.zero
                    if outside:
                        lanes = ir.Constant(v.int_type, [j % 8 for j in range(v.lanes)])
                        end = b.shuffle_vector(outside[i], eight.undefined, lanes)
                    first = v.shuffle(inner[3], end, [v.lanes, *range(v.lanes - 1)])
                    last = v.shuffle(inner[0], end, [*range(1, v.lanes), v.lanes + 1])
                    row = [b.select(left, first, v.zero), *inner, b.select(right, last, v.zero)]
                    for value in input_side(v, row):
                        v.store(value, p)
                        p = b.gep(p, [pitch])

            # Rows of 64 pixels and less end with a group: without registers for what lies outside a tile takes
            # 54 ns in place of 85.
            edges = [b.load(v.pointer(b.add(record, i64(EDGES + at)), I64), align=4) for at in (0, 4)]
            with b.if_else(b.icmp_signed("!=", b.or_(*edges), i64(0))) as (wide, narrow):
                with wide:
                    put(outer_columns(eight, plane, record, offsets, down))
                with narrow:
                    put(None)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 6), generate

    return tile


@lru_cache(None)
def output_tile(adds):
    """clip(A^T m A + bias (+ residual), limits) of one filter and group, from 36 vectors ``pitch`` elements apart."""

    @intrinsic
    def tile(typing, m, pitch, y, width, record, bias, residual, limits, pairs):
        def generate(context, b, signature, args):
            m, pitch, y, width, record, bias, residual, limits, pairs = args
            v, eight = Vector(b), Vector(b, 8)
            p, out, old, offsets = v.pointer(m), v.pointer(y), v.pointer(residual), unit_offsets(v, record)
            pairs = b.icmp_signed("!=", pairs, i64(0))
            halves = []
            for _ in range(6):
                row = []
                for _ in range(6):
                    row.append(v.load(p))
                    p = b.gep(p, [pitch])
                halves.append(output_side(v, row))
            columns = [output_side(v, [halves[i][c] for i in range(6)]) for c in range(4)]

            def put(w, part, at, mask):
                part = b.fadd(part, w.splat(bias))
                if adds:
                    part = b.fadd(part, w.load_masked(b.gep(old, [at]), mask))
                w.store_masked(w.limited(part, limits), b.gep(out, [at]), mask)

            def units(pixels, r, down):
                for unit in range(UNITS):
                    part, mask = pixels[unit * 8 // v.lanes], bits(eight, b.add(record, i64(OUTPUTS + 8 * r + unit)))
                    if v.lanes == 16:
                        part = v.shuffle(part, part, range(unit % 2 * 8, unit % 2 * 8 + 8))
                    put(eight, part, b.add(offsets[unit], down), mask)

            for r in range(4):
                pixels = together(v, [columns[c][r] for c in range(4)])
                down = b.mul(width, i64(r + 1))
                if v.lanes == 8:
                    units(pixels, r, down)
                    continue
                with b.if_else(pairs) as (together_, apart_):
                    with together_:
                        for q in range(4):
                            mask = bits(v, b.add(record, i64(OUTPUTS + 8 * r + 2 * q)))
                            put(v, pixels[q], b.add(offsets[2 * q], down), mask)
                    with apart_:
                        units(pixels, r, down)
            return context.get_dummy_value()

        f, i = types.float32, types.int64
        return types.void(i, i, i, i, i, f, i, i, i), generate

    return tile


@lru_cache(None)
def gradient_input_tile():
    """A dy A^T of one filter and group."""

    @intrinsic
    def tile(typing, y, width, record, out, pitch, pairs):
        def generate(context, b, signature, args):
            y, width, record, out, pitch, pairs = args
            pairs = b.icmp_signed("!=", pairs, i64(0))
            v = Vector(b)
            plane, offsets = v.pointer(y), unit_offsets(v, record)
            down = [b.mul(width, i64(i + 1)) for i in range(4)]
            columns = [gradient_side(v, quarter(v, plane, record, offsets, down, OUTPUTS, q, pairs)) for q in range(4)]
            p = v.pointer(out)
            for i in range(6):
                for value in gradient_side(v, apart(v, [columns[q][i] for q in range(4)])):
                    v.store(value, p)
                    p = b.gep(p, [pitch])
            return context.get_dummy_value()

        return types.void(*[types.int64] * 6), generate

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

            first, pieces = v.pointer(c), b.sdiv(b.add(n, i64(DEPTH - 1)), i64(DEPTH))

            def piece(k, carried):
                left = b.sub(n, b.mul(k, i64(DEPTH)))
                count = b.select(b.icmp_signed("<", left, i64(DEPTH)), left, i64(DEPTH))
                done, out = Loop.run(b, count, [*carried, *[v.zero] * (rows * vectors)], block(4), 4)
                _, out = Loop.run(b, b.sub(count, done), out, block(1))
                with b.if_else(b.icmp_signed("==", k, i64(0))) as (writing, adding):
                    for branch, adds in ((writing, False), (adding, True)):
                        with branch:
                            row = first
                            for i in range(rows):
                                for j in range(vectors):
                                    total = out[2 + i * vectors + j]
                                    total = b.fadd(v.load(row, j * v.lanes), total) if adds else total
                                    v.store(total, row, j * v.lanes)
                                row = b.gep(row, [pitch_c])
                return out[:2]

            Loop.run(b, pieces, [v.pointer(a), v.pointer(x)], piece)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 6), generate

    return tile


@lru_cache(None)
def ahead(write):
    """Prefetch the four rows of pixels that the tiles of a group stand for, in one plane."""

    @intrinsic
    def fetch(typing, plane, width, record):
        def generate(context, b, signature, args):
            plane, width, record = args
            v = Vector(b)
            for offset in unit_offsets(v, record)[::2]:
                for row in range(1, 5):
                    at = b.add(offset, b.mul(width, i64(row)))
                    v.prefetch(b.add(plane, b.mul(at, i64(4))), write)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 3), generate

    return fetch
