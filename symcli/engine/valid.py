"""Convolution without padding, stride 1, whose output rows are whole units of 8 pixels: forward and weight gradient.

A vector of 16 pixels of the output is two units. Each lies in one row, so what a tap reads of it are 8 pixels in a
row of the input: two loads, and neither masks, copies nor wasted lanes. Weights are read in place, as (filters, taps
of all channels).

    units(batch, height, width)              where each unit's first tap is, in floats of the input plane
    offsets(channels, kernel, width, pitch)  how far each tap is from the first, in floats
"""

from typing import Any

import numpy as np

from symcli.engine.instruction import instruction
from symcli.engine.jit import REGISTERS, intrinsic, types
from symcli.engine.tape import floats, share, word
from symcli.engine.tiles import row_pointers
from symcli.engine.vector import I64, Loop, Vector, i64, when

__all__ = ["forward", "offsets", "part_size", "sum_weight_gradient", "units", "weight_gradient"]

_WIDE = 16  # lanes of a vector, of two units
_FILTERS, _VECTORS = (6, 4) if REGISTERS == 32 else (5, 1)
_PIXELS = _WIDE * _VECTORS
_SIDE, _TAPS = (4, 6) if REGISTERS == 32 else (2, 3)  # filters and taps of a tile of the weight gradient
_CHUNK = 4096  # pixels after which sums go to memory


def units(batch: int, height: int, width: int, kernel: tuple[int, int]) -> np.ndarray:
    """Return the place in an input plane of each unit of an output of (batch, height, width) pixels."""
    rows, columns = height + kernel[0] - 1, width + kernel[1] - 1
    image, y, x = np.meshgrid(np.arange(batch), np.arange(height), np.arange(0, width, 8), indexing="ij")
    places = ((image * rows + y) * columns + x).ravel()
    return np.concatenate([places, places[-1:].repeat(2 * _VECTORS)]).astype(np.int64)  # what the last tile reads


def offsets(channels: int, kernel: tuple[int, int], width: int, pitch: int) -> np.ndarray:
    """Return for each channel and tap how far what it reads is from what the first one does; width of the input."""
    c, y, x = np.meshgrid(np.arange(channels), np.arange(kernel[0]), np.arange(kernel[1]), indexing="ij")
    return (c * pitch + y * width + x).ravel().astype(np.int64)


def part_size(filters: int, taps: int) -> int:
    """Floats of one thread's part of the weight gradient."""
    return filters * taps


@intrinsic
def _tile(typing_context, taps, w, x, table, places, y, pitch, bias, m, n, limits):
    """y = clip(w x + bias, limits): filters x pixels at address y, m and n of them valid; ``places`` of the units."""

    def generate(context, builder, signature, arguments):
        taps, w, x, table, places, y, pitch, bias, m, n, limits = arguments
        v, eight = Vector(builder, _WIDE), Vector(builder, 8)
        plane, steps, at = v.pointer(x), v.pointer(table, I64), v.pointer(places, I64)
        starts = [v.at(plane, builder.load(v.at(at, i), align=8)) for i in range(2 * _VECTORS)]
        lines, shifts = row_pointers(v, w, taps, _FILTERS, m), row_pointers(v, bias, i64(1), _FILTERS, m)

        def body(k, sums):
            step, sums = builder.load(builder.gep(steps, [k]), align=8), list(sums)
            pixels = [
                eight.shuffle(eight.load(starts[2 * j], step), eight.load(starts[2 * j + 1], step), range(16))
                for j in range(_VECTORS)
            ]
            for i in range(_FILTERS):
                factor = v.broadcast(lines[i], k)
                for j in range(_VECTORS):
                    sums[i * _VECTORS + j] = v.fma(factor, pixels[j], sums[i * _VECTORS + j])
            return sums

        first = [v.broadcast(shifts[i]) for i in range(_FILTERS) for _ in range(_VECTORS)]
        _, sums = Loop.run(builder, taps, first, body)
        masks = [v.first_lanes(builder.sub(n, i64(j * _WIDE))) for j in range(_VECTORS)]
        out = v.pointer(y)
        for i in range(_FILTERS):
            with when(builder, builder.icmp_signed("<", i64(i), m)):
                row = v.at(out, builder.mul(pitch, i64(i)))
                for j in range(_VECTORS):
                    v.store_masked(v.limited(sums[i * _VECTORS + j], limits), row, masks[j], j * _WIDE)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 11), generate


