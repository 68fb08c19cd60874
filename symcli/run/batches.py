"""A job's examples as batches: ordered, transformed and stacked, the same from any position on."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli.data import DataBatch, DataDesc, DataIter
from symcli.data.formats import Examples
from symcli.data.transforms import Transform, apply
from symcli.ndarray import array

__all__ = ["Batches"]


class Batches(DataIter):
    """Batches of examples; what they hold follows from seed, epoch and number alone.

    ``arrays`` names the array of the examples that feeds each input.
    """

    def __init__(self, examples: Examples, data: Sequence[DataDesc], label: Sequence[DataDesc],
                 arrays: dict[str, str], transforms: Sequence[Transform], batch_size: int, seed: int = 0,
                 shuffle: bool = False, last_batch_handle: str = "pad", training: bool = False):  # fmt: skip
        super().__init__(batch_size)
        self.examples, self.provide_data, self.provide_label = examples, list(data), list(label)
        self._arrays, self._transforms, self._seed = arrays, list(transforms), seed
        self._shuffle, self._last, self._training = shuffle, last_batch_handle, training
        self._epoch, self._batch = 0, 0
        self._order = self._ordered(0)

    def __len__(self) -> int:
        """Return how many batches an epoch has; with ``roll_over`` one has one more now and then."""
        whole = len(self.examples) // self.batch_size
        return -(-len(self.examples) // self.batch_size) if self._last == "pad" else whole

    def seek(self, epoch: int, batch: int = 0) -> None:
        """Go to a batch of an epoch; the next one that is asked for is that."""
        self._epoch, self._batch, self._order = epoch, batch, self._ordered(epoch)

    def reset(self) -> None:
        self.seek(self._epoch + self._training)

    def _permuted(self, epoch: int) -> np.ndarray:
        if not self._shuffle:
            return np.arange(len(self.examples))
        key = np.array([self._seed, epoch], np.uint64)
        return np.random.Generator(np.random.Philox(key=key)).permutation(len(self.examples))

    def _ordered(self, epoch: int) -> np.ndarray:
        own, size = self._permuted(epoch), self.batch_size
        if self._last == "roll_over":
            kept = epoch * len(own) % size
            own = np.concatenate([self._permuted(epoch - 1)[len(own) - kept :], own]) if kept else own
        if self._last == "pad":
            return np.resize(own, -(-len(own) // size) * size)
        return own[: len(own) // size * size]

    def next(self) -> DataBatch:
        start = self._batch * self.batch_size
        numbers = self._order[start : start + self.batch_size]
        if not len(numbers):
            raise StopIteration
        pad = max(0, start + self.batch_size - len(self.examples)) if self._last == "pad" else 0
        batch = self._made(numbers, pad)
        self._batch += 1
        return batch

    def _made(self, numbers: np.ndarray, pad: int) -> DataBatch:
        rows = [self._read(int(number)) for number in numbers]
        columns = dict(zip(self.examples.data, zip(*rows, strict=True), strict=True))
        labels = self.examples.labels
        data = [array(np.stack(columns[self._arrays[one.name]]), dtype=one.dtype) for one in self.provide_data]
        label = [array(labels[self._arrays[one.name]][numbers], dtype=one.dtype) for one in self.provide_label]
        return DataBatch(data, label, pad, numbers)

    def _read(self, number: int) -> tuple[Any, ...]:
        first, *others = self.examples.read(number)
        return (apply(self._transforms, first, self._seed, self._epoch, number), *others)
