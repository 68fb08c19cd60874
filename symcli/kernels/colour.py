"""Colours of images (pixels, channels), changed by random amounts, and images that are turned or not."""

import numpy as np

from symcli.kernels.jit import function, kernel
from symcli.kernels.random import origin, unit

__all__ = ["adjust", "either", "light"]

# Where red, green and blue are found, by sixths of the colour circle.
_TURNS = ((0, 3, 1), (2, 0, 1), (1, 0, 3), (1, 2, 0), (3, 1, 0), (0, 1, 2))


@function
def _hue(pixel, by):
    """Turn a colour, 0 to 255, by a part of the colour circle, by way of hue, lightness and saturation."""
    r, g, b = pixel[0] / 255.0, pixel[1] / 255.0, pixel[2] / 255.0
    most, least = max(r, g, b), min(r, g, b)
    spread, light = most - least, (most + least) * 0.5
    if spread <= 1.1920929e-07:  # grey has no hue
        pixel[0] = pixel[1] = pixel[2] = light * 255
        return
    saturation = spread / (most + least) if light < 0.5 else spread / (2 - most - least)
    if most == r:
        hue = (g - b) / spread
    elif most == g:
        hue = (b - r) / spread + 2
    else:
        hue = (r - g) / spread + 4
    hue = (hue + 6 * by) % 6
    high = light * (1 + saturation) if light <= 0.5 else light + saturation - light * saturation
    low = 2 * light - high
    sixth = min(int(hue), 5)
    part = (high - low) * (hue - sixth)
    table = (high, low, high - part, low + part)
    for c in range(3):
        pixel[c] = table[_TURNS[sixth][c]] * 255


@function
def _grey(pixel):
    return 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]


@kernel
def adjust(key, node, kinds, low, high, shuffled, whole, y):
    """Change y by the kinds listed: 0 brightness, 1 contrast, 2 saturation, 3 hue, in random order if ``shuffled``.

    The amount of kinds[k] is uniform in [low[k], high[k]): a factor, or a part of the colour circle. Contrast is about
    the mean grey, saturation about the blue part of each pixel's grey, since MXNet 1.9.1 loses the others. ``whole``
    cuts off at 0 and 255 and drops fractions after each change, as bytes do.
    y (pixels, 3); of one channel only brightness and contrast change.
    """
    start = origin(key, node)
    order = np.arange(kinds.size)
    for k in range(kinds.size if shuffled else 0):
        j = int(unit(start, 8 + k) * (k + 1))
        order[k] = order[j]
        order[j] = k
    colour = y.shape[1] == 3
    for k in order:
        amount = low[k] + (high[k] - low[k]) * unit(start, k)
        base = 0.0
        if kinds[k] == 1:
            for i in range(y.shape[0]):
                base += _grey(y[i]) if colour else y[i, 0]
            base *= (1 - amount) / y.shape[0]
        for i in range(y.shape[0]):
            if kinds[k] < 2:
                for c in range(y.shape[1]):
                    y[i, c] = y[i, c] * amount + base
            elif colour and kinds[k] == 2:
                grey = 0.114 * y[i, 2] * (1 - amount)
                for c in range(3):
                    y[i, c] = y[i, c] * amount + grey
            elif colour:
                _hue(y[i], amount)
            for c in range(y.shape[1] if whole else 0):
                y[i, c] = np.floor(min(max(y[i, c], 0), 255))


@kernel
def light(key, node, std, directions, sizes, y):
    """y[i, c] += sum over k of directions[c, k] sizes[k] a[k], a normally distributed with standard deviation std."""
    start = origin(key, node)
    for c in range(3):
        step = 0.0
        for k in range(3):
            bell = np.sqrt(-2 * np.log1p(-unit(start, 2 * k))) * np.cos(2 * np.pi * unit(start, 2 * k + 1))
            step += directions[c, k] * sizes[k] * std * bell
        for i in range(y.shape[0]):
            y[i, c] += step


@kernel
def either(key, node, a, b, out):
    """out = a or b, each with probability 1/2; arrays (m, n, k)."""
    first = unit(origin(key, node), 0) < 0.5
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                out[i, j, k] = a[i, j, k] if first else b[i, j, k]
