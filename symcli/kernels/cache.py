"""Where compiled kernels are kept between runs.

Numba's own key does not see edits in imported modules, so the directory is named by a hash of all
kernel sources, Numba's version included. ``SYMCLI_CACHE_DIR`` moves it; a place that cannot be
written falls back to a temporary one. Processors may share it: what is compiled for one is not read by another.
"""

import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import platformdirs

__all__ = ["LockFile", "directory", "key", "on_missing", "prune", "unchanged"]

DAY = 86_400.0  # seconds
UNUSED = 30 * DAY  # after which a directory of other sources is deleted
# Called before a kernel is compiled that is not in the cache; None for nothing.
on_missing: ContextVar[Callable[[], None] | None] = ContextVar("on_missing", default=None)


@lru_cache(None)
def key() -> str:
    """Return the hash of the sources of kernels and engine and of Numba's version, as they were when first asked."""
    return _hash()


def unchanged() -> bool:
    """Return whether the sources are still those that ``key`` was made of.

    Modules are imported when they are needed: a process that runs while its sources are replaced, as by an update, may
    hold some of either. What it compiles must not be found under the name of the old ones.
    """
    return _hash() == key()


def _hash() -> str:
    digest = hashlib.sha256(metadata.version("numba").encode())
    package = Path(__file__).parent.parent
    for source in sorted([*package.glob("kernels/*.py"), *package.glob("engine/**/*.py")]):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(None)
def directory() -> Path:
    """Return the directory of the compiled kernels, made if it is not there."""
    root = Path(os.environ.get("SYMCLI_CACHE_DIR") or platformdirs.user_cache_dir("symcli", appauthor=False))
    wanted = root / key()
    try:
        if not wanted.is_dir():
            wanted.mkdir(parents=True, exist_ok=True)
            prune(root, key())
        with tempfile.TemporaryFile(dir=wanted):
            pass
        if time.time() - wanted.stat().st_mtime > DAY:
            os.utime(wanted)  # tells prune that it is in use
        return wanted
    except OSError:
        return _temporary() / key()


def _temporary() -> Path:
    """Return a directory of this user alone: what lies in a cache is executed."""
    owner = os.getuid() if hasattr(os, "getuid") else None
    shared = Path(tempfile.gettempdir()) / f"symcli-{'user' if owner is None else owner}"
    try:
        (shared / key()).mkdir(parents=True, exist_ok=True)
        if owner is None:
            return shared
        for path in (shared, shared / key()):
            if not path.is_symlink() and path.stat().st_uid == owner:
                path.chmod(0o700)
            found = path.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
                raise PermissionError(path)
        return shared
    except OSError:
        own = Path(tempfile.mkdtemp(prefix="symcli-"))
        (own / key()).mkdir()
        return own


def prune(root: Path, keep: str, now: float | None = None) -> list[Path]:
    """Delete directories of other sources that were not used for 30 days; return them.

    Parameters
    ----------
    root : the directory of all; only those in it are deleted that are named as ``key`` names them.
    keep : the one of these sources.
    now : seconds since 1970; by default the time it is.
    """
    gone = []
    for path in root.iterdir():
        if path.name == keep or not re.fullmatch("[0-9a-f]{16}", path.name) or not path.is_dir():
            continue
        with suppress(OSError):
            if (time.time() if now is None else now) - path.stat().st_mtime > UNUSED:
                shutil.rmtree(path, ignore_errors=True)
                gone.append(path)
    return gone


class LockFile:
    """Held while a kernel is compiled, so that other processes wait for it and read it, and do not compile it too.

    A process that ends leaves it open to others, whatever became of it. Where files cannot be locked, as on some
    network drives, or one waits longer than a minute, it is done without: then a kernel is compiled twice, no more.
    """

    WAIT = 60  # seconds

    def __init__(self, path: Path):
        self._path = path
        self._lock: Any = None

    def acquire(self) -> None:
        """Wait for the lock and take it."""
        from filelock import FileLock, Timeout

        lock = FileLock(self._path)
        try:
            lock.acquire(timeout=self.WAIT)
            self._lock = lock
        except (OSError, Timeout, NotImplementedError):
            self._lock = None

    def release(self) -> None:
        """Give the lock back, if it is held."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
