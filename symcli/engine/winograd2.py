"""Winograd's F(2x2, 3x3) for a few small images in prediction: 16 multiplications for the 36 of a tile of 2x2 pixels.

An image of up to 8x8 pixels is 16 tiles of 2x2, one vector of 16 lanes; tiles of 4x4 would leave most lanes empty.

Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015.
"""

import numpy as np

from symcli.engine.instruction import instruction
from symcli.engine.jit import inline, intrinsic, types
from symcli.engine.shift import ROWS
from symcli.engine.tape import floats, real, share, word, words
from symcli.engine.vector import Vector

SIDE = 8  # of the largest image
TILES = 16
PART = 20  # floats of one part of an image: five rows of four


def _input_side(v, d):
    """B^T d"""
    b = v.b
    return [b.fsub(d[0], d[2]), b.fadd(d[1], d[2]), b.fsub(d[2], d[1]), b.fsub(d[1], d[3])]


def _output_side(v, m):
    """A^T m"""
    b = v.b
    return [b.fadd(b.fadd(m[0], m[1]), m[2]), b.fsub(b.fsub(m[1], m[2]), m[3])]


@intrinsic
def _input(typing, parts, out, pitch):
    """B^T x B of one image, from its parts [row's parity][column's parity][column's shift][row][column]."""

    def generate(context, b, signature, args):
        v = Vector(b, TILES)
        x, p = v.pointer(args[0]), v.pointer(args[1])
        rows = [[v.load(x, ((i % 2 * 2 + j % 2) * 2 + j // 2) * PART + i // 2 * 4) for j in range(4)] for i in range(4)]
        columns = [_input_side(v, [rows[i][j] for i in range(4)]) for j in range(4)]
        for i in range(4):
            for value in _input_side(v, [columns[j][i] for j in range(4)]):
                v.store(value, p)
                p = b.gep(p, [args[2]])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 3), generate


@intrinsic
def _output(typing, m, pitch, out):
    """A^T m A: four vectors, of the pixels with even and odd rows and columns."""

    def generate(context, b, signature, args):
        v = Vector(b, TILES)
        p, target, halves = v.pointer(args[0]), v.pointer(args[2]), []
        for _ in range(4):
            row = []
            for _ in range(4):
                row.append(v.load(p))
                p = b.gep(p, [args[1]])
            halves.append(_output_side(v, row))
        columns = [_output_side(v, [halves[i][c] for i in range(4)]) for c in range(2)]
        for r in range(2):
            for c in range(2):
                v.store(columns[c][r], target, (2 * r + c) * TILES)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 3), generate


def weights_size(channels, filters):
    """Return the floats of transformed weights."""
    return 16 * -(-filters // ROWS) * ROWS * channels


def matrices_size(channels, images):
    """Return the floats of the 16 matrices that all threads share."""
    return 16 * (-(-channels // ROWS) * ROWS * images * TILES + 16)


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
def small_inputs(p, thread, threads):
    """v[16][channel][image, tile] = B^T x B. 0 x  1 v  2 images  3 height  4 width  5 pitch of x  6 channels
    7 pitch of v"""
    v, images, height, width, ch, channels, pitch = words(p, 1, 7)
    parts = np.zeros(8 * PART, np.float32)
    for unit in range(*share(channels * images, 1, thread, threads)):
        c, image = unit // images, unit % images
        x = floats(word(p, 0) + (c * ch + image * height * width) * 4, height * width)
        for y in range(height):
            row = ((y + 1) % 2 * 4) * PART + (y + 1) // 2 * 4
            for k in range(width):
                column, at = (k + 1) // 2, row + (k + 1) % 2 * 2 * PART
                value = x[y * width + k]
                if column < 4:
                    parts[at + column] = value
                if column > 0:
                    parts[at + PART + column - 1] = value
        _input(parts.ctypes.data, v + unit * TILES * 4, pitch)


@instruction
def small_outputs(p, thread, threads):
    """y = max(A^T m A + bias + residual, floor).

    0 m  1 y  2 images  3 height  4 width  5 pitch of y  6 filters  7 pitch of m  8 bias  9 residual or 0, with y's
    pitch  10 floor
    """
    m, y0, images, height, width, chy, filters, pitch = words(p, 0, 8)
    bias, residual, floor = floats(word(p, 8), filters), word(p, 9), real(p, 10)
    made = np.empty(4 * TILES, np.float32)
    for unit in range(*share(filters * images, 1, thread, threads)):
        f, image = unit // images, unit % images
        _output(m + unit * TILES * 4, pitch, made.ctypes.data)
        at = (f * chy + image * height * width) * 4
        y, old = floats(y0 + at, height * width), floats(residual + at, height * width)
        for r in range(height):
            for c in range(width):
                value = made[((r % 2) * 2 + c % 2) * TILES + r // 2 * 4 + c // 2] + bias[f]
                if residual:
                    value += old[r * width + c]
                y[r * width + c] = floor if value < floor else value
