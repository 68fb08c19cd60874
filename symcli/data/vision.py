"""Data sets of images in the files that Gluon knows: records, MNIST, CIFAR (``python/mxnet/gluon/data/vision``)."""

import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from symcli.data.dataset import Dataset
from symcli.data.formats.mnist import read_idx
from symcli.data.image import imdecode
from symcli.data.recordio import MXIndexedRecordIO, unpack
from symcli.errors import DataError
from symcli.ndarray import array
from symcli.system.base import data_dir

__all__ = ["CIFAR10", "CIFAR100", "MNIST", "FashionMNIST", "ImageRecordDataset", "RecordFileDataset"]

Change = Callable[[Any, Any], Any] | None


class RecordFileDataset(Dataset):
    """The records of a ``.rec`` file, as bytes; the index is the file of the same name that ends in ``.idx``."""

    def __init__(self, filename: str):
        self.filename = filename
        self.idx_file = os.path.splitext(filename)[0] + ".idx"
        self._record = MXIndexedRecordIO(self.idx_file, filename, "r")

    def __getitem__(self, idx: int) -> Any:
        return self._record.read_idx(self._record.keys[idx])

    def __len__(self) -> int:
        return len(self._record.keys)


class ImageRecordDataset(RecordFileDataset):
    """The images of a ``.rec`` file: (image, label).

    ``flag`` 1 is colour, 0 grey; ``transform(image, label)`` changes both. Threads read it one at a time and decode
    side by side.
    """

    def __init__(self, filename: str, flag: int = 1, transform: Change = None):
        super().__init__(filename)
        self._flag, self._transform = flag, transform

    def __getitem__(self, idx: int) -> Any:
        header, data = unpack(super().__getitem__(idx))
        try:
            image = imdecode(data, self._flag)
        except DataError as error:
            message = str(error).removeprefix("imdecode: ")
            raise DataError(f"{self.filename}: record {self._record.keys[idx]}: {message}", self.filename) from None
        return (image, header.label) if self._transform is None else self._transform(image, header.label)


class _Downloaded(Dataset):
    """Images (N, H, W, C), uint8, and labels of files that are there; nothing is downloaded."""

    usual: ClassVar[str]  # the folder's name under MXNet's own

    def __init__(self, root: str | None = None, train: bool = True, transform: Change = None):
        self._root = Path(root or os.path.join(data_dir(), "datasets", self.usual)).expanduser()
        self._train, self._transform = train, transform
        images, labels = self._read()
        self._data, self._label = array(images, dtype="uint8"), labels.astype(np.int32)

    def _read(self) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError(f"{type(self).__name__} does not say how it is read: define _read")

    def _find(self, *names: str) -> Path:
        for name in names:
            for folder in (self._root, *sorted(path for path in self._root.glob("cifar-*") if path.is_dir())):
                if (folder / name).exists():
                    return folder / name
        raise DataError(f"{self._root}: there is no {names[0]}; symcli downloads nothing: get the files of "
                        f"{type(self).__name__} by other means and put them there", str(self._root))  # fmt: skip

    def __getitem__(self, idx: int) -> Any:
        image, label = self._data[idx], self._label[idx]
        return (image, label) if self._transform is None else self._transform(image, label)

    def __len__(self) -> int:
        return len(self._label)


class MNIST(_Downloaded):
    """MNIST's idx files, plain or gzipped, of training or of tests; an example is (image (28, 28, 1), label).

    ``root`` is by default ~/.mxnet/datasets/mnist, where MXNet puts them.
    """

    usual = "mnist"

    def _read(self) -> tuple[np.ndarray, np.ndarray]:
        begin = "train" if self._train else "t10k"
        images, labels = (read_idx(str(self._find(f"{begin}-{what}-ubyte.gz", f"{begin}-{what}-ubyte")))
                          for what in ("images-idx3", "labels-idx1"))  # fmt: skip
        return images[..., None], labels


class FashionMNIST(MNIST):
    """Fashion-MNIST, in files like MNIST's; ``root`` is by default ~/.mxnet/datasets/fashion-mnist."""

    usual = "fashion-mnist"


class CIFAR10(_Downloaded):
    """CIFAR-10's binary files, in a folder or ``cifar-10-binary.tar.gz``; an example is (image (32, 32, 3), label).

    ``root`` is by default ~/.mxnet/datasets/cifar10.
    """

    usual = "cifar10"
    archive = "cifar-10-binary.tar.gz"
    labels = 1  # bytes before an image; the last of them counts

    def _names(self) -> list[str]:
        return [f"data_batch_{i}.bin" for i in range(1, 6)] if self._train else ["test_batch.bin"]

    def _label_byte(self) -> int:
        return 0

    def _read(self) -> tuple[np.ndarray, np.ndarray]:
        size = self.labels + 3 * 32 * 32
        packed = self._root / self.archive
        parts = []
        for name in self._names():
            data = _member(packed, name) if packed.exists() else self._find(name).read_bytes()
            if len(data) % size:
                raise DataError(f"{self._root}: {name} has {len(data):,} bytes; needs a multiple of {size}: "
                                "get it again", str(self._root))  # fmt: skip
            parts.append(np.frombuffer(data, np.uint8).reshape(-1, size))
        rows = np.concatenate(parts)
        return rows[:, self.labels :].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), rows[:, self._label_byte()]


class CIFAR100(CIFAR10):
    """CIFAR-100's binary files; the label is one of 20 classes, or of 100 with ``fine_label``."""

    usual = "cifar100"
    archive = "cifar-100-binary.tar.gz"
    labels = 2

    def __init__(self, root: str | None = None, fine_label: bool = False, train: bool = True, transform: Change = None):
        self._fine = fine_label
        super().__init__(root, train, transform)

    def _names(self) -> list[str]:
        return ["train.bin"] if self._train else ["test.bin"]

    def _label_byte(self) -> int:
        return int(self._fine)


def _member(path: Path, name: str) -> bytes:
    """Return a file of an archive by the last part of its name."""
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and os.path.basename(member.name) == name:
                    found = archive.extractfile(member)
                    assert found is not None  # a regular file
                    return found.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"{path}: cannot be read as an archive: {error}; get it again", str(path)) from None
    raise DataError(f"{path}: has no {name}; get it again", str(path))
