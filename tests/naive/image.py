"""Twins of what is done to images on their way into a network."""

import numpy as np

from tests.naive.twin import twin, twin_gradient


@twin("_image_to_tensor")
def to_tensor(op, inputs, run):
    return [np.moveaxis(inputs["data"], -1, -3) / 255]


@twin_gradient("_image_to_tensor", "_image_flip_left_right", "_image_flip_top_bottom", "_image_adjust_lighting")
def head_in_order_of_memory(op, inputs, heads):
    return {"data": heads[0].reshape(inputs["data"].shape)}


@twin("_image_normalize")
def normalize(op, inputs, run):
    mean, std = (np.reshape(given, (-1, 1, 1)) for given in (op.mean, op.std))
    out = (inputs["data"] - mean) / std
    return [out if inputs["data"].dtype.kind == "f" else np.trunc(out)]


@twin("_image_crop")
def crop(op, inputs, run):
    return [inputs["data"][..., op.y : op.y + op.height, op.x : op.x + op.width, :]]


@twin("_image_flip_left_right")
def flip_left_right(op, inputs, run):
    return [np.fliplr(inputs["data"])]


@twin("_image_flip_top_bottom")
def flip_top_bottom(op, inputs, run):
    return [np.flipud(inputs["data"])]


@twin("_image_adjust_lighting")
def adjust_lighting(op, inputs, run):
    data = inputs["data"]
    if data.shape[2] == 1:
        return [data]
    vectors = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
    out = data + vectors @ (np.array([55.46, 4.794, 1.148]) * op.alpha)
    return [out if data.dtype.kind == "f" else np.trunc(np.clip(out, 0, 255))]


@twin("_image_resize")
def resize(op, inputs, run):
    data = inputs["data"]
    (h, w), (width, height) = data.shape[-3:-1], (op.size * 2)[:2]
    if op.keep_ratio and len(op.size) == 1:
        width, height = (op.size[0], h * op.size[0] // w) if h > w else (w * op.size[0] // h, op.size[0])
    enlarged = height > h or width > w
    out = np.einsum("...hwc,ih,jw->...ijc", data, shares(op, h, height, enlarged), shares(op, w, width, enlarged))
    return [out if data.dtype.kind == "f" else np.clip(np.floor(out + 0.5), 0, 255)]


def shares(op, size, new, enlarged):
    """The matrix (new, size) of each new pixel's shares of the old ones."""
    made = np.zeros((new, size))
    for i in range(new):
        middle = (i + 0.5) * size / new - 0.5
        start, stop = i * size / new, (i + 1) * size / new
        if op.interp == 0:
            made[i, int(start)] = 1
        elif op.interp == 3 and not enlarged:
            made[i] = [max(0, min(k + 1, stop) - max(k, start)) for k in range(size)]
        elif op.interp == 3:  # what the new pixel covers of the next one
            first, width = int(start), stop - start
            rest = max(0.0, (stop - first - 1) / width) % 1
            made[i, first] += 1 - rest
            made[i, min(first + 1, size - 1)] += rest
        else:
            for k in range(int(np.floor(middle)) - 5, int(np.floor(middle)) + 7):
                made[i, min(max(k, 0), size - 1)] += KERNELS[op.interp](abs(k - middle))
    return made / made.sum(axis=1, keepdims=True)


def cubic(t, a=-0.75):
    if t <= 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    return a * (t**3 - 5 * t**2 + 8 * t - 4) if t < 2 else 0


KERNELS = {1: lambda t: max(0, 1 - t), 2: cubic, 4: lambda t: np.sinc(t) * np.sinc(t / 4) if t < 4 else 0}
