"""Augmenters: random changes of images, one after another (``python/mxnet/image/image.py``).

An augmenter takes an image (H, W, C) and returns one. Those that change colours want floats, and may write to the image
they are given: ``CastAug`` comes before them.
"""

import json
import random
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli import ndarray as nd
from symcli.data.image.functions import (
    Size,
    center_crop,
    color_normalize,
    imresize,
    random_crop,
    random_size_crop,
    resize_short,
)
from symcli.errors import ParamError
from symcli.ndarray import NDArray

__all__ = [
    "Augmenter", "BrightnessJitterAug", "CastAug", "CenterCropAug", "ColorJitterAug", "ColorNormalizeAug",
    "ContrastJitterAug", "CreateAugmenter", "ForceResizeAug", "HorizontalFlipAug", "HueJitterAug", "LightingAug",
    "RandomCropAug", "RandomGrayAug", "RandomOrderAug", "RandomSizedCropAug", "ResizeAug", "SaturationJitterAug",
    "SequentialAug",
]  # fmt: skip

_GREY = np.array([[[0.299, 0.587, 0.114]]], np.float32)
# Colours as brightness and two differences, and back (NTSC).
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.321], [0.211, -0.523, 0.311]])
_FROM_YIQ = np.array([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.107, 1.705]])
# How colours of ImageNet's pictures vary together (Krizhevsky et al., 2012), their mean and deviation.
_EIGENVALUES = np.array([55.46, 4.794, 1.148])
_EIGENVECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
_MEAN, _STD = (123.68, 116.28, 103.53), (58.395, 57.12, 57.375)


