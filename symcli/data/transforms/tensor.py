"""Transforms that make numbers for a network of what was read."""

import numpy as np

from symcli.data.transforms.base import Array, Draws, Transform, clipped
from symcli.errors import ShapeError
from symcli.params import param

__all__ = ["Cast", "Normalize", "ToTensor"]


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


class Cast(Transform, name="cast"):
    """Another element type; integers are cut off at its bounds, and fractions dropped."""

    dtype: str = param("float32", choices=("float16", "float32", "float64", "uint8", "int8"), doc="the element type")

    def __call__(self, array: Array, draw: Draws) -> Array:
        return clipped(array, np.dtype(self.dtype))
