"""Transforms that need boxes: the cuts and the room around images that SSD is trained with (Liu et al., 2016)."""

import numpy as np

from symcli.data.transforms import LARGEST, Array, Draws, Transform, boxes_in
from symcli.errors import ParamError, ShapeError
from symcli.params import param

__all__ = ["RandomExpand", "RandomIoUCrop", "overlaps"]

NO_BOXES = np.empty((0, 5), np.float32)


def overlaps(boxes: Array, part: tuple[float, float, float, float]) -> Array:
    """Return the intersection over union of each box (n, 4) with another, all as corners."""
    low, high = np.maximum(boxes[:, :2], part[:2]), np.minimum(boxes[:, 2:], part[2:])
    shared = (high - low).clip(0).prod(1)
    union = (boxes[:, 2:] - boxes[:, :2]).prod(1) + (part[2] - part[0]) * (part[3] - part[1]) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


class RandomExpand(Transform, name="random_expand"):
    """An image at a random place of a larger canvas, so that objects look smaller."""

    max_ratio: float = param(4.0, ge=1, le=16, doc="sides of the canvas are up to this many times the image's")
    fill: tuple[int, ...] = param((124, 116, 104), ge=0, le=255, doc="the canvas: one number, or one for each channel")
    p: float = param(0.5, ge=0, le=1, doc="the probability")

    random = True

    def __call__(self, array: Array, draw: Draws) -> Array:
        return self.with_boxes(array, NO_BOXES, draw)[0]

    def with_boxes(self, array: Array, boxes: Array, draw: Draws) -> tuple[Array, Array]:
        image = self.image(array)
        height, width, channels = image.shape
        if len(self.fill) not in (1, channels):
            raise ShapeError(f"random_expand: fill has {len(self.fill)} numbers for the image {image.shape}; "
                             "needs one, or one for each channel")  # fmt: skip
        if draw.random() >= self.p:
            return image, boxes
        ratio = draw.uniform(1, self.max_ratio)
        rows, columns = min(round(height * ratio), LARGEST), min(round(width * ratio), LARGEST)
        left, top = int(draw.integers(0, columns - width + 1)), int(draw.integers(0, rows - height + 1))
        canvas = np.empty((rows, columns, channels), image.dtype)
        canvas[:] = self.fill
        canvas[top : top + height, left : left + width] = image
        return canvas, boxes_in(boxes, -left / width, -top / height, columns / width, rows / height)


class RandomIoUCrop(Transform, name="random_iou_crop"):
    """A random part of an image that overlaps one box or more by at least a random choice of ``min_overlap``.

    Boxes whose centre is inside are kept, cut at its edges. Where no try gives such a part the image stays whole.
    """

    min_overlap: tuple[float, ...] = param(
        (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0), ge=0, le=1,
        doc="intersection over union of the part and a box; 0 takes any part with a box, 1 the whole image",
    )  # fmt: skip
    min_scale: float = param(0.3, gt=0, le=1, doc="the least side of the part, in sides of the image")
    aspect_ratio: tuple[float, ...] = param((0.5, 2.0), gt=0, doc="bounds of how much wider than the image it may be")
    trials: int = param(50, ge=1, le=1000, doc="how many parts are tried")

    random = True

    def __post_init__(self) -> None:
        if not self.min_overlap:
            raise ParamError("min_overlap=[] leaves no choice; give one or more, as 0.5")
        if len(self.aspect_ratio) != 2 or self.aspect_ratio[0] > self.aspect_ratio[1]:
            raise ParamError(f"aspect_ratio={list(self.aspect_ratio)}; needs the least and the largest, as [0.5, 2]")

    def __call__(self, array: Array, draw: Draws) -> Array:
        return self.with_boxes(array, NO_BOXES, draw)[0]

    def with_boxes(self, array: Array, boxes: Array, draw: Draws) -> tuple[Array, Array]:
        image = self.image(array)
        least = self.min_overlap[int(draw.integers(len(self.min_overlap)))]
        if least >= 1:
            return image, boxes
        rows, columns = image.shape[:2]
        for _ in range(self.trials):
            wide, high = draw.uniform(self.min_scale, 1, 2)
            place = draw.random(2)
            if not self.aspect_ratio[0] <= wide / high <= self.aspect_ratio[1]:
                continue
            width, height = max(1, round(wide * columns)), max(1, round(high * rows))
            left, top = (int(share * (all_ + 1)) for share, all_ in zip(place, (columns - width, rows - height),
                                                                         strict=True))  # fmt: skip
            part = (left / columns, top / rows, (left + width) / columns, (top + height) / rows)
            if len(boxes) and not (overlaps(boxes[:, 1:5], part) >= least).any():
                continue
            kept = boxes_in(boxes, part[0], part[1], width / columns, height / rows)
            if len(kept) or not len(boxes):
                return image[top : top + height, left : left + width], kept
        return image, boxes
