"""Boxes: overlap, non-maximum suppression, matching, and the coding of boxes as offsets from anchors.

A box is four numbers: its corners (x1, y1, x2, y2), or its centre and size (x, y, w, h).
"""

import numpy as np

from symcli.kernels.jit import function, kernel
from symcli.kernels.order import sort_places

__all__ = ["copy", "corners", "decode", "encode", "intersection", "iou", "match", "nms", "nms_grad", "suppress"]


@function
def copy(source, target):
    """target[i] = source[i] for as many as target has.

    Numba's assignment of one array to a slice of another compiles the text of its error message too, for a second.
    """
    for i in range(target.size):
        target[i] = source[i]


@function
def corners(box, center):
    """The corners of a box of four numbers."""
    if not center:
        return box[0], box[1], box[2], box[3]
    half = box.dtype.type(0.5)
    w, h = box[2] * half, box[3] * half
    return box[0] - w, box[1] - h, box[0] + w, box[1] + h


@function
def intersection(ax1, ay1, ax2, ay2, bx1, by1, bx2, by2, pixel):
    """The area that two boxes share, ``pixel`` (0 or 1) added to its width and height; 0 if they are apart."""
    w, h = min(ax2, bx2) - max(ax1, bx1) + pixel, min(ay2, by2) - max(ay1, by1) + pixel
    return w * h if w > 0 and h > 0 else pixel - pixel


@function
def _area(box, center):
    """The area of a box; 0 for a negative width or height."""
    w, h = (box[2], box[3]) if center else (box[2] - box[0], box[3] - box[1])
    return box.dtype.type(0) if w < 0 or h < 0 else w * h


@kernel
def iou(a, b, center, out):
    """out[i, j] = shared area of boxes a[i] and b[j] / area of both together, 0 if they are apart; (n, 4), (m, 4)."""
    pixel = out.dtype.type(0)
    for i in range(a.shape[0]):
        x1, y1, x2, y2 = corners(a[i], center)
        area = _area(a[i], center)
        for j in range(b.shape[0]):
            bx1, by1, bx2, by2 = corners(b[j], center)
            shared = intersection(x1, y1, x2, y2, bx1, by1, bx2, by2, pixel)
            out[i, j] = shared / (area + _area(b[j], center) - shared) if shared > 0 else pixel


@function
def suppress(box, label, n, most, threshold, pixel, grouped, spare, kept):
    """Keep each of n boxes that no better kept one of its label overlaps by more than threshold.

    box (>= n, 5) holds corners and areas, the best first; label, grouped, spare and kept (>= n,), of which grouped
    and spare are lost. Once ``most`` are kept, none of the others is. Returns how many are kept.
    """
    # Boxes are compared within their label only: 20 labels of 8,732 boxes take 6 ms, all pairs of boxes 98 ms.
    sort_places(label, n, False, grouped, spare)
    kept[:n] = 1
    count = 0
    for a in range(n):
        i = grouped[a]
        if not kept[i]:
            continue
        if count == most:
            kept[i] = 0
            continue
        count += 1
        x1, y1, x2, y2, area = box[i, 0], box[i, 1], box[i, 2], box[i, 3], box[i, 4]
        for j in grouped[a + 1 : n]:
            if label[j] != label[i]:
                break
            if kept[j]:
                shared = intersection(x1, y1, x2, y2, box[j, 0], box[j, 1], box[j, 2], box[j, 3], pixel)
                if shared / (area + box[j, 4] - shared) > threshold:
                    kept[j] = 0
    return count


@function
def _candidates(row, score, valid, group, background, key, place):
    """Collect the rows with a score above ``valid`` that are not background; return how many."""
    n = 0
    for i in range(row.shape[0]):
        if row[i, score] > valid and (group < 0 or int(row[i, group]) != background):
            key[n], place[n] = row[i, score], i
            n += 1
    return n


@function
def _recode(box, center):
    """Turn corners into centre and size, or back; a box whose first number is negative stays, as in MXNet."""
    half = box.dtype.type(0.5)
    if box[0] < 0:
        return
    if center:
        x1, y1, x2, y2 = box[0], box[1], box[2], box[3]
        box[0], box[1], box[2], box[3] = (x1 + x2) * half, (y1 + y2) * half, x2 - x1, y2 - y1
    else:
        box[0], box[1], box[2], box[3] = corners(box, True)


