"""Winograd's fast convolution F(2x2, 5x5) without padding: 36 multiplications for the 100 of a square of 2x2 pixels.

    y = A^T ((G w G^T) (B^T x B)) A    for each pair of channels, summed over the input's before A

B is that of F(4x4, 3x3): both have the nodes 0, 5/8, -5/8, 3/2, -3/2. A *window* is 8 x 8 pixels of the output and
the 12 x 12 of the input that they come from: 16 squares, which are the lanes of one vector of 16 on every processor.
Planes are taken in blocks of windows whose transforms stay in the second cache. The gradient of the input is the
transposed algorithm, A then U^T then B, and adds up the overlapping windows; that of the weights is the product of both
transformed sides, then G^T.

Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015. Errors are about 1e-6 of the largest output.
"""

from typing import Any

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, inline, intrinsic, types
from symcli.engine.tape import floats, share, word
from symcli.engine.tiles import ROWS, VECTORS, dot, outer
from symcli.engine.vector import Loop, Vector, i64
from symcli.engine.winograd_tiles import P2, PARTS, Q2, P, Q, input_side, parted

__all__ = [
    "data_gradient", "forward", "forward_scratch", "part_size", "sum_weight_gradient",
    "weight_gradient", "weights", "weights_size",
]  # fmt: skip

TILES = 16  # of a window
WINDOWS = 4  # of a block
BLOCK = TILES * WINDOWS  # columns of the matrices of a block
_PAD = 16  # floats between matrices, which keep them from lying a multiple of 4096 bytes apart
_WIDTH = VECTORS * LANES
_PAIR = TILES  # pairs of channels whose weights are transformed at once


def weights_size(channels: int, filters: int) -> int:
    """Floats of transformed weights."""
    return 36 * (channels * filters + _PAD)


def forward_scratch(channels: int, filters: int) -> int:
    """Floats that each thread needs forward and for the gradient of the input."""
    return 36 * ((channels + filters) * BLOCK + 2 * _PAD)


def part_size(channels: int, filters: int) -> int:
    """Floats of one thread's part of the weights' gradient before it is transformed back."""
    return 36 * (channels * filters + _PAD)


# ---- the sides of the transforms, on lists of vectors


def output_side(v: Vector, m: list[Any]) -> list[Any]:
    """A^T m"""
    b, f, k = v.b, v.fma, v.constant
    sums, less = b.fadd(m[1], m[2]), b.fsub(m[1], m[2])
    sums2, less2 = b.fadd(m[3], m[4]), b.fsub(m[3], m[4])
    return [b.fadd(m[0], b.fadd(sums, sums2)), f(k(Q), less2, f(k(P), less, m[5]))]


def gradient_side(v: Vector, y: list[Any]) -> list[Any]:
    """A y"""
    return [y[0], *(v.fma(v.constant(x), y[1], y[0]) for x in (P, -P, Q, -Q)), y[1]]


def input_gradient_side(v: Vector, g: list[Any]) -> list[Any]:
    """B g"""
    b, f, k = v.b, v.fma, v.constant
    sums, less = b.fadd(g[1], g[2]), b.fmul(k(P), b.fsub(g[1], g[2]))
    sums2, less2 = b.fadd(g[3], g[4]), b.fmul(k(Q), b.fsub(g[3], g[4]))
    second = f(k(-Q2), less, f(k(-P2), less2, b.fmul(k(P2 * Q2), g[5])))
    third = f(k(-P2 - Q2), g[0], f(k(-Q2), sums, b.fmul(k(-P2), sums2)))
    fourth = f(k(-P2 - Q2), g[5], b.fadd(less, less2))
    return [b.fmul(k(P2 * Q2), g[0]), second, third, fourth, b.fadd(g[0], b.fadd(sums, sums2)), g[5]]


def weight_side(v: Vector, w: list[Any]) -> list[Any]:
    """G w"""
    b, f, k = v.b, v.fma, v.constant
    rows = [b.fmul(k(1 / (P2 * Q2)), w[0])]
    for x, part in PARTS:
        even, odd = f(k(x**4), w[4], f(k(x**2), w[2], w[0])), f(k(x**2), w[3], w[1])
        rows += [b.fmul(k(part), f(k(x), odd, even)), b.fmul(k(part), f(k(-x), odd, even))]
    return [*rows, w[4]]


