"""Examples in tables and arrays: NumPy's .npz, and CSV."""

import csv
import io
import warnings
from collections.abc import Sequence
from math import prod
from typing import IO

import numpy as np

from symcli.data.formats.base import ArrayExamples, DataFormat, class_names
from symcli.data.npz import read_arrays
from symcli.errors import DataError, ParamError, reason, suggest
from symcli.params import FilePath, param

__all__ = ["Csv", "Npz"]


class Npz(DataFormat, name="npz"):
    """Arrays of one NumPy file; the first axis of each is the examples'."""

    path: FilePath = param(doc="the .npz file")
    data: tuple[str, ...] = param(("data",), doc="the arrays that are data")
    label: tuple[str, ...] = param(("label",), doc="the arrays that are labels; [] for none")
    classes: tuple[str, ...] = param((), doc="the names of the classes; by default their numbers")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.data:
            raise ParamError("data=[] names no array; give one or more")

    def read(self) -> ArrayExamples:
        arrays = read_arrays(self.path, (*self.data, *self.label))
        for name, array in arrays.items():
            if array.dtype.kind not in "buif" or not array.ndim:
                raise DataError(f"{self.path}: {name} is {array.dtype} {array.shape}; needs numbers, the first axis "
                                "the examples'", self.path)  # fmt: skip
        lengths = {len(array) for array in arrays.values()}
        if len(lengths) > 1:
            listed = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
            raise DataError(f"{self.path}: numbers of examples differ: {listed}; needs one number", self.path)
        labels = {name: arrays[name] for name in self.label}
        names = self.classes or (class_names(labels[self.label[0]]) if self.label else ())
        return ArrayExamples(self.path, {name: arrays[name] for name in self.data}, labels, names)


class Csv(DataFormat, name="csv"):
    """A table in text, one example a line. All columns but the label's are data.

    A label column of texts holds class names: their numbers follow the sorted names.
    """

    path: FilePath = param(doc="the file")
    label: str = param("label", doc="the label's column: its name, or its number from 0 (-1: the last); None")
    header: bool = param(True, doc="whether the first line names the columns")
    delimiter: str = param(",", doc="what stands between columns")
    shape: tuple[int, ...] = param((), ge=1, doc="the shape of one example's data; by default a vector of its columns")

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.delimiter) != 1:
            raise ParamError(f"delimiter={self.delimiter!r} is {len(self.delimiter)} characters; needs one")

    def read(self) -> ArrayExamples:
        try:
            with open(self.path, newline="", encoding="utf-8-sig") as file:
                columns = self._columns(file)
                label = self._label(columns)
                texts: dict[str, int] = {}
                table = self._table(file, len(columns), label, texts)
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{self.path}: {reason(error)}; needs a table in UTF-8 text", self.path) from None
        if label is None:
            return ArrayExamples(self.path, {"data": self._shaped(table)}, {})
        numbers = table[:, label].astype(np.int64)
        values, classes = _read_labels(list(texts), numbers)
        data = self._shaped(np.delete(table, label, axis=1))
        return ArrayExamples(self.path, {"data": data}, {"label": values}, classes)

    def _columns(self, file: IO[str]) -> list[str]:
        """Return the names of the columns, and leave the file at its first example."""
        line = file.readline()
        if not line.strip():
            raise DataError(f"{self.path}: the first line is empty; needs a table", self.path)
        names = next(csv.reader([line], delimiter=self.delimiter))
        if not self.header:
            file.seek(0)
            return [str(i) for i in range(len(names))]
        return [name.strip() for name in names]

    def _label(self, columns: Sequence[str]) -> int | None:
        if self.label == "None":
            return None
        if self.header and self.label in columns:
            return columns.index(self.label)
        if self.label.lstrip("-").isdigit() and -len(columns) <= int(self.label) < len(columns):
            return int(self.label) % len(columns)
        hint = suggest(self.label, columns) if self.header else "without a header give its number, as -1"
        listed = ", ".join(columns[:10]) + (", …" if len(columns) > 10 else "")
        raise DataError(f"{self.path}: there is no column {self.label!r}; {hint or f'columns: {listed}'}", self.path)

    def _table(self, file: IO[str], count: int, label: int | None, texts: dict[str, int]) -> np.ndarray:
        """Return the rows; in place of a label its number in ``texts``, which grows as labels are met."""

        def number(text: str) -> float:
            return texts.setdefault(text.strip(), len(texts))

        rows = file.read()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of a table without rows
                table = np.loadtxt(io.StringIO(rows), np.float64, None, self.delimiter, encoding="utf-8", quotechar='"',
                                   converters=None if label is None else {label: number}, ndmin=2)  # fmt: skip
        except ValueError as error:
            raise DataError(*self._broken(rows, count, label, error)) from None
        if table.size and table.shape[1] != count:
            raise DataError(f"{self.path}: rows have {table.shape[1]} columns, the header {count}; needs one number",
                            self.path)  # fmt: skip
        return table.reshape(-1, count)

    def _broken(self, rows: str, count: int, label: int | None, error: ValueError) -> tuple[str, str]:
        """Return what is wrong with the first row that cannot be read, and the path."""
        reader = csv.reader(io.StringIO(rows), delimiter=self.delimiter)
        for row in reader:
            line = reader.line_num + self.header
            if row and len(row) != count:
                return f"{self.path}:{line}: {len(row)} columns; needs {count}, as the first line has", self.path
            for i, text in enumerate(row):
                if i != label and not _is_number(text):
                    return f"{self.path}:{line}: column {i} is {text!r}; needs a number", self.path
        return f"{self.path}: {error}; needs a table of numbers", self.path

    def _shaped(self, table: np.ndarray) -> np.ndarray:
        data = table.astype(np.float32)
        if not self.shape:
            return data
        if prod(self.shape) != data.shape[1]:
            raise DataError(f"{self.path}: {data.shape[1]} columns of data do not fill the shape {self.shape}; "
                            f"needs {prod(self.shape)}", self.path)  # fmt: skip
        return data.reshape(-1, *self.shape)


def _read_labels(texts: Sequence[str], numbers: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return labels and class names; ``numbers`` points into the different texts of the column."""
    if all(map(_is_number, texts)):
        labels = np.array([float(text) for text in texts], np.float32)[numbers] if texts else np.empty(0, np.float32)
        return labels, class_names(labels)
    classes = sorted(texts)
    place = {name: i for i, name in enumerate(classes)}
    return np.array([place[text] for text in texts], np.float32)[numbers], tuple(classes)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
