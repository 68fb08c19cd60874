"""A contact sheet: examples as a picture to look at, each with its class below."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from symcli.data.formats import Examples
from symcli.data.transforms import Normalize, ToTensor, Transform, apply, apply_with_boxes, permutation
from symcli.errors import DataError

__all__ = ["NOT_DRAWN", "Tile", "contact_sheet", "tiles"]

NOT_DRAWN = (ToTensor, Normalize)  # they make numbers of an image, which no picture shows
_SMALL, _LARGE = 96, 192  # pixels: the side of a small image, and of a large one
_LINE, _GAP = 16, 6  # pixels: a line of text, and what is between images
# Colours of boxes, by class in turn: they differ in light too.
_COLOURS = ("#e6194b", "#3cb44b", "#ffe119", "#4363d8", "#f58231", "#42d4f4", "#f032e6", "#bfef45")


class Tile(NamedTuple):
    """One image of a sheet: (height, width, 1 or 3) uint8, its caption, and boxes as rows of class and corners."""

    image: np.ndarray
    caption: str
    boxes: np.ndarray


def tiles(examples: Examples, transforms: Sequence[Transform], count: int, seed: int = 0, epoch: int = 0,
          times: int = 1) -> list[Tile]:  # fmt: skip
    """Return some examples as training sees them, in the order of a shuffled epoch.

    Parameters
    ----------
    times : in how many epochs from ``epoch`` on each example is shown.

    Raises
    ------
    DataError
        If the examples are no images.
    MXNetError
        If one cannot be read, or a transform does not fit it.
    """
    seen = [one for one in transforms if not isinstance(one, NOT_DRAWN)]
    largest = next((one.max_value for one in transforms if isinstance(one, ToTensor)), 255.0)
    chosen = permutation(seed, epoch, len(examples))[:count]
    return [_tile(examples, int(number), seen, largest, seed, epoch + later)
            for number in chosen for later in range(times)]  # fmt: skip


def _tile(examples: Examples, number: int, transforms: Sequence[Transform], largest: float, seed: int,
          epoch: int) -> Tile:  # fmt: skip
    image, boxes = examples.read(number)[0], np.empty((0, 5), np.float32)
    labels = next(iter(examples.labels.values()))[number] if examples.labels else None
    if labels is not None and labels.ndim == 2:
        image, boxes = apply_with_boxes(transforms, image, labels[labels[:, 0] >= 0], seed, epoch, number)
    else:
        image = apply(transforms, image, seed, epoch, number)
    if image.ndim == 2:
        image = image[:, :, None]
    if image.ndim != 3 or image.shape[2] not in (1, 3):
        raise DataError(f"{examples.source}: an example is {image.shape}; needs an image (height, width, 1 or 3) to be "
                        "shown", examples.source)  # fmt: skip
    if image.dtype != np.uint8 or largest != 255:
        image = (np.asarray(image, np.float64) * (255 / largest)).round().clip(0, 255).astype(np.uint8)
    caption = _class_name(examples, labels) if labels is not None and labels.ndim == 0 else ""
    return Tile(image, caption, boxes)


def _class_name(examples: Examples, label: Any) -> str:
    number = int(label)
    return examples.classes[number] if 0 <= number < len(examples.classes) else f"{label:g}"


def contact_sheet(shown: Sequence[Tile], columns: int, classes: Sequence[str] = ()) -> Any:
    """Return tiles as one image of Pillow, so many in a row; ``classes`` names those of boxes.

    Small images are enlarged pixel by pixel, so that one sees what a network is given.
    """
    from PIL import Image, ImageDraw, ImageFont

    side = _SMALL if max(max(one.image.shape[:2]) for one in shown) <= _SMALL else _LARGE
    line = _LINE if any(one.caption for one in shown) else 0
    rows = -(-len(shown) // columns)
    sheet = Image.new("RGB", (columns * (side + _GAP) + _GAP, rows * (side + line + _GAP) + _GAP), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for number, one in enumerate(shown):
        left = _GAP + number % columns * (side + _GAP)
        top = _GAP + number // columns * (side + line + _GAP)
        image = _fitted(one, side, classes)
        sheet.paste(image, (left + (side - image.width) // 2, top + (side - image.height) // 2))
        pen.text((left + side / 2, top + side + 1), _cut(one.caption, font, side), "black", font, anchor="ma")
    return sheet


def _fitted(tile: Tile, side: int, classes: Sequence[str]) -> Any:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(tile.image[:, :, 0] if tile.image.shape[2] == 1 else tile.image).convert("RGB")
    scale = side / max(image.size)
    if scale >= 2:
        image = image.resize((int(scale) * image.width, int(scale) * image.height), Image.Resampling.NEAREST)
    elif scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BOX)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(10)
    for number, *corners in tile.boxes[:, :5].tolist():
        colour = _COLOURS[int(number) % len(_COLOURS)]
        x1, y1, x2, y2 = (part * size for part, size in zip(corners, image.size * 2, strict=True))
        pen.rectangle((x1, y1, x2, y2), outline=colour, width=2)
        name = classes[int(number)] if int(number) < len(classes) else str(int(number))
        pen.text((x1 + 3, y1 + 1), name, colour, font)
    return image


def _cut(text: str, font: Any, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"
