"""Winograd's fast convolution F(4x4, 3x3): 36 multiplications for the 144 of a tile of 4x4 output pixels.

    y = A^T ((G w G^T) (B^T x B)) A    for each pair of channels, summed over the input's before A

Large batches go in blocks of groups of tiles whose matrices stay in a thread's cache; for few tiles all threads share
one set of matrices.

Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015. Errors relative to the largest output are
about ten times those of a direct convolution (4e-6 to 2e-5).
"""

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES
from symcli.engine.shift import ROWS, VECTORS
from symcli.engine.tape import floats, real, share, ticket, word, words
from symcli.engine.weight_gradient import gradient_product
from symcli.engine.winograd_tiles import (
    RECORD,
    ahead,
    gradient_input_tile,
    input_tile,
    output_tile,
    product_tile,
    weight_gradient_tile,
    weight_tile,
)  # fmt: skip

BLOCK = VECTORS * LANES  # tiles of a block
SIDE = (4, 4) if LANES == 16 else (4, 3)  # filters and channels of a tile of the weight gradient

_input, _output, _output_added = input_tile(), output_tile(False), output_tile(True)
_gradient_input = gradient_input_tile()
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
    15 whether units lie in pairs
    """
    x, u, records, count, y, width = words(p, 0, 6)
    ch, chy, ci, co = words(p, 6, 4)
    residual, floor, pairs = word(p, 13), real(p, 14), word(p, 15)
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
        for c in range(ci):
            for s in range(n):
                _read(x + c * ch * 4, width, records + min(g + s + VECTORS, count - 1) * RECORD)
                _input(
                    x + c * ch * 4, width, records + (g + s) * RECORD, v + (c * BLOCK + s * LANES) * 4, pitch_v, pairs
                )
        for xi in range(36):
            for block in range(blocks):
                a = u + (xi * blocks + block) * ci * ROWS * 4
                _product(ci, a, v + xi * pitch_v * 4, BLOCK, m + (xi * pitch_m + block * ROWS * BLOCK) * 4, BLOCK)
        for f in range(co):
            for s in range(n):
                source, record, out = m + (f * BLOCK + s * LANES) * 4, records + (g + s) * RECORD, f * chy * 4
                following = records + min(g + s + VECTORS, count - 1) * RECORD
                if residual:
                    _read(residual + out, width, following)
                    _output_added(source, pitch_m, y + out, width, record, bias[f], residual + out, floor, pairs)
                else:
                    _write(y + out, width, following)
                    _output(source, pitch_m, y + out, width, record, bias[f], 0, floor, pairs)


@instruction
def winograd_inputs(p, thread, threads):
    """v[36][channel][tile] = B^T x B. 0 x  1 v  2 records  3 groups  4 width  5 pitch of x  6 channels  7 pitch of v
    8 whether units lie in pairs"""
    x, v, records, count, width, ch, channels, pitch = words(p, 0, 8)
    pairs = word(p, 8)
    for c in range(*share(channels, 1, thread, threads)):
        for g in range(count):
            out = v + (c * count + g) * LANES * 4
            _input(x + c * ch * 4, width, records + g * RECORD, out, pitch, pairs)


@instruction
def winograd_products(p, thread, threads):
    """m = u v, matrix by matrix. 0 u  1 v  2 m  3 groups  4 channels  5 filters  6, 7 pitch of v and m  8 matrices"""
    u, v, m, count, ci, co, pitch_v, pitch_m = words(p, 0, 8)
    blocks, tiles = (co + ROWS - 1) // ROWS, count * LANES
    for unit in range(*share(word(p, 8) * blocks, 1, thread, threads)):
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
    pitch  10 floor  11 whether units lie in pairs
    """
    m, y, records, count, width, chy, filters, pitch = words(p, 0, 8)
    bias, residual, floor, pairs = floats(word(p, 8), filters), word(p, 9), real(p, 10), word(p, 11)
    for f in range(*share(filters, 1, thread, threads)):
        out = f * chy * 4
        for g in range(count):
            source, record = m + (f * count + g) * LANES * 4, records + g * RECORD
            if residual:
                _output_added(source, pitch, y + out, width, record, bias[f], residual + out, floor, pairs)
            else:
                _output(source, pitch, y + out, width, record, bias[f], 0, floor, pairs)


@instruction
def winograd_gradient(p, thread, threads):
    """Each thread's part of the gradient of the transformed weights, in tiles [36][filters][channels].

    0 x  1 dy  2 records  3 groups  4 width  5 pitch of x  6 pitch of dy  7 channels  8 filters  9 scratch
    10 floats of a thread's scratch  11 du  12 floats of a thread's du  13 groups of a block
    14 whether units lie in pairs
    """
    x, dy, records, count, width = words(p, 0, 5)
    ch, chy, ci, co = words(p, 5, 4)
    size, most, pairs = words(p, 12, 3)
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
        for c in range(ci):
            for s in range(n):
                _read(x + c * ch * 4, width, records + min(g + s + most, count - 1) * RECORD)
                _input(
                    x + c * ch * 4, width, records + (g + s) * RECORD, v + (c * tiles + s * LANES) * 4, pitch_v, pairs
                )
        for f in range(co):
            for s in range(n):
                _read(dy + f * chy * 4, width, records + min(g + s + most, count - 1) * RECORD)
                out = m + (f * tiles + s * LANES) * 4
                _gradient_input(dy + f * chy * 4, width, records + (g + s) * RECORD, out, pitch_m, pairs)
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
