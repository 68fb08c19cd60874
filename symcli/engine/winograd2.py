"""Winograd's F(2x2, 3x3) for a few small images in prediction: 16 multiplications for the 36 of a tile of 2x2 pixels.

An image of up to 8x8 pixels is 16 tiles of 2x2, one vector of 16 lanes; tiles of 4x4 would leave most lanes empty.

Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015.
"""

import numpy as np

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, inline, intrinsic, ir, types
from symcli.engine.shift import ROWS
from symcli.engine.tape import floats, share, word, words
from symcli.engine.vector import Vector, i64
from symcli.engine.winograd import products

SIDE = 8  # of the largest image
TILES = 16


def _input_side(v, d):
    """B^T d"""
    b = v.b
    return [b.fsub(d[0], d[2]), b.fadd(d[1], d[2]), b.fsub(d[2], d[1]), b.fsub(d[1], d[3])]


def _output_side(v, m):
    """A^T m"""
    b = v.b
    return [b.fadd(b.fadd(m[0], m[1]), m[2]), b.fsub(b.fsub(m[1], m[2]), m[3])]


@intrinsic
def _input(typing, x, height, width, out, pitch):
    """B^T x B of one image: a vector of tiles for each of 16 places, ``pitch`` elements apart."""

    def generate(context, b, signature, args):
        x, height, width, out, pitch = args
        v, row = Vector(b, TILES), Vector(b, SIDE)
        source, inside = v.pointer(x), row.first_lanes(width)
        none, rows = ir.Constant(row.mask_type, [0] * SIDE), []
        for i in range(SIDE):
            mask = b.select(b.icmp_signed("<", i64(i), height), inside, none)
            rows.append(row.load_masked(source, mask, b.mul(width, i64(i))))
        rows += [row.zero]  # number -1 too

        def lines(first):  # row 2 t + first of the four tiles t down
            return [v.shuffle(rows[first + 4 * i], rows[first + 4 * i + 2], range(2 * SIDE)) for i in range(2)]

        places = v.pointer(out)
        for halves in zip(
            *(_input_side(v, part) for part in zip(*(lines(i) for i in (-1, 0, 1, 2)), strict=True)), strict=True
        ):
            even, odd = v.even_odd(*halves)
            before = v.shuffle(odd, v.zero, [TILES if t % 4 == 0 else t - 1 for t in range(TILES)])
            behind = v.shuffle(even, v.zero, [TILES if t % 4 == 3 else t + 1 for t in range(TILES)])
            for value in _input_side(v, [before, even, odd, behind]):
                v.store(value, places)
                places = b.gep(places, [pitch])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), generate