@instruction
def forward(p, thread, threads):
    """y = clip(convolution of x + bias, limits).

    0 x, 1 w, 2 bias, 3 y, 4 units, 5 offsets, 6 taps of all channels, 7 filters, 8 pixels, 9 y_pitch, 10 limits
    """
    taps, filters, pixels, pitch = word(p, 6), word(p, 7), word(p, 8), word(p, 9)
    start, stop = share(pixels, _PIXELS, thread, threads)
    for q in range(start, stop, _PIXELS):
        for f in range(0, filters, _FILTERS):
            y = word(p, 3) + 4 * (f * pitch + q)
            _tile(taps, word(p, 1) + 4 * f * taps, word(p, 0), word(p, 5), word(p, 4) + q, y, pitch,
                  word(p, 2) + 4 * f, filters - f, stop - q, word(p, 10))  # fmt: skip


@intrinsic
def _gradient_tile(typing_context, count, gy, pitch, x, places, table, part, taps, m, n):
    """part[i, j] += sum over ``count`` vectors of pixels of gy[i] x[tap j]; filters x taps at address part."""

    def generate(context, builder, signature, arguments):
        count, gy, pitch, x, places, table, part, taps, m, n = arguments
        v, eight = Vector(builder, _WIDE), Vector(builder, 8)
        rows = row_pointers(v, gy, pitch, _SIDE, m)
        steps, at = v.pointer(table, I64), v.pointer(places, I64)
        planes = []
        for j in range(_TAPS):
            tap = builder.select(builder.icmp_signed("<", i64(j), n), i64(j), builder.sub(n, i64(1)))
            planes.append(v.at(v.pointer(x), builder.load(v.at(steps, tap), align=8)))

        def body(k, sums):
            first, second = (builder.load(v.at(at, builder.add(builder.shl(k, i64(1)), i64(u))), align=8)
                             for u in range(2))  # fmt: skip
            sums, q = list(sums), builder.mul(k, i64(_WIDE))
            gradients = [v.load(row, q) for row in rows]
            for j in range(_TAPS):
                pixels = eight.shuffle(eight.load(planes[j], first), eight.load(planes[j], second), range(16))
                for i in range(_SIDE):
                    sums[i * _TAPS + j] = v.fma(gradients[i], pixels, sums[i * _TAPS + j])
            return sums

        _, sums = Loop.run(builder, count, [v.zero] * (_SIDE * _TAPS), body)
        out = v.pointer(part)
        for i in range(_SIDE):
            with when(builder, builder.icmp_signed("<", i64(i), m)):
                for j in range(_TAPS):
                    with when(builder, builder.icmp_signed("<", i64(j), n)):
                        place = v.at(out, builder.add(builder.mul(taps, i64(i)), i64(j)))
                        total = v.sum(sums[i * _TAPS + j])
                        builder.store(builder.fadd(builder.load(place, align=4), total), place, align=4)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 10), generate


@instruction
def weight_gradient(p, thread, threads):
    """parts[thread] = the weight gradient of the thread's pixels.

    0 x, 1 gy, 2 parts, 3 their size, 4 units, 5 offsets, 6 taps of all channels, 7 filters, 8 pixels, 9 gy_pitch
    """
    taps, filters, pixels, pitch, size = word(p, 6), word(p, 7), word(p, 8), word(p, 9), word(p, 3)
    part = word(p, 2) + 4 * thread * size
    zeros = floats(part, size)
    for k in range(size):
        zeros[k] = 0
    start, stop = share(pixels, _WIDE, thread, threads)
    for first in range(start, stop, _CHUNK):
        count = (min(_CHUNK, stop - first)) // _WIDE
        for f in range(0, filters, _SIDE):
            for tap in range(0, taps, _TAPS):
                gy, sums = word(p, 1) + 4 * (f * pitch + first), part + 4 * (f * taps + tap)
                _gradient_tile(count, gy, pitch, word(p, 0), word(p, 4) + first, word(p, 5) + 8 * tap, sums, taps,
                               filters - f, taps - tap)  # fmt: skip


@instruction
def sum_weight_gradient(p, thread, threads):
    """dw = the sum of the parts.  0 parts, 1 their size, 2 dw, 3 add"""
    size, add = word(p, 1), word(p, 3)
    parts, dw = floats(word(p, 0), size * threads), floats(word(p, 2), size)
    start, stop = share(size, 16, thread, threads)
    for k in range(start, stop):
        total = parts[k]
        for t in range(1, threads):
            total += parts[t * size + k]
        dw[k] = total + (dw[k] if add != 0 else 0)
