"""``DataLoaderIter``: the batches of ``gluon.data.DataLoader`` for ``Module`` (``python/mxnet/contrib/io.py``)."""

from collections.abc import Iterator
from typing import Any

from symcli import ndarray
from symcli.data.batch import DataBatch, DataDesc
from symcli.data.iterator import DataIter
from symcli.ndarray import NDArray, zeros

__all__ = ["DataLoaderIter"]


class DataLoaderIter(DataIter):
    """An iterator over a loader of pairs; the first batch, which is read at once, tells the shapes.

    A last batch that is smaller ends in zeros, which ``pad`` counts.
    """

    def __init__(self, loader: Any, data_name: str = "data", label_name: str = "softmax_label", dtype: str = "float32"):
        self._loader, self.dtype = loader, dtype
        data, label = next(iter(loader))
        super().__init__(data.shape[0])
        self.provide_data = [DataDesc(data_name, data.shape, dtype)]
        self.provide_label = [DataDesc(label_name, label.shape, dtype)]
        self.reset()

    def reset(self) -> None:
        self._batches: Iterator[Any] = iter(self._loader)

    def next(self) -> DataBatch:
        pair = next(self._batches)
        data, label = (self._filled(one.astype(self.dtype)) for one in pair)
        return DataBatch([data], [label], self.batch_size - pair[0].shape[0], provide_data=self.provide_data,
                         provide_label=self.provide_label)  # fmt: skip

    def _filled(self, part: NDArray) -> NDArray:
        missing = self.batch_size - part.shape[0]
        return ndarray.concat(part, zeros((missing, *part.shape[1:]), dtype=self.dtype), dim=0) if missing else part
