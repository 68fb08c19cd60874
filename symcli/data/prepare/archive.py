"""The files of a zip or of an unpacked folder, by name."""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Sequence
from types import TracebackType

from symcli.errors import DataError

__all__ = ["Archive", "first_of"]

LARGEST = 1 << 28  # bytes of one unpacked file; an image has less
_DRIVE = re.compile(r"[A-Za-z]:")


def first_of(source: str, names: Sequence[str]) -> tuple[str, str] | None:
    """Return the first of these names that is in a folder, with its path."""
    paths = ((name, os.path.join(source, name)) for name in names)
    return next((found for found in paths if os.path.exists(found[1])), None)


class Archive:
    """A zip or a folder with all below it. Names have slashes; those with a part that begins with a dot are left out.

    Attributes
    ----------
    names : the names of its files, sorted.
    unsafe : the names of members that lead out of the archive, or are no plain files, each with its reason.

    Raises
    ------
    DataError
        If it cannot be opened.
    """

    def __init__(self, path: str):
        self.path = path
        self.unsafe: list[str] = []
        self._zip: zipfile.ZipFile | None = None
        self._members: dict[str, zipfile.ZipInfo] = {}
        if os.path.isdir(path):
            self.names = sorted(self._below(path))
            return
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise DataError(f"{path}: {reason}; needs a whole zip or a folder: download it again", path) from None
        for member in self._zip.infolist():
            reason = _unsafe(member)
            if reason:
                self.unsafe.append(f"{member.filename!r}: {reason}")
            elif member.is_dir() or _hidden(member.filename):
                continue
            elif member.filename in self._members:
                self.unsafe.append(f"{member.filename!r}: twice in the zip")
            else:
                self._members[member.filename] = member
        self.names = sorted(self._members)

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._zip is not None:
            self._zip.close()

    @staticmethod
    def _below(path: str) -> list[str]:
        found = []
        for folder, folders, files in os.walk(path):
            folders[:] = [name for name in folders if not name.startswith(".")]
            inside = os.path.relpath(folder, path).replace(os.sep, "/")
            found += [name if inside == "." else f"{inside}/{name}" for name in files if not name.startswith(".")]
        return found

    def read(self, name: str) -> bytes:
        """Return a file's bytes; may be called by several threads.

        Raises
        ------
        DataError
            If it cannot be read whole; the message is the reason alone.
        """
        try:
            if self._zip is not None:
                return self._zip.read(self._members[name])
            with open(os.path.join(self.path, *name.split("/")), "rb") as file:
                return file.read()
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            # RuntimeError: encrypted; NotImplementedError, its child: a compression that Python lacks.
            raise DataError(getattr(error, "strerror", None) or str(error), name) from None


def _hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _unsafe(member: zipfile.ZipInfo) -> str:
    # On Windows ZipInfo has replaced backslashes by slashes; here they are part of the name.
    parts = member.filename.replace("\\", "/").split("/")
    if member.filename.startswith(("/", "\\")) or _DRIVE.match(member.filename):
        return "an absolute path"
    if ".." in parts:
        return "leads out of the archive by '..'"
    if "\\" in member.filename:
        return "has a backslash in its name"
    mode = member.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "no plain file"
    if member.file_size > LARGEST:
        return f"{member.file_size:,} bytes unpacked; an image has no more than {LARGEST:,}"
    return ""
