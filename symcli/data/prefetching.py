"""PrefetchingIter: the next batch is read while the last one is used (``python/mxnet/io/io.py``)."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from symcli.data.batch import DataBatch, DataDesc
from symcli.data.iterator import DataIter
from symcli.errors import DataError, ParamError

__all__ = ["PrefetchingIter"]


class PrefetchingIter(DataIter):
    """One iterator or several, each read by a thread of its own, their arrays side by side in each batch.

    Parameters
    ----------
    rename_data, rename_label : for each iterator, new names by the old ones.

    Raises
    ------
    ParamError
        If there is no iterator.
    DataError
        If one ends before another, or their last batches are filled differently.
    """

    def __init__(self, iters: DataIter | Sequence[DataIter], rename_data: Sequence[Mapping[str, str]] | None = None,
                 rename_label: Sequence[Mapping[str, str]] | None = None):  # fmt: skip
        self.iters: list[Any] = list(iters) if isinstance(iters, list | tuple) else [iters]
        if not self.iters:
            raise ParamError("PrefetchingIter: there is no iterator; give one or more")
        self.rename_data, self.rename_label = rename_data, rename_label
        super().__init__(self.provide_data[0][1][0])
        self._threads = ThreadPoolExecutor(len(self.iters), "PrefetchingIter")
        self._waiting: list[Future] = []
        self.current_batch: DataBatch | None = None
        self._read_ahead()

    def _read_ahead(self) -> None:
        self._waiting = [self._threads.submit(next, one, None) for one in self.iters]

    @property
    def provide_data(self) -> list[DataDesc]:
        """The descriptions of the data, under their new names."""
        return self._described("provide_data", self.rename_data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """The descriptions of the labels, under their new names."""
        return self._described("provide_label", self.rename_label)

    def _described(self, kind: str, names: Sequence[Mapping[str, str]] | None) -> list[DataDesc]:
        found = []
        for i, one in enumerate(self.iters):
            for desc in getattr(one, kind):
                full = desc if isinstance(desc, DataDesc) else DataDesc(*desc)
                name = names[i][full.name] if names else full.name
                found.append(DataDesc(name, full.shape, full.dtype, full.layout))
        return found

    def reset(self) -> None:
        for future in self._waiting:
            future.exception()  # an error belongs to a batch that nobody asks for any more
        for one in self.iters:
            one.reset()
        self._read_ahead()

    def iter_next(self) -> bool:
        batches = [future.result() for future in self._waiting]
        ended = [batch is None for batch in batches]
        if all(ended):
            return False
        if any(ended) or len({batch.pad for batch in batches}) > 1:
            raise DataError("PrefetchingIter: the iterators differ in their numbers of examples; give as many to each")
        self.current_batch = DataBatch(
            [one for batch in batches for one in batch.data], [one for batch in batches for one in batch.label or ()],
            batches[0].pad, batches[0].index, provide_data=self.provide_data, provide_label=self.provide_label,
        )  # fmt: skip
        self._read_ahead()
        return True

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        return self._batch

    @property
    def _batch(self) -> DataBatch:
        if self.current_batch is None:
            raise StopIteration
        return self.current_batch

    def getdata(self) -> Any:
        return self._batch.data

    def getlabel(self) -> Any:
        return self._batch.label

    def getindex(self) -> Any:
        return self._batch.index

    def getpad(self) -> int | None:
        return self._batch.pad

    def __del__(self) -> None:
        if hasattr(self, "_threads"):
            self._threads.shutdown(wait=False, cancel_futures=True)
