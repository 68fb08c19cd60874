"""What a model is asked about: image files, folders of them, globs, and arrays in .npz and .npy files."""

import glob
import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from symcli.data.images import SUFFIXES, decode, is_image_name
from symcli.data.npz import read_arrays
from symcli.errors import DataError, suggest

__all__ = ["Input", "Unreadable", "list_inputs", "natural"]


class Input(NamedTuple):
    """One example: its name, and where it is: an image file, or a row of arrays."""

    name: str
    path: str
    arrays: tuple[np.ndarray, ...] = ()
    row: int = 0

    def read(self, colour: bool) -> tuple[np.ndarray, ...]:
        """Return the arrays of the example.

        Raises
        ------
        DataError
            If it cannot be read.
        """
        return tuple(one[self.row] for one in self.arrays) if self.arrays else (decode(self.path, colour),)


class Unreadable(NamedTuple):
    """Something that is no example: its name, and why."""

    name: str
    reason: str


def natural(name: str) -> list:
    """Return a key that sorts numbers in names by their value: 2.png before 10.png."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def list_inputs(words: Sequence[str], names: Sequence[str]) -> Iterator[Input | Unreadable]:
    """Yield the examples that paths stand for: files in the order given, of a folder or glob in natural order.

    Parameters
    ----------
    names : the arrays of an .npz that are taken; an .npy is the only one.
    """
    for word in words:
        if not os.path.exists(word) and glob.has_magic(word):
            found = sorted(glob.glob(word, recursive=True), key=natural)
            if not found:
                yield Unreadable(word, "nothing is named so")
            for path in found:
                yield from _path(path, names)
        else:
            yield from _path(word, names)


def _path(path: str, names: Sequence[str]) -> Iterator[Input | Unreadable]:
    if os.path.isdir(path):
        found = [os.path.join(folder, name) for folder, _, files in os.walk(path) for name in files
                 if is_image_name(name) and not name.startswith(".")]  # fmt: skip
        if not found:
            yield Unreadable(path, f"the folder has no images ({', '.join(SUFFIXES)})")
        yield from (Input(one, one) for one in sorted(found, key=natural))
    elif path.endswith((".npz", ".npy")) and os.path.exists(path):
        try:
            arrays = _arrays(path, names)
        except DataError as error:
            yield Unreadable(path, str(error).removeprefix(f"{path}: "))
            return
        yield from (Input(f"{path}[{i}]", path, arrays, i) for i in range(len(arrays[0])))
    elif os.path.exists(path):
        yield Input(path, path)
    else:
        folder = os.path.dirname(path) or "."
        near = suggest(os.path.basename(path), os.listdir(folder)) if os.path.isdir(folder) else ""
        yield Unreadable(path, f"there is no such file{f'; {near}' if near else ''}")


def _arrays(path: str, names: Sequence[str]) -> tuple[np.ndarray, ...]:
    arrays = tuple(read_arrays(path, names, alone=True).values())
    if any(not one.ndim for one in arrays) or len({len(one) for one in arrays}) > 1:
        raise DataError(f"{path}: needs arrays of as many examples each; the first axis is theirs", path)
    return arrays
