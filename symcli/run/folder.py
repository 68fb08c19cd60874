"""A run's folder: ``runs/<job>/<n>/``, what stands in it, and where.

It is at once what MXNet calls a model: ``model-symbol.json`` and ``model-0007.params``, class names in ``synset.txt``.
"""

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from symcli import __version__
from symcli.errors import DataError
from symcli.files import as_json, replacing

__all__ = ["Folder", "newest_run"]


class Folder:
    """The folder of a run; ``path`` is as the user sees it."""

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self._lock = FileLock(self.path / ".lock")

    @classmethod
    def new(cls, runs: str, job: str) -> "Folder":
        """Make the folder of a new run: the next number after all that are there.

        Raises
        ------
        OSError
            If it cannot be made.
        """
        jobs = Path(runs) / job
        jobs.mkdir(parents=True, exist_ok=True)
        while True:
            path = jobs / str(max(_numbers(jobs), default=0) + 1)
            try:
                path.mkdir()
            except FileExistsError:  # another run began at this moment
                continue
            return cls(path)

    def lock(self) -> None:
        """Keep other processes from this run until this one ends, however it ends.

        Raises
        ------
        DataError
            If another one trains it.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            message = f"{self.path}: another process trains this run; wait for it, or stop it"
            raise DataError(message, str(self.path)) from None

    def unlock(self) -> None:
        """Let other processes at this run."""
        # While it is held: who opened it before finds it gone, and makes another. Nobody waits for it (timeout=0).
        with suppress(OSError):
            (self.path / ".lock").unlink()
        self._lock.release()

    # ---- what stands in it

    @property
    def prefix(self) -> str:
        """The prefix of the model's files."""
        return str(self.path / "model")

    @property
    def job(self) -> Path:
        """The job with all its defaults, paths absolute."""
        return self.path / "job.yaml"

    @property
    def metrics(self) -> Path:
        """The values of each epoch, a line of JSON for each."""
        return self.path / "metrics.jsonl"

    def write(self, name: str, text: str) -> None:
        """Write a file of text, whole or not at all."""
        with replacing(self.path / name) as file:
            file.write(text.encode())

    def write_json(self, name: str, values: Mapping[str, Any]) -> None:
        """Write a file of JSON, whole or not at all."""
        self.write(name, json.dumps(as_json(values), indent=2, ensure_ascii=False) + "\n")

    def read_json(self, name: str) -> dict[str, Any]:
        """Return what a file of JSON holds.

        Raises
        ------
        DataError
            If it cannot be read.
        """
        path = self.path / name
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}; a run's folder has it", str(path)) from None
        except ValueError as error:
            raise DataError(f"{path}: is no JSON: {error}", str(path)) from None

    def note(self, **more: Any) -> None:
        """Note in ``run.json`` how the run stands, beside what it was begun with."""
        try:
            known = self.read_json("run.json")
        except DataError:
            known = {"schema": 1, "versions": versions()}
        self.write_json("run.json", {**known, **more})

    def log(self, line: str) -> None:
        """Add a line to ``log.txt``, with the time."""
        with open(self.path / "log.txt", "a", encoding="utf-8") as file:
            file.write("".join(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {part}\n" for part in line.splitlines()))

    def rewrite_metrics(self, history: Sequence[Mapping[str, Any]]) -> None:
        """Make ``metrics.jsonl`` hold these epochs and no others."""
        self.write("metrics.jsonl", "".join(map(_line, history)))

    def add_metrics(self, epoch: Mapping[str, Any]) -> None:
        """Add an epoch to ``metrics.jsonl``."""
        with open(self.metrics, "ab") as file:
            file.write(_line(epoch).encode())
            file.flush()
            os.fsync(file.fileno())

    def read_metrics(self) -> list[dict[str, Any]]:
        """Return the epochs of ``metrics.jsonl``; a last line that is not whole is left out.

        Raises
        ------
        DataError
            If it cannot be read.
        """
        try:
            lines = self.metrics.read_text(encoding="utf-8").split("\n")[:-1]
            return [json.loads(line) for line in lines]
        except OSError as error:
            raise DataError(f"{self.metrics}: cannot be read: {error.strerror}", str(self.metrics)) from None
        except ValueError as error:
            raise DataError(f"{self.metrics}: a line is no JSON: {error}", str(self.metrics)) from None


def newest_run(path: str) -> str | None:
    """Return the newest run in a job's folder of runs; None if it has none."""
    found = [number for number in _numbers(Path(path)) if os.path.exists(os.path.join(path, str(number), "run.json"))]
    return os.path.join(path, str(max(found))) if found else None


def versions() -> dict[str, str]:
    """Return the versions of what computes; other ones may give other bytes."""
    found = {"symcli": __version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in ("numpy", "numba")}


def _numbers(folder: Path) -> list[int]:
    return [int(name) for name in os.listdir(folder) if name.isdecimal()] if folder.is_dir() else []


def _line(epoch: Mapping[str, Any]) -> str:
    return json.dumps(as_json(epoch), ensure_ascii=False) + "\n"
