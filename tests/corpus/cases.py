"""Where the corpus lies, and what a case of it is."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["DATA", "Case", "arrays_of", "index_of"]

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Case:
    """A recorded case: where it stands, and the call that checks it."""

    section: str
    group: str
    id: str
    check: Callable[..., None]
    arguments: tuple[Any, ...]
    executes: bool = False  # whether an executor runs, so that replay and interpreter differ

    def __str__(self) -> str:
        return f"{self.section}-{self.group}-{self.id}"


def index_of(section: str) -> dict[str, Any]:
    return json.loads((DATA / section / "index.json").read_text())


def arrays_of(file: Path, case: str) -> dict[str, np.ndarray]:
    """Return the arrays of a case by their keys without its prefix, sorted."""
    prefix = f"{case}/"
    with np.load(file) as stored:
        return {key.removeprefix(prefix): stored[key] for key in sorted(stored.files) if key.startswith(prefix)}
