"""Boxes drawn on pictures, with names and scores."""

import colorsys
from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli.detect.found import Found, class_name

__all__ = ["colour", "draw"]


def colour(number: int) -> tuple[int, int, int]:
    """Return a class's colour: bright, and far from those of the classes before it (steps of the golden ratio)."""
    red, green, blue = colorsys.hsv_to_rgb((0.98 + number * 0.618034) % 1, 0.9, 0.95)
    return round(255 * red), round(255 * green), round(255 * blue)


def draw(found: Found, classes: Sequence[str]) -> np.ndarray:
    """Return the image (H, W, 3), uint8, with its boxes, the most certain on top, each with its class and score.

    Lines and letters grow with the image.
    """
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(np.ascontiguousarray(found.pixels))
    pen = ImageDraw.Draw(image)
    side = min(image.size)
    line = max(1, round(side / 240))
    font = ImageFont.load_default(max(10, round(side / 34)))
    for i in reversed(range(len(found.rows))):
        label, score, *corners = found.rows[i].tolist()
        paint = colour(int(label))
        pen.rectangle([round(value) for value in corners], outline=paint, width=line)
        if found.points is not None:
            for x, y in found.points[i].tolist():
                pen.ellipse([x - 2 * line, y - 2 * line, x + 2 * line, y + 2 * line], fill=paint)
        _write(pen, f"{class_name(classes, int(label))} {score:.2f}", corners, paint, font, image.size)
    return np.asarray(image)


def _write(pen: Any, text: str, corners: list[float], paint: tuple[int, int, int], font: Any,
           size: tuple[int, int]) -> None:  # fmt: skip
    """Write a text over its box, or inside where there is no room above, on the box's colour."""
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    wide, high = right - left + 4, bottom - top + 4
    x = min(max(0, round(corners[0])), max(0, size[0] - wide))
    y = round(corners[1]) - high
    y = round(corners[1]) if y < 0 else y
    pen.rectangle([x, y, x + wide, y + high], fill=paint)
    light = 0.299 * paint[0] + 0.587 * paint[1] + 0.114 * paint[2] > 140
    pen.text((x + 2 - left, y + 2 - top), text, fill=(0, 0, 0) if light else (255, 255, 255), font=font)
