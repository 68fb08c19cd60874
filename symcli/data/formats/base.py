"""What a data format is: a frozen value whose fields are its parameters, and the examples it reads."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from symcli.data.dataset import Dataset
from symcli.errors import DataError, MXNetError, ParamError
from symcli.params import Parameters, param
from symcli.shapes import Shape

__all__ = ["FORMATS", "ArrayExamples", "DataFormat", "Examples", "class_names"]

FORMATS: dict[str, type["DataFormat"]] = {}

_SLICE = re.compile(r"(-?\d*):(-?\d*)(?::(-?\d*))?")


class Examples(Dataset):
    """Examples by number; one is a tuple of its data arrays, then its labels.

    Attributes
    ----------
    source : the file or folder they come from.
    data : the shape of each data array of one example, by name; 0 for a size that differs between examples.
    labels : all labels, by name; the first axis is the examples'.
    decodes : whether reading takes time, so that it is worth to keep what was read.
    classes : the names of the classes that the first labels number; empty where labels number none.
    boxes : the name of the labels that are boxes, which transforms move along with the image; none as a rule.
    """

    decodes: ClassVar[bool] = False
    boxes: ClassVar[str | None] = None

    def __init__(self, source: str, data: Mapping[str, Shape], labels: Mapping[str, np.ndarray],
                 classes: Sequence[str] = ()):  # fmt: skip
        self.source, self.data, self.labels, self.classes = source, dict(data), dict(labels), tuple(classes)

    def read(self, index: int) -> tuple[np.ndarray, ...]:
        """Return the data arrays of an example.

        Raises
        ------
        DataError
            If it cannot be read; the error names the file.
        """
        raise TypeError(f"{type(self).__name__}: examples define read and __len__")

    def columns(self, numbers: np.ndarray) -> Sequence[Sequence[np.ndarray]]:
        """Return the data arrays of several examples: for each name of ``data`` one of each example.

        Raises
        ------
        DataError
            If one cannot be read; the error names the file.
        """
        return list(zip(*(self.read(int(number)) for number in numbers), strict=True))

    def name(self, index: int) -> str:
        """Return what an example is called in messages."""
        return f"{self.source}[{index}]"

    def chosen(self, numbers: np.ndarray) -> "Examples":
        """Return some of the examples."""
        raise TypeError(f"{type(self).__name__}: examples define chosen")

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return (*self.read(index), *(array[index] for array in self.labels.values()))


class ArrayExamples(Examples):
    """Examples that are rows of arrays held in memory."""

    def __init__(self, source: str, arrays: Mapping[str, np.ndarray], labels: Mapping[str, np.ndarray],
                 classes: Sequence[str] = (), rows: np.ndarray | None = None):  # fmt: skip
        super().__init__(source, {name: array.shape[1:] for name, array in arrays.items()}, labels, classes)
        self._arrays = dict(arrays)
        self._rows = np.arange(len(self)) if rows is None else rows  # of the file: what messages name

    def __len__(self) -> int:
        return len(next(iter(self._arrays.values())))

    def read(self, index: int) -> tuple[np.ndarray, ...]:
        return tuple(array[index] for array in self._arrays.values())

    def columns(self, numbers: np.ndarray) -> Sequence[Sequence[np.ndarray]]:
        return [array[numbers] for array in self._arrays.values()]

    def chosen(self, numbers: np.ndarray) -> "ArrayExamples":
        arrays, labels = ({name: one[numbers] for name, one in held.items()} for held in (self._arrays, self.labels))
        return ArrayExamples(self.source, arrays, labels, self.classes, self._rows[numbers])

    def name(self, index: int) -> str:
        return f"{self.source}[{self._rows[index]}]"


class DataFormat(Parameters):
    """A way of keeping examples in files. A child defines ``read``; defining it registers it by its name.

    ``take`` and ``skip`` are slices of the examples in the order of the file, as Python writes them.
    """

    shuffle: bool = param(False, doc="order the examples anew for each epoch, by the job's seed")
    take: str = param(":", doc="the examples to take, start:stop:step as in Python; 4::5 is every fifth; or several")
    skip: str = param("0:0", doc="the examples to leave out, start:stop:step as in Python; or several: 3::10, 4::5")

    name: ClassVar[str] = ""

    def __init_subclass__(cls, name: str, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if name in FORMATS:
            raise MXNetError(f"data format {name!r} is taken by {FORMATS[name].__name__}; choose another name")
        cls.name, FORMATS[name] = name, cls

    def __post_init__(self) -> None:
        for name in ("take", "skip"):
            text = getattr(self, name)
            found = [_SLICE.fullmatch(part.strip()) for part in text.split(",")]
            if any(one is None or one[3] == "0" for one in found):
                raise ParamError(f"{name}={text!r} is no slice; give start:stop:step, as 4::5")

    def read(self) -> Examples:
        """Return all examples of the files."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is read: define read")

    def open(self) -> Examples:
        """Return the examples that ``take`` and ``skip`` leave.

        Raises
        ------
        DataError
            If a file cannot be read, or no example is left; the error names the file.
        """
        examples = self.read()
        numbers = np.arange(len(examples))
        left = np.zeros(len(examples), bool)
        for value, text in ((True, self.take), (False, self.skip)):
            for part in text.split(","):
                left[_slice(part)] = value
        if not left.any():
            why = f"take={self.take} and skip={self.skip} leave none of {len(left)}" if len(left) else "it is empty"
            raise DataError(f"{examples.source}: there is no example: {why}; needs one or more", examples.source)
        return examples if left.all() else examples.chosen(numbers[left])


def _slice(text: str) -> slice:
    return slice(*(int(part) if part else None for part in text.strip().split(":")))


def class_names(labels: np.ndarray) -> tuple[str, ...]:
    """Return the numbers of classes as names, 0 to the largest; none if labels are no whole numbers from 0 on."""
    if labels.ndim != 1 or not labels.size or labels.dtype.kind not in "uif":
        return ()
    whole = labels.dtype.kind in "ui" or bool((labels == np.floor(labels)).all())
    return tuple(str(i) for i in range(int(labels.max()) + 1)) if whole and 0 <= labels.min() <= 65535 else ()
