"""Iterators over files in batches of one size: ``CSVIter``, ``MNISTIter`` and the base of those over records.

Source: ``src/io/iter_csv.cc``, ``iter_mnist.cc`` and ``iter_batchloader.h``.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli import dtypes
from symcli.data.batch import DataBatch, DataDesc
from symcli.data.formats.mnist import read_idx
from symcli.data.iterator import DataIter
from symcli.errors import DataError, ParamError
from symcli.ndarray import array
from symcli.shapes import prod

__all__ = ["ArraysIter", "CSVIter", "MNISTIter", "RoundIter"]


class RoundIter(DataIter):
    """Batches of numbered examples; a child says how they are read.

    Parameters
    ----------
    count : how many examples there are.
    round_batch : fill the last batch from the beginning, and begin the next epoch after what that took; else the last
        batch ends in zeros. ``batch.pad`` counts what fills it, ``batch.index`` has the numbers of its examples.
    shuffle, seed : draw the order of each epoch from the seed.
    num_parts, part_index : take one of equal parts.

    Raises
    ------
    ParamError
        If the part does not exist, or the batch has no examples.
    """

    def __init__(self, count: int, batch_size: int, round_batch: bool = True, shuffle: bool = False, seed: int = 0,
                 num_parts: int = 1, part_index: int = 0):  # fmt: skip
        super().__init__(int(batch_size))
        who = type(self).__name__
        if not 0 <= part_index < num_parts:
            raise ParamError(f"{who}: part_index={part_index} of num_parts={num_parts}; needs 0 to {num_parts - 1}")
        if self.batch_size < 1:
            raise ParamError(f"{who}: batch_size={batch_size}; needs 1 or more")
        size = -(-count // num_parts)
        self._numbers = np.arange(count)[part_index * size : (part_index + 1) * size]
        if not self._numbers.size:
            raise DataError(f"{who}: there is no example" + (f" in part {part_index} of {num_parts}" if count else ""))
        self._round, self._shuffle, self._seed = round_batch, shuffle, seed
        self.epoch = 0
        self._order, self._place, self._ended = self._drawn(), 0, False
        self._batch: DataBatch | None = None

    def _drawn(self) -> np.ndarray:
        if not self._shuffle:
            return self._numbers
        return np.random.Generator(np.random.Philox(key=[self._seed, self.epoch])).permutation(self._numbers)

    def following(self) -> tuple[np.ndarray, int, int] | None:
        """Return the numbers of the next batch's examples, how many only fill it, and the epoch; None at the end."""
        if self._ended:
            return None
        found, epoch = self._order[self._place : self._place + self.batch_size], self.epoch
        self._place += len(found)
        if self._place >= len(self._order):
            self._ended = True
            self.epoch += 1
            self._order, self._place = self._drawn(), 0
        pad = self.batch_size - len(found)
        if not len(found):
            return None
        while self._round and len(found) < self.batch_size:
            more = self._order[: self.batch_size - len(found)]
            found, self._place = np.concatenate([found, more]), len(more) % len(self._order)
        return found, pad, epoch

    def reset(self) -> None:
        if not self._ended:
            self._place = 0
        self._ended = False

    def iter_next(self) -> bool:
        try:
            self._batch = self.next()
        except StopIteration:
            return False
        return True

    def _current(self) -> DataBatch:
        if self._batch is None:
            raise StopIteration
        return self._batch

    def getdata(self) -> Any:
        return self._current().data[0]  # type: ignore[index]

    def getlabel(self) -> Any:
        return self._current().label[0]  # type: ignore[index]

    def getpad(self) -> int | None:
        return self._current().pad

    def getindex(self) -> Any:
        return self._current().index


