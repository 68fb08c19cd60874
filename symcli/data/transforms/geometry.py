"""Transforms of size and place: resized, cut out, mirrored."""

import math
from typing import ClassVar

import numpy as np

from symcli.data.transforms.base import (
    INTERPOLATION,
    LARGEST,
    SIZE,
    Array,
    Draws,
    Transform,
    boxes_in,
    resized,
    width_and_height,
)  # fmt: skip
from symcli.data.transforms.windows import Windows
from symcli.errors import ParamError
from symcli.params import param

__all__ = ["CenterCrop", "RandomCrop", "RandomFlipLeftRight", "RandomFlipTopBottom", "RandomResizedCrop", "Resize"]


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

    def part(self, rows: int, columns: int) -> tuple[int, int]:
        """Return the (width, height) that is cut out of an image: the size itself, or less with the same ratio."""
        width, height = width_and_height(self.size)
        if rows < height:
            width, height = int(width * rows / height), rows
        if columns < width:
            width, height = columns, int(height * columns / width)
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
        width, height = self.part(*image.shape[:2])
        return (image.shape[1] - width) // 2, (image.shape[0] - height) // 2, width, height

    def move(self, windows: Windows, draw: Array) -> bool:
        width, height = size = width_and_height(self.size)
        if self.part(windows.height, windows.width) != size:
            return False
        windows.crop((windows.width - width) // 2, (windows.height - height) // 2, width, height)
        return True


class RandomCrop(_Crop, name="random_crop"):
    """A part of an image at a random place, after padding; an image too small is enlarged."""

    pad: int = param(0, ge=0, le=LARGEST, doc="how many pixels are put around the image first")
    pad_value: int = param(0, doc="the value of those pixels")

    random, draws = True, 2

    def around(self, image: Array) -> Array:
        if not self.pad:
            return image
        sides = (self.pad, self.pad)
        return np.pad(image, (sides, sides, (0, 0)), constant_values=self.pad_value)

    def place(self, image: Array, draw: Draws) -> tuple[int, int, int, int]:
        width, height = self.part(*image.shape[:2])
        left = int(draw.random() * (image.shape[1] - width + 1))
        return left, int(draw.random() * (image.shape[0] - height + 1)), width, height

    def move(self, windows: Windows, draw: Array) -> bool:
        width, height = size = width_and_height(self.size)
        rows, columns = windows.height + 2 * self.pad, windows.width + 2 * self.pad
        if self.part(rows, columns) != size or not windows.pad(self.pad, self.pad_value):
            return False
        left, top = draw[:, 0] * (columns - width + 1), draw[:, 1] * (rows - height + 1)
        windows.crop(left.astype(np.int64), top.astype(np.int64), width, height)
        return True


class RandomResizedCrop(_Crop, name="random_resized_crop"):
    """A part of an image of random area, proportions and place, brought to a size."""

    scale: tuple[float, ...] = param((0.08, 1.0), gt=0, le=1, doc="the smallest and largest part of the area")
    ratio: tuple[float, ...] = param((3 / 4, 4 / 3), gt=0, doc="the smallest and largest width over height")

    random = True

    def __post_init__(self) -> None:
        width_and_height(self.size)
        for name, bounds in (("scale", self.scale), ("ratio", self.ratio)):
            if len(bounds) != 2 or bounds[0] > bounds[1]:
                raise ParamError(f"{name}={list(bounds)}; needs two numbers, the smaller one first")

    def place(self, image: Array, draw: Draws) -> tuple[int, int, int, int]:
        rows, columns = image.shape[:2]
        for _ in range(10):  # as often as MXNet's random_size_crop
            area = draw.uniform(self.scale[0], self.scale[1]) * rows * columns
            ratio = math.exp(draw.uniform(math.log(self.ratio[0]), math.log(self.ratio[1])))
            width, height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < width <= columns and 0 < height <= rows:
                left = int(draw.random() * (columns - width + 1))
                return left, int(draw.random() * (rows - height + 1)), width, height
        width, height = self.part(rows, columns)
        return (columns - width) // 2, (rows - height) // 2, width, height


class _RandomFlip(Transform):
    """An image mirrored with a probability."""

    p: float = param(0.5, ge=0, le=1, doc="the probability")

    random, draws = True, 1
    axis: ClassVar[int]

    def move(self, windows: Windows, draw: Array) -> bool:
        windows.flip(draw[:, 0] < self.p, self.axis)
        return True

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
