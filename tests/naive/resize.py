"""Twins of what brings images to another size or form."""

import itertools

import numpy as np

from tests.naive.twin import twin


@twin("_contrib_BilinearResize2D")
def bilinear_resize(op, inputs, run):
    data = inputs["data"]
    sizes = [new_size(op, size, given, scale) for size, given, scale in
             zip(data.shape[2:], (op.height, op.width), (op.scale_height, op.scale_width), strict=True)]  # fmt: skip
    if op.mode == "like":
        sizes = inputs["like"].shape[2:]
    rows, columns = (interpolation(*pair, op.align_corners) for pair in zip(data.shape[2:], sizes, strict=True))
    return [np.einsum("nchw,ih,jw->ncij", data, rows, columns)]


def new_size(op, size, given, scale):
    if op.mode in ("like", "size"):
        return given if scale is None else int(size * scale)
    if op.mode == "odd_scale":
        return int((size - size % 2) * scale) + size % 2
    wanted = 1 if "odd" in op.mode else 0
    return size if size % 2 == wanted else size + (1 if op.mode.endswith("up") else -1)


def interpolation(size, new, align_corners):
    """The matrix (new, size) that interpolates between neighbours."""
    at = np.zeros(1)
    if new > 1:
        at = np.linspace(0, size - 1, new) if align_corners else (np.arange(new) + 0.5) * size / new - 0.5
    at = np.clip(at, 0, size - 1)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(size)))


@twin("_contrib_AdaptiveAvgPooling2D")
def adaptive_average(op, inputs, run):
    data = inputs["data"]
    sizes = {0: (1, 1), 1: op.output_size * 2, 2: op.output_size}[len(op.output_size)]
    out = np.zeros((*data.shape[:2], *sizes))
    for place in np.ndindex(*sizes):
        window = tuple(slice(int(np.floor(o * n / m)), int(np.ceil((o + 1) * n / m)))
                       for o, n, m in zip(place, data.shape[2:], sizes, strict=True))  # fmt: skip
        out[(..., *place)] = data[(..., *window)].mean(axis=(2, 3))
    return [out]


@twin("Crop")
def crop(op, inputs, run):
    data, *like = inputs.values()
    h, w = like[0].shape[2:] if like else op.h_w
    y, x = ((data.shape[2] - h) // 2, (data.shape[3] - w) // 2) if op.center_crop else op.offset
    return [data[:, :, y : y + h, x : x + w]]


def windows(op, image):
    """Yield (column, window) for each kernel element and window: the places of an image that im2col reads."""
    rank = len(op.kernel)
    stride, dilate, pad = op.stride or (1,) * rank, op.dilate or (1,) * rank, op.pad or (0,) * rank
    counts = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, d, p in
              zip(image, op.kernel, stride, dilate, pad, strict=True)]  # fmt: skip
    for (row, inside), (number, place) in itertools.product(enumerate(np.ndindex(*op.kernel)),
                                                            enumerate(np.ndindex(*counts))):  # fmt: skip
        at = tuple(o * s + i * d - p for o, s, i, d, p in zip(place, stride, inside, dilate, pad, strict=True))
        if all(0 <= a < n for a, n in zip(at, image, strict=True)):
            yield row, number, at


def form(op, image):
    rank = len(op.kernel)
    stride, dilate, pad = op.stride or (1,) * rank, op.dilate or (1,) * rank, op.pad or (0,) * rank
    counts = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, d, p in
              zip(image, op.kernel, stride, dilate, pad, strict=True)]  # fmt: skip
    return int(np.prod(op.kernel)), int(np.prod(counts))


@twin("im2col")
def im2col(op, inputs, run):
    data = inputs["data"]
    out = np.zeros((*data.shape[:2], *form(op, data.shape[2:])))
    for row, number, at in windows(op, data.shape[2:]):
        out[:, :, row, number] = data[(..., *at)]
    return [out.reshape(len(data), -1, out.shape[3])]


@twin("col2im")
def col2im(op, inputs, run):
    columns = inputs["data"].reshape(len(inputs["data"]), -1, *form(op, op.output_size))
    out = np.zeros((*columns.shape[:2], *op.output_size))
    for row, number, at in windows(op, op.output_size):
        out[(..., *at)] += columns[:, :, row, number]
    return [out]


@twin("depth_to_space")
def depth_to_space(op, inputs, run):
    data, b = inputs["data"], op.block_size
    n, c, h, w = data.shape
    out = np.zeros((n, c // b**2, h * b, w * b))
    for i, j in np.ndindex(b, b):
        out[:, :, i::b, j::b] = data[:, (i * b + j) * (c // b**2) :][:, : c // b**2]
    return [out]


@twin("space_to_depth")
def space_to_depth(op, inputs, run):
    data, b = inputs["data"], op.block_size
    return [np.concatenate([data[:, :, i::b, j::b] for i, j in np.ndindex(b, b)], axis=1)]
