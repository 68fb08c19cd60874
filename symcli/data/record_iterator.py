"""Batches of images from records, decoded and augmented in threads (``src/io/iter_image_recordio_2.cc``)."""

import logging
import os
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from symcli import dtypes
from symcli.data.batch import DataBatch, DataDesc
from symcli.data.file_iterator import RoundIter
from symcli.data.images import decoded
from symcli.data.record_augmentation import Augmentation, Normalization
from symcli.data.records import Records
from symcli.data.transforms import Streams
from symcli.errors import DataError, MXNetError, ParamError, suggest
from symcli.ndarray import array, load, save
from symcli.params import Parameters, declared, from_texts

__all__ = ["ImageRecordInt8Iter", "ImageRecordIter", "ImageRecordIter_v1", "ImageRecordUInt8Iter"]

_SMALL = 64 * 64  # pixels of an image of which many fit into the cache at once
# Bytes of a record below which a second thread costs more than it decodes: they wait for Python's lock. Measured by
# tests/benchmarks/records.py with JPEGs of 32 x 32 (1,412 bytes): 15,200 images/s by one, 12,100 by two; of 48 x 48
# (1,985 bytes) 12,500 and 12,900; of 96 x 96 6,600 and 10,000.
_TINY = 1800
_WITHOUT_EFFECT = ("verbose", "device_id", "shuffle_chunk_size", "shuffle_chunk_seed", "ctx", "aug_seq")


