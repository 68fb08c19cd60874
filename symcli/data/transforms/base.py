"""What a transform is: a function of one example's array whose fields are its parameters."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from symcli import kernels
from symcli.data.transforms.windows import Windows
from symcli.errors import MXNetError, ParamError, ShapeError
from symcli.params import Parameters

__all__ = [
    "INTERPOLATION", "LARGEST", "SIZE", "TRANSFORMS", "Array", "Draws", "Transform", "boxes_in", "clipped", "resized",
    "width_and_height",
]  # fmt: skip

TRANSFORMS: dict[str, type["Transform"]] = {}

Array = np.ndarray
Draws = np.random.Generator

LARGEST = 1 << 16  # pixels along a side
SIZE = "(width, height), or one number for both"
INTERPOLATION = "how sizes are changed: 0 the nearest pixel, 1 linear, 2 cubic, 3 the mean of the area, 4 Lanczos"


class Transform(Parameters):
    """A function of an array whose fields are its parameters; defining a child registers it by its name.

    ``random`` says whether it draws numbers; where ``move`` serves, ``draws`` is how many, each by ``draw.random()``.
    """

    name: ClassVar[str] = ""
    random: ClassVar[bool] = False
    draws: ClassVar[int] = 0

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

    def move(self, windows: Windows, draw: Array) -> bool:
        """Do the same to a batch by moving its windows; False if that is not all it does.

        draw (n, draws) in [0, 1)
        """
        return False

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
    if image.dtype.kind == "f":
        return made.astype(image.dtype, copy=False)
    return clipped(np.floor(made + 0.5), image.dtype)


def clipped(values: Array, dtype: np.dtype) -> Array:
    """Return numbers in an element type; integers are cut off at its bounds, and their fractions dropped."""
    if dtype.kind != "f":
        values = values.clip(np.iinfo(dtype).min, np.iinfo(dtype).max)
    return values.astype(dtype)
