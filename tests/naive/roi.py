"""Twins of pooling over regions."""

import numpy as np

from tests.naive.twin import twin


def nearest(x):
    """The nearest integer, halves away from zero."""
    return int(np.sign(x) * np.floor(np.abs(x) + 0.5))


@twin("ROIPooling")
def roi_pooling(op, inputs, run):
    data, rois = inputs["data"], inputs["rois"]
    out = np.zeros((len(rois), data.shape[1], *op.pooled_size))
    for r, (image, *corners) in enumerate(rois):
        if not 0 <= image < len(data):
            continue
        left, top, right, bottom = (nearest(x * op.spatial_scale) for x in corners)
        for place in np.ndindex(*op.pooled_size):
            inside = []
            for o, n, first, last, limit in zip(place, op.pooled_size, (top, left), (bottom, right), data.shape[2:],
                                                strict=True):  # fmt: skip
                size = max(last - first + 1, 1)
                start, stop = first + o * size // n, first + -((o + 1) * size // -n)
                inside.append(slice(max(start, 0), max(min(stop, limit), 0)))
            window = data[int(image)][:, inside[0], inside[1]]
            if window.size:
                out[(r, slice(None), *place)] = np.fmax.reduce(window, axis=(1, 2), initial=np.finfo(np.float64).min)
    return [out]


def interpolated(image, y, x):
    """Read every channel of an image at a point between cells; 0 more than one cell outside."""
    height, width = image.shape[1:]
    if not (-1 <= y <= height and -1 <= x <= width):
        return np.zeros(len(image))
    y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    y0, x0 = int(y), int(x)
    y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
    upper = image[:, y0, x0] * (1 - x + x0) + image[:, y0, x1] * (x - x0)
    lower = image[:, y1, x0] * (1 - x + x0) + image[:, y1, x1] * (x - x0)
    return upper * (1 - y + y0) + lower * (y - y0)


@twin("_contrib_ROIAlign")
def roi_align(op, inputs, run):
    data, rois = inputs["data"], inputs["rois"]
    bins = int(np.prod(op.pooled_size))
    count = data.shape[1] // bins if op.position_sensitive else data.shape[1]
    out = np.zeros((len(rois), count, *op.pooled_size))
    for r, (image, *corners) in enumerate(rois):
        if not 0 <= image < len(data):
            continue
        corners = np.array(corners) * op.spatial_scale - (0.5 if op.aligned else 0)
        start, size = corners[1::-1], corners[:1:-1] - corners[1::-1]
        size = (size if op.aligned else np.maximum(size, 1)) / op.pooled_size
        samples = [op.sample_ratio] * 2 if op.sample_ratio > 0 else np.maximum(np.ceil(size), 0).astype(int)
        for i, place in enumerate(np.ndindex(*op.pooled_size)):
            read = data[int(image)][i::bins] if op.position_sensitive else data[int(image)]
            points = [start + size * (np.array(place) + (np.array(s) + 0.5) / samples) for s in np.ndindex(*samples)]
            if points:
                out[(r, slice(None), *place)] = np.mean([interpolated(read, *point) for point in points], axis=0)
    return [out]