@intrinsic
def _output(typing, m, pitch, y, height, width, bias, residual, limits):
    """clip(A^T m A + bias + residual, limits) of one image; a residual address of 0 stands for none."""

    def generate(context, b, signature, args):
        m, pitch, y, height, width, bias, residual, limits = args
        v, row = Vector(b, TILES), Vector(b, SIDE)
        p, halves = v.pointer(m), []
        for _ in range(4):
            line = []
            for _ in range(4):
                line.append(v.load(p))
                p = b.gep(p, [pitch])
            halves.append(_output_side(v, line))
        columns = [_output_side(v, [halves[i][c] for i in range(4)]) for c in range(2)]
        given, inside = b.icmp_signed("!=", residual, i64(0)), row.first_lanes(width)
        none, start = ir.Constant(row.mask_type, [0] * SIDE), row.splat(bias)
        out, old = v.pointer(y), v.pointer(b.select(given, residual, y))
        for i in range(SIDE):
            pixels = [columns[c][i % 2] for c in range(2)]
            order = [i // 2 * 4 + k // 2 + k % 2 * TILES for k in range(SIDE)]
            mask, at = b.select(b.icmp_signed("<", i64(i), height), inside, none), b.mul(width, i64(i))
            total = b.fadd(v.shuffle(*pixels, order), start)
            total = b.fadd(total, row.load_masked(old, b.select(given, mask, none), at))
            row.store_masked(row.limited(total, limits), out, mask, at)
        return context.get_dummy_value()

    i, f = types.int64, types.float32
    return types.void(i, i, i, i, i, f, i, i), generate


def weights_size(channels, filters):
    """Return the floats of transformed weights."""
    return 16 * -(-filters // ROWS) * ROWS * channels


def forward_scratch(channels, filters, images):
    """Return the floats that a thread needs: two sets of 16 matrices."""
    rows = -(-filters // ROWS) * ROWS
    return 16 * (channels * images * TILES + 16) + 16 * (rows * images * TILES + 16) + 32


@inline
def _side(x, y, z, out, start):
    """G w: four numbers, four apart."""
    out[start], out[start + 12] = x, z
    out[start + 4], out[start + 8] = (x + y + z) / np.float32(2), (x - y + z) / np.float32(2)


@instruction
def small_weights(p, thread, threads):
    """u[16][block][channel][ROWS] = G w G^T. 0 w (filters, channels, 3, 3)  1 u  2 filters  3 channels"""
    co, ci = words(p, 2, 2)
    blocks = (co + ROWS - 1) // ROWS
    pitch = blocks * ci * ROWS
    w, u = floats(word(p, 0), co * ci * 9), floats(word(p, 1), 16 * pitch)
    half, whole = np.empty(16, np.float32), np.empty(16, np.float32)
    for unit in range(*share(blocks * ci, 1, thread, threads)):
        block, c = unit // ci, unit % ci
        for i in range(ROWS):
            f = block * ROWS + i
            at = (f * ci + c) * 9
            for j in range(3):
                if f < co:
                    _side(w[at + j], w[at + 3 + j], w[at + 6 + j], half, j)
                else:
                    _side(np.float32(0), np.float32(0), np.float32(0), half, j)
            for r in range(4):  # rows of G w are four apart, its columns side by side
                _side(half[4 * r], half[4 * r + 1], half[4 * r + 2], whole, r)
            for r in range(4):
                for k in range(4):
                    u[(4 * r + k) * pitch + unit * ROWS + i] = whole[4 * k + r]


@instruction
def small_winograd(p, thread, threads):
    """y = clip(convolution of x + bias + residual, limits), 3x3 with stride and padding 1.

    Each thread transforms all channels and computes its own filters: what it waits for is x alone.

    0 x  1 transformed weights  2 images  3 height  4 width  5 y  6 pitch of x  7 pitch of y  8 channels  9 filters
    10 scratch  11 floats of a thread's scratch  12 bias  13 residual or 0, with y's pitch  14 limits
    """
    x, u, images, height, width, y = words(p, 0, 6)
    ch, chy, ci, co = words(p, 6, 4)
    bias, residual, limits = floats(word(p, 12), co), word(p, 13), word(p, 14)
    blocks, tiles = (co + ROWS - 1) // ROWS, images * TILES
    first, last = share(blocks, 1, thread, threads)
    pitch_v, pitch_m = ci * tiles + 16, (last - first) * ROWS * tiles + 16
    v = word(p, 10) + thread * word(p, 11) * 4
    m = v + (16 * pitch_v * 4 + 63) // 64 * 64
    for c in range(ci if first < last else 0):
        for image in range(images):
            place = v + (c * tiles + image * TILES) * 4
            _input(x + (c * ch + image * height * width) * 4, height, width, place, pitch_v)
    products(u, v, m, tiles // LANES, ci, tiles, 16, blocks, first, last, pitch_v, pitch_m)
    for f in range(first * ROWS, min(last * ROWS, co)):
        for image in range(images):
            at = (f * chy + image * height * width) * 4
            source, old = m + ((f - first * ROWS) * tiles + image * TILES) * 4, residual + at if residual else 0
            _output(source, pitch_m, y + at, height, width, bias[f], old, limits)