def weight_gradient_side(v: Vector, u: list[Any]) -> list[Any]:
    """G^T u"""
    b, f, k = v.b, v.fma, v.constant
    sums, sums2, less, less2 = parted(v, u)

    def powers(x, y, n, last):
        return f(k(Q**n), y, f(k(P**n), x, last))

    first = f(k(1 / (P2 * Q2)), u[0], b.fadd(sums, sums2))
    return [first, powers(less, less2, 1, v.zero), powers(sums, sums2, 2, v.zero), powers(less, less2, 3, v.zero),
            powers(sums, sums2, 4, u[5])]  # fmt: skip


# ---- one window of one plane; its 36 vectors lie ``pitch`` floats apart


def _store_square(v: Vector, square: list[list[Any]], address: Any, pitch: Any) -> None:
    pointer = v.pointer(address)
    for row in square:
        for value in row:
            v.store(value, pointer)
            pointer = v.at(pointer, pitch)


def _load_square(v: Vector, address: Any, pitch: Any) -> list[list[Any]]:
    pointer = v.pointer(address)
    values = []
    for _ in range(36):
        values.append(v.load(pointer))
        pointer = v.at(pointer, pitch)
    return [values[i : i + 6] for i in range(0, 36, 6)]


@intrinsic
def _input_window(typing_context, x, width, out, pitch):
    """B^T x B of the squares whose first pixel is at x; rows of x are ``width`` floats apart."""

    def generate(context, builder, signature, arguments):
        x, width, out, pitch = arguments
        v = Vector(builder, TILES)
        plane = v.pointer(x)
        rows = [v.load(plane, builder.mul(width, i64(r))) for r in range(12)]
        halves = [input_side(v, rows[2 * t : 2 * t + 6]) for t in range(4)]
        square = []
        for i in range(6):
            upper, lower = v.even_odd(halves[0][i], halves[1][i]), v.even_odd(halves[2][i], halves[3][i])
            columns = []
            for k in range(3):
                lanes = [8 * t + k + j for t in range(4) for j in range(4)]
                columns += [v.shuffle(upper[side], lower[side], lanes) for side in range(2)]
            square.append(input_side(v, columns))
        _store_square(v, square, out, pitch)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), generate


@intrinsic
def _input_gradient_window(typing_context, square, pitch, gx, width):
    """gx += the overlapping squares of B g B^T: the transpose of ``_input_window``."""

    def generate(context, builder, signature, arguments):
        square, pitch, gx, width = arguments
        v = Vector(builder, TILES)
        strips = []  # for each row of B g: pixels of the four rows of squares
        for row in _load_square(v, square, pitch):
            columns = input_gradient_side(v, row)
            halves = []
            for first in (0, 2):  # rows of squares first and first + 1
                for side in range(2):
                    total = v.zero
                    for k in range(3):
                        lanes = [_spread(first + at // 8, at % 8 - k) for at in range(16)]
                        total = builder.fadd(total, v.shuffle(columns[2 * k + side], v.zero, lanes))
                    halves.append(total)
            strips.append([*v.interleave(halves[0], halves[1]), *v.interleave(halves[2], halves[3])])
        rows = [v.zero] * 12
        for t in range(4):
            for i, value in enumerate(input_gradient_side(v, [strip[t] for strip in strips])):
                rows[2 * t + i] = builder.fadd(rows[2 * t + i], value)
        mask, plane = v.first_lanes(i64(12)), v.pointer(gx)
        for r, value in enumerate(rows):
            at = builder.mul(width, i64(r))
            v.store_masked(builder.fadd(v.load_masked(plane, mask, at), value), plane, mask, at)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), generate


def _spread(row: int, column: int) -> int:
    """The lane of a square of the window; beyond its four columns a lane of zeros."""
    return 4 * row + column if 0 <= column < 4 else TILES


@intrinsic
def _gradient_window(typing_context, gy, width, out, pitch):
    """A gy A^T of the squares of a window of the output."""

    def generate(context, builder, signature, arguments):
        gy, width, out, pitch = arguments
        v, eight = Vector(builder, TILES), Vector(builder, 8)
        plane = v.pointer(gy)
        rows = [eight.load(plane, builder.mul(width, i64(r))) for r in range(8)]
        pairs = [eight.shuffle(rows[2 * t], rows[2 * t + 1], range(16)) for t in range(4)]
        upper, lower = v.even_odd(pairs[0], pairs[1]), v.even_odd(pairs[2], pairs[3])
        columns = []
        for side in range(2):
            pixels = [v.shuffle(upper[side], lower[side], [8 * t + 4 * r + j for t in range(4) for j in range(4)])
                      for r in range(2)]  # fmt: skip
            columns.append(gradient_side(v, pixels))
        _store_square(v, [gradient_side(v, [columns[0][i], columns[1][i]]) for i in range(6)], out, pitch)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), generate


