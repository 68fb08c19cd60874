"""Images with boxes as COCO keeps them: one JSON file a split."""

import json
import os
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from symcli.data.detection_list import CROWD
from symcli.data.prepare.boxes import Annotations, BoxPreparation, Problems, Source
from symcli.errors import DataError
from symcli.params import param

__all__ = ["Coco"]

_IN_SPLIT = "_annotations.coco.json"


class Coco(BoxPreparation, name="coco"):
    """A folder as of COCO: annotations/instances_<split>.json with images in <split>, images/<split> or images.

    <split>/_annotations.coco.json beside the images is read too. Classes are the categories in the order of their ids;
    objects with ``iscrowd`` are kept as crowds.
    """

    classes: tuple[str, ...] = param((), doc="the classes in their order; by default all categories, by their ids")

    def inputs(self, source: str) -> dict[str, str]:
        found = {name: os.path.join(source, name) for name in sorted(os.listdir(source))
                 if not name.startswith(".") and os.path.isdir(os.path.join(source, name))}  # fmt: skip
        if not _files(found):
            raise DataError(f"{source}: there is no annotations/instances_<split>.json, and no <split>/{_IN_SPLIT}; "
                            "needs a folder as of COCO", source)  # fmt: skip
        return found

    def annotations(self, inputs: Mapping[str, str], problems: Problems) -> Annotations:
        read = {split: (path, _read(path)) for split, path in _files(inputs).items()}
        categories: dict[int, str] = {}
        for path, tree in read.values():
            for one in tree["categories"]:
                if categories.setdefault(one["id"], one["name"]) != one["name"]:
                    raise DataError(f"{path}: category {one['id']} is {one['name']!r}, elsewhere "
                                    f"{categories[one['id']]!r}; needs one name", path)  # fmt: skip
        classes = self.classes or tuple(categories[key] for key in sorted(categories))
        if len({*classes}) < len(classes):
            raise DataError(f"{next(iter(read.values()))[0]}: two categories have one name; needs different names")
        splits = {}
        for split, (path, tree) in read.items():
            folders = [os.path.dirname(path), *(os.path.join(os.path.dirname(os.path.dirname(path)), *parts)
                                                for parts in ((split,), ("images", split), ("images",)))]  # fmt: skip
            splits[split] = _sources(split, path, tree, folders, categories, classes, problems)
        return Annotations(classes, splits)


def _files(inputs: Mapping[str, str]) -> dict[str, str]:
    """Return the JSON file of each split."""
    found = {}
    for folder, path in inputs.items():
        for name in sorted(os.listdir(path)):
            one = os.path.join(path, name)
            if folder == "annotations" and name.endswith(".json"):
                split = re.sub("^instances_", "", name[:-5])
                if split == name[:-5] and any(other.startswith("instances_") for other in os.listdir(path)):
                    continue  # captions_…, person_keypoints_…
                found[split] = one
            elif name == _IN_SPLIT:
                found["val" if folder == "valid" else folder] = one
    return found


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            tree = json.load(file)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}:{error.lineno}:{error.colno}: {error.msg}; needs COCO's JSON", path) from None
    except (UnicodeDecodeError, RecursionError):
        raise DataError(f"{path}: is no JSON in UTF-8; needs COCO's JSON", path) from None
    needed = {"images": {"id": int, "file_name": str}, "categories": {"id": int, "name": str},
              "annotations": {"image_id": int, "category_id": int, "bbox": list}}  # fmt: skip
    for key, fields in needed.items():
        entries = tree.get(key) if isinstance(tree, dict) else None
        if not isinstance(entries, list):
            raise DataError(f"{path}: has no list {key!r}; needs images, annotations and categories", path)
        for number, one in enumerate(entries):
            for name, kind in fields.items():
                if not isinstance(one, dict) or not isinstance(one.get(name), kind):
                    raise DataError(f"{path}: {key}[{number}] has no {name} that is {_KINDS[kind]}; needs one", path)
    return tree


_KINDS = {int: "a whole number", str: "a text", list: "a list"}


def _sources(split: str, path: str, tree: Mapping[str, Any], folders: list[str], categories: Mapping[int, str],
             classes: tuple[str, ...], problems: Problems) -> list[Source]:  # fmt: skip
    place = {name: i for i, name in enumerate(classes)}
    rows: dict[int, list[list[float]]] = {one["id"]: [] for one in tree["images"]}
    names: dict[int, list[str]] = {image: [] for image in rows}
    for number, one in enumerate(tree["annotations"]):
        what, box = f"{path}: annotations[{number}]", one["bbox"]
        name = categories.get(one["category_id"])
        if one["image_id"] not in rows:
            problems.add("annotation", f"{what}: there is no image {one['image_id']}")
        elif name not in place:
            problems.add("class", f"{what}: there is no class {one['category_id'] if name is None else repr(name)}")
        elif len(box) != 4 or not all(isinstance(side, int | float) for side in box):
            problems.add("box", f"{what}: bbox is {json.dumps(box)}; needs four numbers: x, y, width, height")
        else:
            x, y, width, height = box
            flag = CROWD if one.get("iscrowd") else 0
            rows[one["image_id"]].append([place[name], x, y, x + width, y + height, flag])
            names[one["image_id"]].append(f"annotations[{number}]")
    sources = []
    for one in tree["images"]:
        parts = one["file_name"].replace("\\", "/").split("/")
        paths = [os.path.join(folder, *parts) for folder in folders]
        found = next((each for each in paths if os.path.isfile(each)), None)
        if found is None or ".." in parts or os.path.isabs(one["file_name"]):
            problems.add("image", f"{path}: there is no image {one['file_name']}")
            continue
        size = (one["width"], one["height"]) if {"width", "height"} <= one.keys() else None
        objects = np.array(rows[one["id"]], np.float64).reshape(-1, 6)
        if size is None or not all(isinstance(side, int) and side > 0 for side in size):
            problems.add("annotation", f"{path}: image {one['file_name']} has no width and height in pixels")
            continue
        sources.append(Source(found, "/".join([split, *parts]), path, size, objects, names[one["id"]]))
    return sources