class ArraysIter(RoundIter):
    """Batches of two arrays, data and labels."""

    def __init__(self, data: np.ndarray, label: np.ndarray, batch_size: int, data_name: str, label_name: str,
                 **options: Any):  # fmt: skip
        super().__init__(len(data), batch_size, **options)
        self._data, self._label = data, label
        self.provide_data, self.provide_label = (
            [DataDesc(name, (self.batch_size, *one.shape[1:]), one.dtype.type)]
            for name, one in ((data_name, data), (label_name, label))
        )

    def next(self) -> DataBatch:
        found = self.following()
        if found is None:
            raise StopIteration
        numbers, pad, _ = found
        data, label = ([array(self._filled(one, numbers), dtype=one.dtype)] for one in (self._data, self._label))
        return DataBatch(data, label, pad, numbers)

    def _filled(self, source: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        made = np.zeros((self.batch_size, *source.shape[1:]), source.dtype)
        made[: len(numbers)] = source[numbers]
        return made


class CSVIter(ArraysIter):
    """Rows of text files with commas between numbers; labels from another file, else 0.

    Parameters
    ----------
    data_csv, label_csv : a file, or a folder whose files are read in the order of their names.
    data_shape, label_shape : the shapes of one example's.
    round_batch : see ``RoundIter``.
    dtype : float32, int32 or int64, of data and labels.

    Raises
    ------
    DataError
        If a file cannot be read, or rows do not fit; the message names the line.
    """

    def __init__(self, data_csv: str, data_shape: Sequence[int], label_csv: str | None = None,
                 label_shape: Sequence[int] = (1,), batch_size: int = 0, round_batch: bool = True,
                 dtype: Any = "float32", data_name: str = "data", label_name: str = "softmax_label",
                 **_without_effect: Any):  # fmt: skip
        kind = np.dtype(dtypes.name_of(dtype or "float32"))
        data = _read_table(data_csv, kind, tuple(data_shape))
        if label_csv in (None, "", "NULL"):
            label = np.zeros((len(data), *label_shape), kind)
        else:
            label = _read_table(str(label_csv), kind, tuple(label_shape))
        if len(label) != len(data):
            raise DataError(
                f"{label_csv}: has {len(label)} rows, {data_csv} {len(data)}; needs as many", str(label_csv)
            )
        label = label[:, 0] if tuple(label_shape) == (1,) else label
        super().__init__(data, label, batch_size, data_name, label_name, round_batch=bool(round_batch))


def _read_table(path: str, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    try:
        names = [os.path.join(path, name) for name in sorted(os.listdir(path))] if os.path.isdir(path) else [path]
        return np.concatenate([_read_rows(name, dtype, shape) for name in names])
    except OSError as error:
        raise DataError(f"{error.filename or path}: cannot be read: {error.strerror}", path) from None


def _read_rows(path: str, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    size, number = prod(shape), np.int64 if dtype.kind == "i" else np.float64
    with open(path, encoding="utf-8") as file:
        rows = file.read().splitlines()
    found = []
    for line, row in enumerate(rows, 1):
        texts = row.strip().rstrip(",").split(",")
        if texts == [""]:
            continue
        if len(texts) != size:
            raise DataError(f"{path}:{line}: {len(texts)} numbers; needs {size} for the shape {shape}", path)
        try:
            found.append(np.array(texts).astype(number))
        except ValueError as error:
            raise DataError(f"{path}:{line}: {error}; needs numbers of type {dtype}", path) from None
    return np.array(found, number).astype(dtype).reshape(-1, *shape)


class MNISTIter(ArraysIter):
    """MNIST's idx files, plain or gzipped: pixels divided by 256, (1, 28, 28) or flat; a part of a batch is left out.

    Raises
    ------
    DataError
        If a file cannot be read, or the two do not fit.
    """

    def __init__(self, image: str = "./train-images-idx3-ubyte", label: str = "./train-labels-idx1-ubyte",
                 batch_size: int = 128, shuffle: bool = True, flat: bool = False, seed: int = 0, silent: bool = False,
                 num_parts: int = 1, part_index: int = 0, data_name: str = "data", label_name: str = "softmax_label",
                 **_without_effect: Any):  # fmt: skip
        images, labels = read_idx(image), read_idx(label)
        if images.ndim != 3 or labels.shape != images.shape[:1]:
            raise DataError(f"{image}: images are {images.shape}, labels {labels.shape}; needs (n, height, width) and "
                            "(n,)", image)  # fmt: skip
        pixels = images.astype(np.float32) * np.float32(1 / 256)
        size = len(pixels) // num_parts  # the last part is the longer one
        part = slice(size * part_index, len(pixels) if part_index + 1 == num_parts else size * (part_index + 1))
        pixels, labels = pixels[part], labels[part].astype(np.float32)
        shape = (len(pixels), -1) if flat else (len(pixels), 1, *images.shape[1:])
        super().__init__(pixels.reshape(shape), labels, batch_size, data_name, label_name, round_batch=False,
                         shuffle=bool(shuffle), seed=int(seed))  # fmt: skip

    def next(self) -> DataBatch:
        batch = super().next()
        if batch.pad:
            raise StopIteration
        return batch
