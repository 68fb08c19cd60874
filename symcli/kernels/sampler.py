"""Sampling of images (n, c, h, w) at the points of a grid (n, 2, i, j): x in channel 0, y in channel 1.

-1 and 1 are the middles of the first and the last pixel. Pixels outside of the image are 0, but count:
a point that is NaN or infinite makes NaN.
"""

import numpy as np

from symcli.kernels.jit import function, ordered_kernel
from symcli.kernels.kernel import numpy_kernel

__all__ = ["even_grid", "places", "sample", "sample_data_grad", "sample_grid_grad"]


@numpy_kernel
def even_grid(h, w, out):
    """out[:, (i, j)] = x, y and 1 of an even grid of h x w points from -1 to 1; out (3, h * w)."""
    x, y, one = out.reshape(3, h, w)
    x[:] = -1 + np.arange(w) * np.divide(2, w - 1)
    y[:] = (-1 + np.arange(h) * np.divide(2, h - 1))[:, None]
    one[:] = 1


@numpy_kernel
def places(out):
    """out[0, i, j] = j, out[1, i, j] = i; out (2, h, w)."""
    out[0] = np.arange(out.shape[2])
    out[1] = np.arange(out.shape[1])[:, None]


@function
def _axis(at, size):
    """Pixel before a point and whether it and the next are inside, the point's distance from it; at from -1 to 1."""
    place = (np.float64(at) + 1) * (size - 1) / 2
    before = np.floor(place)
    first, second = before >= 0 and before < size, before >= -1 and before < size - 1
    return int(before) if first or second else 0, first, second, place - before


@ordered_kernel
def sample(data, grid, out):
    """out[n, c, i, j] = data[n, c] at the point grid[n, :, i, j], interpolated between the four pixels around."""
    zero = data.dtype.type(0)
    for n in range(out.shape[0]):
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                y, top, bottom, dy = _axis(grid[n, 1, i, j], data.shape[2])
                x, left, right, dx = _axis(grid[n, 0, i, j], data.shape[3])
                for c in range(out.shape[1]):
                    a = data[n, c, y, x] if top and left else zero
                    b = data[n, c, y, x + 1] if top and right else zero
                    d = data[n, c, y + 1, x] if bottom and left else zero
                    e = data[n, c, y + 1, x + 1] if bottom and right else zero
                    out[n, c, i, j] = (1 - dy) * ((1 - dx) * a + dx * b) + dy * ((1 - dx) * d + dx * e)


@ordered_kernel
def sample_data_grad(g, grid, gdata):
    """gdata = 0; then each of the four pixels around a point += g of the point, in its share."""
    gdata[:] = 0
    for n in range(g.shape[0]):
        for i in range(g.shape[2]):
            for j in range(g.shape[3]):
                y, top, bottom, dy = _axis(grid[n, 1, i, j], gdata.shape[2])
                x, left, right, dx = _axis(grid[n, 0, i, j], gdata.shape[3])
                for c in range(g.shape[1]):
                    head = g[n, c, i, j]
                    if top and left:
                        gdata[n, c, y, x] += head * (1 - dy) * (1 - dx)
                    if top and right:
                        gdata[n, c, y, x + 1] += head * (1 - dy) * dx
                    if bottom and left:
                        gdata[n, c, y + 1, x] += head * dy * (1 - dx)
                    if bottom and right:
                        gdata[n, c, y + 1, x + 1] += head * dy * dx


@ordered_kernel
def sample_grid_grad(g, data, grid, ggrid):
    """ggrid[n, :, i, j] = sum over c of g[n, c, i, j] times the slope of data[n, c] at the point."""
    zero = data.dtype.type(0)
    for n in range(g.shape[0]):
        for i in range(g.shape[2]):
            for j in range(g.shape[3]):
                y, top, bottom, dy = _axis(grid[n, 1, i, j], data.shape[2])
                x, left, right, dx = _axis(grid[n, 0, i, j], data.shape[3])
                slope_x = slope_y = 0.0
                for c in range(g.shape[1]):
                    a = data[n, c, y, x] if top and left else zero
                    b = data[n, c, y, x + 1] if top and right else zero
                    d = data[n, c, y + 1, x] if bottom and left else zero
                    e = data[n, c, y + 1, x + 1] if bottom and right else zero
                    slope_x += g[n, c, i, j] * ((1 - dy) * (b - a) + dy * (e - d))
                    slope_y += g[n, c, i, j] * ((1 - dx) * (d - a) + dx * (e - b))
                ggrid[n, 0, i, j] = slope_x * (data.shape[3] - 1) / 2
                ggrid[n, 1, i, j] = slope_y * (data.shape[2] - 1) / 2
