"""Transforms of images as NDArrays: Gluon's (``python/mxnet/gluon/data/vision/transforms.py``).

An image is (height, width, channels), uint8 or float32, red first; ``ToTensor`` makes it (channels, height, width).
Sizes are (width, height), or one number for both. Where a transform draws parts and angles, it draws from Python's
``random`` and ``numpy.random``; flips, colours and light follow ``mx.random.seed``: each as in MXNet.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from symcli import ndarray as nd
from symcli.data.image.augmenters import RandomGrayAug
from symcli.data.image.functions import (
    Size,
    center_crop,
    copyMakeBorder,
    imrotate,
    random_crop,
    random_rotate,
    random_size_crop,
)
from symcli.errors import ParamError
from symcli.ndarray import NDArray

__all__ = [
    "Cast", "CenterCrop", "Compose", "CropResize", "Normalize", "RandomApply", "RandomBrightness", "RandomColorJitter",
    "RandomContrast", "RandomCrop", "RandomFlipLeftRight", "RandomFlipTopBottom", "RandomGray", "RandomHue",
    "RandomLighting", "RandomResizedCrop", "RandomRotation", "RandomSaturation", "Resize", "Rotate", "ToTensor",
]  # fmt: skip

Sides = tuple[tuple[int, int], ...]


class Transform:
    """The base: a child defines ``forward(x)``, which is what calling it does."""

    def forward(self, x: NDArray) -> NDArray:
        raise NotImplementedError(f"{type(self).__name__} does not say what it does: define forward(self, x)")

    def __call__(self, x: NDArray) -> NDArray:
        return self.forward(x)

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Accepted for MXNet's programs, without effect."""


