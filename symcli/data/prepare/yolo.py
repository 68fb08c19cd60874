"""Images with boxes as YOLO's programs keep them: one text file an image, all numbers in parts of the image."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from symcli.data.prepare.boxes import Annotations, BoxPreparation, Problems, Source
from symcli.errors import DataError
from symcli.params import param

__all__ = ["Yolo"]

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
NAMES = ("data.yaml", "dataset.yaml", "classes.txt", "obj.names")
LISTED = {"validation": "val", "valid": "val"}


class Yolo(BoxPreparation, name="yolo"):
    """Folders of images and labels: images/<split> and labels/<split>, or <split>/images and <split>/labels.

    A line of a label file is a class number, then the box's centre x, y, width and height in parts of the image. An
    image without a label file has no boxes. The names of the classes stand in data.yaml (``names``), classes.txt or
    obj.names, or are given.
    """

    classes: tuple[str, ...] = param((), doc="the classes in their order; by default those of the names' file")

    def inputs(self, source: str) -> dict[str, str]:
        entries = sorted(name for name in os.listdir(source) if not name.startswith("."))
        found = {name: os.path.join(source, name) for name in entries
                 if name in NAMES or os.path.isdir(os.path.join(source, name))}  # fmt: skip
        if not _splits(found):
            raise DataError(f"{source}: there are no images and labels; needs images/<split> with labels/<split>, or "
                            "<split>/images with <split>/labels", source)  # fmt: skip
        return found

    def annotations(self, inputs: Mapping[str, str], problems: Problems) -> Annotations:
        classes = self.classes or _classes(inputs)
        splits: dict[str, list[Source]] = {}
        for split, (images, labels) in _splits(inputs).items():
            sources = splits.setdefault(split, [])
            names = sorted(name for name in os.listdir(images) if name.lower().endswith(ENDINGS))
            for name in names:
                path = os.path.join(labels, f"{os.path.splitext(name)[0]}.txt")
                read = _read(path, classes, problems)
                if read is not None:
                    sources.append(Source(os.path.join(images, name), f"{split}/{name}", path, None, *read))
            if not names:
                raise DataError(f"{images}: has no image; needs images of the split {split!r}", images)
        return Annotations(classes, splits)


def _splits(inputs: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the folders of images and labels of each split."""

    def folders(path: str) -> list[str]:
        return sorted(name for name in os.listdir(path) if os.path.isdir(os.path.join(path, name)))

    found = {}
    if "images" in inputs and "labels" in inputs:
        inside = folders(inputs["images"])
        pairs = {name: tuple(os.path.join(inputs[part], name) for part in ("images", "labels")) for name in inside}
        found = pairs or {"train": (inputs["images"], inputs["labels"])}
    else:
        for name, path in inputs.items():
            if os.path.isdir(path) and {"images", "labels"} <= {*folders(path)}:
                found[name] = (os.path.join(path, "images"), os.path.join(path, "labels"))
    return {LISTED.get(name, name): (pair[0], pair[1]) for name, pair in found.items()}


def _classes(inputs: Mapping[str, str]) -> tuple[str, ...]:
    path = next((inputs[name] for name in NAMES if name in inputs), None)
    if path is None:
        folder = os.path.dirname(next(iter(inputs.values())))
        raise DataError(f"{folder}: there are no names of classes ({', '.join(NAMES)}); add a file, or give --classes",
                        folder)  # fmt: skip
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text; needs the names of the classes", path) from None
    names = _names_of_yaml(text, path) if path.endswith(".yaml") else [line.strip() for line in text.splitlines()]
    names = [name for name in names if name]
    if not names or len({*names}) < len(names):
        raise DataError(f"{path}: {'a name stands twice' if names else 'names no class'}; needs the names of the "
                        "classes", path)  # fmt: skip
    return tuple(names)


def _names_of_yaml(text: str, path: str) -> list[str]:
    import yaml

    try:
        found: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise DataError(f"{path}{place}: is no YAML; needs names: [first, second, …]", path) from None
    names = found.get("names") if isinstance(found, dict) else None
    if isinstance(names, dict):
        names = [names[key] for key in sorted(names)]
    if not isinstance(names, list):
        raise DataError(f"{path}: has no list `names`; needs names: [first, second, …]", path)
    return [str(name).strip() for name in names]


def _read(path: str, classes: tuple[str, ...], problems: Problems) -> tuple[np.ndarray, list[str]] | None:
    """Return the objects of a label file and what they are called; None if it cannot be used."""
    if not os.path.exists(path):
        return np.empty((0, 6)), []
    rows, names = [], []
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.split() for line in file]
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            if len(line) != 5:
                raise ValueError(f"line {number} has {len(line)} numbers; needs five: class, centre, width, height")
            label, x, y, w, h = (_number(text, number) for text in line)
            if label not in range(len(classes)):
                problems.add("class", f"{path}: line {number}: there is no class {line[0]}; {len(classes)} classes, "
                             f"0 to {len(classes) - 1}")  # fmt: skip
                continue
            rows.append([label, x - w / 2, y - h / 2, x + w / 2, y + h / 2, 0])
            names.append(f"line {number}")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problems.add("annotation", f"{path}: {reason}")
        return None
    return np.array(rows, np.float64).reshape(-1, 6), names


def _number(text: str, line: int) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"line {line}: {text!r} is no number; needs five: class, centre, width, height") from None
