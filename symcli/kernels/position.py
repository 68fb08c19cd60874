"""Pooling over regions in which each part of a region reads channels of its own, and over regions that are turned.

A region is (number of the image, x1, y1, x2, y2), or (number, x, y, w, h, degrees) if it is turned, in pixels of the
image; scale turns these into cells of the map. Maps are (batch, channels, h, w).
"""

import numpy as np

from symcli.kernels.jit import function, kernel
from symcli.kernels.roi import between, rounded

__all__ = ["mean", "mean_grad", "moved", "moved_grad", "turned"]


@function
def _extent(region, axis, scale, half):
    """Start and size of a region along an axis (0: x); its corners are rounded, its last cell included."""
    number = region.dtype.type
    start = number(rounded(region[1 + axis])) * scale - number(half)
    stop = number(rounded(region[3 + axis]) + 1) * scale - number(half)
    return start, max(stop - start, number(0.1))


@function
def _cells(region, axis, scale, bins, bin_, limit):
    """First and one past the last cell of a bin."""
    number = region.dtype.type
    start, size = _extent(region, axis, scale, 0)
    size /= number(bins)
    first, stop = np.floor(number(bin_) * size + start), np.ceil(number(bin_ + 1) * size + start)
    return min(max(int(first), 0), limit), min(max(int(stop), 0), limit)


