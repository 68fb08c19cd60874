"""Samplers: in which order the examples of a data set are read (``python/mxnet/gluon/data/sampler.py``)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

__all__ = ["BatchSampler", "FilterSampler", "RandomSampler", "Sampler", "SequentialSampler"]


class Sampler:
    """The base: a sampler has a length and can be iterated any number of times."""

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"{type(self).__name__}: a sampler defines __iter__ and __len__")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__}: a sampler defines __iter__ and __len__")


class SequentialSampler(Sampler):
    """The indices from ``start`` on, in order."""

    def __init__(self, length: int, start: int = 0):
        self._range = range(start, start + length)

    def __iter__(self) -> Iterator[int]:
        return iter(self._range)

    def __len__(self) -> int:
        return len(self._range)


class RandomSampler(Sampler):
    """All indices in an order drawn afresh for each pass, by ``numpy.random`` as in MXNet."""

    def __init__(self, length: int):
        self._length = length

    def __iter__(self) -> Iterator[int]:
        return iter(np.random.permutation(self._length).tolist())

    def __len__(self) -> int:
        return self._length


class FilterSampler(Sampler):
    """The indices of those examples for which ``fn(example)`` is true."""

    def __init__(self, fn: Callable[[Any], bool], dataset: Sequence[Any]):
        self._indices = [i for i in range(len(dataset)) if fn(dataset[i])]

    def __iter__(self) -> Iterator[int]:
        return iter(self._indices)

    def __len__(self) -> int:
        return len(self._indices)


class BatchSampler(Sampler):
    """Lists of ``batch_size`` indices of another sampler.

    ``last_batch`` says what becomes of a last batch that is not full: "keep" it, "discard" it, or
    "rollover" its indices to the next pass.

    Raises
    ------
    ValueError
        If ``last_batch`` is something else.
    """

    def __init__(self, sampler: Sampler | Sequence[int], batch_size: int, last_batch: str = "keep"):
        if last_batch not in ("keep", "discard", "rollover"):
            raise ValueError(f"last_batch is {last_batch!r}; needs keep, discard or rollover")
        self._sampler: Iterable[int] = sampler
        self._count = len(sampler)
        self._batch_size, self._last_batch = batch_size, last_batch
        self._left: list[int] = []

    def __iter__(self) -> Iterator[list[int]]:
        batch, self._left = self._left, []
        for index in self._sampler:
            batch.append(index)
            if len(batch) == self._batch_size:
                yield batch
                batch = []
        if batch and self._last_batch == "keep":
            yield batch
        elif self._last_batch == "rollover":
            self._left = batch

    def __len__(self) -> int:
        if self._last_batch == "keep":
            return -(-self._count // self._batch_size)
        left = len(self._left) if self._last_batch == "rollover" else 0
        return (self._count + left) // self._batch_size
