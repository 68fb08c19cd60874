"""Twins of position-sensitive pooling, and of regions that are turned: a bin at a time."""

import numpy as np

from tests.naive.deform import interpolated
from tests.naive.twin import twin


def rounded(x):
    return np.copysign(np.floor(abs(x) + 0.5), x)


def extent(region, axis, scale, half=0.0):
    start = rounded(region[1 + axis]) * scale - half
    return start, max((rounded(region[3 + axis]) + 1) * scale - half - start, 0.1)


def part(data, region, op, c, v, u):
    n, groups = op.pooled_size, op.group_size or op.pooled_size
    return data[int(region[0]), (c * groups + v * groups // n) * groups + u * groups // n]


def bin_cells(region, axis, op, place, limit):
    start, size = extent(region, axis, op.spatial_scale)
    first, stop = np.floor(start + place * size / op.pooled_size), np.ceil(start + (place + 1) * size / op.pooled_size)
    return slice(int(np.clip(first, 0, limit)), int(np.clip(stop, 0, limit)))


@twin("_contrib_PSROIPooling")
def psroi(op, inputs, run):
    data, rois = inputs["data"], inputs["rois"]
    made = np.zeros((len(rois), op.output_dim, op.pooled_size, op.pooled_size))
    for r, c, v, u in np.ndindex(*made.shape):
        cells = part(data, rois[r], op, c, v, u)[
            bin_cells(rois[r], 1, op, v, data.shape[2]), bin_cells(rois[r], 0, op, u, data.shape[3])
        ]
        made[r, c, v, u] = cells.mean() if cells.size else 0
    return [made]


@twin("_contrib_DeformablePSROIPooling")
def deformable_psroi(op, inputs, run):
    data, rois, n = inputs["data"], inputs["rois"], op.pooled_size
    parts, (h, w) = op.part_size or n, data.shape[2:]
    trans = inputs.get("trans", np.zeros((len(rois), 2, parts, parts)))
    made = np.zeros((len(rois), op.output_dim, n, n))
    for r, c, v, u in np.ndindex(*made.shape):
        kind = 2 * (c // (op.output_dim // (trans.shape[1] // 2)))
        places = []
        for axis, at in ((0, u), (1, v)):
            start, size = extent(rois[r], axis, op.spatial_scale, 0.5)
            shift = trans[r, kind + axis, v * parts // n, u * parts // n] * op.trans_std * size
            places.append([start + at * size / n + shift + k * size / n / op.sample_per_part
                           for k in range(op.sample_per_part)])  # fmt: skip
        plane = part(data, rois[r], op, c, v, u)
        found = [interpolated(plane, np.clip(y, 0, h - 1), np.clip(x, 0, w - 1), True)
                 for y in places[1] if -0.5 <= y <= h - 0.5 for x in places[0] if -0.5 <= x <= w - 0.5]  # fmt: skip
        made[r, c, v, u] = np.mean(found) if found else 0
    return [made]


@twin("_contrib_RROIAlign")
def rroi_align(op, inputs, run):
    data, rois, (rows, columns) = inputs["data"], inputs["rois"], op.pooled_size
    made = np.zeros((len(rois), data.shape[1], rows, columns))
    for r, c, v, u in np.ndindex(*made.shape):
        image, x, y, w, h, degrees = rois[r]
        w, h = max(w * op.spatial_scale, 1), max(h * op.spatial_scale, 1)
        along = [op.sampling_ratio if op.sampling_ratio > 0 else int(np.ceil(k)) for k in (h / rows, w / columns)]
        for i, j in np.ndindex(*along):
            down = (v + (i + 0.5) / along[0]) * h / rows - h / 2
            right = (u + (j + 0.5) / along[1]) * w / columns - w / 2
            turn = np.exp(-1j * np.pi * degrees / 180) * (right + 1j * down)
            at_x, at_y = turn.real + x * op.spatial_scale, turn.imag + y * op.spatial_scale
            if -1 <= at_y <= data.shape[2] and -1 <= at_x <= data.shape[3]:
                at_y, at_x = np.clip(at_y, 0, data.shape[2] - 1), np.clip(at_x, 0, data.shape[3] - 1)
                made[r, c, v, u] += interpolated(data[int(image), c], at_y, at_x, True) / along[0] / along[1]
    return [made]