@intrinsic
def _output_window(typing_context, m, pitch, y, width, bias, limits):
    """y = clip(A^T m A + bias, limits)."""

    def generate(context, builder, signature, arguments):
        m, pitch, y, width, bias, limits = arguments
        v = Vector(builder, TILES)
        halves = [output_side(v, row) for row in _load_square(v, m, pitch)]
        columns = [output_side(v, [half[c] for half in halves]) for c in range(2)]
        even_odd = []
        for first in (0, 8):
            lanes = [first + 4 * t + j + TILES * r for t in range(2) for r in range(2) for j in range(4)]
            even_odd.append([v.shuffle(*column, lanes) for column in columns])
        shift, plane = v.splat(bias), v.pointer(y)
        eight = Vector(builder, 8)
        for half, (even, odd) in enumerate(even_odd):
            for t, pixels in enumerate(v.interleave(even, odd)):
                pixels = v.limited(builder.fadd(pixels, shift), limits)
                for r in range(2):
                    at = builder.mul(width, i64(4 * half + 2 * t + r))
                    eight.store(v.shuffle(pixels, pixels, range(8 * r, 8 * r + 8)), plane, at)
        return context.get_dummy_value()

    i, f = types.int64, types.float32
    return types.void(i, i, i, i, f, i), generate


# ---- weights: 16 pairs of channels at once


@intrinsic
def _transform_weights(typing_context, w, out, pitch):
    """G w G^T of 16 pairs, from 25 vectors in a row."""

    def generate(context, builder, signature, arguments):
        w, out, pitch = arguments
        v = Vector(builder, _PAIR)
        pointer = v.pointer(w)
        rows = [[v.load(pointer, _PAIR * (5 * i + j)) for j in range(5)] for i in range(5)]
        columns = [weight_side(v, [rows[i][j] for i in range(5)]) for j in range(5)]
        _store_square(v, [weight_side(v, [column[i] for column in columns]) for i in range(6)], out, pitch)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 3), generate


@intrinsic
def _transform_gradient(typing_context, parts, size, count, pitch, out):
    """G^T u G of 16 pairs, u the sum over ``count`` parts that lie ``size`` floats apart; 25 vectors in a row."""

    def generate(context, builder, signature, arguments):
        parts, size, count, pitch, out = arguments
        v = Vector(builder, _PAIR)

        def add(k, carried):
            start = builder.add(parts, builder.mul(builder.mul(k, size), i64(4)))
            values = [value for row in _load_square(v, start, pitch) for value in row]
            return [builder.fadd(old, value) for old, value in zip(carried, values, strict=True)]

        _, sums = Loop.run(builder, count, [v.zero] * 36, add)
        columns = [weight_gradient_side(v, [sums[6 * i + j] for i in range(6)]) for j in range(6)]
        pointer = v.pointer(out)
        for i in range(5):
            for j, value in enumerate(weight_gradient_side(v, [column[i] for column in columns])):
                v.store(value, pointer, _PAIR * (5 * i + j))
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), generate


