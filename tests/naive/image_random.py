"""Twins of the random changes of images: the same random numbers, colours by way of the standard library."""

import colorsys
import math

import numpy as np

from symcli.ops.image import DIRECTIONS, SIZES
from tests.naive.image import head_in_order_of_memory
from tests.naive.random import stream
from tests.naive.twin import twin, twin_gradient

GREY = np.array([0.299, 0.587, 0.114])


def changed(image, kind, amount):
    colour = image.shape[2] == 3
    if kind == 0:
        return image * amount
    if kind == 1:
        return image * amount + (1 - amount) * (image @ GREY if colour else image).mean()
    if not colour:
        return image
    if kind == 2:
        return image * amount + (1 - amount) * GREY[2] * image[..., 2:]
    made = np.empty_like(image)
    for place in np.ndindex(*image.shape[:2]):
        hue, light, saturation = colorsys.rgb_to_hls(*image[place] / 255)
        made[place] = 255 * np.array(colorsys.hls_to_rgb(hue + amount, light, saturation))
    return made


@twin(*(f"_image_random_{kind}" for kind in ("brightness", "contrast", "saturation", "hue", "color_jitter")))
def adjusted(op, inputs, run):
    own, changes = stream(run), op.changes()
    order = []
    for k in range(len(changes)):
        j = int(own.unit(8 + k) * (k + 1)) if len(changes) > 1 else k
        order.append(k)
        order[k], order[j] = order[j], k
    image = inputs["data"].astype(np.float64)
    for k in order:
        kind, low, high = changes[k]
        image = changed(image, kind, low + (high - low) * own.unit(k))
        if inputs["data"].dtype.kind == "u":
            image = np.floor(np.clip(image, 0, 255))
    return [image]


@twin("_image_random_lighting")
def lighting(op, inputs, run):
    own = stream(run)
    alpha = [op.alpha_std * own.bell(2 * k) for k in range(3)]
    if inputs["data"].shape[2] == 1:
        return [inputs["data"]]
    return [inputs["data"] + [math.fsum(a * s * d for a, s, d in zip(alpha, SIZES, row, strict=True))
                              for row in DIRECTIONS]]  # fmt: skip


@twin("_image_random_flip_left_right", "_image_random_flip_top_bottom")
def flipped(op, inputs, run):
    turn = np.fliplr if op.name.endswith("right") else np.flipud
    return [inputs["data"] if stream(run).unit(0) < 0.5 else turn(inputs["data"])]


twin_gradient(
    *(f"_image_random_{kind}" for kind in ("brightness", "contrast", "saturation", "hue", "color_jitter", "lighting",
                                           "flip_left_right", "flip_top_bottom"))
)(head_in_order_of_memory)  # fmt: skip
