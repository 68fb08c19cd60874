"""Winograd's fast convolution F(4x4, 3x3): 36 multiplications for the 144 of a tile of 4x4 output pixels.

    y = A^T ((G w G^T) (B^T x B)) A    for each pair of channels, summed over the input's before A

Groups of tiles go in blocks whose matrices stay in a thread's cache. Where there are few groups, what a thread takes is
fixed, so that it mostly reads what it wrote itself. ResNet-20, batch 1, two threads: 0.293 ms with matrices that all
threads share, 0.242 so; about 1 ms and 0.5 where the two cores share no cache.

Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015. Errors are up to twice those of a direct
convolution, 6e-7 to 9e-7 of the largest output: by nodes that keep the transforms' numbers near 1 (Barabasz et al.,
Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks, 2018), and by sums of 32
channels.
"""

import math

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, inline
from symcli.engine.shift import ROWS, VECTORS
from symcli.engine.tape import floats, share, ticket, word, words
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

SIDE = (4, 4) if LANES == 16 else (4, 3)  # filters and channels of a tile of the weight gradient

_input, _output, _output_added = input_tile(), output_tile(False), output_tile(True)
_gradient_input = gradient_input_tile()
_weights, _mirrored, _weight_gradient = weight_tile(False), weight_tile(True), weight_gradient_tile()
_product, _product_2, _product_1 = (product_tile(ROWS, n, 4096) for n in (VECTORS, 2, 1))
_sums = gradient_product(*SIDE)
_read, _write = ahead(False), ahead(True)


def forward_scratch(channels, filters, count):
    """Return the floats that a thread needs for ``winograd`` with blocks of ``count`` groups: two sets of 36 matrices.

    16 floats between matrices keep them from being a multiple of 4096 bytes apart.
    """
    rows = -(-filters // ROWS) * ROWS
    return 36 * (channels * count * LANES + 16) + 36 * (rows * count * LANES + 16) + 32


def parts(threads, count, channels, filters):
    """Return into how many parts ``winograd`` divides its groups; the threads of one part divide the filters.

    What is weighed are the time of a channel's input transform and of a block of filters, in ns on an EPYC Zen 4.
    Groups are preferred: their threads read only the rows between them from one another's caches.
    """

    def cost(n):
        blocks = math.ceil(math.ceil(filters / ROWS) * n / threads)
        return math.ceil(count / n) * (50 * channels + blocks * (80 * channels + 300))

    return min((n for n in range(threads, 0, -1) if threads % n == 0), key=cost)


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


@inline
def products(u, v, m, groups, channels, tiles, matrices, blocks, first, last, pitch_v, pitch_m):
    """m = u v, matrix by matrix: ``groups`` vectors of ``tiles`` tiles, blocks ``first`` to ``last`` of the filters."""
    for xi in range(matrices):
        for block in range(first, last):
            a, s = u + (xi * blocks + block) * channels * ROWS * 4, 0
            while s < groups:
                left, b = groups - s, v + (xi * pitch_v + s * LANES) * 4
                c = m + (xi * pitch_m + (block - first) * ROWS * tiles + s * LANES) * 4
                if left >= VECTORS and left != VECTORS + 1:
                    _product(channels, a, b, tiles, c, tiles)
                    s += VECTORS
                elif left >= 2:
                    _product_2(channels, a, b, tiles, c, tiles)
                    s += 2
                else:
                    _product_1(channels, a, b, tiles, c, tiles)
                    s += 1


@instruction
def winograd(p, thread, threads):
    """y = clip(convolution of x + bias + residual, limits), 3x3 with stride and padding 1.

    0 x  1 transformed weights  2 records  3 groups  4 y  5 width  6 pitch of x  7 pitch of y  8 channels  9 filters
    10 scratch  11 floats of a thread's scratch  12 bias  13 residual or 0, with y's pitch  14 limits
    15 whether units lie in pairs  16 groups of a block  17 ``parts``, a divisor of the threads; 0 for many blocks,
    which go to whichever thread is free
    """
    x, u, records, count, y, width = words(p, 0, 6)
    ch, chy, ci, co = words(p, 6, 4)
    residual, limits = word(p, 13), word(p, 14)
    pairs, most, divided = words(p, 15, 3)
    bias = floats(word(p, 12), co)
    blocks = (co + ROWS - 1) // ROWS
    first, last, g, stop = 0, blocks, 0, count
    if divided:
        first, last = share(blocks, 1, thread // divided, threads // divided)
        g, stop = share(count, 1, thread % divided, divided)
    tiles = most * LANES
    pitch_v, pitch_m = ci * tiles + 16, (last - first) * ROWS * tiles + 16
    v = word(p, 10) + thread * word(p, 11) * 4
    m = v + (36 * pitch_v * 4 + 63) // 64 * 64
    while first < last:
        if not divided:
            run = ticket(p, (count + most - 1) // most, threads)
            g = run * most if run >= 0 else stop
        n = min(most, stop - g)
        if n <= 0:
            break
        for c in range(ci):
            for s in range(n):
                record = records + (g + s) * RECORD
                if g + s + most < stop:
                    _read(x + c * ch * 4, width, record + most * RECORD)
                _input(x + c * ch * 4, width, record, v + (c * tiles + s * LANES) * 4, pitch_v, pairs)
        products(u, v, m, n, ci, tiles, 36, blocks, first, last, pitch_v, pitch_m)
        for f in range(first * ROWS, min(last * ROWS, co)):
            for s in range(n):
                source, out = m + ((f - first * ROWS) * tiles + s * LANES) * 4, f * chy * 4
                record, following = records + (g + s) * RECORD, records + (g + s + most) * RECORD
                if residual:
                    if g + s + most < stop:
                        _read(residual + out, width, following)
                    _output_added(source, pitch_m, y + out, width, record, bias[f], residual + out, limits, pairs)
                else:
                    if g + s + most < stop:
                        _write(y + out, width, following)
                    _output(source, pitch_m, y + out, width, record, bias[f], 0, limits, pairs)
        g += n


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
