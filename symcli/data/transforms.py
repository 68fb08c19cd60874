"""Transforms of one example's array: MXNet's ``gluon.data.vision.transforms``, as a job names them.

Images are (height, width, channels) until ``to_tensor`` makes them (channels, height, width), float32. All random
choices are drawn from (seed, epoch, number of the example) alone, so that neither threads nor a resume change them.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from symcli import kernels
from symcli.errors import MXNetError, ParamError, ShapeError
from symcli.params import Parameters, param

__all__ = ["LARGEST", "TRANSFORMS", "Transform", "apply", "apply_with_boxes", "boxes_in", "draws", "resized",
           "width_and_height"]  # fmt: skip

TRANSFORMS: dict[str, type["Transform"]] = {}

Array = np.ndarray
Draws = np.random.Generator

LARGEST = 1 << 16  # pixels along a side
SIZE = "(width, height), or one number for both"
INTERPOLATION = "how sizes are changed: 0 the nearest pixel, 1 linear, 2 cubic, 3 the mean of the area, 4 Lanczos"
# How much of red, green and blue makes grey (ITU-R BT.601), as in MXNet.
GREY = np.array([0.299, 0.587, 0.114], np.float32)


class Transform(Parameters):
    """A function of an array whose fields are its parameters; defining a child registers it by its name."""

    name: ClassVar[str] = ""
    random: ClassVar[bool] = False

    def __init_subclass__(cls, name: str = "", **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if not name:
            return
        if name in TRANSFORMS:
            raise MXNetError(f"transform {name!r} is taken by {TRANSFORMS[name].__name__}; choose another name")
        cls.name, TRANSFORMS[name] = name, cls

    def __call__(self, array: Array, draw: Draws) -> Array:
        raise NotImplementedError(f"{type(self).__name__} does not say what it does: define __call__")

    def with_boxes(self, array: Array, boxes: Array, draw: Draws) -> tuple[Array, Array]:
        """Return an image and its boxes after the transform; one that moves pixels defines this.

        Boxes are rows of class and corners (x1, y1, x2, y2) in parts of the image, and what else follows.
        """
        return self(array, draw), boxes

    def image(self, array: Array) -> Array:
        """Return an image as (height, width, channels).

        Raises
        ------
        ShapeError
            If the array is none.
        """
        if array.ndim == 2:
            return array[:, :, None]
        if array.ndim != 3:
            raise ShapeError(f"{self.name}: the array is {array.shape}; needs an image (height, width, channels)")
        return array


def draws(seed: int, epoch: int, index: int) -> Draws:
    """Return the random numbers of an example in an epoch: one stream of Philox for each."""
    key = np.array([seed, epoch], np.uint64)
    return np.random.Generator(np.random.Philox(counter=[0, 0, 0, index], key=key))


def apply(transforms: Iterable[Transform], array: Array, seed: int = 0, epoch: int = 0, index: int = 0) -> Array:
    """Return an example's array after all transforms, in order.

    Raises
    ------
    MXNetError
        If the array does not fit one of them.
    """
    draw = draws(seed, epoch, index)
    for transform in transforms:
        array = transform(array, draw)
    return array


def apply_with_boxes(transforms: Iterable[Transform], array: Array, boxes: Array, seed: int = 0, epoch: int = 0,
                     index: int = 0) -> tuple[Array, Array]:  # fmt: skip
    """Return an example's image and boxes after all transforms, in order.

    Raises
    ------
    MXNetError
        If the image does not fit one of them.
    """
    draw = draws(seed, epoch, index)
    for transform in transforms:
        array, boxes = transform.with_boxes(array, boxes, draw)
    return array, boxes


def boxes_in(boxes: Array, left: float, top: float, width: float, height: float) -> Array:
    """Return the boxes of a part of an image, all in parts: those whose centre is inside, cut at its edges.

    The part may reach beyond the image.
    """
    origin, size = np.array([left, top] * 2), np.array([width, height] * 2)
    corners = (boxes[:, 1:5] - origin) / size
    middle = (corners[:, :2] + corners[:, 2:]) / 2
    inside = ((middle > 0) & (middle < 1)).all(1)
    moved = boxes[inside]
    moved[:, 1:5] = corners[inside].clip(0, 1)
    return moved


def width_and_height(size: Sequence[int]) -> tuple[int, int]:
    """Return a size as a pair; one number stands for both.

    Raises
    ------
    ParamError
        If it has neither one nor two numbers.
    """
    if len(size) not in (1, 2):
        raise ParamError(f"size={list(size)} has {len(size)} numbers; needs (width, height), or one number")
    return size[0], size[-1]


def resized(image: Array, size: tuple[int, int], interpolation: int = 1) -> Array:
    """Return an image of another size (width, height), as OpenCV makes it; integers are rounded."""
    height, width, channels = image.shape
    columns, rows = size
    if (columns, rows) == (width, height):
        return image
    # OpenCV enlarges by shares where the mean of areas is asked for.
    interp = 5 if interpolation == 3 and (rows > height or columns > width) else interpolation
    wide = np.empty((height, columns, channels), np.float32)
    kernels.image.resample(np.ascontiguousarray(image), interp, wide)
    made = np.empty((1, rows, columns * channels), np.float32)
    kernels.image.resample(wide.reshape(1, height, -1), interp, made)
    made = made.reshape(rows, columns, channels)
    return made.astype(image.dtype, copy=False) if image.dtype.kind == "f" else _cut(np.floor(made + 0.5), image.dtype)


def _cut(values: Array, dtype: np.dtype) -> Array:
    """Return numbers in an element type; integers are cut off at its bounds, and their fractions dropped."""
    if dtype.kind != "f":
        values = values.clip(np.iinfo(dtype).min, np.iinfo(dtype).max)
    return values.astype(dtype)


class ToTensor(Transform, name="to_tensor"):
    """(height, width, channels) to (channels, height, width), float32, divided by the largest pixel value."""

    max_value: float = param(255.0, gt=0, doc="the pixel value that becomes 1")

    def __call__(self, array: Array, draw: Draws) -> Array:
        return np.ascontiguousarray(self.image(array).transpose(2, 0, 1), np.float32) / np.float32(self.max_value)


class Normalize(Transform, name="normalize"):
    """(array - mean) / std, along the first axis: the channels after ``to_tensor``."""

    mean: tuple[float, ...] = param(doc="what is taken off, one number for each channel or one for all")
    std: tuple[float, ...] = param((1.0,), gt=0, doc="what is divided by, one number for each channel or one for all")

    def __call__(self, array: Array, draw: Draws) -> Array:
        for what, numbers in (("mean", self.mean), ("std", self.std)):
            if len(numbers) not in (1, len(array) if array.ndim else 1):
                raise ShapeError(
                    f"normalize: {what} has {len(numbers)} numbers for the array {array.shape}; needs one, or one for "
                    "each entry of the first axis: to_tensor makes that the channels"
                )
        axes = (-1, *[1] * (array.ndim - 1))
        mean, std = (np.array(one, np.float32).reshape(axes) for one in (self.mean, self.std))
        return (array.astype(np.float32, copy=False) - mean) / std


class Resize(Transform, name="resize"):
    """An image of another size."""

    size: tuple[int, ...] = param(ge=1, le=LARGEST, doc=SIZE)
    keep_ratio: bool = param(False, doc="with one number: make it the shorter side, and keep the ratio")
    interpolation: int = param(1, choices=(0, 1, 2, 3, 4), doc=INTERPOLATION)

    def __post_init__(self) -> None:
        width_and_height(self.size)

    def __call__(self, array: Array, draw: Draws) -> Array:
        image = self.image(array)
        size = width_and_height(self.size)
        if self.keep_ratio and len(self.size) == 1:
            height, width = image.shape[:2]
            side = self.size[0]
            size = (side, height * side // width) if height > width else (width * side // height, side)
        return resized(image, size, self.interpolation)


class _Crop(Transform):
    """A part of an image; an image too small is enlarged, as in MXNet. Boxes whose centre is outside are left out."""

    size: tuple[int, ...] = param(ge=1, le=LARGEST, doc=SIZE)
    interpolation: int = param(1, choices=(0, 1, 2, 3, 4), doc=INTERPOLATION)

    def __post_init__(self) -> None:
        width_and_height(self.size)

    def part(self, image: Array) -> tuple[int, int]:
        """Return the (width, height) that is cut out: the size itself, or less with the same ratio."""
        width, height = width_and_height(self.size)
        if image.shape[0] < height:
            width, height = int(width * image.shape[0] / height), image.shape[0]
        if image.shape[1] < width:
            width, height = image.shape[1], int(height * image.shape[1] / width)
        return max(width, 1), max(height, 1)

    def place(self, image: Array, draw: Draws) -> tuple[int, int, int, int]:
        """Return (left, top, width, height) of what is cut out."""
        raise NotImplementedError(f"{type(self).__name__} does not say where it cuts: define place")

    def around(self, image: Array) -> Array:
        return image

    def __call__(self, array: Array, draw: Draws) -> Array:
        return self.with_boxes(array, np.empty((0, 5), np.float32), draw)[0]

    def with_boxes(self, array: Array, boxes: Array, draw: Draws) -> tuple[Array, Array]:
        before = self.image(array)
        image = self.around(before)
        left, top, width, height = self.place(image, draw)
        found = resized(image[top : top + height, left : left + width], width_and_height(self.size), self.interpolation)
        if len(boxes):
            (rows, columns), more = before.shape[:2], (image.shape[0] - before.shape[0]) // 2
            boxes = boxes_in(boxes, (left - more) / columns, (top - more) / rows, width / columns, height / rows)
        return found, boxes


class CenterCrop(_Crop, name="center_crop"):
    """The middle of an image; one too small is enlarged."""

    def place(self, image: Array, draw: Draws) -> tuple[int, int, int, int]:
        width, height = self.part(image)
        return (image.shape[1] - width) // 2, (image.shape[0] - height) // 2, width, height


class RandomCrop(_Crop, name="random_crop"):
    """A part of an image at a random place, after padding; an image too small is enlarged."""

    pad: int = param(0, ge=0, le=LARGEST, doc="how many pixels are put around the image first")
    pad_value: int = param(0, doc="the value of those pixels")

    random = True

    def around(self, image: Array) -> Array:
        if not self.pad:
            return image
        sides = (self.pad, self.pad)
        return np.pad(image, (sides, sides, (0, 0)), constant_values=self.pad_value)

    def place(self, image: Array, draw: Draws) -> tuple[int, int, int, int]:
        width, height = self.part(image)
        left = int(draw.integers(0, image.shape[1] - width + 1))
        return left, int(draw.integers(0, image.shape[0] - height + 1)), width, height


class _RandomFlip(Transform):
    """An image mirrored with a probability."""

    p: float = param(0.5, ge=0, le=1, doc="the probability")

    random = True
    axis: ClassVar[int]

    def __call__(self, array: Array, draw: Draws) -> Array:
        return self.with_boxes(array, np.empty((0, 5), np.float32), draw)[0]

    def with_boxes(self, array: Array, boxes: Array, draw: Draws) -> tuple[Array, Array]:
        image = self.image(array)
        if draw.random() >= self.p:
            return image, boxes
        low, high = (1, 3) if self.axis == 1 else (2, 4)
        moved = boxes.copy()
        moved[:, low], moved[:, high] = 1 - boxes[:, high], 1 - boxes[:, low]
        return np.flip(image, self.axis), moved


class RandomFlipLeftRight(_RandomFlip, name="random_flip_left_right"):
    """An image mirrored left to right with a probability."""

    axis = 1


class RandomFlipTopBottom(_RandomFlip, name="random_flip_top_bottom"):
    """An image mirrored top to bottom with a probability."""

    axis = 0


class _Jitter(Transform):
    """An image blended with another by a random factor in [max(0, 1 - range), 1 + range]."""

    random = True

    def blended(self, array: Array, draw: Draws, width: float) -> Array:
        image = self.image(array)
        factor = np.float32(draw.uniform(max(0.0, 1 - width), 1 + width))
        values = image.astype(np.float32)
        return _cut(values * factor + (1 - factor) * self.other(values), image.dtype)

    def other(self, values: Array) -> Any:
        return np.float32(0)

    def grey(self, values: Array) -> Array:
        """Return how light each pixel is."""
        if values.shape[2] not in (1, 3):
            raise ShapeError(f"{self.name}: the image is {values.shape}; needs 1 or 3 channels, before to_tensor")
        return values @ GREY if values.shape[2] == 3 else values[:, :, 0]


class RandomBrightness(_Jitter, name="random_brightness"):
    """An image times a random factor."""

    brightness: float = param(ge=0, doc="the factor is in [max(0, 1 - brightness), 1 + brightness]")

    def __call__(self, array: Array, draw: Draws) -> Array:
        return self.blended(array, draw, self.brightness)


class RandomContrast(_Jitter, name="random_contrast"):
    """An image blended with the mean of its greys."""

    contrast: float = param(ge=0, doc="the image's share is in [max(0, 1 - contrast), 1 + contrast]")

    def __call__(self, array: Array, draw: Draws) -> Array:
        return self.blended(array, draw, self.contrast)

    def other(self, values: Array) -> Any:
        return self.grey(values).mean(dtype=np.float64).astype(np.float32)


class RandomSaturation(_Jitter, name="random_saturation"):
    """An image blended with its grey version, as ``mx.image.SaturationJitterAug`` does it.

    MXNet 1.9.1's gluon transform takes a share of blue alone for grey, unlike its own formula.
    """

    saturation: float = param(ge=0, doc="the image's share is in [max(0, 1 - saturation), 1 + saturation]")

    def __call__(self, array: Array, draw: Draws) -> Array:
        return self.blended(array, draw, self.saturation)

    def other(self, values: Array) -> Any:
        return self.grey(values)[:, :, None]
