"""Batches of data: MXNet's ``mx.io`` (``python/mxnet/io/io.py``)."""

from symcli.data.batch import DataBatch, DataDesc
from symcli.data.iterator import DataIter, NDArrayIter, ResizeIter

__all__ = ["DataBatch", "DataDesc", "DataIter", "NDArrayIter", "ResizeIter"]
