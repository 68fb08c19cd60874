"""What preparations of images with boxes share: images checked and turned upright, boxes checked, one index a split."""

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from symcli.data.detection_list import CLASSES, CROWD, DIFFICULT, IMAGES, AnnotatedImage, box_fault, write_list
from symcli.data.findings import Finding, FindingsError, counted
from symcli.data.images import decode, encoded
from symcli.data.prepare.base import Preparation, Progress
from symcli.data.prepare.staging import Staging
from symcli.errors import DataError

__all__ = ["Annotations", "BoxPreparation", "Problems", "Source"]

_AT_ONCE = 256  # images that are held in memory
_ORIENTATION = 0x0112  # of EXIF


class Source(NamedTuple):
    """An image to prepare, as its annotation describes it.

    Attributes
    ----------
    path : of the image file.
    name : of the image in the prepared folder, with slashes.
    annotation : the file that holds its boxes, for messages.
    size : (width, height) in pixels that the annotation tells; None where it tells none.
    objects : (n, 6) rows of class, corners x1, y1, x2, y2 in pixels (without ``size`` in parts of the image), and flag.
    names : what each object is called in messages: ``object 3``.
    """

    path: str
    name: str
    annotation: str
    size: tuple[int, int] | None
    objects: np.ndarray
    names: Sequence[str]


class BoxPreparation(Preparation):
    """A way of keeping images with boxes. A child says how annotations are read; the rest is the same for all."""

    def annotations(self, inputs: Mapping[str, str], problems: "Problems") -> "Annotations":
        """Return the classes and the images of each split; add to ``problems`` what cannot be used.

        Raises
        ------
        DataError
            If nothing can be done with the folder.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how annotations are read: define annotations")

    def write(self, inputs: Mapping[str, str], staging: Staging) -> Iterator[Progress]:
        problems = Problems()
        read = self.annotations(inputs, problems)
        images = {source.name: source for sources in read.splits.values() for source in sources}
        done: dict[str, AnnotatedImage] = {}
        for number, (source, (image, data, faults)) in enumerate(_looked(list(images.values()), len(read.classes))):
            yield Progress("images", number, len(images))
            for kind, name in faults:
                problems.add(kind, name)
            if image is not None and (self.skip_broken or not problems):
                done[source.name] = image
                staging.write(image.path, data)
        if problems and not self.skip_broken:
            raise FindingsError(problems.findings())
        if not any(len(image.objects) for image in done.values()):
            where = next(iter(inputs.values()))
            raise DataError(f"{where}: none of the {len(images)} images has a box that can be used; needs one at least",
                            where)  # fmt: skip
        staging.left_out += problems.names()
        staging.notes += read.notes
        _write_index(staging, read, done)


class Annotations(NamedTuple):
    """What a source holds: the names of the classes, the images of each split, what a user should know."""

    classes: Sequence[str]
    splits: Mapping[str, Sequence[Source]]
    notes: Sequence[str] = ()


# Kind of mistake -> its noun, what is wrong, and what to do.
KINDS = {
    "annotation": ("annotation", "cannot be used", "correct them, or leave out their images: --skip-broken"),
    "image": ("image", "cannot be used", "get them again, or leave them out: --skip-broken"),
    "class": ("object", "of no class in the list", "add the class, or leave them out: --skip-broken"),
    "box": ("box", "that cannot be used", "correct them, or leave them out: --skip-broken, which cuts those that reach "
            "outside of the image"),
}  # fmt: skip


class Problems:
    """Mistakes by kind, each with the name of its file and the reason."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}

    def add(self, kind: str, name: str) -> None:
        """Keep one."""
        self._found.setdefault(kind, []).append(name)

    def __bool__(self) -> bool:
        return bool(self._found)

    def names(self) -> list[str]:
        """Return the names of all, with their reasons."""
        return sorted(name for names in self._found.values() for name in names)

    def findings(self) -> list[Finding]:
        """Return one finding for each kind."""
        found = {kind: sorted(names) for kind, names in self._found.items()}
        return [Finding(kind, *KINDS[kind][:2], found[kind], KINDS[kind][2]) for kind in KINDS if kind in found]


_Look = tuple[AnnotatedImage | None, bytes, list[tuple[str, str]]]


