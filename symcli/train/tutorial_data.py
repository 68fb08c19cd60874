"""The data of MXNet's tutorials, ``mx.test_utils.get_mnist`` and its like: read where they are, never fetched."""

import os
from typing import Any

import numpy as np

from symcli.data import DataIter, MNISTIter
from symcli.data.formats.mnist import Mnist, read_idx
from symcli.errors import DataError
from symcli.params import from_texts
from symcli.train.devices import download as found_or_told

__all__ = ["DummyIter", "assert_allclose", "download", "get_mnist", "get_mnist_iterator", "get_mnist_ubyte"]

FOLDERS = (".", "data", os.path.join("~", ".mxnet", "datasets", "mnist"))


def _mnist() -> dict[str, Mnist]:
    """Return the two parts of MNIST, in the first folder that has them."""
    for folder in map(os.path.expanduser, FOLDERS):
        parts = {
            name: from_texts(Mnist, {"path": folder, "train": name == "train"}, "MNIST") for name in ("train", "test")
        }
        try:
            for part in parts.values():
                part.file("images-idx3"), part.file("labels-idx1")
            return parts
        except DataError:
            continue
    raise DataError("MNIST is not here, and symcli fetches nothing: put the four files train-images-idx3-ubyte.gz, "
                    "train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz, plain or "
                    f"packed, into one of {', '.join(FOLDERS)}")  # fmt: skip


def get_mnist() -> dict[str, np.ndarray]:
    """Return MNIST: ``train_data`` and ``test_data`` (n, 1, 28, 28) from 0 to 1, ``train_label`` and ``test_label``.

    Raises
    ------
    DataError
        If its files are in none of the folders that are looked into: this one, data, ~/.mxnet/datasets/mnist.
    """
    found = {}
    for name, part in _mnist().items():
        found[f"{name}_data"] = read_idx(part.file("images-idx3"))[:, None].astype(np.float32) / 255
        found[f"{name}_label"] = read_idx(part.file("labels-idx1")).astype(np.int8)
    return found


def get_mnist_ubyte() -> None:
    """Make sure that MNIST is here; raises as ``get_mnist``."""
    _mnist()


def get_mnist_iterator(batch_size: int, input_shape: tuple[int, ...], num_parts: int = 1,
                       part_index: int = 0) -> tuple[MNISTIter, MNISTIter]:  # fmt: skip
    """Return iterators over training and tests, flat unless ``input_shape`` has three sizes; raises as the others."""
    parts, flat = _mnist(), len(input_shape) != 3
    train, test = (
        MNISTIter(image=part.file("images-idx3"), label=part.file("labels-idx1"), batch_size=batch_size,
                  shuffle=name == "train", flat=flat, num_parts=num_parts, part_index=part_index)
        for name, part in parts.items()
    )  # fmt: skip
    return train, test


def download(url: str, fname: str | None = None, dirname: str | None = None, overwrite: bool = False,
             retries: int = 5) -> str:  # fmt: skip
    """Return the file that a URL names, if it is here; nothing is fetched.

    Raises
    ------
    MXNetError
        If it is not here.
    """
    return found_or_told(url, os.path.join(dirname or "", fname or url.split("/")[-1]))


class DummyIter(DataIter):
    """An iterator that gives the first batch of another again and again, as speed is tested with."""

    def __init__(self, real_iter: Any):
        super().__init__(real_iter.batch_size)
        self.real_iter = real_iter
        self.provide_data, self.provide_label = real_iter.provide_data, real_iter.provide_label
        self.the_batch = next(real_iter)

    def next(self) -> Any:
        return self.the_batch


def assert_allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = True) -> None:
    """Assert that two arrays agree, with NumPy's tolerances."""
    first, second = (one.asnumpy() if hasattr(one, "asnumpy") else one for one in (a, b))
    np.testing.assert_allclose(first, second, rtol, atol, equal_nan)
