"""Images in one folder a class."""

import os
from collections.abc import Sequence

import numpy as np

from symcli.data.formats.base import DataFormat, Examples
from symcli.data.images import decode, is_image_name
from symcli.data.transforms import LARGEST, resized, width_and_height
from symcli.errors import DataError
from symcli.params import FilePath, param

__all__ = ["ImageExamples", "ImageFolder"]


class ImageExamples(Examples):
    """Images that are decoded when they are asked for: (H, W, 3) or, grey, (H, W, 1), uint8."""

    decodes = True

    def __init__(self, source: str, paths: Sequence[str], labels: np.ndarray, classes: Sequence[str], colour: bool,
                 size: tuple[int, int] | None = None):  # fmt: skip
        width, height = size or (0, 0)
        super().__init__(source, {"data": (height, width, 3 if colour else 1)}, {"label": labels}, classes)
        self.paths, self._colour, self._size = list(paths), colour, size

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, index: int) -> str:
        return self.paths[index]

    def read(self, index: int) -> tuple[np.ndarray, ...]:
        image = decode(self.paths[index], self._colour)
        return (image if self._size is None else resized(image, self._size),)

    def chosen(self, numbers: np.ndarray) -> "ImageExamples":
        return ImageExamples(self.source, [self.paths[i] for i in numbers], self.labels["label"][numbers], self.classes,
                             self._colour, self._size)  # fmt: skip


class ImageFolder(DataFormat, name="image_folder"):
    """A folder with a folder for each class; the classes are numbered in the sorted order of their names.

    Files and folders whose names begin with a dot, and files that are no images by their suffix, are left out.
    """

    path: FilePath = param(doc="the folder of the classes' folders")
    flag: int = param(1, choices=(0, 1), doc="1 for colour, 0 for grey")
    size: tuple[int, ...] = param(
        (), ge=1, le=LARGEST, doc="resize all images to (width, height), or one number for both"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size:
            width_and_height(self.size)

    def read(self) -> ImageExamples:
        classes = [name for name in self._names(self.path) if os.path.isdir(os.path.join(self.path, name))]
        if not classes:
            raise DataError(f"{self.path}: has no folders; needs one with images for each class", self.path)
        paths, labels = [], []
        for label, name in enumerate(classes):
            folder = os.path.join(self.path, name)
            files = [os.path.join(folder, file) for file in self._names(folder) if is_image_name(file)]
            paths += files
            labels += [label] * len(files)
        size = width_and_height(self.size) if self.size else None
        return ImageExamples(self.path, paths, np.array(labels, np.float32), classes, bool(self.flag), size)

    @staticmethod
    def _names(folder: str) -> list[str]:
        try:
            return sorted(name for name in os.listdir(folder) if not name.startswith("."))
        except OSError as error:
            raise DataError(f"{folder}: {error.strerror}; needs a folder with one folder a class", folder) from None
