"""Batch normalisation over planes, with the residual and the ReLU that follow it; all passes of a channel at once.

A channel's statistics, then its pixels, are done by one thread, so that the second reading comes from its cache.
"""

import numpy as np

from symcli.engine.activation import relu_grad_of, relu_of
from symcli.engine.elementwise import elementwise
from symcli.engine.instruction import instruction
from symcli.engine.jit import inline
from symcli.engine.tape import floats, real, share, word, words

CHUNK = 8192  # elements summed in float32 lanes; chunks are added in float64
IN_ORDER = 4096  # pixels up to which a plane is summed in MXNet's order, at a third of the speed
FIRST = 1024  # pixels whose mean is taken off before squares are summed, against cancellation


def _positive(v, sign, x):
    return relu_grad_of(v, x, sign)


def _clipped(v, x, s):
    """Affine, but not beyond the limits s[2] and s[3]."""
    y = _affine(v, x, s)
    y = v.b.select(v.b.fcmp_ordered("<", y, s[2]), s[2], y)
    return v.b.select(v.b.fcmp_ordered(">", y, s[3]), s[3], y)


def _let_through(v, x, s):
    """The gradient x[1] of ``_clipped``: where the affine lies within the limits, or on them."""
    y = _affine(v, x, s)
    inside = v.b.and_(v.b.fcmp_ordered(">=", y, s[2]), v.b.fcmp_ordered("<=", y, s[3]))
    return v.b.select(inside, x[1], v.zero)


def _moments(v, x, s):
    away = v.b.fsub(x[0], s[0])
    return [], [away, v.b.fmul(away, away)]


def _affine(v, x, s):
    return v.fma(x[0], s[0], s[1])


def _passed(v, x, s):
    return _positive(v, _affine(v, x, s), x[1])


def _sums(v, g, x, s):
    return [g, v.b.fmul(g, v.b.fsub(x, s[0]))]


_sum = elementwise(lambda v, x, s: ([], [x[0]]), 1, 0, 0, 1, 4)
_stats = elementwise(_moments, 1, 0, 1, 2, 4)
_apply = elementwise(lambda v, x, s: ([_affine(v, x, s)], []), 1, 1, 2, 0)
_apply_relu = elementwise(lambda v, x, s: ([relu_of(v, _affine(v, x, s))], []), 1, 1, 2, 0)
_apply_clip = elementwise(lambda v, x, s: ([_clipped(v, x, s)], []), 1, 1, 4, 0)
_apply_add = elementwise(lambda v, x, s: ([v.b.fadd(_affine(v, x, s), x[1])], []), 2, 1, 2, 0)
_apply_add_relu = elementwise(lambda v, x, s: ([relu_of(v, v.b.fadd(_affine(v, x, s), x[1]))], []), 2, 1, 2, 0)
# Backward. The gradient g of what was normalised is dy where the ReLU let it through: seen from y, or without residual
# computed again from x. s: mean, then scale and shift.
_reduce = elementwise(lambda v, x, s: ([], _sums(v, x[1], x[0], s)), 2, 0, 1, 2, 4)
_reduce_relu = elementwise(
    lambda v, x, s: ([], _sums(v, _positive(v, _affine(v, x, s[1:]), x[1]), x[0], s)), 2, 0, 3, 2, 4
)
_reduce_clip = elementwise(lambda v, x, s: ([], _sums(v, _let_through(v, x, s[1:]), x[0], s)), 2, 0, 5, 2, 4)
_reduce_mask = elementwise(lambda v, x, s: ([], _sums(v, _positive(v, x[2], x[1]), x[0], s)), 3, 0, 1, 2, 4)
_mask = elementwise(lambda v, x, s: ([_positive(v, x[1], x[0])], []), 2, 1, 0, 0)
_mask_add = elementwise(lambda v, x, s: ([v.b.fadd(x[2], _positive(v, x[1], x[0]))], []), 3, 1, 0, 0)
_sum_mask = elementwise(lambda v, x, s: ([], [_positive(v, x[1], x[0])]), 2, 0, 0, 1, 4)
_plus = elementwise(lambda v, x, s: ([v.b.fadd(x[0], x[1])], []), 2, 1, 0, 0)
_copy = elementwise(lambda v, x, s: ([x[0]], []), 1, 1, 0, 0)


