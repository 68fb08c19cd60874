"""Iterators over batches."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from symcli.data.batch import DataBatch, DataDesc
from symcli.errors import DataError, ParamError
from symcli.ndarray import NDArray, array

__all__ = ["DataIter", "NDArrayIter", "ResizeIter"]


class DataIter:
    """The base of iterators over batches; ``reset`` starts the next epoch.

    A child defines ``provide_data`` and ``provide_label``, and either ``next`` or ``iter_next`` with ``getdata``
    and ``getlabel``.
    """

    def __init__(self, batch_size: int = 0):
        self.batch_size = batch_size

    def __iter__(self) -> "DataIter":
        return self

    def __next__(self) -> DataBatch:
        return self.next()

    def reset(self) -> None:
        """Go back to the beginning."""

    def next(self) -> DataBatch:
        """Return the next batch.

        Raises
        ------
        StopIteration
            At the end of the epoch.
        """
        if not self.iter_next():
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), self.getindex())

    def iter_next(self) -> bool:
        """Move to the next batch; say whether there is one."""
        return False

    def getdata(self) -> Any:
        """Return the data of this batch, a list of arrays."""

    def getlabel(self) -> Any:
        """Return the labels of this batch, a list of arrays."""

    def getindex(self) -> Any:
        """Return the numbers of this batch's examples."""

    def getpad(self) -> int | None:
        """Return how many examples at the end only fill the batch."""
        return None


class ResizeIter(DataIter):
    """Another iterator, begun again or broken off so that an epoch has ``size`` batches.

    With ``reset_internal=False`` the next epoch goes on where the last one stopped.
    """

    def __init__(self, data_iter: DataIter, size: int, reset_internal: bool = True):
        super().__init__(data_iter.batch_size)
        self.data_iter, self.size, self.reset_internal = data_iter, size, reset_internal
        self.cur = 0
        self.current_batch: DataBatch | None = None
        self.provide_data = data_iter.provide_data  # type: ignore[attr-defined]
        self.provide_label = data_iter.provide_label  # type: ignore[attr-defined]
        if hasattr(data_iter, "default_bucket_key"):
            self.default_bucket_key = data_iter.default_bucket_key

    def reset(self) -> None:
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def iter_next(self) -> bool:
        if self.cur == self.size:
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            self.current_batch = self.data_iter.next()
        self.cur += 1
        return True

    def getdata(self) -> Any:
        return self.current_batch.data if self.current_batch else None

    def getlabel(self) -> Any:
        return self.current_batch.label if self.current_batch else None

    def getindex(self) -> Any:
        return self.current_batch.index if self.current_batch else None

    def getpad(self) -> int | None:
        return self.current_batch.pad if self.current_batch else None


