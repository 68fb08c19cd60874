"""ImageIter: batches of images from records or files, augmented in Python (``python/mxnet/image/image.py``)."""

import logging
import os
import random
from collections.abc import Mapping, Sequence
from numbers import Number
from typing import Any

import numpy as np

from symcli import ndarray as nd
from symcli.data.batch import DataBatch
from symcli.data.image.augmenters import Augmenter, CreateAugmenter
from symcli.data.image.functions import imdecode
from symcli.data.iterator import DataIter
from symcli.data.recordio import MXIndexedRecordIO, MXRecordIO, unpack
from symcli.errors import DataError, ParamError
from symcli.ndarray import NDArray

__all__ = ["ImageIter", "read_list"]

_TYPES = ("int32", "float32", "int64", "float64")


class ImageIter(DataIter):
    """Batches of images from a ``.rec`` file, a list file, or a list, passed through augmenters.

    Parameters
    ----------
    data_shape : (3, height, width) of an image after the augmenters.
    label_width : how many numbers a label has.
    path_imgrec, path_imgidx : a ``.rec`` file, and its index, needed to shuffle or to take a part.
    path_imglist, path_root : a ``.lst`` file (number, labels and path on each line, tabs between), and the folder that
        its paths begin in. With ``path_imgrec`` its labels take the place of the records'.
    imglist : in place of a file: entries of one or more numbers, or a list of them, and a path.
    shuffle : draw the order anew for each epoch, by Python's ``random``.
    part_index, num_parts : take one of equal parts.
    aug_list : the augmenters; by default ``CreateAugmenter(data_shape, **kwargs)``.
    dtype : the type of labels.
    last_batch_handle : ``pad`` fills the last batch from the beginning, ``discard`` leaves it out, ``roll_over`` keeps
        its examples for the next epoch.

    Raises
    ------
    ParamError, ValueError
        If the options contradict each other.
    DataError
        If a file cannot be read; a broken image is named by its file or the number of its record.
    """

    def __init__(self, batch_size: int, data_shape: tuple[int, int, int], label_width: int = 1,
                 path_imgrec: str | None = None, path_imglist: str | None = None, path_root: str | None = None,
                 path_imgidx: str | None = None, shuffle: bool = False, part_index: int = 0, num_parts: int = 1,
                 aug_list: Sequence[Augmenter] | None = None, imglist: list | None = None, data_name: str = "data",
                 label_name: str = "softmax_label", dtype: str = "float32", last_batch_handle: str = "pad",
                 **kwargs: Any):  # fmt: skip
        super().__init__(batch_size)
        self._check_options(path_imgrec, path_imglist, imglist, dtype, last_batch_handle)
        self.imgrec: MXRecordIO | None = None
        self.imgidx: list[int] | None = None
        if path_imgrec and path_imgidx:
            self.imgrec = indexed = MXIndexedRecordIO(path_imgidx, path_imgrec, "r")
            self.imgidx = list(indexed.keys)
        elif path_imgrec:
            self.imgrec = MXRecordIO(path_imgrec, "r")
        self.imglist: Mapping[Any, tuple[NDArray, str]] | None = None
        if path_imglist:
            self.imglist = {key: (nd.array(label, dtype=dtype), path)
                            for key, (label, path) in read_list(path_imglist).items()}  # fmt: skip
        elif isinstance(imglist, list):
            self.imglist = {str(i): _entry(entry, dtype) for i, entry in enumerate(imglist, 1)}
        self.path_root = path_root
        self.check_data_shape(data_shape)
        self.data_shape: tuple[int, int, int] = tuple(data_shape)  # type: ignore[assignment]
        self.label_width = label_width
        self.provide_data: list = [(data_name, (batch_size, *data_shape))]
        self.provide_label: list = [(label_name, (batch_size, label_width) if label_width > 1 else (batch_size,))]
        self.shuffle, self.last_batch_handle = shuffle, last_batch_handle
        self.seq = self._order(part_index, num_parts)
        self.num_image = None if self.seq is None else len(self.seq)
        self.auglist = CreateAugmenter(self.data_shape, **kwargs) if aug_list is None else aug_list
        self.cur = 0
        self._allow_read = True
        self._rolled: tuple[NDArray, NDArray, int] | None = None  # data, labels and how many of them are there
        self.reset()

    def _check_options(self, path_imgrec: Any, path_imglist: Any, imglist: Any, dtype: str, last: str) -> None:
        who = type(self).__name__
        if not path_imgrec and not path_imglist and not isinstance(imglist, list):
            raise ParamError(f"{who}: there are no images; give path_imgrec, path_imglist, or a list as imglist")
        if dtype not in _TYPES:
            raise ParamError(f"{who}: dtype={dtype!r} is no type of labels; types: {', '.join(_TYPES)}")
        if last not in ("pad", "discard", "roll_over"):
            raise ParamError(f"{who}: last_batch_handle={last!r} is not known; choices: pad, discard, roll_over")

    def _order(self, part_index: int, num_parts: int) -> list | None:
        """Return the keys of the examples in order; None to read records one after another."""
        who = type(self).__name__
        if self.imgrec is None:
            keys = list(self.imglist or ())
        elif self.imgidx is not None:
            keys = self.imgidx
        elif self.shuffle or num_parts > 1:
            raise ParamError(f"{who}: to shuffle records or take a part of them, give their index as path_imgidx")
        else:
            return None
        if not 0 <= part_index < num_parts:
            raise ParamError(f"{who}: part_index={part_index} of num_parts={num_parts}; needs 0 to {num_parts - 1}")
        size = len(keys) // num_parts
        return keys if num_parts == 1 else keys[part_index * size : (part_index + 1) * size]

    def reset(self) -> None:
        if self.seq is not None and self.shuffle:
            random.shuffle(self.seq)
        if self._rolled is None:
            self._rewind()

    def hard_reset(self) -> None:
        """Go back to the beginning, without examples that roll over."""
        self._rolled = None
        self.reset()

    def _rewind(self) -> None:
        if self.imgrec is not None:
            self.imgrec.reset()
        self.cur, self._allow_read = 0, True

    def next_sample(self) -> tuple[Any, bytes]:
        """Return label and bytes of the next example.

        Raises
        ------
        StopIteration
            After the last one; if the last batch is padded the next call begins again.
        """
        if not self._allow_read:
            raise StopIteration
        if self.seq is None:
            record = self.imgrec.read()  # type: ignore[union-attr]
            if record is None:
                if self.last_batch_handle != "discard":
                    self._rewind()
                raise StopIteration
            self.cur += 1
            header, data = unpack(record)
            return header.label, data
        if self.cur >= len(self.seq):
            if self.last_batch_handle != "discard":
                self.cur = 0
            raise StopIteration
        key = self.seq[self.cur]
        self.cur += 1
        if self.imgrec is None:
            label, path = self.imglist[key]  # type: ignore[index]
            return label, self.read_image(path)
        header, data = unpack(self.imgrec.read_idx(key))  # type: ignore[attr-defined]
        return header.label if self.imglist is None else self.imglist[key][0], data

    def next(self) -> DataBatch:
        if self._rolled is not None:
            data, labels, count = self._rolled
        else:
            data, labels = nd.zeros((self.batch_size, *self.data_shape)), nd.zeros(self.provide_label[0][1])
            count = self._batchify(data, labels)
        pad = self.batch_size - count
        if pad:
            if self.last_batch_handle == "discard":
                raise StopIteration
            if self.last_batch_handle == "roll_over" and self._rolled is None:
                self._rolled = data, labels, count
                raise StopIteration
            self._batchify(data, labels, count)
            self._allow_read = self.last_batch_handle != "pad"
            self._rolled = None
        return DataBatch([data], [labels], pad)

    def _batchify(self, batch_data: NDArray, batch_label: NDArray, start: int = 0) -> int:
        """Fill a batch from ``start`` on; return how many examples it has then."""
        i = start
        while i < self.batch_size:
            try:
                label, encoded = self.next_sample()
            except StopIteration:
                if not i:
                    raise
                break
            image = self.imdecode(encoded)
            try:
                self.check_valid_image([image])
            except RuntimeError as error:
                logging.debug("%s; it is left out", error)
                continue
            self._put(i, self.augmentation_transform(image), label, batch_data, batch_label)
            i += 1
        return i

    def _put(self, i: int, image: NDArray, label: Any, batch_data: NDArray, batch_label: NDArray) -> None:
        made = self.postprocess_data(image)
        if made.shape != self.data_shape:
            raise DataError(f"{self._where()}: after the augmenters the image is {made.shape}; needs "
                            f"{self.data_shape}: resize or crop it to that")  # fmt: skip
        values = np.asarray(label.asnumpy() if isinstance(label, NDArray) else label, np.float32).reshape(-1)
        if values.size != self.label_width:
            raise DataError(
                f"{self._where()}: the label has {values.size} numbers; needs label_width={self.label_width}"
            )
        batch_data[i] = made
        batch_label[i] = values if self.label_width > 1 else values[0]

    def _where(self) -> str:
        """Name the example that was read last."""
        if self.seq is None:
            return f"{self.imgrec.uri}: record {self.cur - 1}"  # type: ignore[union-attr]
        key = self.seq[self.cur - 1]
        if self.imgrec is not None:
            return f"{self.imgrec.uri}: record {key}"
        return os.path.join(self.path_root or "", self.imglist[key][1])  # type: ignore[index]

    # ---- what children change

    def check_data_shape(self, data_shape: Sequence[int]) -> None:
        """Raise ``ValueError`` for another shape than (3, height, width)."""
        if len(data_shape) != 3 or data_shape[0] != 3:
            raise ValueError(f"{type(self).__name__}: data_shape={tuple(data_shape)}; needs (3, height, width)")

    def check_valid_image(self, data: Sequence[NDArray]) -> None:
        """Raise ``RuntimeError`` for an image that is to be left out."""
        if not data[0].size:
            raise RuntimeError(f"{self._where()}: the image has no pixels")

    def imdecode(self, s: bytes) -> NDArray:
        """Return the image of an image file's bytes."""
        try:
            return imdecode(s)
        except DataError as error:
            raise DataError(f"{self._where()}: {str(error).removeprefix('imdecode: ')}", error.path) from None

    def read_image(self, fname: str) -> bytes:
        """Return the bytes of an image file below ``path_root``."""
        path = os.path.join(self.path_root or "", fname)
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}", path) from None

    def augmentation_transform(self, data: NDArray) -> NDArray:
        """Return an image passed through the augmenters."""
        for one in self.auglist:
            data = one(data)
        return data

    def postprocess_data(self, datum: NDArray) -> NDArray:
        """Return an image as the batch holds it, channels first."""
        return datum.transpose((2, 0, 1))


def _entry(entry: Sequence[Any], dtype: str) -> tuple[NDArray, str]:
    *label, path = entry
    numbers = label if len(label) > 1 or isinstance(label[0], Number) else label[0]
    return nd.array(numbers, dtype=dtype), path


def read_list(path: str) -> dict[int, tuple[list[float], str]]:
    """Return labels and path of each number of a ``.lst`` file.

    Raises
    ------
    DataError
        If it cannot be read; the message names the line.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}", path) from None
    found: dict[int, tuple[list[float], str]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        key, *label, name = line.strip().split("\t")
        try:
            if not label:
                raise ValueError
            found[int(key)] = [float(text) for text in label], name
        except ValueError:
            raise DataError(f"{path}:{number}: {line.strip()!r} is no line of a list; needs a number, one label or "
                            "more, and a path, with tabs between", path) from None  # fmt: skip
    return found
