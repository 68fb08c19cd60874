"""The records of a file by number, with their labels."""

import numpy as np

from symcli.data.image.iterator import read_list
from symcli.data.recordio import RecordReader, read_index, unpack
from symcli.errors import DataError

__all__ = ["Records"]


class Records:
    """The records of a ``.rec`` file by number, each with its label.

    Parameters
    ----------
    path : the file; its index is made by going through it, unless one is given as ``index``.
    labels : a ``.lst`` file whose labels, by the records' ids, take the place of theirs.

    Raises
    ------
    DataError
        If a file cannot be read, or is damaged; the message names the offset.
    """

    def __init__(self, path: str, index: str = "", labels: str = ""):
        self.path = path
        self._reader = RecordReader(path)
        self.offsets = [offset for _, offset in read_index(index)] if index else list(self._reader.offsets())
        self._labels = {key: label for key, (label, _) in read_list(labels).items()} if labels else None

    def __len__(self) -> int:
        return len(self.offsets)

    def read(self, number: int) -> tuple[np.ndarray, int, bytes]:
        """Return the label, as a vector, the id and the bytes of a record; one thread at a time."""
        self._reader.seek(self.offsets[number])
        record = self._reader.read()
        if record is None:
            raise DataError(f"{self.path}: the index has an offset of {self.offsets[number]:,}, where the file ends: "
                            "it belongs to another file, or one of them is cut: make it anew", self.path)  # fmt: skip
        try:
            header, data = unpack(record)
        except DataError as error:
            raise DataError(f"{self.name(number)}: {str(error).removeprefix('unpack: ')}", self.path) from None
        label = header.label
        if self._labels is not None:
            if header.id not in self._labels:
                raise DataError(f"{self.name(number)}: the list has no label for its id {header.id}", self.path)
            label = self._labels[header.id]
        return np.atleast_1d(np.asarray(label, np.float32)), header.id, data

    def name(self, number: int) -> str:
        """Return what a record is called in messages."""
        return f"{self.path}: record {number} at byte {self.offsets[number]:,}"
