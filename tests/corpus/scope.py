"""Where the corpus lies, and which of its cases are asked for: those that use only what first-road.txt names."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["DATA", "Case", "allowed", "arrays_of", "index_of", "program_operators", "symbol_operators"]

HERE = Path(__file__).parent
DATA = HERE / "data"
NAMED = {line.split("#")[0].strip() for line in (HERE / "first-road.txt").read_text().splitlines()} - {""}
NO_OPERATORS = {"Variable", "var", "Group", "load", "load_json", "Symbol", "zeros", "ones", "arange", "full"}


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


def allowed(operators: Iterable[str] = (), label: str | None = None) -> bool:
    """Whether the scope names all operators of a case, and its label (as ``code:json``) if it has one."""
    return set(operators) <= NAMED and (label is None or label in NAMED)


def symbol_operators(symbol: dict) -> set[str]:
    return {node["op"] for node in symbol["nodes"] if node["op"] != "null"}


def program_operators(text: str) -> set[str]:
    return set(re.findall(r"(?:sym|symbol)\.(?:\w+\.)?([A-Za-z_]\w*)\(", text)) - NO_OPERATORS


def index_of(section: str) -> dict[str, Any]:
    return json.loads((DATA / section / "index.json").read_text())


def arrays_of(file: Path, case: str) -> dict[str, np.ndarray]:
    """Return the arrays of a case by their keys without its prefix, sorted."""
    prefix = f"{case}/"
    with np.load(file) as stored:
        return {key.removeprefix(prefix): stored[key] for key in sorted(stored.files) if key.startswith(prefix)}
