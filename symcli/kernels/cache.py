"""Where compiled kernels are kept between runs.

Numba's own key does not see edits in imported modules, so the directory is named by a hash of all
kernel sources, Numba's version included. ``SYMCLI_CACHE_DIR`` moves it; a place that cannot be
written falls back to a temporary one.
"""

import hashlib
import os
import tempfile
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import platformdirs

from symcli.kernels import processor

__all__ = ["directory", "key"]


@lru_cache(None)
def key() -> str:
    """Return the hash of the sources of kernels and engine, of Numba's version and of a forced ``SYMCLI_ISA``."""
    digest = hashlib.sha256(f"{metadata.version('numba')} {processor.forced()}".encode())
    package = Path(__file__).parent.parent
    for source in sorted([*package.glob("kernels/*.py"), *package.glob("engine/**/*.py")]):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(None)
def directory() -> Path:
    """Return the directory of the compiled kernels, made if it is not there."""
    root = os.environ.get("SYMCLI_CACHE_DIR") or platformdirs.user_cache_dir("symcli", appauthor=False)
    wanted = Path(root) / key()
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError:
        fallback = Path(tempfile.gettempdir()) / f"symcli-{os.getuid() if hasattr(os, 'getuid') else 0}" / key()
        fallback.mkdir(parents=True, exist_ok=True)
        return fallback