@instruction
def weights(p, thread, threads):
    """u = G w G^T.  0 w (pairs, 25), 1 u (36, pairs + 16), 2 pairs, 3 scratch, 4 its size a thread"""
    pairs, pitch = word(p, 2), word(p, 2) + _PAD
    w, scratch = floats(word(p, 0), 25 * pairs), word(p, 3) + 4 * thread * word(p, 4)
    buffer = floats(scratch, 25 * _PAIR)
    start, stop = share(pairs, _PAIR, thread, threads)
    for first in range(start, stop, _PAIR):
        for k in range(_PAIR):
            at = 25 * min(first + k, pairs - 1)
            for tap in range(25):
                buffer[tap * _PAIR + k] = w[at + tap]
        _transform_weights(scratch, word(p, 1) + 4 * first, pitch)


@instruction
def sum_weight_gradient(p, thread, threads):
    """dw = G^T (sum of the parts) G.  0 parts, 1 their size, 2 dw (pairs, 25), 3 pairs, 4 add, 5 scratch, 6 its size"""
    size, pairs, add, pitch = word(p, 1), word(p, 3), word(p, 4), word(p, 3) + _PAD
    dw, scratch = floats(word(p, 2), 25 * pairs), word(p, 5) + 4 * thread * word(p, 6)
    buffer = floats(scratch, 25 * _PAIR)
    start, stop = share(pairs, _PAIR, thread, threads)
    for first in range(start, stop, _PAIR):
        _transform_gradient(word(p, 0) + 4 * first, size, threads, pitch, scratch)
        for k in range(min(_PAIR, pairs - first)):
            for tap in range(25):
                at = 25 * (first + k) + tap
                dw[at] = buffer[tap * _PAIR + k] + (dw[at] if add != 0 else 0)


# ---- the convolution and its gradients


@inline
def _place(window, height, width):
    """Where a window begins in an output of such images, and in the input, whose sides are 4 longer."""
    across = width // 8
    image, k = window // (across * (height // 8)), window % (across * (height // 8))
    row, column = k // across * 8, k % across * 8
    return (image * height + row) * width + column, (image * (height + 4) + row) * (width + 4) + column


@inline
def _multiply(u, u_pitch, ais, aks, depth, v, v_pitch, m, m_pitch, rows, columns):
    """m[xi] = u[xi] v[xi] for the 36 places; u(i, k) is u[i ais + k aks], rows of v and m are BLOCK floats apart."""
    for xi in range(36):
        for i in range(0, rows, ROWS):
            for j in range(0, columns, _WIDTH):
                outer(ROWS, VECTORS, 1, depth, u + 4 * (xi * u_pitch + i * ais), ais, aks,
                      v + 4 * (xi * v_pitch + j), BLOCK, m + 4 * (xi * m_pitch + i * BLOCK + j), BLOCK,
                      rows - i, columns - j, 0)  # fmt: skip


