"""A table of labels: one line an image, with a column for its id and one for its class. Plain, or alone in a zip."""

import csv
import io
import os
import zipfile
from collections.abc import Iterator

from symcli.data.findings import Finding
from symcli.data.prepare.archive import Archive
from symcli.errors import DataError, suggest

__all__ = ["Labels"]


class Labels:
    """The class of each id of a table, and what is wrong with it.

    Attributes
    ----------
    classes : the class names by id, in the order of the table.
    findings : lines without an id or class, ids with two classes, class names that can be no folder.

    Raises
    ------
    DataError
        If the file cannot be read as a table with both columns.
    """

    def __init__(self, path: str, id_column: str, label_column: str):
        self.path = path
        self.classes: dict[str, str] = {}
        self.findings: list[Finding] = []
        incomplete, double, unfit = [], [], []
        for line, (key, name) in self._rows(id_column, label_column):
            if not key or not name:
                incomplete.append(f"{path}:{line}")
            elif self.classes.setdefault(key, name) != name:
                double.append(f"{path}:{line}: {key} is {name}, and {self.classes[key]} before")
            elif not _is_folder_name(name):
                unfit.append(f"{path}:{line}: {name!r}")
        if incomplete:
            self.findings.append(Finding("incomplete label", "line", "without an id or a class", incomplete))
        if double:
            self.findings.append(Finding("two labels", "id", "with a second class", double, "keep one line of each id"))
        if unfit:
            self.findings.append(Finding("class name", "class name", "that cannot name a folder", unfit,
                                         "a name has no / \\ and does not begin with a dot"))  # fmt: skip

    def _rows(self, *names: str) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(self._text(), newline=""))
        try:
            head = [name.strip() for name in next(reader, [])]
            columns = []
            for name in names:
                if name not in head:
                    hint = suggest(name, head) or f"columns: {', '.join(head) or 'none'}"
                    raise DataError(f"{self.path}:1: there is no column {name!r}; {hint}", self.path)
                columns.append(head.index(name))
            for row in reader:
                if row:
                    yield reader.line_num, [row[i].strip() if i < len(row) else "" for i in columns]
        except csv.Error as error:
            raise DataError(f"{self.path}:{reader.line_num}: {error}; needs a table in CSV", self.path) from None

    def _text(self) -> str:
        try:
            if os.path.isfile(self.path) and zipfile.is_zipfile(self.path):
                with Archive(self.path) as archive:
                    if len(archive.names) != 1 or archive.unsafe:
                        names = [*archive.names, *archive.unsafe]
                        raise DataError(f"{self.path}: holds {', '.join(names) or 'nothing'}; needs one CSV file",
                                        self.path)  # fmt: skip
                    data = archive.read(archive.names[0])
            else:
                with open(self.path, "rb") as file:
                    data = file.read()
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(f"{self.path}: byte {error.start} is no UTF-8; needs a CSV file in UTF-8", self.path,
                            error.start) from None  # fmt: skip


def _is_folder_name(name: str) -> bool:
    return not name.startswith(".") and not set(name) & set('/\\:*?"<>|\0') and len(name.encode()) < 256
