"""Depthwise convolution: each filter sees one channel, so that nothing but pixels fills a tile.

As ``shift``: a tap is a shifted run of pixels under a mask. Weights are (channels, taps), as they are.
"""

from functools import lru_cache

import numpy as np

from symcli.engine.instruction import instruction
from symcli.engine.jit import LANES, intrinsic, types
from symcli.engine.shift import STEP, bits, finish
from symcli.engine.tape import floats, share, word, words
from symcli.engine.vector import I64, Loop, Vector, i64
from symcli.engine.weight_gradient import CHUNK, sums_to_memory

VECTORS = 8  # of a tile: as many sums as it takes to hide the latency of an addition
TAPS = 3  # of a tile of the weight gradient, by two vectors


@lru_cache(None)
def depthwise_tile(vectors):
    """One channel of ``vectors`` vectors of pixels; numbers as in ``shift_tile``; places: of the weights."""

    @intrinsic
    def tile(typing, taps, w, places, x, shifts, masks, mask_stride, y, n, bias, residual, limits):
        def generate(context, b, signature, args):
            taps, w, places, x, shifts, masks, mask_stride, y, n, bias, residual, limits = args
            v = Vector(b)
            pixels, weights = v.pointer(x), v.pointer(w)
            shift, place = v.pointer(shifts, I64), v.pointer(places, I64)

            def tap(t, sums):
                p = b.gep(pixels, [b.load(b.gep(shift, [t]), align=8)])
                s = v.broadcast(weights, b.load(b.gep(place, [t]), align=8))
                first = b.add(masks, b.mul(t, mask_stride))
                made = []
                for j in range(vectors):
                    made.append(v.fma(s, v.load_masked(p, bits(v, first, j * v.lanes), j * v.lanes), sums[j]))
                return made

            _, sums = Loop.run(b, taps, [v.splat(bias)] * vectors, tap)
            finish(v, [sums], y, i64(0), i64(1), n, residual, limits)
            return context.get_dummy_value()

        i, f = types.int64, types.float32
        return types.void(i, i, i, i, i, i, i, i, i, f, i, i), generate

    return tile


@lru_cache(None)
def depthwise_gradient_tile():
    """out[t] += sum over n pixels of dy[q] x[q + shift[t]] where the mask is set, for TAPS taps from one on."""

    @intrinsic
    def tile(typing, n, dy, x, shifts, masks, mask_stride, out):
        def generate(context, b, signature, args):
            n, dy, x, shifts, masks, mask_stride, out = args
            v = Vector(b)
            gradient, pixels, shift = v.pointer(dy), v.pointer(x), v.pointer(shifts, I64)
            rows = [b.gep(pixels, [b.load(v.at(shift, t), align=8)]) for t in range(TAPS)]
            lines = [b.add(masks, b.mul(mask_stride, i64(t))) for t in range(TAPS)]
            pair = 2 * v.lanes

            def body(k, sums, tail=False):
                sums = list(sums)
                for half in range(2):
                    at = b.add(k, i64(half * v.lanes))
                    valid = v.first_lanes(b.sub(n, at)) if tail else None
                    g = v.load_masked(gradient, valid, at) if tail else v.load(gradient, at)
                    for t in range(TAPS):
                        mask = bits(v, b.add(lines[t], b.lshr(k, i64(3))), half * v.lanes)
                        mask = b.and_(mask, valid) if tail else mask
                        seen = b.select(mask, g, v.zero)  # what lies beyond the image may be anything
                        place = half * TAPS + t
                        sums[place] = v.fma(seen, v.load_masked(rows[t], mask, at), sums[place])
                return sums

            done, sums = Loop.run(b, n, [v.zero] * (2 * TAPS), body, pair)
            rest = b.select(b.icmp_signed("<", done, n), i64(1), i64(0))
            _, sums = Loop.run(b, rest, sums, lambda _, s: body(done, s, True))
            sums_to_memory(v, [b.fadd(sums[t], sums[TAPS + t]) for t in range(TAPS)], out)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 7), generate

    return tile


_wide, _narrow, _gradient = depthwise_tile(VECTORS), depthwise_tile(3), depthwise_gradient_tile()


@instruction
def depthwise(p, thread, threads):
    """y = clip(depthwise convolution of x + bias + residual, limits).

    0 x  1 w (channels, all taps)  2 shifts  3 masks  4 bytes of a tap's masks  5 period of the masks in pixels  6 y
    7 pixels  8 pitch of x  9 pitch of y  10 channels  11 taps  12 int64 place of each tap in w  13 all taps  14 bias
    15 residual or 0, with y's pitch  16 limits
    """
    x, w, shifts, masks, stride, period = words(p, 0, 6)
    y, pixels, ch, chy, channels, taps, places, every = words(p, 6, 8)
    bias, residual, limits = floats(word(p, 14), channels), word(p, 15), word(p, 16)
    steps = (pixels + STEP - 1) // STEP
    wide = VECTORS * LANES // STEP
    tiles = (steps + wide - 1) // wide
    for unit in range(*share(channels * tiles, 1, thread, threads)):
        c, t = unit // tiles, unit % tiles
        q = steps * t // tiles * STEP
        n = min(steps * (t + 1) // tiles * STEP, pixels) - q
        a, source, out = w + c * every * 4, x + (c * ch + q) * 4, (c * chy + q) * 4
        old, mask = residual + out if residual else 0, masks + q % period // 8
        if n > 3 * LANES:
            _wide(taps, a, places, source, shifts, mask, stride, y + out, n, bias[c], old, limits)
        else:
            _narrow(taps, a, places, source, shifts, mask, stride, y + out, n, bias[c], old, limits)


@instruction
def depthwise_gradient(p, thread, threads):
    """dw[channel][tap] of a depthwise convolution.

    0 x  1 dy  2 shifts, to a multiple of TAPS  3 masks, likewise  4 bytes of a tap's masks  5 their period in pixels
    6 pixels  7 pitch of x  8 pitch of dy  9 channels  10 taps  11 dw  12 whether to add to dw
    """
    x, dy, shifts, masks, stride, period = words(p, 0, 6)
    pixels, ch, chy, channels, taps = words(p, 6, 5)
    dw, adds = floats(word(p, 11), channels * taps), word(p, 12)
    sums = np.empty(TAPS, np.float32)
    for c in range(*share(channels, 1, thread, threads)):
        for t in range(0, taps, TAPS):
            for i in range(TAPS):
                sums[i] = 0
            for q in range(0, pixels, CHUNK):
                n, mask = min(CHUNK, pixels - q), masks + t * stride + q % period // 8
                _gradient(
                    n, dy + (c * chy + q) * 4, x + (c * ch + q) * 4, shifts + t * 8, mask, stride, sums.ctypes.data
                )
            for i in range(min(TAPS, taps - t)):
                at = c * taps + t + i
                dw[at] = sums[i] + dw[at] if adds else sums[i]
