"""Transforms of light and colour."""

from typing import Any

import numpy as np

from symcli.data.transforms.base import Array, Draws, Transform, clipped
from symcli.errors import ShapeError
from symcli.params import param

__all__ = ["RandomBrightness", "RandomContrast", "RandomSaturation"]

# How much of red, green and blue makes grey (ITU-R BT.601), as in MXNet.
GREY = np.array([0.299, 0.587, 0.114], np.float32)


class _Jitter(Transform):
    """An image blended with another by a random factor in [max(0, 1 - range), 1 + range]."""

    random = True

    def blended(self, array: Array, draw: Draws, width: float) -> Array:
        image = self.image(array)
        factor = np.float32(draw.uniform(max(0.0, 1 - width), 1 + width))
        values = image.astype(np.float32)
        return clipped(values * factor + (1 - factor) * self.other(values), image.dtype)

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
