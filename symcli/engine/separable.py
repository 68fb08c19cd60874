"""A depthwise convolution by 3x3 and the 1x1 convolution behind it, together: what is between them is never whole.

Each thread takes a run of pixels (of whole rows, with stride 2), piece by piece: it writes the depthwise convolution of
a piece, of all channels, to a panel that stays in its cache, and multiplies that with the weights of the 1x1
convolution at once. There is no barrier in between, and a thread mostly reads what it wrote itself in the layer before.
"""

import numpy as np

from symcli.engine.depthwise3 import RECORD, same_run, strided_rows
from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, inline
from symcli.engine.shift import PLAIN, REST, ROWS, VECTORS, rest_pixels, tile, tile_of_two
from symcli.engine.tape import floats, share, word, words

__all__ = ["panel", "piece", "separable"]


def piece(channels: int) -> int:
    """Return the pixels of a piece: a panel of 48 KiB, and whole tiles."""
    return min(max(768 // channels, 6), 42) // VECTORS * VECTORS * 16


def _floats(pixels, columns):
    """The floats from one channel of the panel to the next: pieces are up to half larger, and tiles read on."""
    return (pixels * 3 // 2 + columns) // 16 * 16 + 16 + VECTORS * LANES


_pitch = inline(_floats)


def panel(channels: int, columns: int) -> int:
    """Return the floats that a thread needs; columns: of a row of the output."""
    return channels * _floats(piece(channels), columns)


@inline
def _cut(n, size, i, unit):
    """Where piece i of n things begins, of about ``size`` each; at a multiple of ``unit``, but for the end."""
    count = max((n + size // 2) // size, 1)
    return n if i >= count else n * i // count // unit * unit


@inline
def _products(channels, w, panel, pitch, pixels, y, chy, filters, bias, residual, limits, plain, memory):
    """y = clip(w panel + bias + residual, limits) for some pixels."""
    rest = pixels % LANES
    if rest > REST or pixels < LANES:
        rest = 0
    vectors = (pixels - rest + LANES - 1) // LANES
    tiles = (vectors + VECTORS - 1) // VECTORS
    for t in range(tiles + (rest > 0)):
        q = vectors * t // tiles * LANES if t < tiles else pixels - rest
        n = min(vectors * (t + 1) // tiles * LANES, pixels - rest) - q if t < tiles else rest
        for f in range(0, filters, ROWS):
            a, b, out, m = w + f * channels * 4, panel + q * 4, (f * chy + q) * 4, filters - f
            old = residual + out if residual else 0
            if t == tiles:
                rest_pixels(channels, a, b, pitch, y + out, chy, m, n, bias + f * 4, old, limits, memory)
            elif n > 2 * LANES:
                tile(1, channels, a, b, pitch, plain + 8, plain, 0, y + out, chy, m, n, bias + f * 4, old, limits)
            else:
                tile_of_two(
                    1, channels, a, b, pitch, plain + 8, plain, 0, y + out, chy, m, n, bias + f * 4, old, limits
                )


@instruction
def separable(p, thread, threads):
    """y = clip(w clip(depthwise convolution of x + bias, limits) + bias + residual, limits)

    0 x  1 depthwise weights (channels, 9)  2 their bias  3 their limits  4 masks and  5 their period, as in
    depthwise3.same  6 channels  7 images  8 height and  9 width of x  10 pitch of x  11 stride, 1 or 2
    12 weights, packed for shift  13 filters  14 their bias  15 residual or 0, with y's pitch  16 limits  17 y
    18 pitch of y  19 panels  20 floats of a panel  21 pixels of a piece  22 PLAIN
    """
    x, taps, records, period = word(p, 0), word(p, 1), word(p, 4), word(p, 5)
    channels, images, height, width, ch, stride, w, filters = words(p, 6, 8)
    bias, residual, y, chy = word(p, 14), word(p, 15), word(p, 17), word(p, 18)
    own, size, plain = word(p, 19) + thread * word(p, 20) * 4, word(p, 21), word(p, 22)
    shift, least, limits = floats(word(p, 2), channels), word(p, 3), word(p, 16)
    rows, columns = (height + stride - 1) // stride, (width + stride - 1) // stride
    pitch, nothing = _pitch(size, columns), np.zeros(width + 2 * LANES, np.float32)
    memory = np.empty(REST * ROWS + 1, np.float32)
    whole = images * rows * columns
    if stride == 1:
        each = LANES  # pixels of what is shared out
        first, stop = share((whole + LANES - 1) // LANES, 1, thread, threads)
        size, unit = size // LANES, 1
    else:
        each = columns
        first, stop = share(images * rows, 1, thread, threads)
        size, unit = max(size // columns, 1), 1
        while unit * columns % LANES and unit * 8 <= size:  # panels have room for half more
            unit *= 2
    i = 0
    while _cut(stop - first, size, i, unit) < stop - first:
        start, end = first + _cut(stop - first, size, i, unit), first + _cut(stop - first, size, i + 1, unit)
        i += 1
        for c in range(channels):
            out = own + c * pitch * 4
            if stride == 1:
                same_run(x + (c * ch + start * LANES) * 4, width, taps + c * 36, 1, shift[c], least, out, end - start,
                         records + (1 + start % period) * RECORD)  # fmt: skip
            else:
                r = start
                while r < end:
                    image, top = r // rows, r % rows
                    n = min(end - r, rows - top)
                    strided_rows(
                        x + (c * ch + (image * height + 2 * top) * width) * 4, width, taps + c * 36, shift[c], least,
                        out + (r - start) * columns * 4, n, top > 0, 2 * (top + n) - 1 < height, nothing.ctypes.data,
                    )  # fmt: skip
                    r += n
        q = start * each
        old = residual + q * 4 if residual else 0
        _products(channels, w, own, pitch, min(end * each, whole) - q, y + q * 4, chy, filters, bias, old, limits,
                  plain, memory)  # fmt: skip