@function
def _channel(c, v, u, bins, groups):
    """The channel of the map that bin (v, u) of channel c reads."""
    return (c * groups + v * groups // bins) * groups + u * groups // bins


@kernel
def mean(x, region, scale, groups, y):
    """y[r, c, v, u] = the mean of x[n, (c groups + v') groups + u'] in bin (v, u), v' = v groups / bins; 0 if empty."""
    bins = y.shape[2]
    for r in range(y.shape[0]):
        image = int(region[r, 0])
        for v in range(bins):
            y0, y1 = _cells(region[r], 1, scale, bins, v, x.shape[2])
            for u in range(bins):
                x0, x1 = _cells(region[r], 0, scale, bins, u, x.shape[3])
                for c in range(y.shape[1]):
                    total, plane = x.dtype.type(0), x[image, _channel(c, v, u, bins, groups)]
                    for i in range(y0, y1):
                        for j in range(x0, x1):
                            total += plane[i, j]
                    y[r, c, v, u] = total / max((y1 - y0) * (x1 - x0), 1)


@kernel
def mean_grad(g, region, scale, groups, gx):
    """gx = each g[r, c, v, u] spread evenly over the cells of its bin."""
    gx[:] = 0
    bins = g.shape[2]
    for r in range(g.shape[0]):
        image = int(region[r, 0])
        for v in range(bins):
            y0, y1 = _cells(region[r], 1, scale, bins, v, gx.shape[2])
            for u in range(bins):
                x0, x1 = _cells(region[r], 0, scale, bins, u, gx.shape[3])
                for c in range(g.shape[1]):
                    plane = gx[image, _channel(c, v, u, bins, groups)]
                    share = g[r, c, v, u] / max((y1 - y0) * (x1 - x0), 1)
                    for i in range(y0, y1):
                        for j in range(x0, x1):
                            plane[i, j] += share


@function
def _sample(at, size):
    """The two cells around a sample, the part of the second, and whether it lies on the map."""
    if not -0.5 <= at <= size - 0.5:  # nor is NaN
        return 0, 0, at, False
    at = min(max(at, at * 0), at * 0 + (size - 1))
    return int(np.floor(at)), int(np.ceil(at)), at - np.floor(at), True


@function
def _begin(region, shift, axis, scale, kind, v, u, bins, parts, std):
    """Where bin (v, u) of a region begins along an axis (0: x) once it is moved, and the region's size there."""
    start, size = _extent(region, axis, scale, 0.5)
    place = u if axis == 0 else v
    return place * (size / bins) + start + shift[kind + axis, v * parts // bins, u * parts // bins] * std * size, size


@kernel
def moved(x, region, shift, scale, groups, parts, samples, std, y, count):
    """y[r, c, v, u] = the mean of the samples in bin (v, u), the bin moved by std times shift times the region's size.

    x (batch, channels, ., .), shift (r, 2 classes, parts, parts), right and down, one class for each share of the
    channels of y (r, c, bins, bins). A bin has samples x samples of them; count = those on the map.
    """
    bins, share = y.shape[2], y.shape[1] // (shift.shape[1] // 2)
    for r in range(y.shape[0]):
        image = int(region[r, 0])
        for c in range(y.shape[1]):
            for v in range(bins):
                for u in range(bins):
                    kind = 2 * (c // share)
                    start_x, w = _begin(region[r], shift[r], 0, scale, kind, v, u, bins, parts, std)
                    start_y, h = _begin(region[r], shift[r], 1, scale, kind, v, u, bins, parts, std)
                    plane = x[image, _channel(c, v, u, bins, groups)]
                    total, found = 0.0, 0
                    for i in range(samples):
                        y0, y1, fy, inside_y = _sample(start_y + i * (h / bins / samples), x.shape[2])
                        for j in range(samples):
                            x0, x1, fx, inside_x = _sample(start_x + j * (w / bins / samples), x.shape[3])
                            if inside_y and inside_x:
                                found += 1
                                total += (1 - fy) * ((1 - fx) * plane[y0, x0] + fx * plane[y0, x1])
                                total += fy * ((1 - fx) * plane[y1, x0] + fx * plane[y1, x1])
                    y[r, c, v, u] = total / max(found, 1)
                    count[r, c, v, u] = found


@kernel
def moved_grad(g, x, region, shift, scale, groups, parts, samples, std, count, gx, gshift):
    """The gradients of moved for x and shift."""
    gx[:] = 0
    gshift[:] = 0
    bins, share = g.shape[2], g.shape[1] // (shift.shape[1] // 2)
    for r in range(g.shape[0]):
        image = int(region[r, 0])
        for c in range(g.shape[1]):
            for v in range(bins):
                for u in range(bins):
                    if count[r, c, v, u] <= 0:
                        continue
                    kind, part_v, part_u = 2 * (c // share), v * parts // bins, u * parts // bins
                    start_x, w = _begin(region[r], shift[r], 0, scale, kind, v, u, bins, parts, std)
                    start_y, h = _begin(region[r], shift[r], 1, scale, kind, v, u, bins, parts, std)
                    channel = _channel(c, v, u, bins, groups)
                    plane, into = x[image, channel], gx[image, channel]
                    head = g[r, c, v, u] / count[r, c, v, u]
                    for i in range(samples):
                        y0, y1, fy, inside_y = _sample(start_y + i * (h / bins / samples), x.shape[2])
                        for j in range(samples):
                            x0, x1, fx, inside_x = _sample(start_x + j * (w / bins / samples), x.shape[3])
                            if not (inside_y and inside_x):
                                continue
                            into[y0, x0] += head * (1 - fy) * (1 - fx)
                            into[y0, x1] += head * (1 - fy) * fx
                            into[y1, x0] += head * fy * (1 - fx)
                            into[y1, x1] += head * fy * fx
                            right = (1 - fy) * (plane[y0, x1] - plane[y0, x0]) + fy * (plane[y1, x1] - plane[y1, x0])
                            down = (1 - fx) * (plane[y1, x0] - plane[y0, x0]) + fx * (plane[y1, x1] - plane[y0, x1])
                            gshift[r, kind, part_v, part_u] += head * right * std * w
                            gshift[r, kind + 1, part_v, part_u] += head * down * std * h


@kernel
def turned(x, region, scale, ratio, y):
    """y[r, c, v, u] = the mean of x[n, c] at the samples in bin (v, u) of a region that is turned about its centre.

    A bin has ratio x ratio samples; without a ratio above 0 as many as it has cells, rounded up.
    """
    number = x.dtype.type
    y[:] = 0
    for r in range(y.shape[0]):
        image = int(region[r, 0])
        middle_x, middle_y = region[r, 1] * scale, region[r, 2] * scale
        w, h = max(region[r, 3] * scale, number(1)), max(region[r, 4] * scale, number(1))
        angle = region[r, 5] * np.pi / 180
        cos, sin = np.cos(angle), np.sin(angle)
        bin_h, bin_w = h / y.shape[2], w / y.shape[3]
        rows = ratio if ratio > 0 else int(np.ceil(bin_h))
        columns = ratio if ratio > 0 else int(np.ceil(bin_w))
        for v in range(y.shape[2]):
            for u in range(y.shape[3]):
                for i in range(rows):
                    down = -h / 2 + v * bin_h + (i + 0.5) * bin_h / rows
                    for j in range(columns):
                        right = -w / 2 + u * bin_w + (j + 0.5) * bin_w / columns
                        y0, y1, fy, inside_y = between(down * cos - right * sin + middle_y, x.shape[2])
                        x0, x1, fx, inside_x = between(right * cos + down * sin + middle_x, x.shape[3])
                        if not (inside_y and inside_x):
                            continue
                        for c in range(y.shape[1]):
                            plane = x[image, c]
                            upper = (1 - fx) * plane[y0, x0] + fx * plane[y0, x1]
                            lower = (1 - fx) * plane[y1, x0] + fx * plane[y1, x1]
                            y[r, c, v, u] += ((1 - fy) * upper + fy * lower) / (rows * columns)
