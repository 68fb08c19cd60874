"""MNIST's idx files, plain or gzipped: <http://yann.lecun.com/exdb/mnist/>."""

import gzip
import math
import os
import zlib

import numpy as np

from symcli.data.formats.base import ArrayExamples, DataFormat, class_names
from symcli.errors import DataError
from symcli.params import FilePath, param

__all__ = ["Mnist", "read_idx"]

_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


class Mnist(DataFormat, name="mnist"):
    """A folder of the four files of MNIST, or of a set in its form; an image is (28, 28, 1), uint8."""

    path: FilePath = param(doc="the folder of train-images-idx3-ubyte, t10k-images-idx3-ubyte, …; plain or .gz")
    train: bool = param(True, doc="the examples for training (train-…), or those for tests (t10k-…)")
    classes: tuple[str, ...] = param((), doc="the names of the classes; by default their numbers")

    def read(self) -> ArrayExamples:
        images, labels = (read_idx(self.file(what)) for what in ("images-idx3", "labels-idx1"))
        if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
            raise DataError(f"{self.path}: images are {images.shape}, labels {labels.shape}; needs (n, height, width) "
                            "and (n,)", self.path)  # fmt: skip
        return ArrayExamples(self.path, {"data": images[..., None]}, {"label": labels},
                             self.classes or class_names(labels))  # fmt: skip

    def file(self, what: str) -> str:
        """Return the path of a file; ``what`` is ``images-idx3`` or ``labels-idx1``."""
        name = f"{'train' if self.train else 't10k'}-{what}-ubyte"
        for found in (name, f"{name}.gz", name.replace("-idx", ".idx"), f"{name.replace('-idx', '.idx')}.gz"):
            path = os.path.join(self.path, found)
            if os.path.isfile(path):
                return path
        raise DataError(f"{self.path}: there is no {name} or {name}.gz; needs the four files of MNIST", self.path)


def read_idx(path: str) -> np.ndarray:
    """Return the array of an idx file, gzipped or not.

    Raises
    ------
    DataError
        If it is no idx file, or too short or long for what its head says.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}; needs an idx file that can be read", path) from None
    except (EOFError, zlib.error) as error:
        raise DataError(f"{path}: {error}; needs a whole .gz file: copy it again", path) from None
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES or not data[3]:
        raise DataError(f"{path}: begins with {data[:4]!r}; needs an idx file, which begins with two zeros", path, 0)
    start = 4 + 4 * data[3]
    shape = tuple(int(size) for size in np.frombuffer(data[4:start], ">u4")) if len(data) >= start else ()
    dtype = np.dtype(_TYPES[data[2]])
    needed = start + math.prod(shape) * dtype.itemsize
    if len(data) != needed or len(shape) != data[3]:
        raise DataError(f"{path}: has {len(data)} bytes; needs {needed} for the shape {shape}: copy it again", path,
                        min(len(data), needed))  # fmt: skip
    return np.frombuffer(data, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))
