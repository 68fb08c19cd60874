"""Sentences as numbers, in buckets by length (``python/mxnet/rnn/io.py``)."""

import bisect
import logging
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from symcli.data.batch import DataBatch, DataDesc
from symcli.data.iterator import DataIter
from symcli.ndarray import array

__all__ = ["BucketSentenceIter", "encode_sentences"]

logger = logging.getLogger(__name__)


def encode_sentences(
    sentences: Iterable[Sequence[str]],
    vocab: dict[str, int] | None = None,
    invalid_label: int = -1,
    invalid_key: str = "\n",
    start_label: int = 0,
    unknown_token: str | None = None,
) -> tuple[list[list[int]], dict[str, int]]:
    """Return sentences as lists of word numbers, and the number of each word.

    Parameters
    ----------
    vocab : numbers of known words; without it words are numbered as they come, from ``start_label`` on.
    invalid_label, invalid_key : the number that no word gets, and the word it stands for.
    unknown_token : stands for words that a given ``vocab`` lacks.

    Raises
    ------
    ValueError
        If a word is not in a given ``vocab`` and there is no ``unknown_token``.
    """
    grows = vocab is None
    numbers = {invalid_key: invalid_label} if vocab is None else vocab
    following = start_label
    encoded = []
    for sentence in sentences:
        row = []
        for word in sentence:
            if word not in numbers:
                if not grows and unknown_token is None:
                    raise ValueError(
                        f"encode_sentences: {word!r} is not in vocab; give an unknown_token for such words"
                    )
                if following == invalid_label:
                    following += 1
                if not grows and unknown_token is not None:
                    word = unknown_token
                if word not in numbers:
                    numbers[word] = following
                    following += 1
            row.append(numbers[word])
        encoded.append(row)
    return encoded, numbers


class BucketSentenceIter(DataIter):
    """Batches of sentences of similar length; the label of each word is the word after it.

    Parameters
    ----------
    sentences : lists of word numbers.
    buckets : lengths; a sentence goes to the smallest it fits into, padded by ``invalid_label``.
        Without it every length that fills a batch is one. Sentences longer than all are left out.
    layout : "NT" is (batch, length), "TN" (length, batch).

    Each batch has ``bucket_key``, its length; ``default_bucket_key`` is the longest.

    Raises
    ------
    ValueError
        If the layout is another, or no bucket is left.
    """

    def __init__(
        self,
        sentences: Sequence[Sequence[int]],
        batch_size: int,
        buckets: list[int] | None = None,
        invalid_label: int = -1,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
        layout: str = "NT",
    ):
        super().__init__(batch_size)
        if layout not in ("NT", "TN"):
            raise ValueError(f"layout is {layout!r}; needs NT (batch, length) or TN (length, batch)")
        if not buckets:
            counts = np.bincount([len(sentence) for sentence in sentences])
            buckets = [length for length, count in enumerate(counts) if count >= batch_size]
        rows: dict[int, list[np.ndarray]] = {length: [] for length in sorted(buckets)}
        lengths = list(rows)
        longer = 0
        for sentence in sentences:
            place = bisect.bisect_left(lengths, len(sentence))
            if place == len(lengths):
                longer += 1
                continue
            row = np.full(lengths[place], invalid_label, dtype)
            row[: len(sentence)] = sentence
            rows[lengths[place]].append(row)
        if longer:
            logger.warning("BucketSentenceIter: %d sentences are longer than the largest bucket; left out", longer)
        self.buckets = [length for length in lengths if rows[length]]
        if not self.buckets:
            raise ValueError("BucketSentenceIter: no sentence fits a bucket; give buckets=[…]")
        self.data = [np.stack(rows[length]) for length in self.buckets]
        self.data_name, self.label_name, self.layout = data_name, label_name, layout
        self.dtype, self.invalid_label = dtype, invalid_label
        self.default_bucket_key = max(self.buckets)
        self._places = [(bucket, first) for bucket, all_rows in enumerate(self.data)
                        for first in range(0, len(all_rows) - batch_size + 1, batch_size)]  # fmt: skip
        self.reset()

    def _describe(self, name: str, length: int) -> DataDesc:
        shape = (self.batch_size, length) if self.layout == "NT" else (length, self.batch_size)
        return DataDesc(name, shape, layout=self.layout)

    @property
    def provide_data(self) -> list[DataDesc]:
        return [self._describe(self.data_name, self.default_bucket_key)]

    @property
    def provide_label(self) -> list[DataDesc]:
        return [self._describe(self.label_name, self.default_bucket_key)]

    def reset(self) -> None:
        """Shuffle the batches and the sentences in each bucket, by ``numpy.random``."""
        self._next = 0
        self._places = [self._places[i] for i in np.random.permutation(len(self._places))]
        for rows in self.data:
            np.random.shuffle(rows)

    def next(self) -> DataBatch:
        if self._next == len(self._places):
            raise StopIteration
        bucket, first = self._places[self._next]
        self._next += 1
        words = self.data[bucket][first : first + self.batch_size]
        following = np.full_like(words, self.invalid_label)
        following[:, :-1] = words[:, 1:]
        parts: list[Any] = [words, following] if self.layout == "NT" else [words.T, following.T]
        length = self.buckets[bucket]
        return DataBatch(
            [array(parts[0], dtype=self.dtype)],
            [array(parts[1], dtype=self.dtype)],
            pad=0,
            bucket_key=length,
            provide_data=[self._describe(self.data_name, length)],
            provide_label=[self._describe(self.label_name, length)],
        )