class ImageRecordIter(RoundIter):
    """Batches of the images of a ``.rec`` file.

    Parameters
    ----------
    path_imgrec : the file; ``path_imgidx``, its index, only saves a walk through it.
    data_shape : (channels, height, width) of an image; 1 channel reads grey, 4 transparency too.
    path_imglist : a ``.lst`` file whose labels take the place of the records'.
    label_width : how many numbers a label has.
    shuffle, seed : draw the order of each epoch from the seed.
    round_batch : fill the last batch from the beginning, and begin the next epoch after what that took; else it ends in
        zeros. ``batch.pad`` counts what fills it.
    preprocess_threads, prefetch_buffer : how many threads decode, one where records have less than 1,800 bytes; how
        many batches they are ahead.
    num_parts, part_index : take one of equal parts.
    dtype : of the data.
    seed_aug : the seed of the random changes, by default ``seed``.
    mean_img : the file of a mean image; made in a first walk through the examples, and written, where there is none.
    others : the fields of ``Augmentation`` and ``Normalization``; those of devices and logs are accepted.

    Random changes are drawn from seed, epoch and example, so that threads do not change them; they are not those that
    MXNet draws.

    Raises
    ------
    ParamError
        If an option is unknown, missing or out of bounds.
    DataError
        If a file cannot be read; a broken record or image is named by its number and offset.
    """

    element: str = "float32"
    augmentation_class: type[Any] = Augmentation
    data: Any = None

    def __init__(self, path_imgrec: str, data_shape: Sequence[int], batch_size: int, path_imgidx: str = "",
                 path_imglist: str = "", label_width: int = 1, shuffle: bool = False, seed: int = 0,
                 seed_aug: int | None = None, round_batch: bool = True, preprocess_threads: int = 4,
                 prefetch_buffer: int = 4, num_parts: int = 1, part_index: int = 0, dtype: Any = None,
                 data_name: str = "data", label_name: str = "softmax_label", **others: Any):  # fmt: skip
        who = type(self).__name__
        self.augmentation, self.normalization = _options(who, self.augmentation_class, others)
        self.data_shape, self.label_width = tuple(int(size) for size in data_shape), int(label_width)
        if len(self.data_shape) != 3 or self.data_shape[0] not in (1, 3, 4) or min(self.data_shape) < 1:
            raise ParamError(
                f"{who}: data_shape={tuple(data_shape)}; needs (channels, height, width), 1, 3 or 4 channels"
            )
        self.records = Records(path_imgrec, path_imgidx or "", path_imglist or "")
        super().__init__(len(self.records), batch_size, bool(round_batch), bool(shuffle), int(seed), int(num_parts),
                         int(part_index))  # fmt: skip
        self._dtype = np.dtype(dtypes.name_of(dtype or self.element))
        self._seed_aug = int(seed if seed_aug is None else seed_aug)
        self._mean_img: np.ndarray | None = None
        self._parts = max(1, int(preprocess_threads))  # of a batch: each thread has one
        if os.path.getsize(path_imgrec) < _TINY * len(self.records):
            self._parts = 1
        self._threads = ThreadPoolExecutor(self._parts, "ImageRecordIter")
        self._ahead = max(1, int(prefetch_buffer))
        self._waiting: deque[tuple[list[Future], _Batch, int]] = deque()
        label = () if self.label_width == 1 else (self.label_width,)
        self.provide_data = [DataDesc(data_name, (self.batch_size, *self.data_shape), self._dtype.type)]
        self.provide_label = [DataDesc(label_name, (self.batch_size, *label))]
        self._mean_img = self._mean_image()

    def _mean_image(self) -> np.ndarray | None:
        """Return the mean image; where there is no file of it yet, make it, and write the file.

        As in MXNet it is the mean of the examples as they come without it: of a first epoch, scaled, less ``mean_r``.
        """
        path = self.normalization.mean_img
        if not path:
            return None
        if not os.path.exists(path):
            return self._made_mean_image(path)
        found = load(path)
        means = found if isinstance(found, Mapping) else {}
        if "mean_img" not in means or tuple(means["mean_img"].shape) != self.data_shape:
            listed = ", ".join(f"{name} {tuple(one.shape)}" for name, one in means.items()) or "no array with a name"
            raise DataError(f"{path}: has {listed}; needs mean_img {self.data_shape}", path)
        return means["mean_img"].asnumpy()

    def _made_mean_image(self, path: str) -> np.ndarray:
        logging.info("Cannot find %s: create mean image, this will take some time...", path)
        total, numbers = np.zeros(self.data_shape), self._numbers.tolist()
        for first in range(0, len(numbers), self.batch_size):
            batch = self._read(numbers[first : first + self.batch_size], 0)
            self._make(batch, range(len(batch.numbers)))
            total += batch.data.sum(0, dtype=np.float64)
        mean = (total / len(numbers)).astype(np.float32)
        save(path, {"mean_img": array(mean)})
        logging.info("Save mean image to %s..", path)
        return mean

    def next(self) -> DataBatch:
        while len(self._waiting) < self._ahead:
            found = self.following()
            if found is None:
                break
            numbers, pad, epoch = found
            batch = self._read(numbers.tolist(), epoch)
            size = -(-len(numbers) // self._parts)
            work = [self._threads.submit(self._make, batch, range(first, min(first + size, len(numbers))))
                    for first in range(0, len(numbers), size)]  # fmt: skip
            self._waiting.append((work, batch, pad))
        if not self._waiting:
            raise StopIteration
        work, batch, pad = self._waiting.popleft()
        for future in work:
            future.result()
        made = array(batch.labels[:, 0] if self.label_width == 1 else batch.labels)
        return DataBatch([array(batch.data, dtype=self._dtype)], [made], pad, batch.ids)

    def _read(self, numbers: Sequence[int], epoch: int) -> "_Batch":
        """Return a batch whose images are still encoded."""
        count = self.batch_size
        batch = _Batch(numbers, epoch, [], [], np.zeros((count, *self.data_shape), self._dtype),
                       np.zeros((count, self.label_width), np.float32), np.zeros(count, np.int64))  # fmt: skip
        for i, number in enumerate(numbers):
            label, batch.ids[i], encoded = self.records.read(number)
            self._check_label(label, self.records.name(number))
            batch.given.append(label)
            batch.encoded.append(encoded)
        return batch

    def _check_label(self, label: np.ndarray, what: str) -> None:
        if label.size != self.label_width:
            raise DataError(f"{what}: the label has {label.size} numbers; needs label_width={self.label_width}",
                            self.records.path)  # fmt: skip

    def _make(self, batch: "_Batch", rows: range) -> None:
        """Decode, change and normalise some of a batch's images."""
        streams, changes, images = Streams(self._seed_aug, batch.epoch), [], []
        for i in rows:
            draw = streams.of(batch.numbers[i])
            made = self._augmented(batch, i, draw)
            changes.append(self.normalization.drawn(draw))
            images.append(made[:, ::-1] if changes[-1][0] else made)
        block, (channels, height, width) = batch.data[rows.start : rows.stop], self.data_shape
        whole = all(image.shape == (height, width, channels) for image in images)
        if whole and height * width <= _SMALL:  # one move of all takes half the time
            block[:] = np.stack(images).transpose(0, 3, 1, 2)
        else:
            for one, image in zip(block, images, strict=True):
                one[:, : image.shape[0], : image.shape[1]] = image.transpose(2, 0, 1)
        if whole:
            self.normalization.over(block, changes, self._mean_img)
        else:
            for i, (image, change) in enumerate(zip(images, changes, strict=True)):
                part = block[i : i + 1, :, : image.shape[0], : image.shape[1]]
                self.normalization.over(part, [change], self._mean_img)

    def _augmented(self, batch: "_Batch", i: int, draw: Any) -> np.ndarray:
        """Return an image (height, width, channels), and note its label."""
        what = self.records.name(batch.numbers[i])
        batch.labels[i] = batch.given[i]
        pixels = self._decoded(batch.encoded[i], what)
        try:
            return self.augmentation(pixels, self.data_shape, draw)
        except MXNetError as error:
            raise DataError(f"{what}: {error}", self.records.path) from None

    def _decoded(self, encoded: bytes, what: str) -> np.ndarray:
        channels = self.data_shape[0]
        pixels = decoded(encoded, what, {1: "L", 3: "RGB"}.get(channels))
        pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
        if pixels.shape[2] != channels:
            raise DataError(f"{what}: the image has {pixels.shape[2]} channels; needs {channels}", self.records.path)
        return pixels

    def reset(self) -> None:
        # What was read ahead of an epoch that is broken off is dropped; the next one begins anew.
        if self._waiting:
            for work, _, _ in self._waiting:
                for future in work:
                    future.cancel()
            self._waiting.clear()
            self._place = 0
        super().reset()

    def __del__(self) -> None:
        if hasattr(self, "_threads"):
            self._threads.shutdown(wait=False, cancel_futures=True)


@dataclass
class _Batch:
    """Examples on their way: what was read of them, and the arrays that they fill."""

    numbers: Sequence[int]
    epoch: int
    given: list[np.ndarray]
    encoded: list[bytes]
    data: np.ndarray
    labels: np.ndarray
    ids: np.ndarray


class ImageRecordUInt8Iter(ImageRecordIter):
    """``ImageRecordIter`` with the pixels as they are, uint8."""

    element = "uint8"


class ImageRecordInt8Iter(ImageRecordIter):
    """``ImageRecordIter`` with the pixels as int8."""

    element = "int8"


ImageRecordIter_v1 = ImageRecordIter


def _options(who: str, augmentation: type[Parameters], others: Mapping[str, Any]) -> tuple[Any, Normalization]:
    """Divide options among the two; say of an unknown one which is meant."""
    kinds: tuple[type[Parameters], ...] = (augmentation, Normalization)
    known = {name: kind for kind in kinds for name in declared(kind)}
    for name in others:
        if name not in known and name not in _WITHOUT_EFFECT:
            raise ParamError(f"{who} has no parameter {name!r}; {suggest(name, known) or 'see its page'}")
    given = [{name: value for name, value in others.items() if known.get(name) is kind and value is not None}
             for kind in kinds]  # fmt: skip
    return from_texts(augmentation, given[0], who), from_texts(Normalization, given[1], who)