def _slope(v, g, x, s):  # differences first: what is left of a few pixels is exact
    return [v.fma(s[0], v.b.fsub(g, s[1]), v.b.fmul(s[2], v.b.fsub(x, s[3])))]


_grad = elementwise(lambda v, x, s: (_slope(v, x[1], x[0], s), []), 2, 1, 4)
_grad_relu = elementwise(lambda v, x, s: (_slope(v, _passed(v, x, s[4:]), x[0], s), []), 2, 1, 6)
_grad_clip = elementwise(lambda v, x, s: (_slope(v, _let_through(v, x, s[4:]), x[0], s), []), 2, 1, 8)
_grad_mask = elementwise(lambda v, x, s: (_slope(v, _positive(v, x[2], x[1]), x[0], s), []), 3, 1, 4)


@inline
def _four(p, first, n):
    """Four parameters that are arrays of n floats."""
    w, x, y, z = word(p, first), word(p, first + 1), word(p, first + 2), word(p, first + 3)
    return floats(w, n), floats(x, n), floats(y, n), floats(z, n)


@inline
def _statistics_in_order(x, pitch, n, start, stop, eps, mean, invstd):
    """mean[c] and invstd[c] of planes start to stop, each plane summed element after element as MXNet sums.

    The order decides the last digits of small planes, and deep networks with ReLU show them. Four planes go side by
    side, since an addition waits for the one before.
    """
    count = np.float32(n)
    for c in range(start, stop, 4):
        planes = (c, min(c + 1, stop - 1), min(c + 2, stop - 1), min(c + 3, stop - 1))
        k0, k1, k2, k3 = planes[0] * pitch, planes[1] * pitch, planes[2] * pitch, planes[3] * pitch
        s0 = s1 = s2 = s3 = np.float32(0)
        for i in range(n):
            s0, s1, s2, s3 = s0 + x[k0 + i], s1 + x[k1 + i], s2 + x[k2 + i], s3 + x[k3 + i]
        m0, m1, m2, m3 = s0 / count, s1 / count, s2 / count, s3 / count
        s0 = s1 = s2 = s3 = np.float32(0)
        for i in range(n):
            d0, d1, d2, d3 = x[k0 + i] - m0, x[k1 + i] - m1, x[k2 + i] - m2, x[k3 + i] - m3
            s0, s1, s2, s3 = s0 + d0 * d0, s1 + d1 * d1, s2 + d2 * d2, s3 + d3 * d3
        middles, squares = (m0, m1, m2, m3), (s0, s1, s2, s3)
        for k in range(4):
            mean[planes[k]] = middles[k]
            invstd[planes[k]] = np.float32(1) / np.sqrt(squares[k] / count + np.float32(eps))


