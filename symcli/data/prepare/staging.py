"""The folder beside the target that prepared data are written into, so that they appear whole or not at all."""

import errno
import glob
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

import filelock

from symcli.data.prepare.manifest import MANIFEST, folder_digest, manifest_text

__all__ = ["Staging", "fingerprint"]

LINKS = ("hard", "sym", "copy")
_LEFT = ".partial"


def fingerprint(path: str) -> dict[str, Any]:
    """Return the size and SHA-256 of a file, or of all files of a folder with their names."""
    if not os.path.isdir(path):
        with open(path, "rb") as file:
            return {"bytes": os.path.getsize(path), "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    files, size = [], 0
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                found = fingerprint(os.path.join(folder, name))
                size += found["bytes"]
                relative = os.path.relpath(os.path.join(folder, name), path).replace(os.sep, "/")
                files.append((relative, found["sha256"]))
    return {"files": len(files), "bytes": size, "sha256": folder_digest(files)}


class Staging:
    """A folder beside ``target`` that becomes ``target`` by ``finish``; a ``with`` block that is left without it, or
    by an error, leaves nothing behind. Of a killed process the next one removes what it has left.

    Attributes
    ----------
    folder : the path of the folder.
    notes : what a user should know, a sentence each.
    left_out : the inputs that were left out, for the manifest.

    Raises
    ------
    FileExistsError
        If something is at ``target`` already, or another process is at work on it.
    """

    def __init__(self, target: str):
        self.target = os.path.abspath(target)
        self._shown = target
        parent, name = os.path.split(self.target)
        self._hidden = os.path.join(parent, f".{name}.")  # what the names of lock and folder begin with
        self._lock = filelock.FileLock(f"{self._hidden}lock", timeout=0)
        self.folder = ""
        self.notes: list[str] = []
        self.left_out: list[str] = []
        self.counts: dict[str, Any] = {}
        self._folders: dict[str, list[tuple[str, str]]] = {}
        self._links_as: dict[str, str] = {}

    def __enter__(self) -> "Staging":
        self._check_target()
        parent, name = os.path.split(self.target)
        try:
            os.makedirs(parent, exist_ok=True)
            self._lock.acquire()
        except filelock.Timeout:
            raise self._refused("another process prepares it; wait for its end, or give another folder") from None
        except OSError as error:
            self._name(error)
            raise
        try:
            for left in glob.glob(os.path.join(glob.escape(parent), f".{glob.escape(name)}.*{_LEFT}")):
                shutil.rmtree(left)
            self.folder = tempfile.mkdtemp(prefix=f".{name}.", suffix=_LEFT, dir=parent)
        except BaseException as error:
            self._name(error)
            self._release()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._name(error)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._release()

    def _name(self, error: BaseException | None) -> None:
        """Let an error in writing name the target: a full disk names no file, other errors one that is gone then."""
        if isinstance(error, OSError) and not isinstance(error, FileExistsError):
            named = [str(one) for one in (error.filename, error.filename2) if one is not None]
            if not named or any(one.startswith(self._hidden) for one in named):
                error.filename, error.filename2 = self._shown, None

    def _release(self) -> None:
        # A process that waits for the lock does not exist (timeout=0), so its file can go.
        with suppress(OSError):
            os.unlink(self._lock.lock_file)
        self._lock.release()

    def _check_target(self) -> None:
        if os.path.isdir(self.target):
            if os.path.samefile(self.target, os.getcwd()):
                raise self._refused("is the current folder, which is replaced at the end; give a new folder")
            if os.listdir(self.target):
                raise self._refused(f"is not empty, and has no {MANIFEST}; nothing is overwritten: give a new folder")
        elif os.path.lexists(self.target):
            raise self._refused("is a file; give a new folder")

    def _refused(self, reason: str) -> FileExistsError:
        return FileExistsError(errno.EEXIST, reason, self._shown)

    def make(self, folder: str) -> None:
        """Make a folder, given with slashes; an empty one stands in the manifest too."""
        if folder not in self._folders:
            os.makedirs(os.path.join(self.folder, *folder.split("/")), exist_ok=True)
            self._folders[folder] = []

    def write(self, path: str, data: bytes, digest: str | None = None) -> None:
        """Write a file; ``digest`` is its SHA-256 where that is known."""
        folder, _, name = path.rpartition("/")
        self.make(folder)
        with open(os.path.join(self.folder, *path.split("/")), "xb") as file:
            file.write(data)
        self._folders[folder].append((name, digest or hashlib.sha256(data).hexdigest()))

    def adopt(self, path: str) -> None:
        """Count a file that was written into the folder otherwise as one of its files."""
        folder, _, name = path.rpartition("/")
        self.make(folder)
        with open(os.path.join(self.folder, *path.split("/")), "rb") as file:
            self._folders[folder].append((name, hashlib.file_digest(file, "sha256").hexdigest()))

    def link(self, path: str, existing: str, how: str, digest: str) -> None:
        """Put a file that was written under a second path: as a hard or symbolic link, or a copy.

        Where the file system has no such links the file is copied, and a note says so.
        """
        folder, _, name = path.rpartition("/")
        self.make(folder)
        source, target = (os.path.join(self.folder, *one.split("/")) for one in (existing, path))
        how = self._links_as.setdefault(how, how)
        try:
            if how == "hard":
                os.link(source, target)
            elif how == "sym":
                os.symlink(os.path.relpath(source, os.path.dirname(target)), target)
        except (OSError, NotImplementedError) as error:
            reason = getattr(error, "strerror", None) or "not supported"
            self.notes.append(f"files were copied: this file system makes no {how} links ({reason})")
            self._links_as[how] = how = "copy"
        if how == "copy":
            shutil.copyfile(source, target)
        self._folders[folder].append((name, digest))

    def finish(self, head: Mapping[str, Any]) -> dict[str, Any]:
        """Write the manifest, put the folder in the target's place and return the manifest.

        Raises
        ------
        FileExistsError
            If something has come to the target meanwhile.
        """
        manifest = {
            **head,
            "counts": self.counts,
            "left_out": sorted(self.left_out),
            "folders": {
                name: {"files": len(files), "sha256": folder_digest(files)}
                for name, files in sorted(self._folders.items())
            },
        }
        with open(os.path.join(self.folder, MANIFEST), "wb") as file:
            file.write(manifest_text(manifest))
            file.flush()
            os.fsync(file.fileno())
        self._check_target()
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(self.folder, 0o777 & ~mask)
        if os.path.isdir(self.target):  # empty: Windows renames over no folder
            os.rmdir(self.target)
        os.rename(self.folder, self.target)
        return manifest