def _looked(sources: Sequence[Source], classes: int) -> Iterator[tuple[Source, _Look]]:
    """Look at images in threads, some at a time."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for start in range(0, len(sources), _AT_ONCE):
            some = sources[start : start + _AT_ONCE]
            yield from zip(some, threads.map(lambda source: _look(source, classes), some), strict=True)


def _look(source: Source, classes: int) -> _Look:
    """Return an image as it is written, its bytes, and what is wrong with it."""
    try:
        pixels = decode(source.path)
        with open(source.path, "rb") as file:
            data = file.read()
    except DataError as error:
        return None, b"", [("image", str(error).split("; needs")[0])]
    except OSError as error:
        return None, b"", [("image", f"{source.path}: {error.strerror}")]
    height, width = pixels.shape[:2]
    turned = _orientation(data)
    size = source.size or (width, height)
    if size != (width, height) and not (turned >= 5 and size == (height, width)):
        told, real = ("{}×{}".format(*one) for one in (size, (width, height)))
        return None, b"", [("annotation", f"{source.annotation}: says {told} pixels; {source.path} has {real}")]
    objects, faults = _usable(source, size, classes)
    if size != (width, height):
        objects[:, 1:5] = _turned(objects[:, 1:5], turned)
    name = source.name
    if turned != 1:
        name, data = _upright(name, pixels)
    return AnnotatedImage(f"{IMAGES}/{name}", width, height, objects), data, faults


def _orientation(data: bytes) -> int:
    """Return how a camera was held, as EXIF numbers it: 1 for upright, 5 to 8 for on its side."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as opened:
        turned = opened.getexif().get(_ORIENTATION, 1)
    return turned if turned in range(1, 9) else 1


def _usable(source: Source, size: tuple[int, int], classes: int) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Return the objects with boxes in parts of the image, and what is wrong with others."""
    unit = (1, 1) if source.size is None else size
    kept, faults = [], []
    for name, row in zip(source.names, np.array(source.objects, np.float64).reshape(-1, 6), strict=True):
        fault = box_fault(row, classes, unit)
        if fault:
            faults.append(("box", f"{source.annotation}: {name}: {fault}"))
        row[1:5] = (row[1:5] / [*unit, *unit]).clip(0, 1)
        if not fault or not box_fault(row, classes):
            kept.append(row)
    return np.array(kept).reshape(-1, 6), faults


def _turned(corners: np.ndarray, orientation: int) -> np.ndarray:
    """Return corners in parts of the image as it is stored, in parts of the image as it is seen."""
    x, y = corners[:, [0, 2]], corners[:, [1, 3]]
    x, y = {5: (y, x), 6: (1 - y, x), 7: (1 - y, 1 - x), 8: (y, 1 - x)}[orientation]
    return np.stack([x.min(1), y.min(1), x.max(1), y.max(1)], 1)


def _upright(name: str, pixels: np.ndarray) -> tuple[str, bytes]:
    """Return an image's name and file once more, with its rotation applied: JPEG again, all else as PNG."""
    stem, ending = os.path.splitext(name)
    if ending.lower() in (".jpg", ".jpeg"):
        return name, encoded(pixels)
    return f"{stem}.png", encoded(pixels, 6, ".png")


def _write_index(staging: Staging, read: Annotations, done: Mapping[str, AnnotatedImage]) -> None:
    staging.write(CLASSES, "".join(f"{name}\n" for name in read.classes).encode())
    for split, sources in read.splits.items():
        images = [done[source.name] for source in sources if source.name in done]
        index = io.BytesIO()
        write_list(index, images)
        staging.write(f"{split}.lst", index.getvalue())
        objects = np.concatenate([image.objects for image in images] or [np.empty((0, 6))])
        staging.counts |= {f"{split}: images": len(images), f"{split}: boxes": len(objects)}
        staging.counts |= {f"{split}: {name}": int((objects[:, 0] == i).sum()) for i, name in enumerate(read.classes)}
        for flag, what in ((DIFFICULT, "difficult"), (CROWD, "crowds")):
            count = int((objects[:, 5] == flag).sum())
            staging.counts |= {f"{split}: {what}": count} if count else {}
        empty = sum(not len(image.objects) for image in images)
        if empty:
            staging.notes.append(f"{split}: {counted(empty, 'image')} without boxes")