@instruction
def batch_norm(p, thread, threads):
    """y = act((x - mean) invstd gamma + beta + residual).

    0 x  1 y  2 pixels  3 pitch  4 channels  5 gamma  6 beta  7 mean  8 invstd  9 moving mean  10 moving variance
    11 whether the statistics are the batch's; they are written to 7 and 8  12 eps  13 residual or 0  14 whether ReLU
    15 whether gamma is held at 1  16, 17 what y is limited to without residual and ReLU, -inf and inf for nothing
    """
    n, pitch, channels = words(p, 2, 3)
    low, high = real(p, 16), real(p, 17)
    gamma, beta, mean, invstd = _four(p, 5, channels)
    moving_mean, moving_variance = floats(word(p, 9), channels), floats(word(p, 10), channels)
    batch, eps = word(p, 11), np.float64(real(p, 12))
    residual, relu, fixed = words(p, 13, 3)
    sums = np.empty(2, np.float32)
    total = sums.ctypes.data
    start, stop = share(channels, 1, thread, threads)
    if batch and n <= IN_ORDER:
        _statistics_in_order(floats(word(p, 0), channels * pitch), pitch, n, start, stop, eps, mean, invstd)
    for c in range(start, stop):
        x, y = word(p, 0) + c * pitch * 4, word(p, 1) + c * pitch * 4
        if batch and n > IN_ORDER:
            sums[0] = 0
            first = min(FIRST, n)
            _sum(first, (x,), (np.float32(0),), total)
            about = sums[0] / np.float32(first)
            s1, s2 = 0.0, 0.0
            for begin in range(0, n, CHUNK):
                sums[0], sums[1] = 0, 0
                _stats(min(CHUNK, n - begin), (x + begin * 4,), (about,), total)
                s1 += sums[0]
                s2 += sums[1]
            away = s1 / n
            mean[c] = about + away
            variance = s2 / n - away * away
            invstd[c] = 1 / np.sqrt((0.0 if variance < 0 else variance) + eps)
        elif not batch:
            mean[c] = moving_mean[c]
            invstd[c] = 1 / np.sqrt(moving_variance[c] + real(p, 12))
        if fixed:
            gamma[c] = 1
        scale = gamma[c] * invstd[c]
        shift, old = beta[c] - mean[c] * scale, residual + c * pitch * 4
        if residual and relu:
            _apply_add_relu(n, (x, old, y), (scale, shift), 0)
        elif residual:
            _apply_add(n, (x, old, y), (scale, shift), 0)
        elif relu:
            _apply_relu(n, (x, y), (scale, shift), 0)
        elif np.isfinite(low) or np.isfinite(high):
            _apply_clip(n, (x, y), (scale, shift, low, high), 0)
        else:
            _apply(n, (x, y), (scale, shift), 0)


@instruction
def fold_batch_norm(p, thread, threads):
    """Weights and bias of a convolution that does what the convolution and a batch_norm by moving statistics do.

    0 w (filters, n)  1 bias or 0  2 filters  3 n  4 gamma  5 beta  6 moving mean  7 moving variance  8 eps
    9 whether gamma is held at 1  10 folded w  11 folded bias
    """
    filters, n = words(p, 2, 2)
    fixed = word(p, 9)
    w, folded = floats(word(p, 0), filters * n), floats(word(p, 10), filters * n)
    bias, shifted = floats(word(p, 1), filters), floats(word(p, 11), filters)
    gamma, beta = floats(word(p, 4), filters), floats(word(p, 5), filters)
    mean, variance = floats(word(p, 6), filters), floats(word(p, 7), filters)
    for f in range(*share(filters, 1, thread, threads)):
        scale = (np.float32(1) if fixed else gamma[f]) / np.sqrt(variance[f] + real(p, 8))
        for i in range(f * n, f * n + n):
            folded[i] = w[i] * scale
        away = (bias[f] if word(p, 1) else np.float32(0)) - mean[f]
        shifted[f] = beta[f] + away * scale


@instruction
def ones(p, thread, threads):
    """x = 1. 0 x  1 how many"""
    x = floats(word(p, 0), word(p, 1))
    for i in range(*share(word(p, 1), 1, thread, threads)):
        x[i] = 1


@inline
def _hand_on(n, dy, y, out, adds):
    """out = or, with ``adds``, += dy where the ReLU that made y let it through; everywhere if y is 0."""
    none = (np.float32(0),)
    if y and adds:
        _mask_add(n, (dy, y, out, out), none, 0)
    elif y:
        _mask(n, (dy, y, out), none, 0)
    elif adds:
        _plus(n, (dy, out, out), none, 0)
    elif out != dy:
        _copy(n, (dy, out), none, 0)


@instruction
def residual_gradient(p, thread, threads):
    """Back through y = relu(x + bias + residual), or through the sums alone.

    0 y, or 0 without ReLU  1 dy  2 dx or 0, may be dy  3 pixels  4 pitch  5 channels  6 dbias or 0
    7 gradient of the residual or 0, may be dy  8 whether to add to it
    """
    n, pitch, channels = words(p, 3, 3)
    y0, dx0, kept = word(p, 0), word(p, 2), word(p, 7)
    dbias, adds = floats(word(p, 6), channels), word(p, 8)
    sums, none = np.empty(1, np.float32), (np.float32(0),)
    total = sums.ctypes.data
    for c in range(*share(channels, 1, thread, threads)):
        line = c * pitch * 4
        dy, y = word(p, 1) + line, y0 + line if y0 else 0
        if word(p, 6):
            s = 0.0
            for start in range(0, n, CHUNK):
                sums[0] = 0
                count, at = min(CHUNK, n - start), start * 4
                if y0:
                    _sum_mask(count, (dy + at, y + at), none, total)
                else:
                    _sum(count, (dy + at,), none, total)
                s += sums[0]
            dbias[c] = s
        if dx0:
            _hand_on(n, dy, y, dx0 + line, 0)
        if kept:
            _hand_on(n, dy, y, kept + line, adds)