class Compose(Transform):
    """Transforms, or other functions of an array, one after another."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]):
        self._transforms = list(transforms)

    def forward(self, x: NDArray) -> NDArray:
        for one in self._transforms:
            x = one(x)
        return x

    def add(self, *transforms: Callable[[Any], Any]) -> None:
        """Append transforms."""
        self._transforms.extend(transforms)

    def __iter__(self) -> Iterator[Callable[[Any], Any]]:
        return iter(self._transforms)

    def __len__(self) -> int:
        return len(self._transforms)

    def __getitem__(self, index: int) -> Callable[[Any], Any]:
        return self._transforms[index]


class RandomApply(Transform):
    """A transform with a probability, else nothing."""

    def __init__(self, transforms: Callable[[Any], Any], p: float = 0.5):
        self.transforms, self.p = transforms, p

    def forward(self, x: NDArray) -> NDArray:
        return x if self.p < random.random() else self.transforms(x)


# ---- numbers


class Cast(Transform):
    """Another element type."""

    def __init__(self, dtype: Any = "float32"):
        self._dtype = dtype

    def forward(self, x: NDArray) -> NDArray:
        return x.astype(self._dtype)


class ToTensor(Transform):
    """(H, W, C) from 0 to 255 to (C, H, W) from 0 to 1, float32; a batch (N, H, W, C) likewise."""

    def forward(self, x: NDArray) -> NDArray:
        return nd.image.to_tensor(x)


class Normalize(Transform):
    """(x - mean) / std of each channel; (C, H, W) or a batch of them, as after ``ToTensor``."""

    def __init__(self, mean: float | Sequence[float] = 0.0, std: float | Sequence[float] = 1.0):
        self._mean, self._std = mean, std

    def forward(self, x: NDArray) -> NDArray:
        return nd.image.normalize(x, mean=self._mean, std=self._std)


# ---- sizes and parts


def _pair(size: int | Size) -> Size:
    return (int(size), int(size)) if isinstance(size, int | float | np.number) else size


class Resize(Transform):
    """Another size, of an image or a batch; ``keep_ratio``: one number is the shorter side."""

    def __init__(self, size: int | Size, keep_ratio: bool = False, interpolation: int = 1):
        self._size, self._keep_ratio, self._interpolation = size, keep_ratio, interpolation

    def forward(self, x: NDArray) -> NDArray:
        return nd.image.resize(x, size=self._size, keep_ratio=self._keep_ratio, interp=self._interpolation)


class CropResize(Transform):
    """The part of an image or a batch that begins at column x and row y, brought to ``size`` if that is given."""

    def __init__(self, x: int, y: int, width: int, height: int, size: int | Size | None = None,
                 interpolation: int | None = None):  # fmt: skip
        self._part = {"x": x, "y": y, "width": width, "height": height}
        self._size, self._interpolation = size, 1 if interpolation is None else interpolation

    def forward(self, x: NDArray) -> NDArray:
        part = nd.image.crop(x, **self._part)
        return nd.image.resize(part, size=self._size, interp=self._interpolation) if self._size else part


class CenterCrop(Transform):
    """The middle of an image; one too small is enlarged."""

    def __init__(self, size: int | Size, interpolation: int = 1):
        self._size, self._interpolation = _pair(size), interpolation

    def forward(self, x: NDArray) -> NDArray:
        return center_crop(x, self._size, self._interpolation)[0]


class RandomCrop(Transform):
    """A random part of an image, after padding; one too small is enlarged. MXNet has it since 2.0.

    Parameters
    ----------
    pad : pixels on each side, or ((above, below), (left, right), (0, 0)).
    pad_value : their value.

    Raises
    ------
    ParamError
        If ``pad`` is neither.
    """

    def __init__(self, size: int | Size, pad: int | Sides | None = None, pad_value: float = 0, interpolation: int = 1):
        self._size, self._interpolation = _pair(size), interpolation
        sides = ((pad, pad), (pad, pad)) if isinstance(pad, int) else pad or ()
        around = np.array(sides[:2] or np.zeros((2, 2)), dtype=object)
        if around.shape != (2, 2) or any(tuple(more) != (0, 0) for more in sides[2:]) or min(around.flat) < 0:
            raise ParamError(f"RandomCrop: pad={pad!r}; needs a number of pixels, or ((above, below), (left, right))")
        self._around, self._pad_value = [int(pixels) for pixels in around.flat], pad_value

    def forward(self, x: NDArray) -> NDArray:
        if any(self._around):
            above, below, left, right = self._around
            x = copyMakeBorder(x, above, below, left, right, value=self._pad_value)
        return random_crop(x, self._size, self._interpolation)[0]


class RandomResizedCrop(Transform):
    """A random part of random area and proportions, brought to a size.

    ``scale``: the smallest and largest part of the area; ``ratio``: of width over height.
    """

    def __init__(self, size: int | Size, scale: tuple[float, float] = (0.08, 1.0),
                 ratio: tuple[float, float] = (3.0 / 4.0, 4.0 / 3.0), interpolation: int = 1):  # fmt: skip
        self._size, self._scale, self._ratio, self._interpolation = _pair(size), scale, ratio, interpolation

    def forward(self, x: NDArray) -> NDArray:
        return random_size_crop(x, self._size, self._scale, self._ratio, self._interpolation)[0]


class Rotate(Transform):
    """Turned by degrees; float32 (C, H, W) or a batch of them, as after ``ToTensor``. See ``mx.image.imrotate``."""

    def __init__(self, rotation_degrees: float, zoom_in: bool = False, zoom_out: bool = False):
        self._args = (rotation_degrees, zoom_in, zoom_out)

    def forward(self, x: NDArray) -> NDArray:
        return imrotate(x, *self._args)


class RandomRotation(Transform):
    """Turned by random degrees between two limits, with a probability; else as ``Rotate``.

    Raises
    ------
    ValueError
        If the limits are not in order, or the probability is none.
    """

    def __init__(self, angle_limits: tuple[float, float], zoom_in: bool = False, zoom_out: bool = False,
                 rotate_with_proba: float = 1.0):  # fmt: skip
        if angle_limits[0] >= angle_limits[1]:
            raise ValueError(f"RandomRotation: angle_limits={angle_limits!r}; needs the smaller one first")
        if not 0 <= rotate_with_proba <= 1:
            raise ValueError(f"RandomRotation: rotate_with_proba={rotate_with_proba!r}; needs a number from 0 to 1")
        self._args, self._p = (angle_limits, zoom_in, zoom_out), rotate_with_proba

    def forward(self, x: NDArray) -> NDArray:
        return x if np.random.random() > self._p else random_rotate(x, *self._args)


class RandomFlipLeftRight(Transform):
    """Mirrored left to right with probability 1/2."""

    def forward(self, x: NDArray) -> NDArray:
        return nd.image.random_flip_left_right(x)


class RandomFlipTopBottom(Transform):
    """Mirrored top to bottom with probability 1/2."""

    def forward(self, x: NDArray) -> NDArray:
        return nd.image.random_flip_top_bottom(x)


# ---- light and colour


def _around_one(width: float) -> dict[str, float]:
    return {"min_factor": max(0, 1 - width), "max_factor": 1 + width}


class RandomBrightness(Transform):
    """Times a random factor in [max(0, 1 - brightness), 1 + brightness]."""

    def __init__(self, brightness: float):
        self._factors = _around_one(brightness)

    def forward(self, x: NDArray) -> NDArray:
        return nd.image.random_brightness(x, **self._factors)


class RandomContrast(Transform):
    """The distance from the mean grey times a random factor in [max(0, 1 - contrast), 1 + contrast]."""

    def __init__(self, contrast: float):
        self._factors = _around_one(contrast)

    def forward(self, x: NDArray) -> NDArray:
        return nd.image.random_contrast(x, **self._factors)


class RandomSaturation(Transform):
    """Each pixel's distance from its grey times a random factor in [max(0, 1 - saturation), 1 + saturation].

    The grey is 0.114 blue, as in MXNet 1.9.1.
    """

    def __init__(self, saturation: float):
        self._factors = _around_one(saturation)

    def forward(self, x: NDArray) -> NDArray:
        return nd.image.random_saturation(x, **self._factors)


class RandomHue(Transform):
    """Colours turned by a random part of the colour circle in [max(0, 1 - hue), 1 + hue]; 1 is once around."""

    def __init__(self, hue: float):
        self._factors = _around_one(hue)

    def forward(self, x: NDArray) -> NDArray:
        return nd.image.random_hue(x, **self._factors)


class RandomColorJitter(Transform):
    """Brightness, contrast, saturation and hue changed in a random order; 0 leaves one out."""

    def __init__(self, brightness: float = 0, contrast: float = 0, saturation: float = 0, hue: float = 0):
        self._widths = {"brightness": brightness, "contrast": contrast, "saturation": saturation, "hue": hue}

    def forward(self, x: NDArray) -> NDArray:
        return nd.image.random_color_jitter(x, **self._widths)


class RandomLighting(Transform):
    """Light added along the main directions of ImageNet's colours, by amounts of deviation ``alpha``."""

    def __init__(self, alpha: float):
        self._alpha = alpha

    def forward(self, x: NDArray) -> NDArray:
        return nd.image.random_lighting(x, alpha_std=self._alpha)


class RandomGray(Transform):
    """Grey in three channels, with a probability. MXNet has it since 2.0."""

    def __init__(self, p: float = 0.5):
        self._grey = RandomGrayAug(p)

    def forward(self, x: NDArray) -> NDArray:
        made = self._grey(x.astype("float32"))
        return (made if np.dtype(x.dtype).kind == "f" else made.round()).astype(x.dtype)
