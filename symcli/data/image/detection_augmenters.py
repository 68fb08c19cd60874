"""Augmenters of images with boxes: random changes that move the boxes along (``python/mxnet/image/detection.py``).

An augmenter takes an image (H, W, C) and its label, rows of class and corners (x1, y1, x2, y2) in parts of the image
and what else follows, and returns both. Random numbers are Python's ``random``, drawn in MXNet's order.
"""

import json
import random
import warnings
from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from symcli import ndarray as nd
from symcli.data.image import augmenters
from symcli.data.image.augmenters import Augmenter
from symcli.data.image.functions import copyMakeBorder, fixed_crop
from symcli.errors import ParamError
from symcli.ndarray import NDArray

__all__ = [
    "CreateDetAugmenter", "CreateMultiRandCropAugmenter", "DetAugmenter", "DetBorrowAug", "DetHorizontalFlipAug",
    "DetRandomCropAug", "DetRandomPadAug", "DetRandomSelectAug",
]  # fmt: skip

Labels = np.ndarray
Made = tuple[NDArray, Labels]
Range = float | Sequence[float]


class DetAugmenter:
    """The base: a child defines ``__call__(src, label)``, and gives its parameters here for ``dumps``."""

    def __init__(self, **kwargs: Any):
        self._kwargs = kwargs

    def dumps(self) -> Any:
        """Return name and parameters as JSON text."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray, label: Labels) -> Made:
        raise NotImplementedError(f"{type(self).__name__} does not say what it does: define __call__(self, src, label)")


class DetBorrowAug(DetAugmenter):
    """An augmenter of images alone that leaves boxes where they are: colours, or a size."""

    def __init__(self, augmenter: Augmenter):
        if not isinstance(augmenter, Augmenter):
            raise TypeError(f"DetBorrowAug: a {type(augmenter).__name__} is no Augmenter")
        super().__init__(augmenter=augmenter.dumps())
        self.augmenter = augmenter

    def dumps(self) -> list:
        return [type(self).__name__.lower(), self.augmenter.dumps()]

    def __call__(self, src: NDArray, label: Labels) -> Made:
        return self.augmenter(src), label


class DetRandomSelectAug(DetAugmenter):
    """One of several augmenters, or with ``skip_prob`` none."""

    def __init__(self, aug_list: DetAugmenter | Sequence[DetAugmenter], skip_prob: float = 0):
        super().__init__(skip_prob=skip_prob)
        chosen: list[Any] = list(aug_list) if isinstance(aug_list, list | tuple) else [aug_list]
        for one in chosen:
            if not isinstance(one, DetAugmenter):
                raise ParamError(f"DetRandomSelectAug: a {type(one).__name__} is no DetAugmenter")
        self.aug_list, self.skip_prob = chosen, skip_prob if chosen else 1

    def dumps(self) -> list:
        return [type(self).__name__.lower(), [one.dumps() for one in self.aug_list]]

    def __call__(self, src: NDArray, label: Labels) -> Made:
        if random.random() < self.skip_prob:
            return src, label
        random.shuffle(self.aug_list)
        return self.aug_list[0](src, label)


class DetHorizontalFlipAug(DetAugmenter):
    """Mirrored left to right with a probability."""

    def __init__(self, p: float):
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray, label: Labels) -> Made:
        if random.random() >= self.p:
            return src, label
        moved = label.copy()
        moved[:, 1], moved[:, 3] = 1 - label[:, 3], 1 - label[:, 1]
        return nd.flip(src, axis=1), moved


class _DetResized(DetAugmenter):
    """A random part or canvas of bounded area and proportions (width over height)."""

    least_area = 0.0  # the largest area needs to be above, or nothing is done

    def __init__(self, aspect_ratio_range: Range, area_range: Range, max_attempts: int, **kwargs: Any):
        self.aspect_ratio_range, self.area_range = _range(aspect_ratio_range), _range(area_range)
        super().__init__(aspect_ratio_range=self.aspect_ratio_range, area_range=self.area_range,
                         max_attempts=max_attempts, **kwargs)  # fmt: skip
        self.max_attempts = max_attempts
        (low, high), (small, large) = self.aspect_ratio_range, self.area_range
        self.enabled = large > self.least_area and small <= large and 0 < low <= high
        if not self.enabled:
            warnings.warn(f"{type(self).__name__} does nothing with area_range={self.area_range} and "
                          f"aspect_ratio_range={self.aspect_ratio_range}", stacklevel=3)  # fmt: skip

    def _areas(self, height: int, width: int) -> tuple[float, float]:
        return self.area_range[0] * height * width, self.area_range[1] * height * width


class DetRandomCropAug(_DetResized):
    """A random part of the image that holds boxes.

    Parameters
    ----------
    min_object_covered : of each box that the part touches at all, it holds at least this part.
    aspect_ratio_range, area_range : bounds of width over height, and of the area in parts of the image's.
    min_eject_coverage : boxes of which less is left are dropped.
    max_attempts : how many parts are tried; then the image stays whole.
    """

    def __init__(self, min_object_covered: float = 0.1, aspect_ratio_range: Range = (0.75, 1.33),
                 area_range: Range = (0.05, 1.0), min_eject_coverage: float = 0.3, max_attempts: int = 50):  # fmt: skip
        super().__init__(aspect_ratio_range, area_range, max_attempts, min_object_covered=min_object_covered,
                         min_eject_coverage=min_eject_coverage)  # fmt: skip
        order = ("min_object_covered", "aspect_ratio_range", "area_range", "min_eject_coverage", "max_attempts")
        self._kwargs = {name: self._kwargs[name] for name in order}  # as MXNet dumps them
        self.min_object_covered, self.min_eject_coverage = min_object_covered, min_eject_coverage

    def __call__(self, src: NDArray, label: Labels) -> Made:
        height, width = src.shape[:2]
        for _ in range(self.max_attempts if self.enabled and height > 0 and width > 0 else 0):
            size = self._size(height, width)
            if size is None:
                continue
            w, h = size
            y, x = random.randint(0, max(0, height - h)), random.randint(0, max(0, width - w))
            moved = self._moved(label, x, y, w, h, height, width)
            if moved is not None:
                return fixed_crop(src, x, y, w, h, None), moved
        return src, label

    def _size(self, height: int, width: int) -> tuple[int, int] | None:
        """Return width and height of a part; None if this try gives none."""
        least, most = self._areas(height, width)
        ratio = random.uniform(*self.aspect_ratio_range)
        highest = round(sqrt(most / ratio))
        if round(highest * ratio) > width:
            highest = int((width + 0.4999999) / ratio)
        highest = min(highest, height)
        h = min(round(sqrt(least / ratio)), highest)
        if h < highest:
            h = random.randint(h, highest)
        w = round(h * ratio)
        if w * h < least:  # rounding: one row more, or less
            h += 1
            w = round(h * ratio)
        if w * h > most:
            h -= 1
            w = round(h * ratio)
        return (w, h) if least <= w * h <= most and 0 <= w <= width and 0 <= h <= height else None

    def _moved(self, label: Labels, x: int, y: int, w: int, h: int, height: int, width: int) -> Labels | None:
        """Return the boxes of a part of the image; None if it does not hold what it needs to."""
        if w * h < 2:
            return None
        areas = _area(label[:, 1:5])
        seen = areas * width * height > 2
        low, high = np.array([x / width, y / height]), np.array([(x + w) / width, (y + h) / height])
        inside = np.concatenate([np.maximum(label[:, 1:3], low), np.minimum(label[:, 3:5], high)], 1)
        covered = _area(inside)[seen] / areas[seen]
        covered = covered[covered > 0]
        if not covered.size or covered.min() <= self.min_object_covered:
            return None
        moved = label.copy()
        moved[:, 1:5] = ((label[:, 1:5] - np.tile(low, 2)) / np.array([w / width, h / height] * 2)).clip(0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            left = _area(moved[:, 1:5]) * (w / width) * (h / height) / areas
        kept = (moved[:, 3] > moved[:, 1]) & (moved[:, 4] > moved[:, 2]) & (left > self.min_eject_coverage)
        return moved[kept] if kept.any() else None


class DetRandomPadAug(_DetResized):
    """The image at a random place of a larger canvas.

    Parameters
    ----------
    aspect_ratio_range, area_range : bounds of width over height, and of the area in parts of the image's.
    max_attempts : how many canvases are tried; then the image stays as it is.
    pad_val : the canvas: one number, or one for each channel.
    """

    least_area = 1.0

    def __init__(self, aspect_ratio_range: Range = (0.75, 1.33), area_range: Range = (1.0, 3.0), max_attempts: int = 50,
                 pad_val: Range = (128, 128, 128)):  # fmt: skip
        super().__init__(aspect_ratio_range, area_range, max_attempts, pad_val=pad_val)
        self.pad_val = tuple(pad_val) if isinstance(pad_val, list | tuple) else (pad_val,) * 3

    def __call__(self, src: NDArray, label: Labels) -> Made:
        height, width = src.shape[:2]
        least, most = self._areas(height, width)
        for _ in range(self.max_attempts if self.enabled and height > 0 and width > 0 else 0):
            ratio = random.uniform(*self.aspect_ratio_range)
            h, highest = round(sqrt(least / ratio)), round(sqrt(most / ratio))
            if round(h * ratio) < width:
                h = int((width + 0.499999) / ratio)
            h = min(max(h, height), highest)
            if h < highest:
                h = random.randint(h, highest)
            w = round(h * ratio)
            if h - height < 2 or w - width < 2:
                continue  # too little to be seen
            y, x = random.randint(0, h - height), random.randint(0, w - width)
            moved = label.copy()
            moved[:, (1, 3)] = (label[:, (1, 3)] * width + x) / w
            moved[:, (2, 4)] = (label[:, (2, 4)] * height + y) / h
            return copyMakeBorder(src, y, h - y - height, x, w - x - width, values=self.pad_val), moved
        return src, label


def _range(given: Range) -> tuple[float, float]:
    low, high = given if isinstance(given, list | tuple) else (given, given)
    return low, high


def _area(corners: np.ndarray) -> np.ndarray:
    return (corners[:, 2:4] - corners[:, :2]).clip(0).prod(1)


def CreateMultiRandCropAugmenter(min_object_covered: Any = 0.1, aspect_ratio_range: Any = (0.75, 1.33),
                                 area_range: Any = (0.05, 1.0), min_eject_coverage: Any = 0.3, max_attempts: Any = 50,
                                 skip_prob: float = 0) -> DetRandomSelectAug:  # fmt: skip
    """Return an augmenter that draws one of several random crops; lists give the parameters of each."""
    given = (min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts)
    listed = [one if isinstance(one, list) else [one] for one in given]
    count = max(map(len, listed))
    if any(len(one) not in (1, count) for one in listed):
        lengths = ", ".join(str(len(one)) for one in listed)
        raise ParamError(f"CreateMultiRandCropAugmenter: lists of {lengths} entries; give lists of one length, or one "
                         "value for all")  # fmt: skip
    crops = [DetRandomCropAug(*each) for each in zip(*(one * (count // len(one)) for one in listed), strict=True)]
    return DetRandomSelectAug(crops, skip_prob)


def CreateDetAugmenter(data_shape: tuple[int, int, int], resize: int = 0, rand_crop: float = 0, rand_pad: float = 0,
                       rand_gray: float = 0, rand_mirror: bool = False, mean: Any = None, std: Any = None,
                       brightness: float = 0, contrast: float = 0, saturation: float = 0, pca_noise: float = 0,
                       hue: float = 0, inter_method: int = 2, min_object_covered: Any = 0.1,
                       aspect_ratio_range: Any = (0.75, 1.33), area_range: Any = (0.05, 3.0),
                       min_eject_coverage: Any = 0.3, max_attempts: Any = 50,
                       pad_val: Range = (127, 127, 127)) -> list[DetAugmenter]:  # fmt: skip
    """Return augmenters for detection: a resize, crops, flips and room around as asked, then the size, and colours.

    Parameters
    ----------
    data_shape : (3, height, width) that an image has in the end.
    resize : the length of the shorter side at first; 0 leaves it.
    rand_crop, rand_pad, rand_gray : probabilities.
    rand_mirror : whether half of the images are mirrored left to right.
    mean, std, brightness, contrast, saturation, pca_noise, hue, inter_method : as of ``CreateAugmenter``.
    min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts : of ``DetRandomCropAug``, or
        lists for several; room is added up to the second of ``area_range``.
    pad_val : what is put around.
    """
    found: list[DetAugmenter] = []
    if resize > 0:
        found.append(DetBorrowAug(augmenters.ResizeAug(resize, inter_method)))
    if rand_crop > 0:
        found.append(CreateMultiRandCropAugmenter(min_object_covered, aspect_ratio_range, area_range,
                                                  min_eject_coverage, max_attempts, 1 - rand_crop))  # fmt: skip
    if rand_mirror > 0:
        found.append(DetHorizontalFlipAug(0.5))
    if rand_pad > 0:
        pad = DetRandomPadAug(aspect_ratio_range, (1.0, area_range[1]), max_attempts, pad_val)
        found.append(DetRandomSelectAug([pad], 1 - rand_pad))
    # What remains is what is made of images alone, after a resize to the size that is wanted.
    alone = augmenters.CreateAugmenter(data_shape, brightness=brightness, contrast=contrast, saturation=saturation,
                                       hue=hue, pca_noise=pca_noise, rand_gray=rand_gray, mean=mean, std=std,
                                       inter_method=inter_method)  # fmt: skip
    size = augmenters.ForceResizeAug((data_shape[2], data_shape[1]), inter_method)
    kept = [one for one in alone if not isinstance(one, augmenters.CenterCropAug)]
    return [*found, *map(DetBorrowAug, [size, *kept])]
