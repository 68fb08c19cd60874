"""Images with boxes."""

from collections.abc import Sequence

import numpy as np

from symcli.data.detection_list import CROWD, AnnotatedImage, read_classes, read_list, splits
from symcli.data.formats.base import DataFormat, Examples
from symcli.data.images import decode
from symcli.errors import DataError
from symcli.params import FilePath, param

__all__ = ["Detection", "DetectionExamples"]


class DetectionExamples(Examples):
    """Images (H, W, 3), uint8, decoded when they are asked for, and the boxes of each.

    The label of an example is (objects, 5), float32: rows of class and corners (x1, y1, x2, y2) in parts of the image,
    then rows of -1; a sixth column flags what is difficult or a crowd if anything in the data set is.
    """

    decodes = True
    boxes = "label"

    def __init__(self, source: str, images: Sequence[AnnotatedImage], classes: Sequence[str], objects: int,
                 columns: int):  # fmt: skip
        labels = np.full((len(images), objects, columns), -1, np.float32)
        for label, image in zip(labels, images, strict=True):
            label[: len(image.objects)] = image.objects[:, :columns]
        super().__init__(source, {"data": (0, 0, 3)}, {"label": labels}, classes)
        self.images = list(images)

    def __len__(self) -> int:
        return len(self.images)

    def name(self, index: int) -> str:
        return self.images[index].path

    def read(self, index: int) -> tuple[np.ndarray, ...]:
        return (decode(self.images[index].path),)

    def chosen(self, numbers: np.ndarray) -> "DetectionExamples":
        _, objects, columns = self.labels["label"].shape
        return DetectionExamples(self.source, [self.images[i] for i in numbers], self.classes, objects, columns)


class Detection(DataFormat, name="detection"):
    """A folder of images with boxes, as ``symcli prepare-data voc|coco|yolo`` makes it.

    It holds ``classes.txt`` and an index for each split: a ``.lst`` file in MXNet's form. All splits give labels of one
    shape: as many rows as the image with the most boxes has.
    """

    path: FilePath = param(doc="the folder")
    split: str = param("train", doc="the split: the name of its .lst file")
    crowd: bool = param(False, doc="keep boxes around crowds; they count in evaluation only")

    def read(self) -> DetectionExamples:
        classes = read_classes(self.path)
        found = {split: self._kept(read_list(self.path, split, classes)) for split in splits(self.path)}
        if self.split not in found:
            read_list(self.path, self.split, classes)  # says that there is none
        images = found[self.split]
        everything = [image.objects for all_ in found.values() for image in all_]
        if not any(len(image.objects) for image in images):
            raise DataError(f"{self.path}: none of the {len(images)} images of the split {self.split!r} has a box; "
                            "needs one at least", self.path)  # fmt: skip
        columns = 6 if any((objects[:, 5] != 0).any() for objects in everything) else 5
        return DetectionExamples(self.path, images, classes, max(map(len, everything)), columns)

    def _kept(self, images: Sequence[AnnotatedImage]) -> list[AnnotatedImage]:
        if self.crowd:
            return list(images)
        return [image._replace(objects=image.objects[image.objects[:, 5] != CROWD]) for image in images]