class Augmenter:
    """The base: a child defines ``__call__(src)``, and gives its parameters here for ``dumps``."""

    def __init__(self, **kwargs: Any):
        self._kwargs = {name: _listed(value) for name, value in kwargs.items()}

    def dumps(self) -> Any:
        """Return name and parameters as JSON text."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray) -> NDArray:
        raise NotImplementedError(f"{type(self).__name__} does not say what it does: define __call__(self, src)")


def _listed(value: Any) -> Any:
    value = value.asnumpy() if isinstance(value, NDArray) else value
    return value.tolist() if isinstance(value, np.ndarray) else value


class SequentialAug(Augmenter):
    """Augmenters one after another."""

    def __init__(self, ts: Sequence[Augmenter]):
        super().__init__()
        self.ts = ts

    def dumps(self) -> list:
        return [type(self).__name__.lower(), [one.dumps() for one in self.ts]]

    def __call__(self, src: NDArray) -> NDArray:
        for one in self.ts:
            src = one(src)
        return src


class RandomOrderAug(SequentialAug):
    """Augmenters in an order drawn for each image."""

    def __init__(self, ts: list[Augmenter]):
        super().__init__(ts)

    def __call__(self, src: NDArray) -> NDArray:
        random.shuffle(self.ts)  # type: ignore[arg-type]
        return super().__call__(src)


# ---- sizes


class ResizeAug(Augmenter):
    """The shorter side brought to a length."""

    def __init__(self, size: int, interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return resize_short(src, self.size, self.interp)


class ForceResizeAug(Augmenter):
    """Brought to a size (width, height), whatever becomes of the proportions."""

    def __init__(self, size: Size, interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return imresize(src, *self.size, interp=self.interp)


class RandomCropAug(Augmenter):
    """A random part of a size (width, height)."""

    def __init__(self, size: Size, interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return random_crop(src, self.size, self.interp)[0]


class CenterCropAug(Augmenter):
    """The middle, of a size (width, height)."""

    def __init__(self, size: Size, interp: int = 2):
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        return center_crop(src, self.size, self.interp)[0]


class RandomSizedCropAug(Augmenter):
    """A random part of random area and proportions, brought to a size; see ``random_size_crop``."""

    def __init__(self, size: Size, area: Any, ratio: tuple[float, float], interp: int = 2, **kwargs: Any):
        super().__init__(size=size, area=area, ratio=ratio, interp=interp)
        if "min_area" in kwargs:
            warnings.warn("RandomSizedCropAug: min_area is called area now", DeprecationWarning, stacklevel=2)
            area = kwargs.pop("min_area")
        if kwargs:
            raise TypeError(f"RandomSizedCropAug has no parameter {', '.join(kwargs)}")
        self.size, self.area, self.ratio, self.interp = size, area, ratio, interp

    def __call__(self, src: NDArray) -> NDArray:
        return random_size_crop(src, self.size, self.area, self.ratio, self.interp)[0]


class HorizontalFlipAug(Augmenter):
    """Mirrored left to right with a probability."""

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        return nd.flip(src, axis=1) if random.random() < self.p else src


# ---- colours


class BrightnessJitterAug(Augmenter):
    """Times a random factor in [1 - brightness, 1 + brightness]."""

    def __init__(self, brightness: float):
        super().__init__(brightness=brightness)
        self.brightness = brightness

    def __call__(self, src: NDArray) -> NDArray:
        src *= 1.0 + random.uniform(-self.brightness, self.brightness)
        return src


class ContrastJitterAug(Augmenter):
    """Blended with the mean of its greys."""

    def __init__(self, contrast: float):
        super().__init__(contrast=contrast)
        self.contrast = contrast
        self.coef = nd.array(_GREY)

    def __call__(self, src: NDArray) -> NDArray:
        alpha = 1.0 + random.uniform(-self.contrast, self.contrast)
        grey = src * self.coef
        mean = nd.sum(grey) * (3.0 * (1.0 - alpha) / grey.size)
        src *= alpha
        src += mean
        return src


class SaturationJitterAug(Augmenter):
    """Blended with its greys."""

    def __init__(self, saturation: float):
        super().__init__(saturation=saturation)
        self.saturation = saturation
        self.coef = nd.array(_GREY)

    def __call__(self, src: NDArray) -> NDArray:
        alpha = 1.0 + random.uniform(-self.saturation, self.saturation)
        grey = nd.sum(src * self.coef, axis=2, keepdims=True)
        grey *= 1.0 - alpha
        src *= alpha
        src += grey
        return src


class HueJitterAug(Augmenter):
    """Colours turned by a random angle up to hue times 180 degrees, by a linear approximation."""

    def __init__(self, hue: float):
        super().__init__(hue=hue)
        self.hue = hue

    def __call__(self, src: NDArray) -> NDArray:
        angle = random.uniform(-self.hue, self.hue) * np.pi
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
        return nd.dot(src, nd.array((_FROM_YIQ @ turn @ _TO_YIQ).T))


class ColorJitterAug(RandomOrderAug):
    """Brightness, contrast and saturation, those that are more than 0, in random order."""

    def __init__(self, brightness: float, contrast: float, saturation: float):
        kinds = ((BrightnessJitterAug, brightness), (ContrastJitterAug, contrast), (SaturationJitterAug, saturation))
        super().__init__([kind(width) for kind, width in kinds if width > 0])


class LightingAug(Augmenter):
    """Noise along the directions in which colours vary; ``alphastd`` is its deviation."""

    def __init__(self, alphastd: float, eigval: np.ndarray, eigvec: np.ndarray):
        super().__init__(alphastd=alphastd, eigval=eigval, eigvec=eigvec)
        self.alphastd, self.eigval, self.eigvec = alphastd, eigval, eigvec

    def __call__(self, src: NDArray) -> NDArray:
        alpha = np.random.normal(0, self.alphastd, size=(3,))
        src += nd.array(np.dot(self.eigvec * alpha, self.eigval))
        return src


class ColorNormalizeAug(Augmenter):
    """The mean of each channel subtracted, the rest divided by its deviation; either may be None."""

    def __init__(self, mean: Any, std: Any):
        super().__init__(mean=mean, std=std)
        self.mean, self.std = (one if one is None or isinstance(one, NDArray) else nd.array(one) for one in (mean, std))

    def __call__(self, src: NDArray) -> NDArray:
        return color_normalize(src, self.mean, self.std)


class RandomGrayAug(Augmenter):
    """Grey, in three channels, with a probability."""

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p
        self.mat = nd.array([[0.21] * 3, [0.72] * 3, [0.07] * 3])

    def __call__(self, src: NDArray) -> NDArray:
        return nd.dot(src, self.mat) if random.random() < self.p else src


class CastAug(Augmenter):
    """Brought to another type."""

    def __init__(self, typ: Any = "float32"):
        super().__init__(type=typ)
        self.typ = typ

    def __call__(self, src: NDArray) -> NDArray:
        return src.astype(self.typ)


def CreateAugmenter(data_shape: tuple[int, int, int], resize: int = 0, rand_crop: bool = False,
                    rand_resize: bool = False, rand_mirror: bool = False, mean: Any = None, std: Any = None,
                    brightness: float = 0, contrast: float = 0, saturation: float = 0, hue: float = 0,
                    pca_noise: float = 0, rand_gray: float = 0, inter_method: int = 2) -> list[Augmenter]:  # fmt: skip
    """Return the usual augmenters of classification, in MXNet's order.

    Parameters
    ----------
    data_shape : the result's, (channels, height, width).
    resize : brings the shorter side to this length first; 0 does not.
    rand_crop : a random part in place of the middle; with ``rand_resize`` of random area and proportions.
    mean, std : of each channel; True for ImageNet's.
    brightness, contrast, saturation, hue, pca_noise : how far each varies.
    rand_mirror, rand_gray : mirrored with probability 1/2; grey with this one.
    inter_method : see ``imresize``.

    Raises
    ------
    ParamError
        If the options contradict each other, or mean or std fit no image.
    """
    if rand_resize and not rand_crop:
        raise ParamError("CreateAugmenter: rand_resize=True cuts random parts; say rand_crop=True too")
    crop_size = (data_shape[2], data_shape[1])
    augmenters: list[Augmenter] = [ResizeAug(resize, inter_method)] if resize > 0 else []
    if rand_resize:
        augmenters.append(RandomSizedCropAug(crop_size, 0.08, (3 / 4, 4 / 3), inter_method))
    else:
        augmenters.append((RandomCropAug if rand_crop else CenterCropAug)(crop_size, inter_method))
    if rand_mirror:
        augmenters.append(HorizontalFlipAug(0.5))
    augmenters.append(CastAug())
    if brightness or contrast or saturation:
        augmenters.append(ColorJitterAug(brightness, contrast, saturation))
    if hue:
        augmenters.append(HueJitterAug(hue))
    if pca_noise > 0:
        augmenters.append(LightingAug(pca_noise, _EIGENVALUES, _EIGENVECTORS))
    if rand_gray > 0:
        augmenters.append(RandomGrayAug(rand_gray))
    mean, std = channels("mean", mean, _MEAN), channels("std", std, _STD)
    if mean is not None or std is not None:
        augmenters.append(ColorNormalizeAug(mean, std))
    return augmenters


def channels(name: str, value: Any, usual: Sequence[float]) -> Any:
    """Return a value of each channel as an array: ``usual`` for True, None for None."""
    if value is None or value is True:
        return nd.array(usual) if value else None
    array = value if isinstance(value, NDArray) else np.asarray(value)
    if array.shape[:1] not in ((1,), (3,)):
        raise ParamError(f"{name} is {array.shape}; needs (3,), a number for each channel, or (1,)")
    return array
