"""Data sets: examples by number (``python/mxnet/gluon/data/dataset.py`` and ``vision/datasets.py``)."""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from symcli.data.images import read_image
from symcli.errors import DataError
from symcli.ndarray import NDArray

__all__ = ["ArrayDataset", "Dataset", "ImageFolderDataset", "SimpleDataset"]

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")


class Dataset:
    """The base: a data set has a length, and ``dataset[i]`` is an example."""

    def __getitem__(self, index: int) -> Any:
        raise TypeError(f"{type(self).__name__}: a data set defines __getitem__ and __len__")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__}: a data set defines __getitem__ and __len__")

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def transform(self, fn: Callable[..., Any], lazy: bool = True) -> "Dataset":
        """Return this data set with each example passed through ``fn``; not ``lazy`` does so at once."""
        changed = _Transformed(self, fn)
        return changed if lazy else SimpleDataset(list(changed))

    def transform_first(self, fn: Callable[[Any], Any], lazy: bool = True) -> "Dataset":
        """Return this data set with the first part of each example, the data, passed through ``fn``."""
        return self.transform(_First(fn), lazy)

    def filter(self, fn: Callable[[Any], bool]) -> "Dataset":
        """Return the examples for which ``fn(example)`` is true."""
        return _Chosen(self, [i for i in range(len(self)) if fn(self[i])])

    def shard(self, num_shards: int, index: int) -> "Dataset":
        """Return one of ``num_shards`` parts of nearly equal length; earlier ones are longer by one.

        Raises
        ------
        ValueError
            If there is no part of that index.
        """
        if not 0 <= index < num_shards:
            raise ValueError(f"shard {index} of {num_shards}: the index runs from 0 to {num_shards - 1}")
        length, more = divmod(len(self), num_shards)
        start = length * index + min(index, more)
        return _Chosen(self, range(start, start + length + (index < more)))

    def take(self, count: int | None) -> "Dataset":
        """Return the first ``count`` examples; all of them for None."""
        return _Chosen(self, range(len(self) if count is None else min(count, len(self))))

    def sample(self, sampler: Iterable[int]) -> "Dataset":
        """Return the examples that a sampler names, in its order."""
        return _Chosen(self, list(sampler))


class _First:
    """Changes the first part of an example."""

    def __init__(self, fn: Callable[[Any], Any]):
        self._fn = fn

    def __call__(self, first: Any, *others: Any) -> Any:
        return (self._fn(first), *others) if others else self._fn(first)


class _Transformed(Dataset):
    def __init__(self, dataset: Dataset, fn: Callable[..., Any]):
        self._dataset, self._fn = dataset, fn

    def __getitem__(self, index: int) -> Any:
        example = self._dataset[index]
        return self._fn(*example) if isinstance(example, tuple) else self._fn(example)

    def __len__(self) -> int:
        return len(self._dataset)


class _Chosen(Dataset):
    def __init__(self, dataset: Dataset, indices: Sequence[int]):
        self._dataset, self._indices = dataset, indices

    def __getitem__(self, index: int) -> Any:
        return self._dataset[self._indices[index]]

    def __len__(self) -> int:
        return len(self._indices)


class SimpleDataset(Dataset):
    """A data set around anything with a length and items, as a list."""

    def __init__(self, data: Sequence[Any]):
        self._data = data

    def __getitem__(self, index: int) -> Any:
        return self._data[index]

    def __len__(self) -> int:
        return len(self._data)


class ArrayDataset(Dataset):
    """A data set of several arrays of one length: an example is a tuple with an entry of each.

    Raises
    ------
    ValueError
        If there is no array, or lengths differ.
    """

    def __init__(self, *args: Any):
        if not args:
            raise ValueError("ArrayDataset: no arrays; needs at least one")
        lengths = [len(array) for array in args]
        if len(set(lengths)) > 1:
            raise ValueError(f"ArrayDataset: the arrays have lengths {', '.join(map(str, lengths))}; needs one length")
        self._length = lengths[0]
        # An array of labels gives numbers, not arrays of one element.
        self._data = [a.asnumpy() if isinstance(a, NDArray) and len(a.shape) == 1 else a for a in args]

    def __getitem__(self, index: int) -> Any:
        if len(self._data) == 1:
            return self._data[0][index]
        return tuple(data[index] for data in self._data)

    def __len__(self) -> int:
        return self._length


class ImageFolderDataset(Dataset):
    """Images in one folder a class: ``root/cat/1.jpg``. An example is (image, label).

    Parameters
    ----------
    root : the folder of the class folders.
    flag : 1 for colour (H, W, 3), 0 for grey (H, W, 1); uint8.
    transform : called with image and label.

    Attributes
    ----------
    synsets : the class names, the sorted names of the folders; a label is a number of this list.
    items : (path, label) of every image, sorted by path within a class.

    Raises
    ------
    DataError
        If the folder cannot be listed, or an image that is asked for cannot be read.
    """

    def __init__(self, root: str, flag: int = 1, transform: Callable[[Any, int], Any] | None = None):
        self._root, self._flag, self._transform = os.path.expanduser(root), flag, transform
        self.synsets: list[str] = []
        self.items: list[tuple[str, int]] = []
        for name in self._list(self._root):
            folder = os.path.join(self._root, name)
            if not os.path.isdir(folder):
                warnings.warn(f"{folder}: no folder; classes are folders, this is ignored", stacklevel=2)
                continue
            label = len(self.synsets)
            self.synsets.append(name)
            for file in self._list(folder):
                if file.lower().endswith(IMAGE_SUFFIXES):
                    self.items.append((os.path.join(folder, file), label))
                else:
                    warnings.warn(
                        f"{os.path.join(folder, file)}: no image ({', '.join(IMAGE_SUFFIXES)}); ignored", stacklevel=2
                    )

    @staticmethod
    def _list(folder: str) -> list[str]:
        try:
            return sorted(os.listdir(folder))
        except OSError as error:
            raise DataError(f"{folder}: {error.strerror}; needs a folder with one folder a class", folder) from None

    def __getitem__(self, index: int) -> Any:
        path, label = self.items[index]
        image = read_image(path, self._flag)
        return (image, label) if self._transform is None else self._transform(image, label)

    def __len__(self) -> int:
        return len(self.items)
