"""Windows of an image whose elements are moved by offsets, laid out as columns, and back again.

Images are (c, h, w), columns (c * kh * kw, oh, ow). Offsets are (groups, kh * kw, 2, oh, ow), down and then right, in
cells; the channels are cut into ``groups``. A mask (groups, kh * kw, oh, ow) scales each element. Between cells
images are interpolated. With ``soft`` edges an image fades to 0 within one cell outside of it; without, what lies
before its first cell or from its size on is 0, and what lies behind its last cell is that cell.
"""

import numpy as np

from symcli.kernels.jit import function, ordered_kernel

__all__ = ["columns", "columns_grad", "image_grad"]


@function
def _cells(at, size, soft):
    """The cells before and behind a place, the part of the second, whether the place is in reach; -1: no cell."""
    if soft:
        if not -1 < at < size:  # nor is NaN
            return -1, -1, 0.0, False
        low = int(np.floor(at))
        return low, (low + 1 if low + 1 < size else -1), at - low, True
    if not 0 <= at < size:
        return -1, -1, 0.0, False
    low = int(at)
    if low >= size - 1:
        return size - 1, -1, 0.0, True
    return low, low + 1, at - low, True


@function
def _at(image, y, x):
    return image[y, x] if y >= 0 and x >= 0 else image.dtype.type(0)


@function
def _source(offset, group, tap, y, v, kw, sh, sw, lh, lw, ph, pw, h, w, soft):
    """The cells that element (y, v) of a tap reads, as of _cells: of the rows, of the columns, whether in reach."""
    at_y = y * sh + tap // kw * lh - ph + offset[group, tap, 0, y, v]
    at_x = v * sw + tap % kw * lw - pw + offset[group, tap, 1, y, v]
    y0, y1, fy, inside_y = _cells(at_y, h, soft)
    x0, x1, fx, inside_x = _cells(at_x, w, soft)
    return y0, y1, fy, x0, x1, fx, inside_y and inside_x


@ordered_kernel
def columns(x, offset, mask, kh, kw, sh, sw, lh, lw, ph, pw, soft, col):
    """col[(c, i, j), y, v] = mask times x[c] at (y sh + i lh - ph, v sw + j lw - pw), moved by the offset there."""
    channels = x.shape[0] // offset.shape[0]
    for row in range(col.shape[0]):
        c, tap = row // (kh * kw), row % (kh * kw)
        group = c // channels
        for y in range(col.shape[1]):
            for v in range(col.shape[2]):
                y0, y1, fy, x0, x1, fx, inside = _source(
                    offset, group, tap, y, v, kw, sh, sw, lh, lw, ph, pw, x.shape[1], x.shape[2], soft
                )
                if not inside:
                    col[row, y, v] = 0
                    continue
                upper = (1 - fx) * _at(x[c], y0, x0) + fx * _at(x[c], y0, x1)
                lower = (1 - fx) * _at(x[c], y1, x0) + fx * _at(x[c], y1, x1)
                col[row, y, v] = mask[group, tap, y, v] * ((1 - fy) * upper + fy * lower)


@ordered_kernel
def image_grad(g, offset, mask, kh, kw, sh, sw, lh, lw, ph, pw, soft, gx):
    """gx += each g[row, y, v] spread over the cells that columns read for it, by their weights."""
    channels = gx.shape[0] // offset.shape[0]
    for row in range(g.shape[0]):
        c, tap = row // (kh * kw), row % (kh * kw)
        group = c // channels
        for y in range(g.shape[1]):
            for v in range(g.shape[2]):
                y0, y1, fy, x0, x1, fx, inside = _source(
                    offset, group, tap, y, v, kw, sh, sw, lh, lw, ph, pw, gx.shape[1], gx.shape[2], soft
                )
                if not inside:
                    continue
                share = g[row, y, v] * mask[group, tap, y, v]
                for cell_y, part_y in ((y0, 1 - fy), (y1, fy)):
                    for cell_x, part_x in ((x0, 1 - fx), (x1, fx)):
                        if cell_y >= 0 and cell_x >= 0:
                            gx[c, cell_y, cell_x] += share * part_y * part_x


@ordered_kernel
def columns_grad(g, x, offset, mask, kh, kw, sh, sw, lh, lw, ph, pw, soft, goffset, gmask):
    """The gradients of offset and mask: by how much columns change with the places, and with what scales them."""
    goffset[:] = 0
    gmask[:] = 0
    channels = x.shape[0] // offset.shape[0]
    for row in range(g.shape[0]):
        c, tap = row // (kh * kw), row % (kh * kw)
        group = c // channels
        for y in range(g.shape[1]):
            for v in range(g.shape[2]):
                y0, y1, fy, x0, x1, fx, inside = _source(
                    offset, group, tap, y, v, kw, sh, sw, lh, lw, ph, pw, x.shape[1], x.shape[2], soft
                )
                if not inside:
                    continue
                v00, v01 = _at(x[c], y0, x0), _at(x[c], y0, x1)
                v10, v11 = _at(x[c], y1, x0), _at(x[c], y1, x1)
                head, scale = g[row, y, v], mask[group, tap, y, v]
                value = (1 - fy) * ((1 - fx) * v00 + fx * v01) + fy * ((1 - fx) * v10 + fx * v11)
                gmask[group, tap, y, v] += head * value
                if soft or y1 >= 0:  # at a hard edge the last cell goes on unchanged
                    goffset[group, tap, 0, y, v] += head * scale * ((1 - fx) * (v10 - v00) + fx * (v11 - v01))
                if soft or x1 >= 0:
                    goffset[group, tap, 1, y, v] += head * scale * ((1 - fy) * (v01 - v00) + fy * (v11 - v10))
