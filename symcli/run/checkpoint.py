"""Checkpoints: a ``.params`` file as MXNet writes it, then a ``.state`` file, which is the commit.

``model-0007.params`` is the model after 7 epochs, ``model-0007-0120.params`` after 7 epochs and 120 batches. The
``.state`` is an array file too: the array ``state`` holds JSON with the hash of the ``.params``, where the run stands,
random keys and sums of metrics; the others are what the optimizer keeps. A checkpoint exists if its ``.state`` does
and the hash agrees.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from symcli.errors import DataError
from symcli.ndarray import NDArray, array, load, save

__all__ = ["Checkpoint", "Position", "checkpoints", "clear_unfinished", "newest", "read_state", "remove", "write"]

_NAME = re.compile(r"model-(\d{4,})(?:-(\d{4,}))?\.state")
_FORMAT = 1

Arrays = Mapping[str, NDArray]


class Position(NamedTuple):
    """How far a run has come: epochs that are complete, batches of the next one."""

    epoch: int
    batch: int = 0

    @property
    def name(self) -> str:
        """What files of this position are called, without ending."""
        return f"model-{self.epoch:04d}" + (f"-{self.batch:04d}" if self.batch else "")


class Checkpoint(NamedTuple):
    """A checkpoint that was read: where it stands, its state, the optimizer's arrays, the parameters' file."""

    position: Position
    state: dict[str, Any]
    arrays: dict[str, NDArray]
    params: Path


def checkpoints(folder: Path) -> list[Position]:
    """Return the positions that have a ``.state`` file, oldest first."""
    found = [_NAME.fullmatch(name) for name in os.listdir(folder)]
    return sorted(Position(int(one[1]), int(one[2] or 0)) for one in found if one)


def write(folder: Path, position: Position, params: Arrays, state: Mapping[str, Any], arrays: Arrays) -> None:
    """Write a checkpoint; it exists when this returns, and not at all if it fails.

    Raises
    ------
    DataError
        If a file cannot be written; older checkpoints are as they were.
    """
    path = folder / f"{position.name}.params"
    save(path, dict(params))
    text = json.dumps({"format": _FORMAT, "params": _hash(path), **state}, allow_nan=True)
    head = array(np.frombuffer(text.encode(), np.uint8), dtype="uint8")
    save(folder / f"{position.name}.state", {"state": head, **arrays})


def remove(folder: Path, position: Position) -> None:
    """Remove a checkpoint; its ``.state`` first, so that it exists whole or not at all."""
    for ending in (".state", ".params"):
        (folder / (position.name + ending)).unlink(missing_ok=True)


def newest(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """Return the newest checkpoint that is whole, and what is wrong with newer ones.

    Raises
    ------
    DataError
        If a file is there but the system does not let it be read: that does not make it broken.
    """
    broken: list[str] = []
    for position in reversed(checkpoints(folder)):
        try:
            return read_state(folder, position), broken
        except DataError as error:
            if isinstance(error.__context__, OSError) and not isinstance(error.__context__, FileNotFoundError):
                raise
            broken.append(str(error))
    return None, broken


def read_state(folder: Path, position: Position) -> Checkpoint:
    """Return a checkpoint, without its parameters.

    Raises
    ------
    DataError
        If a file is missing or damaged, or the two do not belong together.
    """
    path = folder / f"{position.name}.state"
    arrays = load(path)
    if not isinstance(arrays, dict) or "state" not in arrays:
        raise DataError(f"{path}: has no array 'state'; a checkpoint's state has", str(path))
    try:
        state = json.loads(arrays.pop("state").asnumpy().tobytes())
    except ValueError as error:
        raise DataError(f"{path}: its array 'state' is no JSON: {error}", str(path)) from None
    if state.get("format") != _FORMAT:
        raise DataError(f"{path}: is of format {state.get('format')}; this symcli reads {_FORMAT}", str(path))
    params = path.with_suffix(".params")
    try:
        found = _hash(params)
    except OSError as error:
        raise DataError(f"{params}: cannot be read: {error.strerror}", str(params)) from None
    if found != state["params"]:
        raise DataError(f"{params}: its bytes are not those that were saved; {path.name} names their hash", str(params))
    return Checkpoint(position, state, arrays, params)


def clear_unfinished(folder: Path) -> None:
    """Remove what a run that was cut off left half written: temporary files, ``.params`` without ``.state``."""
    for path in folder.iterdir():
        temporary = path.name.startswith(".") and path.name != ".lock"
        orphan = path.suffix == ".params" and _NAME.fullmatch(path.stem + ".state")
        if temporary or (orphan and not path.with_suffix(".state").exists()):
            path.unlink()


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
