"""MXNet's ``mx.gluon.data``: data sets, samplers and the loader, which live in ``symcli.data``."""

from symcli.data.dataset import ArrayDataset, Dataset, SimpleDataset
from symcli.data.loader import DataLoader
from symcli.data.sampler import BatchSampler, FilterSampler, RandomSampler, Sampler, SequentialSampler
from symcli.data.vision import RecordFileDataset
from symcli.gluon.data import vision

__all__ = [
    "ArrayDataset", "BatchSampler", "DataLoader", "Dataset", "FilterSampler", "RandomSampler", "RecordFileDataset",
    "Sampler", "SequentialSampler", "SimpleDataset", "vision",
]  # fmt: skip
