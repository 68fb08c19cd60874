"""Batches of data: MXNet's ``mx.io`` (``python/mxnet/io/io.py``)."""

from symcli.data.batch import DataBatch, DataDesc
from symcli.data.detection_record_iterator import ImageDetRecordIter
from symcli.data.file_iterator import CSVIter, MNISTIter
from symcli.data.iterator import DataIter, NDArrayIter, ResizeIter
from symcli.data.libsvm_iterator import LibSVMIter
from symcli.data.prefetching import PrefetchingIter
from symcli.data.record_iterator import ImageRecordInt8Iter, ImageRecordIter, ImageRecordIter_v1, ImageRecordUInt8Iter

__all__ = [
    "CSVIter", "DataBatch", "DataDesc", "DataIter", "ImageDetRecordIter", "ImageRecordInt8Iter", "ImageRecordIter",
    "ImageRecordIter_v1", "ImageRecordUInt8Iter", "LibSVMIter", "MNISTIter",
    "NDArrayIter", "PrefetchingIter", "ResizeIter",
]  # fmt: skip