@instruction
def batch_norm_gradient(p, thread, threads):
    """The gradients of batch_norm; moves the moving statistics.

    0 x  1 y, or 0 if there is no ReLU or it is seen from x  2 dy  3 dx or 0  4 pixels  5 pitch  6 channels  7 gamma
    8 beta  9 mean  10 invstd  11 dgamma or 0  12 dbeta or 0  13 gradient of the residual or 0, may be dy
    14 whether ReLU  15 whether the statistics are the batch's  16 whether gamma is held at 1  17 momentum  18 eps
    19 moving mean  20 moving variance  21 whether to add to the gradient of the residual  22, 23 what y was limited to
    """
    low, high = real(p, 22), real(p, 23)
    clips = np.isfinite(low) or np.isfinite(high)
    n, pitch, channels = words(p, 4, 3)
    y0, dx0, relu = word(p, 1), word(p, 3), word(p, 14)
    batch, fixed = words(p, 15, 2)
    momentum, eps = np.float64(real(p, 17)), np.float64(real(p, 18))
    gamma, beta, mean, invstd = _four(p, 7, channels)
    dgamma, dbeta = floats(word(p, 11), channels), floats(word(p, 12), channels)
    moving_mean, moving_variance = floats(word(p, 19), channels), floats(word(p, 20), channels)
    kept, adds = word(p, 13), word(p, 21)
    sums = np.empty(2, np.float32)
    total = sums.ctypes.data
    for c in range(*share(channels, 1, thread, threads)):
        line = c * pitch * 4
        x, dy = word(p, 0) + line, word(p, 2) + line
        y = y0 + line if y0 else 0
        scale, middle = gamma[c] * invstd[c], mean[c]
        shift = beta[c] - middle * scale
        s1, s2 = 0.0, 0.0
        for start in range(0, n, CHUNK):
            sums[0], sums[1] = 0, 0
            count, at = min(CHUNK, n - start), start * 4
            if y and relu:
                _reduce_mask(count, (x + at, dy + at, y + at), (middle,), total)
            elif relu:
                _reduce_relu(count, (x + at, dy + at), (middle, scale, shift), total)
            elif clips:
                _reduce_clip(count, (x + at, dy + at), (middle, scale, shift, low, high), total)
            else:
                _reduce(count, (x + at, dy + at), (middle,), total)
            s1 += sums[0]
            s2 += sums[1]
        s2 *= invstd[c]
        if word(p, 11):
            dgamma[c] = 0 if fixed else s2
        if word(p, 12):
            dbeta[c] = s1
        average, slope = np.float32(0), np.float32(0)
        if batch:
            average, slope = np.float32(s1 / n), np.float32(-scale * invstd[c] * s2 / n)
            variance = 1 / np.float64(invstd[c]) ** 2 - eps
            moving_mean[c] = momentum * moving_mean[c] + (1 - momentum) * middle
            moving_variance[c] = momentum * moving_variance[c] + (1 - momentum) * variance
        if dx0:
            dx = dx0 + line
            if not batch and not (clips or (relu and not y)):
                x, middle = dy, np.float32(0)  # x counts 0 times, and 0 times infinity is NaN
            if y and relu:
                _grad_mask(n, (x, dy, y, dx), (scale, average, slope, middle), 0)
            elif relu:
                _grad_relu(n, (x, dy, dx), (scale, average, slope, middle, scale, shift), 0)
            elif clips:
                _grad_clip(n, (x, dy, dx), (scale, average, slope, middle, scale, shift, low, high), 0)
            else:
                _grad(n, (x, dy, dx), (scale, average, slope, middle), 0)
        if kept:
            _hand_on(n, dy, y, kept + line, adds)
