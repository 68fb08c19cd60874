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

__all__ = ["LARGEST", "TRANSFORMS", "Transform", "apply", "draws", "resized", "width_and_height"]

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
    """A part of an image; an image too small is enlarged, as in MXNet."""

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

    def cut(self, image: Array, left: int, top: int, part: tuple[int, int]) -> Array:
        found = image[top : top + part[1], left : left + part[0]]
        return resized(found, width_and_height(self.size), self.interpolation)


class CenterCrop(_Crop, name="center_crop"):
    """The middle of an image; one too small is enlarged."""

    def __call__(self, array: Array, draw: Draws) -> Array:
        image = self.image(array)
        part = self.part(image)
        return self.cut(image, (image.shape[1] - part[0]) // 2, (image.shape[0] - part[1]) // 2, part)


class RandomCrop(_Crop, name="random_crop"):
    """A part of an image at a random place, after padding; an image too small is enlarged."""

    pad: int = param(0, ge=0, le=LARGEST, doc="how many pixels are put around the image first")
    pad_value: int = param(0, doc="the value of those pixels")

    random = True

    def __call__(self, array: Array, draw: Draws) -> Array:
        image = self.image(array)
        if self.pad:
            around = (self.pad, self.pad)
            image = np.pad(image, (around, around, (0, 0)), constant_values=self.pad_value)
        part = self.part(image)
        left = int(draw.integers(0, image.shape[1] - part[0] + 1))
        top = int(draw.integers(0, image.shape[0] - part[1] + 1))
        return self.cut(image, left, top, part)


class _RandomFlip(Transform):
    """An image mirrored with a probability."""

    p: float = param(0.5, ge=0, le=1, doc="the probability")

    random = True
    axis: ClassVar[int]

    def __call__(self, array: Array, draw: Draws) -> Array:
        image = self.image(array)
        return np.flip(image, self.axis) if draw.random() < self.p else image


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