@kernel
def nms(data, overlap, valid, topk, first, score, group, background, force, center, center_out,
        key, place, order, spare, grouped, box, label, kept, record, out):  # fmt: skip
    """Non-maximum suppression of the rows (n, w) of each data[b]: out[b] holds the kept ones, then -1.

    A row has its box from column ``first`` on, its score in column ``score``, its class in column ``group``
    (-1: none). The ``topk`` best of those with a score above ``valid`` take part. record[b, i] = the row of
    data[b] that out[b, i] is, or -1. key, place, order, spare, grouped, label, kept (n,) and box (n, 5) are lost.
    """
    pixel = data.dtype.type(0)
    out[:] = -1
    record[:] = -1
    for b in range(data.shape[0]):
        row = data[b]
        n = _candidates(row, score, valid, group, background, key, place)
        sort_places(key, n, True, order, spare)
        n = min(n, topk)
        for i in range(n):
            one = row[place[order[i]]]
            corner = one[first : first + 4]
            box[i, 0], box[i, 1], box[i, 2], box[i, 3] = corners(corner, center)
            box[i, 4] = _area(corner, center)
            label[i] = 0 if force or group < 0 else int(one[group])
        suppress(box, label, n, n, overlap, pixel, grouped, spare, kept)
        count = 0
        for i in range(n):
            if kept[i]:
                record[b, count] = place[order[i]]
                copy(row[place[order[i]]], out[b, count])
                if center != center_out:
                    _recode(out[b, count, first : first + 4], center_out)
                count += 1


@kernel
def nms_grad(g, record, gx):
    """gx[b, record[b, i]] = g[b, i], else 0; g, gx (batch, n, w), record (batch, n)."""
    gx[:] = 0
    for b in range(g.shape[0]):
        for i in range(g.shape[1]):
            if record[b, i] >= 0:
                copy(g[b, i], gx[b, record[b, i]])


@kernel
def match(score, columns, ascend, threshold, most, order, spare, row, column):
    """Pair rows and columns of each score[b] (n * columns,), the best score first, each at most once.

    row[b, i] = the column of row i, column[b, j] = the row of column j, -1 without one. Scores must be above
    the threshold (below, with ``ascend``); ``most`` pairs are made. order and spare (n * columns,) are lost.
    """
    row[:] = -1
    column[:] = -1
    for b in range(score.shape[0]):
        sort_places(score[b], score.shape[1], not ascend, order, spare)
        pairs = 0
        for place in order:
            i, j = place // columns, place % columns
            if row[b, i] != -1 or column[b, j] != -1:
                continue
            value = score[b, place]
            if pairs == most or not (value < threshold if ascend else value > threshold):
                break
            row[b, i], column[b, j] = j, i
            pairs += 1


@kernel
def encode(sample, match, anchor, ref, mean, std, target, mask):
    """Offsets of the boxes that anchors are matched with, where sample[b, i] > 0.5, else 0; mask is 1 or 0.

    target[b, i] = ((x - ax) / aw, (y - ay) / ah, log(w / aw), log(h / ah)), minus mean, over std.
    sample and match (batch, n), anchor, target, mask (batch, n, 4), ref (batch, m, 4), mean and std (4,).
    """
    half = target.dtype.type(0.5)
    for b in range(sample.shape[0]):
        for i in range(sample.shape[1]):
            taken = sample[b, i] > 0.5
            mask[b, i] = taken
            if not taken:
                target[b, i] = 0
                continue
            box, base = ref[b, min(max(int(match[b, i]), 0), ref.shape[1] - 1)], anchor[b, i]
            for axis in range(2):
                size, base_size = box[2 + axis] - box[axis], base[2 + axis] - base[axis]
                shift = box[axis] + size * half - (base[axis] + base_size * half)
                target[b, i, axis] = (shift / base_size - mean[axis]) / std[axis]
                target[b, i, 2 + axis] = (np.log(size / base_size) - mean[2 + axis]) / std[2 + axis]


@kernel
def decode(offset, anchor, sx, sy, sw, sh, clip, center, out):
    """out[b, i] = corners of the box at offset[b, i] from anchor[i]; offset, out (batch, n, 4), anchor (n, 4).

    Its centre is anchor centre + offset s anchor size, its size exp(offset s) anchor size, the exponent at most
    ``clip`` if that is above 0.
    """
    half = out.dtype.type(0.5)
    for b in range(out.shape[0]):
        for i in range(out.shape[1]):
            for axis in range(2):
                base, size = anchor[i, axis], anchor[i, 2 + axis]
                if not center:
                    size -= base
                    base += size * half
                middle = offset[b, i, axis] * (sy if axis else sx) * size + base
                power = offset[b, i, 2 + axis] * (sh if axis else sw)
                if clip > 0 and power > clip:
                    power = clip
                reach = np.exp(power) * size * half
                out[b, i, axis], out[b, i, 2 + axis] = middle - reach, middle + reach
