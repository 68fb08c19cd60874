"""What was found in an image: boxes in its pixels, chosen, and as COCO writes results."""

import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from symcli.data.transforms import Transform, apply_with_boxes

__all__ = ["Found", "coco_results", "image_id", "in_pixels", "placement"]

Array = np.ndarray


class Found(NamedTuple):
    """The objects of an image.

    Attributes
    ----------
    path : of the image.
    width, height : of the image, in pixels.
    rows : (n, 6) class, score, corners x1, y1, x2, y2 in pixels; the most certain first.
    points : (n, k, 2) landmarks x, y in pixels, where a model gives some.
    pixels : the image itself (H, W, 3), uint8, while it is held in memory.
    """

    path: str
    width: int
    height: int
    rows: Array
    points: Array | None = None
    pixels: Array | None = None


def placement(transforms: Sequence[Transform], width: int, height: int) -> tuple[Array, Array]:
    """Return where a network's input is in an image of a size: (left, top) and (width, height) in parts of the image.

    A ``resize`` takes all of it, a ``center_crop`` its middle.
    """
    marks = np.array([[0, 0.45, 0.45, 0.46, 0.46], [0, 0.54, 0.54, 0.55, 0.55]])  # stay inside of any cut of the middle
    blank = np.zeros((height, width, 3), np.uint8)
    _, moved = apply_with_boxes(transforms, blank, marks)
    before, after = marks[:, 1:3], moved[:, 1:3]
    scale = (before[1] - before[0]) / (after[1] - after[0])
    return before[0] - after[0] * scale, scale


def in_pixels(rows: Array, place: tuple[Array, Array], width: int, height: int, classes: Sequence[int] | None = None,
              least: float = 0.0, most: int | None = None) -> Array:  # fmt: skip
    """Return rows (class, score, corners in parts of the network's input) with corners in pixels of the image.

    Parameters
    ----------
    classes : the numbers of those that are wanted; all by default.
    least : the score below which rows are left out.
    most : how many of the most certain are kept.
    """
    rows = rows[(rows[:, 0] >= 0) & (rows[:, 1] >= least)].astype(np.float64)
    if classes is not None:
        rows = rows[np.isin(rows[:, 0], classes)]
    rows = rows[np.argsort(-rows[:, 1], kind="stable")][:most]
    (left_top, scale), size = place, np.array([width, height])
    for corner in (slice(2, 4), slice(4, 6)):
        rows[:, corner] = ((left_top + rows[:, corner] * scale) * size).clip(0, size)
    return rows


def image_id(path: str, number: int) -> int:
    """Return what COCO calls an image: the number that is its file's name, else how many-th it is, from 1."""
    stem = os.path.splitext(os.path.basename(path))[0]
    return int(stem) if stem.isdecimal() else number


def coco_results(found: Iterable[Found], classes: Sequence[str]) -> list[dict[str, Any]]:
    """Return all boxes as COCO's results: ``bbox`` is x, y, width, height in pixels; categories count from 1.

    ``file_name`` and ``category`` are there for those who know their images by name.
    """
    results = []
    for number, image in enumerate(found, 1):
        for label, score, x1, y1, x2, y2 in image.rows.tolist():
            results.append({
                "image_id": image_id(image.path, number), "category_id": int(label) + 1,
                "bbox": [round(value, 3) for value in (x1, y1, x2 - x1, y2 - y1)], "score": round(score, 6),
                "file_name": os.path.basename(image.path), "category": class_name(classes, int(label)),
            })  # fmt: skip
    return results


def class_name(classes: Sequence[str], number: int) -> str:
    """Return the name of a class, its number where it has none."""
    return classes[number] if number < len(classes) else str(number)