class NDArrayIter(DataIter):
    """Batches of arrays held in memory. Arrays that are no NDArrays are taken as float32.

    Parameters
    ----------
    data, label : an array (called ``data_name``, ``label_name``), a list (``_0_data``, ``_1_data``, ...), or a
        dictionary; each array's batch axis runs over the examples.
    shuffle : order the examples anew for each epoch, by NumPy's global generator as MXNet does.
    last_batch_handle : what becomes of examples that fill no batch: ``pad`` fills it from the beginning and says so
        in ``batch.pad``, ``discard`` leaves them out, ``roll_over`` keeps them for the next epoch.
    layout : its ``N`` says which axis is the batch's.

    Raises
    ------
    DataError
        If there is no data, or an array has fewer examples than the first.
    ParamError
        If ``last_batch_handle`` is none of the three.
    """

    def __init__(self, data: Any, label: Any = None, batch_size: int = 1, shuffle: bool = False,
                 last_batch_handle: str = "pad", data_name: str = "data", label_name: str = "softmax_label",
                 layout: str = "NCHW"):  # fmt: skip
        super().__init__(batch_size)
        self.data, self.label = _named(data, data_name), _named(label, label_name)
        if not self.data:
            raise DataError("NDArrayIter: there is no data; give an array, a list or a dictionary of arrays")
        if last_batch_handle not in ("pad", "discard", "roll_over"):
            raise ParamError(f"NDArrayIter: last_batch_handle={last_batch_handle!r} is not known; "
                             "choices: pad, discard, roll_over")  # fmt: skip
        self.shuffle, self.last_batch_handle, self.layout = shuffle, last_batch_handle, layout
        self._axis = layout.find("N")
        sizes = {name: one.shape[self._axis] for name, one in self.data + self.label}
        self.num_data = next(iter(sizes.values()))  # what further arrays have beyond is left out, as in MXNet
        if min(sizes.values()) < self.num_data:
            listed = ", ".join(f"{name} {size}" for name, size in sizes.items())
            raise DataError(f"NDArrayIter: some arrays have fewer examples than the first: {listed}; give as many")
        self.idx = np.arange(self.num_data)
        self._order = self.idx.copy()
        self._kept = self.idx[:0]  # the examples that roll over
        self.cursor = -batch_size
        self.reset()

    @property
    def provide_data(self) -> list[DataDesc]:
        """The name, shape and type of each data array of a batch."""
        return [self._described(name, one) for name, one in self.data]

    @property
    def provide_label(self) -> list[DataDesc]:
        """The name, shape and type of each label array of a batch."""
        return [self._described(name, one) for name, one in self.label]

    def _described(self, name: str, one: NDArray) -> DataDesc:
        shape = (*one.shape[: self._axis], self.batch_size, *one.shape[self._axis + 1 :])
        return DataDesc(name, shape, one.dtype, self.layout)

    def hard_reset(self) -> None:
        """Go back to the beginning, without examples that roll over."""
        self._shuffle()
        self.cursor, self._kept = -self.batch_size, self.idx[:0]

    def reset(self) -> None:
        self._shuffle()
        left = self.num_data - self.cursor
        if self.last_batch_handle == "roll_over" and 0 < left < self.batch_size:
            self.cursor = -left - self.batch_size
        else:
            self.cursor = -self.batch_size

    def _shuffle(self) -> None:
        if self.shuffle:
            # MXNet shuffles the numbers again each time, and the arrays as they lie by these numbers.
            np.random.shuffle(self.idx)
            self._order = self._order[self.idx]

    def iter_next(self) -> bool:
        self.cursor += self.batch_size
        return self.cursor < self.num_data

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        examples = self._examples()
        if len(examples) < self.batch_size:
            self._kept = examples
            raise StopIteration
        return DataBatch(self._taken(self.data, examples), self._taken(self.label, examples), self.getpad())

    def _examples(self) -> np.ndarray:
        """Return the numbers of this batch's examples; too few at the end, unless it is padded."""
        if self.cursor < 0:
            return np.concatenate([self._kept, self._order[: self.cursor + self.batch_size]])
        found = self._order[self.cursor : self.cursor + self.batch_size]
        if self.last_batch_handle == "pad" and len(found) < self.batch_size:
            return np.concatenate([found, np.resize(self._order, self.batch_size - len(found))])
        return found

    def _taken(self, source: list[tuple[str, NDArray]], examples: np.ndarray) -> list[NDArray]:
        return [NDArray(one._data.take(examples, self._axis), one.context) for _, one in source]

    def getdata(self) -> list[NDArray]:
        return self._taken(self.data, self._examples())

    def getlabel(self) -> list[NDArray]:
        return self._taken(self.label, self._examples())

    def getpad(self) -> int:
        if self.last_batch_handle == "pad":
            return max(0, self.cursor + self.batch_size - self.num_data)
        return -self.cursor if self.last_batch_handle == "roll_over" and self.cursor < 0 else 0


def _named(given: Any, default_name: str) -> list[tuple[str, NDArray]]:
    """Return arrays with their names, sorted by name."""
    if given is None:
        return []
    if isinstance(given, list | tuple):
        many = len(given) > 1
        given = {f"_{i}_{default_name}" if many else default_name: one for i, one in enumerate(given)}
    elif not isinstance(given, Mapping):
        given = {default_name: given}
    return sorted((name, _array(name, one)) for name, one in given.items())


def _array(name: str, given: Any) -> NDArray:
    if isinstance(given, NDArray):
        return given
    try:
        return array(given)
    except (TypeError, ValueError) as error:
        raise TypeError(f"NDArrayIter: {name} is a {type(given).__name__} that is no array ({error}); "
                        "give an NDArray or a NumPy array") from error  # fmt: skip
