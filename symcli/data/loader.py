"""DataLoader: batches of a data set (``python/mxnet/gluon/data/dataloader.py``)."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from symcli import ndarray as nd
from symcli.data.dataset import Dataset
from symcli.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = ["DataLoader", "default_batchify_fn"]


def default_batchify_fn(examples: Sequence[Any]) -> Any:
    """Return a batch: examples stacked along a new first axis, part by part if they are tuples."""
    if isinstance(examples[0], nd.NDArray):
        return nd.array(np.stack([example.asnumpy() for example in examples]), dtype=examples[0].dtype)
    if isinstance(examples[0], tuple):
        return [default_batchify_fn(part) for part in zip(*examples, strict=True)]
    stacked = np.asarray(examples)
    return nd.array(stacked, dtype=stacked.dtype)


class DataLoader:
    """Reads a data set batch by batch, in threads if asked.

    Parameters
    ----------
    batch_size, shuffle, sampler, last_batch : see ``BatchSampler``; or give a ``batch_sampler`` in their place.
    batchify_fn : makes a batch of a list of examples.
    num_workers : threads that read ahead; 0 reads when asked.
    prefetch : how many batches are read ahead; twice the threads unless said otherwise.
    pin_memory, pin_device_id, thread_pool, timeout, auto_reload : accepted for MXNet's programs, without effect.

    Raises
    ------
    ValueError
        If the options contradict each other.
    """

    def __init__(
        self,
        dataset: Dataset | Sequence[Any],
        batch_size: int | None = None,
        shuffle: bool = False,
        sampler: Sampler | None = None,
        last_batch: str | None = None,
        batch_sampler: Iterable[list[int]] | None = None,
        batchify_fn: Callable[[Sequence[Any]], Any] | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        pin_device_id: int = 0,
        prefetch: int | None = None,
        thread_pool: bool = False,
        timeout: int = 120,
        auto_reload: bool = False,
    ):
        if batch_sampler is None:
            if batch_size is None:
                raise ValueError("DataLoader: batch_size is missing; give it, or a batch_sampler")
            if sampler is not None and shuffle:
                raise ValueError("DataLoader: shuffle and sampler both say the order; give one of them")
            if sampler is None:
                sampler = RandomSampler(len(dataset)) if shuffle else SequentialSampler(len(dataset))
            batch_sampler = BatchSampler(sampler, batch_size, last_batch or "keep")
        elif batch_size is not None or shuffle or sampler is not None or last_batch is not None:
            raise ValueError("DataLoader: batch_size, shuffle, sampler and last_batch go without batch_sampler")
        self._dataset, self._batches = dataset, batch_sampler
        self._batchify = batchify_fn or default_batchify_fn
        self._threads = max(0, num_workers)
        self._ahead = max(1, 2 * self._threads if prefetch is None else prefetch)

    def _read(self, indices: list[int]) -> Any:
        return self._batchify([self._dataset[i] for i in indices])

    def __iter__(self) -> Iterator[Any]:
        if not self._threads:
            yield from map(self._read, self._batches)
            return
        with ThreadPoolExecutor(self._threads) as threads:
            waiting: deque[Future] = deque()
            for indices in self._batches:
                waiting.append(threads.submit(self._read, indices))
                if len(waiting) > self._ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def __len__(self) -> int:
        return len(self._batches)  # type: ignore[arg-type]
