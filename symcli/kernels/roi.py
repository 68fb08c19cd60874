"""Pooling over regions of feature maps.

A region is (number of the image, x1, y1, x2, y2) in pixels of the image; scale turns these into cells of the
map. A region of no image of the batch gives 0.
"""

import numpy as np

from symcli.kernels.jit import function, kernel

__all__ = ["align", "align_grad", "between", "maximum", "maximum_grad", "rounded"]


@function
def rounded(x):
    """The nearest integer, halves away from zero."""
    return int(np.copysign(np.floor(np.abs(np.float64(x)) + 0.5), x))


@function
def _window(o, following, size, start, limit):
    """First and one past the last cell of window o, windows of ``size`` cells (a fraction) from ``start`` on.

    o, o + 1 and size are of the map's type: MXNet rounds their products so, which decides the last cell.
    """
    first, stop = int(np.floor(o * size)), int(np.ceil(following * size))
    return min(max(first + start, 0), limit), min(max(stop + start, 0), limit)


@kernel
def maximum(x, region, scale, y, place):
    """y[r, c, v, u] = the largest x[n, c] in window (v, u) of region r, place its row-major place in the map.

    The region's corners are rounded, its last cell included. NaN is passed over, as in MXNet; an empty window gives
    0 and place -1. x (batch, c, h, w), region (r, 5), y and place (r, c, v, u).
    """
    number, height, width = x.dtype.type, x.shape[2], x.shape[3]
    for r in range(y.shape[0]):
        image = int(region[r, 0])
        left, top = rounded(region[r, 1] * scale), rounded(region[r, 2] * scale)
        w = max(rounded(region[r, 3] * scale) - left + 1, 1)
        h = max(rounded(region[r, 4] * scale) - top + 1, 1)
        window_h, window_w = number(h) / number(y.shape[2]), number(w) / number(y.shape[3])
        for v in range(y.shape[2]):
            y0, y1 = _window(number(v), number(v + 1), window_h, top, height)
            for u in range(y.shape[3]):
                x0, x1 = _window(number(u), number(u + 1), window_w, left, width)
                empty = y1 <= y0 or x1 <= x0 or image < 0 or image >= x.shape[0]
                for c in range(y.shape[1]):
                    if empty:
                        y[r, c, v, u], place[r, c, v, u] = 0, -1
                        continue
                    best, at = np.finfo(x.dtype).min, -1
                    for i in range(y0, y1):
                        for j in range(x0, x1):
                            if x[image, c, i, j] > best:
                                best, at = x[image, c, i, j], i * width + j
                    y[r, c, v, u], place[r, c, v, u] = best, at


@kernel
def maximum_grad(g, region, place, gx):
    """gx[n, c] at place[r, c, v, u] += g[r, c, v, u], n the image of region r; else 0."""
    gx[:] = 0
    width = gx.shape[3]
    for r in range(g.shape[0]):
        image = int(region[r, 0])
        for c in range(g.shape[1]):
            for v in range(g.shape[2]):
                for u in range(g.shape[3]):
                    at = int(place[r, c, v, u])
                    if at >= 0:
                        gx[image, c, at // width, at % width] += g[r, c, v, u]


@function
def _bins(box, axis, scale, count, ratio, aligned):
    """Start and size of the bins of a region along an axis (0: x), and how many samples a bin has."""
    number = box.dtype.type
    shift = number(0.5 if aligned else 0)
    start = box[1 + axis] * scale - shift
    size = box[3 + axis] * scale - shift - start
    if not aligned:
        size = max(size, number(1))
    size /= number(count)
    return start, size, ratio if ratio > 0 else int(np.ceil(size))


@function
def between(at, size):
    """The two cells between which a point lies, the part of the second, and whether it is in reach of the map."""
    if not (at >= -1 and at <= size):
        return 0, 0, 0.0, False
    low = max(int(at), 0)
    if low >= size - 1:
        return size - 1, size - 1, 0.0, True
    return low, low + 1, max(at - low, 0.0), True


@kernel
def align(x, region, scale, ratio, aligned, sensitive, y):
    """y[r, c, v, u] = the mean of x[n, c], interpolated between cells, at the samples in bin (v, u) of region r.

    A bin has ratio x ratio samples; without a ratio above 0 as many as it has cells, rounded up. ``aligned``
    moves the region by half a cell; otherwise it is at least one cell wide and high. ``sensitive`` reads channel
    (c h + v) w + u of x in place of c. x (batch, c, ., .), region (r, 5), y (r, c, h, w).
    """
    number = x.dtype.type
    y[:] = 0
    for r in range(y.shape[0]):
        image = int(region[r, 0])
        if image < 0 or image >= x.shape[0]:
            continue
        top, height, rows = _bins(region[r], 1, scale, y.shape[2], ratio, aligned)
        left, width, columns = _bins(region[r], 0, scale, y.shape[3], ratio, aligned)
        for v in range(y.shape[2]):
            for i in range(rows):
                at = top + number(v) * height + number(i + 0.5) * height / number(rows)
                y0, y1, fy, inside_y = between(at, x.shape[2])
                for u in range(y.shape[3]):
                    for j in range(columns):
                        at = left + number(u) * width + number(j + 0.5) * width / number(columns)
                        x0, x1, fx, inside_x = between(at, x.shape[3])
                        if not (inside_y and inside_x):
                            continue
                        w00, w01 = number((1 - fy) * (1 - fx)), number((1 - fy) * fx)
                        w10, w11 = number(fy * (1 - fx)), number(fy * fx)
                        for c in range(y.shape[1]):
                            plane = x[image, (c * y.shape[2] + v) * y.shape[3] + u if sensitive else c]
                            y[r, c, v, u] += (w00 * plane[y0, x0] + w01 * plane[y0, x1]
                                              + w10 * plane[y1, x0] + w11 * plane[y1, x1])  # fmt: skip
        y[r] /= number(max(rows * columns, 1))


@kernel
def align_grad(g, region, scale, ratio, aligned, sensitive, gx):
    """gx = each g[r, c, v, u] spread over the cells that align read for it, by their weights."""
    number = gx.dtype.type
    gx[:] = 0
    for r in range(g.shape[0]):
        image = int(region[r, 0])
        if image < 0 or image >= gx.shape[0]:
            continue
        top, height, rows = _bins(region[r], 1, scale, g.shape[2], ratio, aligned)
        left, width, columns = _bins(region[r], 0, scale, g.shape[3], ratio, aligned)
        for v in range(g.shape[2]):
            for i in range(rows):
                at = top + number(v) * height + number(i + 0.5) * height / number(rows)
                y0, y1, fy, inside_y = between(at, gx.shape[2])
                for u in range(g.shape[3]):
                    for j in range(columns):
                        at = left + number(u) * width + number(j + 0.5) * width / number(columns)
                        x0, x1, fx, inside_x = between(at, gx.shape[3])
                        if not (inside_y and inside_x):
                            continue
                        for c in range(g.shape[1]):
                            plane = gx[image, (c * g.shape[2] + v) * g.shape[3] + u if sensitive else c]
                            share = g[r, c, v, u] / number(rows * columns)
                            plane[y0, x0] += share * number((1 - fy) * (1 - fx))
                            plane[y0, x1] += share * number((1 - fy) * fx)
                            plane[y1, x0] += share * number(fy * (1 - fx))
                            plane[y1, x1] += share * number(fy * fx)
