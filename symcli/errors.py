"""The errors of symcli.

Every message says where, what is there, what is needed and what to try, in that order.
``MXNetError`` and its parent are MXNet's own (``python/mxnet/base.py``), so that ``except`` clauses
of MXNet programs go on working.
"""

import difflib
from collections.abc import Iterable
from typing import Any

__all__ = [
    "BindError",
    "DTypeError",
    "DataError",
    "DivergedError",
    "MXNetError",
    "NotImplementedForSymbol",
    "ParamError",
    "ShapeError",
    "SpecError",
    "reason",
    "suggest",
]


class MXNetError(RuntimeError):
    """The base of all errors that symcli raises about what a user gave it."""


class ParamError(MXNetError, ValueError):
    """A parameter is missing, unknown, not readable as its type, or out of bounds.

    Correct the value; the message lists what is allowed.
    """


class ShapeError(MXNetError, ValueError):
    """Shapes that contradict each other; the message names the node and all its inputs."""


class DTypeError(ParamError, TypeError):
    """An element type that does not exist, or types that contradict each other."""


class BindError(MXNetError, ValueError):
    """Arrays given to an executor are missing, surplus, or of the wrong shape or type."""


class SpecError(MXNetError):
    """A network or job file is wrong; carries ``file``, ``line``, ``column`` and ``code``.

    Lines and columns count from 1.
    """

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0, code: str = ""):
        super().__init__(message)
        self.file, self.line, self.column, self.code = file, line, column, code
        self.findings: Any = None  # all of them, where there are several (spec.findings.Findings)


class DataError(MXNetError):
    """A data file cannot be read; carries ``path`` and, where known, the ``offset`` in bytes."""

    def __init__(self, message: str, path: str = "", offset: int | None = None):
        super().__init__(message)
        self.path, self.offset = path, offset


class DivergedError(MXNetError):
    """Training went astray: a number became infinite or not a number; the message names the node and the batch."""


class NotImplementedForSymbol(MXNetError):
    """Something only arrays can do was asked of a symbol; bind the symbol, or use ``nd``."""


def reason(error: Exception) -> str:
    """Return why something failed, in a few words: what the system says, or the first line of the message."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__


def suggest(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the closest of the known words, or an empty text."""
    close = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else ""
