"""Images with boxes as PASCAL VOC keeps them: one XML file an image, one text file a split."""

import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from symcli.data.detection_list import DIFFICULT
from symcli.data.findings import counted
from symcli.data.prepare.boxes import Annotations, BoxPreparation, Problems, Source
from symcli.errors import DataError, suggest
from symcli.params import param

__all__ = ["Voc"]

XMLS, SETS, IMAGES = "Annotations", "ImageSets", "JPEGImages"
ENDINGS = (".jpg", ".jpeg", ".png", ".bmp")
LONGEST = 1 << 22  # bytes of an annotation


class _Annotation(NamedTuple):
    names: list[str]
    size: tuple[int, int]
    corners: list[list[float]]
    difficult: list[bool]


class Voc(BoxPreparation, name="voc"):
    """A folder as of PASCAL VOC: Annotations/*.xml, ImageSets/Main/<split>.txt, JPEGImages.

    A box from pixel xmin to xmax, counted from 1, reaches from xmin - 1 to xmax in the image's coordinates.
    Without ImageSets all images are one split, ``train``. A split none of whose images is annotated is left out.
    """

    classes: tuple[str, ...] = param((), doc="the classes in their order; by default all that are there, sorted")

    def inputs(self, source: str) -> dict[str, str]:
        found = {name: os.path.join(source, name) for name in (XMLS, SETS, IMAGES)}
        missing = [name for name in (XMLS, IMAGES) if not os.path.isdir(found[name])]
        if missing:
            raise DataError(f"{source}: there is no {missing[0]}; needs a folder as of PASCAL VOC: {XMLS}/*.xml, "
                            f"{SETS}/Main/*.txt, {IMAGES}", source)  # fmt: skip
        return {name: path for name, path in found.items() if os.path.isdir(path)}

    def annotations(self, inputs: Mapping[str, str], problems: Problems) -> Annotations:
        folder = inputs[XMLS]
        stems = sorted(name[:-4] for name in os.listdir(folder) if name.endswith(".xml"))
        if not stems:
            raise DataError(f"{folder}: has no .xml file; needs one for each image", folder)
        read: dict[str, _Annotation] = {}
        for stem in stems:
            path = os.path.join(folder, f"{stem}.xml")
            try:
                read[stem] = _read(path)
            except ValueError as error:
                problems.add("annotation", f"{path}: {error}")
        splits, notes = self._splits(inputs.get(SETS), stems, problems)
        classes = self.classes or tuple(sorted({name for one in read.values() for name in one.names}))
        images = {os.path.splitext(name)[0]: name for name in sorted(os.listdir(inputs[IMAGES]))
                  if name.lower().endswith(ENDINGS)}  # fmt: skip
        place = {name: i for i, name in enumerate(classes)}
        sources = {}
        for stem in sorted({stem for split in splits.values() for stem in split} & read.keys()):
            path = os.path.join(folder, f"{stem}.xml")
            if stem not in images:
                problems.add("image", f"{path}: there is no image {stem}.jpg in {inputs[IMAGES]}")
                continue
            objects, names = _objects(read[stem], place, path, problems)
            image = os.path.join(inputs[IMAGES], images[stem])
            sources[stem] = Source(image, images[stem], path, read[stem].size, objects, names)
        found = {name: [sources[stem] for stem in split if stem in sources] for name, split in splits.items()}
        return Annotations(classes, found, notes)

    def _splits(self, folder: str | None, stems: Sequence[str],
                problems: Problems) -> tuple[dict[str, list[str]], list[str]]:  # fmt: skip
        """Return the annotated images of each split, and what was left out."""
        main = os.path.join(folder, "Main") if folder else ""
        if folder and not os.path.isdir(main):
            main = folder
        files = sorted(name for name in os.listdir(main) if name.endswith(".txt")) if main else []
        known, splits, notes = set(stems), {}, []
        for name in files:
            with open(os.path.join(main, name), encoding="utf-8") as file:
                lines = [line.split() for line in file if line.strip()]
            if not lines or any(len(line) > 1 for line in lines):
                continue  # images of one class, each with 1 or -1
            split = [line[0] for line in lines]
            missing = [stem for stem in split if stem not in known]
            if len(missing) == len(split):
                notes.append(f"{name[:-4]}: none of its {counted(len(split), 'image')} is annotated; left out")
                continue
            for stem in missing:
                problems.add("annotation", f"{os.path.join(main, name)}: {stem} has no {XMLS}/{stem}.xml")
            splits[name[:-4]] = [stem for stem in split if stem in known]
        return splits or {"train": list(stems)}, notes


def _objects(
    read: _Annotation, place: Mapping[str, int], path: str, problems: Problems
) -> tuple[np.ndarray, list[str]]:
    rows, names = [], []
    for number, (name, corners, difficult) in enumerate(zip(read.names, read.corners, read.difficult, strict=True), 1):
        if name not in place:
            hint = suggest(name, place) or f"classes: {', '.join(place)}"
            problems.add("class", f"{path}: object {number}: there is no class {name!r}; {hint}")
            continue
        x1, y1, x2, y2 = corners
        if x2 > x1 and y2 > y1:  # an empty box is left as it is written, to be named so
            x1, y1 = x1 - 1, y1 - 1
        rows.append([place[name], x1, y1, x2, y2, DIFFICULT if difficult else 0])
        names.append(f"object {number}")
    return np.array(rows, np.float64).reshape(-1, 6), names


def _read(path: str) -> _Annotation:
    """Return what an annotation says; a ``ValueError`` tells what it lacks."""
    try:
        if os.path.getsize(path) > LONGEST:
            raise ValueError("is larger than 4 MB; needs an annotation")
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        line, column = error.position
        raise ValueError(f"line {line}, column {column + 1}: {str(error).split(':')[0]}; needs XML") from None
    except (OSError, LookupError) as error:
        raise ValueError(getattr(error, "strerror", None) or str(error)) from None
    size = root.find("size")
    if size is None:
        raise ValueError("has no <size>; needs the image's width and height in pixels")
    width, height = (_number(size, name, "<size>") for name in ("width", "height"))
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise ValueError(f"<size> is {width:g} × {height:g}; needs the image's width and height in pixels")
    found = _Annotation([], (int(width), int(height)), [], [])
    for number, one in enumerate(root.iter("object"), 1):
        what = f"object {number}"
        name, box = (one.findtext("name") or "").strip(), one.find("bndbox")
        if not name or box is None:
            raise ValueError(f"{what} has no <{'bndbox' if name else 'name'}>; needs a class and a box")
        found.names.append(name)
        found.corners.append([_number(box, side, what) for side in ("xmin", "ymin", "xmax", "ymax")])
        found.difficult.append((one.findtext("difficult") or "").strip() in ("1", "true", "True"))
    return found


def _number(element: ElementTree.Element, name: str, what: str) -> float:
    text = (element.findtext(name) or "").strip()
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{what}: {name} is {text!r}; needs a number") from None