@instruction
def forward(p, thread, threads):
    """y = clip(convolution of x + bias, limits).

    0 x, 1 u, 2 bias, 3 y, 4 images, 5 height, 6 width of y, 7 x_pitch, 8 y_pitch, 9 channels, 10 filters, 11 scratch,
    12 its size a thread, 13 limits
    """
    x, u, y, height, width = word(p, 0), word(p, 1), word(p, 3), word(p, 5), word(p, 6)
    channels, filters = word(p, 9), word(p, 10)
    bias, limits = floats(word(p, 2), filters), word(p, 13)
    v_pitch, m_pitch = channels * BLOCK + _PAD, filters * BLOCK + _PAD
    v = word(p, 11) + 4 * thread * word(p, 12)
    m = v + 4 * 36 * v_pitch
    start, stop = share(word(p, 4) * (height // 8) * (width // 8), WINDOWS, thread, threads)
    for first in range(start, stop, WINDOWS):
        count = min(WINDOWS, stop - first)
        for c in range(channels):
            for k in range(count):
                _, at = _place(first + k, height, width)
                _input_window(x + 4 * (c * word(p, 7) + at), width + 4, v + 4 * (c * BLOCK + k * TILES), v_pitch)
        _multiply(u, channels * filters + _PAD, channels, 1, channels, v, v_pitch, m, m_pitch, filters, count * TILES)
        for c in range(filters):
            for k in range(count):
                at, _ = _place(first + k, height, width)
                _output_window(m + 4 * (c * BLOCK + k * TILES), m_pitch, y + 4 * (c * word(p, 8) + at), width, bias[c],
                               limits)  # fmt: skip


@instruction
def data_gradient(p, thread, threads):
    """gx = the gradient of x, or gx + it. Threads share out whole images, as windows overlap.

    0 gy, 1 u, 2 gx, 3 add, 4 images, 5 height, 6 width of gy, 7 x_pitch, 8 y_pitch, 9 channels, 10 filters, 11 scratch,
    12 its size a thread
    """
    gy, u, gx, height, width = word(p, 0), word(p, 1), word(p, 2), word(p, 5), word(p, 6)
    channels, filters = word(p, 9), word(p, 10)
    v_pitch, m_pitch = channels * BLOCK + _PAD, filters * BLOCK + _PAD
    v = word(p, 11) + 4 * thread * word(p, 12)
    m = v + 4 * 36 * v_pitch
    start, stop = share(word(p, 4), 1, thread, threads)
    if word(p, 3) == 0:
        size = (height + 4) * (width + 4)
        for c in range(channels):
            plane = floats(gx + 4 * (c * word(p, 7) + start * size), (stop - start) * size)
            for k in range((stop - start) * size):
                plane[k] = 0
    each = (height // 8) * (width // 8)
    for first in range(start * each, stop * each, WINDOWS):
        count = min(WINDOWS, stop * each - first)
        for c in range(filters):
            for k in range(count):
                at, _ = _place(first + k, height, width)
                _gradient_window(gy + 4 * (c * word(p, 8) + at), width, m + 4 * (c * BLOCK + k * TILES), m_pitch)
        _multiply(u, channels * filters + _PAD, 1, channels, filters, m, m_pitch, v, v_pitch, channels, count * TILES)
        for c in range(channels):
            for k in range(count):
                _, at = _place(first + k, height, width)
                _input_gradient_window(v + 4 * (c * BLOCK + k * TILES), v_pitch, gx + 4 * (c * word(p, 7) + at),
                                       width + 4)  # fmt: skip


@instruction
def weight_gradient(p, thread, threads):
    """parts[thread] = the products of both transformed sides, summed over the thread's windows.

    0 x, 1 gy, 2 parts, 3 their size, 4 images, 5 height, 6 width of gy, 7 x_pitch, 8 y_pitch, 9 channels, 10 filters,
    11 scratch, 12 its size a thread
    """
    x, gy, height, width = word(p, 0), word(p, 1), word(p, 5), word(p, 6)
    channels, filters = word(p, 9), word(p, 10)
    v_pitch, m_pitch, part_pitch = channels * BLOCK + _PAD, filters * BLOCK + _PAD, channels * filters + _PAD
    v = word(p, 11) + 4 * thread * word(p, 12)
    m, part = v + 4 * 36 * v_pitch, word(p, 2) + 4 * thread * word(p, 3)
    zeros = floats(part, word(p, 3))
    for k in range(word(p, 3)):
        zeros[k] = 0
    start, stop = share(word(p, 4) * (height // 8) * (width // 8), WINDOWS, thread, threads)
    for first in range(start, stop, WINDOWS):
        count = min(WINDOWS, stop - first)
        for k in range(count):
            at_y, at_x = _place(first + k, height, width)
            for c in range(channels):
                _input_window(x + 4 * (c * word(p, 7) + at_x), width + 4, v + 4 * (c * BLOCK + k * TILES), v_pitch)
            for c in range(filters):
                _gradient_window(gy + 4 * (c * word(p, 8) + at_y), width, m + 4 * (c * BLOCK + k * TILES), m_pitch)
        for xi in range(36):
            for i in range(0, filters, 4):
                for j in range(0, channels, 4):
                    dot(count * TILES, m + 4 * (xi * m_pitch + i * BLOCK), BLOCK, v + 4 * (xi * v_pitch + j * BLOCK),
                        BLOCK, part + 4 * (xi * part_pitch + i * channels + j), channels, filters - i, channels - j,
                        1)  # fmt: skip
