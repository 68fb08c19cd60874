"""Files that are written whole or not at all, and what JSON files can hold."""

import errno
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any

__all__ = ["as_json", "replacing", "sync_folder"]


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a temporary file beside ``path`` that takes its place when the block ends without an error.

    Raises
    ------
    OSError
        If it cannot be written; a file that was at ``path`` is untouched.
    """
    path = os.path.abspath(os.fspath(path))
    folder, name = os.path.split(path)
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
        sync_folder(folder)
    except BaseException as error:
        if isinstance(error, OSError):  # a full disk names no file, others the temporary one
            error.filename, error.filename2 = path, None
        if temporary:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
        raise


def sync_folder(folder: str) -> None:
    """Make sure that what was renamed in a folder is so after a power cut, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system without it
            raise
    finally:
        os.close(descriptor)


def _mode(path: str) -> int:
    """The permissions of the file that is replaced, or those of a new file."""
    if os.path.exists(path):
        return os.stat(path).st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def as_json(value: Any) -> Any:
    """Return a value with None for each number that is not finite, which JSON does not have."""
    if isinstance(value, Mapping):
        return {name: as_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
