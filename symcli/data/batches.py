"""Examples as batches: ordered, read and transformed by threads ahead of time, the same from any position on."""

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import numpy as np

from symcli.data.batch import DataBatch, DataDesc
from symcli.data.formats.base import Examples
from symcli.data.iterator import DataIter
from symcli.data.transforms import Chain, Transform, apply_with_boxes, permutation
from symcli.ndarray import NDArray, array

__all__ = ["Batches"]

_SMALL = 3 * 128 * 128  # bytes of an image


class Batches(DataIter):
    """Batches of examples. What a batch holds follows from seed, epoch and its number alone: not from the number of
    threads, and not from where an epoch was begun.

    Parameters
    ----------
    data, label : the arrays of a batch.
    arrays : which array of the examples feeds each of them.
    transforms : what becomes of the first data array.
    shuffle : whether each epoch has an order of its own.
    last_batch_handle : what becomes of examples that fill no batch: ``pad`` fills it from the beginning, ``discard``
        leaves them out, ``roll_over`` puts them before the next epoch's.
    training : whether ``reset`` goes on to the next epoch, with other random choices.
    threads, prefetch : how many threads read, and how many batches ahead.
    cache : how many bytes of decoded examples are kept for the next epochs.

    Attributes
    ----------
    waited : seconds that ``next`` has waited for the threads.
    """

    def __init__(self, examples: Examples, data: Sequence[DataDesc], label: Sequence[DataDesc],
                 arrays: Mapping[str, str], transforms: Sequence[Transform], batch_size: int, seed: int = 0,
                 shuffle: bool = False, last_batch_handle: str = "pad", training: bool = False, threads: int = 2,
                 prefetch: int = 4, cache: int = 1 << 29):  # fmt: skip
        self._threads: ThreadPoolExecutor | None = None
        super().__init__(batch_size)
        self.examples, self.provide_data, self.provide_label = examples, list(data), list(label)
        self.waited = 0.0
        self._arrays, self._chain, self._seed = dict(arrays), Chain(transforms), seed
        self._shuffle, self._last, self._training = shuffle, last_batch_handle, training
        self._count, self._prefetch = threads, prefetch
        self._ahead: deque[Future[DataBatch]] = deque()
        self._kept: dict[int, tuple[np.ndarray, ...]] = {}
        self._reading = threading.Lock()
        self._room = cache if examples.decodes else 0
        self.seek(0)

    def __len__(self) -> int:
        """Return how many batches an epoch has; with ``roll_over`` one has one more now and then."""
        whole, more = divmod(len(self.examples), self.batch_size)
        return whole + (more > 0 and self._last == "pad")

    def seek(self, epoch: int, batch: int = 0) -> None:
        """Go to a batch of an epoch; the next one that is asked for is that."""
        for future in self._ahead:
            future.cancel()
        self._ahead.clear()
        self._epoch, self._next, self._order = epoch, batch, self._ordered(epoch)

    def reset(self) -> None:
        self.seek(self._epoch + self._training)

    def close(self) -> None:
        """Let the threads end."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    __del__ = close

    def _permuted(self, epoch: int) -> np.ndarray:
        count = len(self.examples)
        return permutation(self._seed, epoch, count) if self._shuffle else np.arange(count)

    def _ordered(self, epoch: int) -> np.ndarray:
        count, size = len(self.examples), self.batch_size
        if self._last == "pad":
            return np.resize(self._permuted(epoch), -(-count // size) * size)
        if self._last == "discard":
            return self._permuted(epoch)[: count // size * size]
        # All epochs are one row of examples, cut into batches.
        start, stop = (one * count // size * size for one in (epoch, epoch + 1))
        first = start // count
        row = np.concatenate([self._permuted(one) for one in range(first, epoch + 1)])
        return row[start - first * count : stop - first * count]

    def next(self) -> DataBatch:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._count, "data")
        while len(self._ahead) < self._prefetch and self._next * self.batch_size < len(self._order):
            self._ahead.append(self._threads.submit(self._made, self._epoch, self._order, self._next))
            self._next += 1
        if not self._ahead:
            raise StopIteration
        begin = time.perf_counter()
        batch = self._ahead.popleft().result()
        self.waited += time.perf_counter() - begin
        return batch

    def _made(self, epoch: int, order: np.ndarray, number: int) -> DataBatch:
        start = number * self.batch_size
        numbers = order[start : start + self.batch_size]
        first, *others = self._read(numbers)
        labels = {name: one[numbers] for name, one in self.examples.labels.items()}
        if self.examples.boxes is None:
            made = self._chain.batch(first, self._seed, epoch, numbers)
        else:
            made = self._with_boxes(first, labels[self.examples.boxes], epoch, numbers)
        columns = dict(zip(self.examples.data, [made, *others], strict=True)) | labels
        data, label = ([_array(columns[self._arrays[one.name]], one.dtype) for one in provided]
                       for provided in (self.provide_data, self.provide_label))  # fmt: skip
        pad = max(0, start + self.batch_size - len(self.examples)) if self._last == "pad" else 0
        return DataBatch(data, label, pad, numbers)

    def _with_boxes(
        self, images: Sequence[np.ndarray], boxes: np.ndarray, epoch: int, numbers: np.ndarray
    ) -> np.ndarray:
        """Return images after all transforms, stacked; bring their boxes (n, objects, 5) to where they are now."""
        made = []
        for image, rows, number in zip(images, boxes, numbers.tolist(), strict=True):
            there = rows[rows[:, 0] >= 0]
            image, moved = apply_with_boxes(self._chain.transforms, image, there, self._seed, epoch, number)
            made.append(image)
            rows[:] = -1
            rows[: len(moved)] = moved
        return np.stack(made)

    def _read(self, numbers: np.ndarray) -> Sequence[Sequence[np.ndarray]]:
        if not self.examples.decodes:
            return self.examples.columns(numbers)
        rows = [self._row(int(numbers[0]))]
        # Decoding small images passes Python's lock on so often that two threads are slower than one: 5,600 against
        # 10,900 images/s of 32 × 32. One thread reads then, while others transform.
        small = sum(part.nbytes for part in rows[0]) < _SMALL
        with self._reading if small else nullcontext():
            rows += [self._row(number) for number in numbers[1:].tolist()]
        return list(zip(*rows, strict=True))

    def _row(self, number: int) -> tuple[np.ndarray, ...]:
        row = self._kept.get(number)
        if row is None:
            row = self.examples.read(number)
            if self._room > 0:  # two threads may both take the last of the room: a few images more
                self._room -= sum(part.nbytes for part in row)
                self._kept[number] = row
        return row


def _array(values: Any, dtype: Any) -> NDArray:
    stacked = np.asarray(values)
    return NDArray(stacked) if stacked.dtype == dtype and stacked.flags.owndata else array(stacked, dtype=dtype)
