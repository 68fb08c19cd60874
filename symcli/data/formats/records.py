"""Images in RecordIO files, as ``prepare-data recordio`` and MXNet's ``im2rec`` make them."""

import os
import threading
from collections.abc import Sequence

import numpy as np

from symcli.data.formats.base import DataFormat, Examples, class_names
from symcli.data.images import decoded
from symcli.data.records import Records
from symcli.data.transforms import LARGEST, resized, width_and_height
from symcli.errors import DataError, reason
from symcli.params import FilePath, param

__all__ = ["ImageRecord", "RecordExamples"]


class RecordExamples(Examples):
    """Images of records that are decoded when they are asked for: (H, W, 3) or, grey, (H, W, 1), uint8."""

    def __init__(self, records: Records, numbers: np.ndarray, labels: np.ndarray, classes: Sequence[str], colour: bool,
                 size: tuple[int, int] | None):  # fmt: skip
        width, height = size or (0, 0)
        super().__init__(records.path, {"data": (height, width, 3 if colour else 1)}, {"label": labels}, classes)
        self._records, self._numbers, self._colour, self._size = records, numbers, colour, size
        self._lock = threading.Lock()  # the file has one position

    def __len__(self) -> int:
        return len(self._numbers)

    def name(self, index: int) -> str:
        return self._records.name(int(self._numbers[index]))

    def read(self, index: int) -> tuple[np.ndarray, ...]:
        with self._lock:
            _, _, data = self._records.read(int(self._numbers[index]))
        pixels = decoded(data, self.name(index), "RGB" if self._colour else "L")
        pixels = pixels if self._colour else pixels[:, :, None]
        return (pixels if self._size is None else resized(pixels, self._size),)

    def chosen(self, numbers: np.ndarray) -> "RecordExamples":
        return RecordExamples(self._records, self._numbers[numbers], self.labels["label"][numbers], self.classes,
                              self._colour, self._size)  # fmt: skip


class ImageRecord(DataFormat, name="image_record"):
    """The images of a ``.rec`` file with their labels; class names stand in synset.txt beside it, if at all."""

    path: FilePath = param(doc="the .rec file")
    flag: int = param(1, choices=(0, 1), doc="1 for colour, 0 for grey")
    label_width: int = param(1, ge=1, doc="how many numbers a label has")
    size: tuple[int, ...] = param(
        (), ge=1, le=LARGEST, doc="resize all images to (width, height), or one number for both"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size:
            width_and_height(self.size)

    def read(self) -> RecordExamples:
        index = os.path.splitext(self.path)[0] + ".idx"
        records = Records(self.path, index if os.path.exists(index) else "")
        labels = np.empty((len(records), self.label_width), np.float32)
        for i in range(len(records)):
            label = records.read(i)[0]
            if label.size != self.label_width:
                raise DataError(f"{records.name(i)}: the label has {label.size} numbers; needs "
                                f"label_width={self.label_width}", self.path)  # fmt: skip
            labels[i] = label
        first = labels[:, 0] if self.label_width == 1 else labels
        size = width_and_height(self.size) if self.size else None
        return RecordExamples(records, np.arange(len(records)), first, self._classes(first), bool(self.flag), size)

    def _classes(self, labels: np.ndarray) -> tuple[str, ...]:
        try:
            with open(os.path.join(os.path.dirname(self.path), "synset.txt"), encoding="utf-8") as file:
                return tuple(line.strip() for line in file if line.strip())
        except FileNotFoundError:
            return class_names(labels)
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"synset.txt beside {self.path}: cannot be read: {reason(error)}", self.path) from None
