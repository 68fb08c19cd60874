"""What commands share for the screen: aligned tables, wrapped texts, and the last word on errors."""

import json
import os
import re
import shutil
import sys
import textwrap
import time
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from symcli.files import as_json

__all__ = ["MissingError", "aligned", "columns", "log_file", "report", "worded", "write_json"]


class MissingError(click.ClickException):
    """An extra or a program that this machine lacks; the message says how to get it."""

    exit_code = 3


def columns(rows: Iterable[Sequence[str]], indent: str = "  ") -> str:
    """Return rows as aligned columns; the last one is wrapped to the width of the terminal."""
    rows = [list(row) for row in rows]
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        start = indent + "".join(f"{text:{width}}  " for text, width in zip(row, widths, strict=False))
        room = max(shutil.get_terminal_size().columns - len(start), 30)
        wrapped = textwrap.wrap(row[-1], room) or [""]
        lines += [(start + wrapped[0]).rstrip(), *(" " * len(start) + line for line in wrapped[1:])]
    return "\n".join(lines)


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """Return rows as lines of aligned columns, those to the right that ``right`` says."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.rjust(width) if far else cell.ljust(width)
                  for cell, width, far in zip(row, widths, right, strict=True)).rstrip()
        for row in rows
    ]  # fmt: skip


def write_json(answer: dict[str, Any]) -> None:
    """Print a command's answer as one JSON document."""
    text = json.dumps(as_json({"schema": 1, **answer}), indent=2, ensure_ascii=False)
    # Bytes of file names that are no UTF-8 are lone surrogates in Python; as such they stand in JSON, too.
    click.echo(re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text))


def worded(error: Exception) -> tuple[str, int] | None:
    """Return what is said of an error about what the user gave, and the exit code; None for a bug."""
    from symcli.cli.spec_file import exit_code
    from symcli.errors import DataError, DivergedError, MXNetError, SpecError, reason

    if isinstance(error, SpecError):
        return str(error), exit_code(error)
    if isinstance(error, DivergedError):
        return str(error), 5
    if isinstance(error, MXNetError):
        # What a file holds is a finding; that it is not there, or cannot be read or written, is none.
        barred = isinstance(error, DataError) and isinstance(error.__cause__ or error.__context__, OSError)
        return str(error), 4 if barred else 1
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else reason(error), 4
    return None


def report(error: Exception) -> int:
    """Say on the screen what went wrong and return the exit code; the traceback of a bug goes to the log file."""
    known = worded(error)
    if known is not None:
        click.echo(known[0], err=True)
        return known[1]
    path = log_file()
    with path.open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {' '.join(sys.argv)}\n")
        log.write("".join(traceback.format_exception(error)) + "\n")
    click.echo(
        f"a bug in symcli: {type(error).__name__}: {error}; its traceback is in {path}, please report it", err=True
    )
    return 70


def log_file() -> Path:
    """Return the file that tracebacks go to, in a folder that exists."""
    import tempfile

    import platformdirs

    folder = platformdirs.user_log_path("symcli", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir())
    if not os.access(folder, os.W_OK):
        folder = Path(tempfile.gettempdir())
    return folder / "symcli.log"
