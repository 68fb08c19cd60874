"""Images resized along one axis at a time."""

import numpy as np

from symcli.kernels.jit import function, kernel

__all__ = ["look_up", "resample"]


@function
def _cubic(t):
    """The cubic kernel with a = -3/4 at distance t < 2."""
    return (1.25 * t - 2.25) * t * t + 1 if t < 1 else ((-0.75 * t + 3.75) * t - 6) * t + 3


@function
def _lanczos(t):
    """The Lanczos kernel of 4 lobes at distance t < 4, up to a factor."""
    return np.sin(np.pi * t) * np.sin(np.pi * t / 4) / (t * t) if t > 1e-7 else np.pi * np.pi / 4


@function
def _taps(interp, i, n, size):
    """First of the ``size`` pixels that make pixel i of n, their number, and the place of pixel i among them."""
    scale = size / n
    middle = (i + 0.5) * scale - 0.5
    before = int(np.floor(middle))
    if interp == 0:
        return min(int(i * scale), size - 1), 1, 0.0
    if interp == 2:
        return before - 1, 4, middle - before + 1
    if interp == 3:
        first = int(i * scale)
        return first, int(np.ceil((i + 1) * scale - 1e-9)) - first, i * scale - first
    if interp == 4:
        return before - 3, 8, middle - before + 3
    if interp == 5:  # the share of the second pixel is what pixel i covers of it
        before = int(i * scale)
        share = (i + 1) - (before + 1) / scale
        return before, 2, share - np.floor(share) if share > 0 else 0.0
    return before, 2, middle - before


@function
def _weight(interp, tap, place, scale):
    """The share of the tap-th pixel, not normalised."""
    distance = abs(tap - place)
    if interp == 0:
        return 1.0
    if interp == 2:
        return _cubic(distance)
    if interp == 3:
        return min(tap + 1.0, place + scale) - max(tap * 1.0, place)
    if interp == 4:
        return _lanczos(distance)
    return 1 - distance


@kernel
def resample(x, interp, y):
    """y[m, i] = the pixels of x[m] around (i + 1/2) h / h' - 1/2, each with its share; x (m, h, k), y (m, h', k).

    interp 0: the nearest; 1: linear; 2: cubic; 3: the mean of the area; 4: Lanczos; 5: the area's, enlarged.
    """
    size, n = x.shape[1], y.shape[1]
    for i in range(n):
        first, taps, place = _taps(interp, i, n, size)
        total = 0.0
        for tap in range(taps):
            total += _weight(interp, tap, place, size / n)
        for m in range(y.shape[0]):
            y[m, i] = 0
        for tap in range(taps):
            weight = y.dtype.type(_weight(interp, tap, place, size / n) / total)
            if weight == 0:
                continue
            at = min(max(first + tap, 0), size - 1)
            for m in range(y.shape[0]):
                for k in range(y.shape[2]):
                    y[m, i, k] += weight * x[m, at, k]


@kernel
def look_up(images, top, left, down, right, fill, table, out):
    """out[i, c, y, x] = table[c, images[i, top[i] + down[i] y, left[i] + right[i] x, c]], table[c, fill] outside.

    images (n, h', w', c) of whole numbers from 0 on, table (c, m), out (n, c, h, w).
    """
    n, rows, columns, channels = images.shape
    height, width = out.shape[2], out.shape[3]
    for i in range(n):
        for y in range(height):
            row = top[i] + down[i] * y
            for x in range(width):
                column = left[i] + right[i] * x
                if 0 <= row < rows and 0 <= column < columns:
                    for c in range(channels):
                        out[i, c, y, x] = table[c, images[i, row, column, c]]
                else:
                    for c in range(channels):
                        out[i, c, y, x] = table[c, fill]
