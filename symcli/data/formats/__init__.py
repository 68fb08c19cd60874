"""Formats of data files: what a job's ``data`` picks from, each with its parameters."""

from symcli.data.formats.arrays import Csv, Npz
from symcli.data.formats.base import FORMATS, ArrayExamples, DataFormat, Examples
from symcli.data.formats.detection import Detection, DetectionExamples
from symcli.data.formats.image_folder import ImageExamples, ImageFolder
from symcli.data.formats.mnist import Mnist
from symcli.data.formats.records import ImageRecord, RecordExamples

__all__ = [
    "FORMATS", "ArrayExamples", "Csv", "DataFormat", "Detection", "DetectionExamples", "Examples",
    "ImageExamples", "ImageFolder", "ImageRecord", "Mnist", "Npz", "RecordExamples",
]  # fmt: skip
