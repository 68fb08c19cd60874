"""The index of a detection data set: one ``.lst`` file a split, as MXNet's ``im2rec`` and ``ImageDetIter`` read it.

A line holds, between tabs: the image's number; the width of the header (4) and of an object (6); the image's width and
height in pixels; for each object its class, its corners x1, y1, x2, y2 in parts of the image, and a flag, 0 as a rule;
and the image's path. Source: ``example/ssd/dataset/imdb.py`` and ``python/mxnet/image/detection.py``.
"""

import os
from collections.abc import Iterable, Sequence
from typing import IO, NamedTuple

import numpy as np

from symcli.data.findings import Finding, FindingsError
from symcli.errors import DataError, suggest

__all__ = [
    "CLASSES", "CROWD", "DIFFICULT", "IMAGES", "AnnotatedImage", "box_fault", "read_classes", "read_list", "splits",
    "write_list",
]  # fmt: skip

CLASSES, IMAGES = "classes.txt", "images"
DIFFICULT, CROWD = 1, 2  # values of an object's flag: what evaluation neither asks for nor punishes
HEADER = 4
_EDGE = 1e-6  # by so large a part of the image a box may reach outside: rounding
COLUMNS = 6


class AnnotatedImage(NamedTuple):
    """An image with its objects.

    Attributes
    ----------
    path : of the image, relative to the data set's folder where it is part of one.
    width, height : in pixels, as it is seen.
    objects : (n, 6) rows of class, corners x1, y1, x2, y2 in parts of the image, and flag.
    """

    path: str
    width: int
    height: int
    objects: np.ndarray


def write_list(file: IO[bytes], images: Iterable[AnnotatedImage]) -> None:
    """Write the index of a split."""
    for number, image in enumerate(images):
        rows = ["\t".join(f"{value:.7g}" for value in row) for row in image.objects]
        head = f"{number}\t{HEADER}\t{COLUMNS}\t{image.width}\t{image.height}"
        file.write("\t".join([head, *rows, image.path]).encode() + b"\n")


def splits(folder: str) -> list[str]:
    """Return the names of the splits that a folder holds.

    Raises
    ------
    DataError
        If the folder cannot be read.
    """
    try:
        return sorted(name[:-4] for name in os.listdir(folder) if name.endswith(".lst") and not name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder}: {error.strerror}; needs the folder of a detection data set, as "
                        "`symcli prepare-data voc SRC DST` makes it", folder) from None  # fmt: skip


def read_classes(folder: str) -> tuple[str, ...]:
    """Return the names of the classes of a data set, one a line of its ``classes.txt``.

    Raises
    ------
    DataError
        If there is no such file, or no name in it.
    """
    path = os.path.join(folder, CLASSES)
    try:
        with open(path, encoding="utf-8") as file:
            names = [line.strip() for line in file]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise DataError(f"{path}: {reason}; needs the names of the classes, one a line", path) from None
    while names and not names[-1]:
        names.pop()
    if not names or "" in names or len(set(names)) < len(names):
        raise DataError(f"{path}: {'a name is empty or stands twice' if names else 'is empty'}; needs the names of the "
                        "classes, one a line", path)  # fmt: skip
    return tuple(names)


def read_list(folder: str, split: str, classes: Sequence[str]) -> list[AnnotatedImage]:
    """Return the images of a split; paths are joined with the folder.

    Raises
    ------
    DataError
        If there is no such split.
    FindingsError
        With every line that is no annotated image, and every box that is none.
    """
    path = os.path.join(folder, f"{split}.lst")
    known = splits(folder)
    if split not in known:
        hint = suggest(split, known) or f"splits: {', '.join(known) or 'none'}"
        raise DataError(f"{folder}: there is no split {split!r} ({split}.lst); {hint}", folder)
    images, broken, wrong = [], [], []
    try:
        with open(path, encoding="utf-8") as file:
            for line, text in enumerate(file, 1):
                if not text.strip():
                    continue
                try:
                    image = _read_line(text, folder)
                except ValueError as error:
                    broken.append(f"{path}:{line}: {error}")
                    continue
                reasons = (box_fault(row, len(classes)) for row in image.objects)
                wrong += [f"{path}:{line}: object {i}: {reason}" for i, reason in enumerate(reasons, 1) if reason]
                images.append(image)
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text; needs the index of a split, one image a line", path) from None
    found = []
    if broken:
        found.append(Finding("line", "line", "of no annotated image", broken, "a line is: number, 4, 6, width, height, "
                             "six numbers an object, path; tabs between"))  # fmt: skip
    if wrong:
        help = "prepare the data again, or correct the lines"
        found.append(Finding("box", "object", "without a box that can be used", wrong, help))
    if found:
        raise FindingsError(found, path)
    return images


def _read_line(text: str, folder: str) -> AnnotatedImage:
    _, *numbers, path = text.rstrip("\r\n").split("\t")
    values = [float(number) for number in numbers]
    if len(values) < 2:
        raise ValueError("has no header")
    header, columns = int(values[0]), int(values[1])
    if header < 2 or columns < 5 or len(values) < header or (len(values) - header) % columns:
        raise ValueError(f"{len(values)} numbers for a header of {header} and objects of {columns} each")
    rows = np.array(values[header:]).reshape(-1, columns)
    objects = np.zeros((len(rows), COLUMNS))
    objects[:, : min(columns, COLUMNS)] = rows[:, :COLUMNS]
    width, height = (int(values[2]), int(values[3])) if header >= HEADER else (0, 0)
    return AnnotatedImage(os.path.join(folder, path), width, height, objects)


def box_fault(row: np.ndarray, classes: int, size: tuple[int, int] = (1, 1)) -> str:
    """Return what is wrong with a row of class and corners in an image of a size; an empty text if nothing is."""
    number, (x1, y1, x2, y2) = row[0], row[1:5]
    if not np.isfinite(row[:5]).all():
        return f"its numbers are {_shown(row[:5])}; needs finite numbers"
    if not 0 <= number < classes or number != int(number):
        return f"its class is {number:g}; needs a whole number from 0 to {classes - 1}"
    if x2 < x1 or y2 < y1:
        return f"the box {_shown(row[1:5])} is reversed; needs x1 < x2 and y1 < y2"
    if x2 == x1 or y2 == y1:
        return f"the box {_shown(row[1:5])} is empty"
    if min(x1, y1) < -_EDGE or x2 > size[0] * (1 + _EDGE) or y2 > size[1] * (1 + _EDGE):
        what = "of {} × {} pixels".format(*size) if size != (1, 1) else "from 0 to 1"
        return f"the box {_shown(row[1:5])} reaches outside of the image {what}"
    return ""


def _shown(numbers: Iterable[float]) -> str:
    return f"({', '.join(f'{number:.6g}' for number in numbers)})"
