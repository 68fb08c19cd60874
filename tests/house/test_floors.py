"""Imports go down the floors only. The floors stand here as data; the files are read, not run."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.house.source import DOORS, PACKAGE, ROOT, package_files, room, tree

FLOORS = (
    ("errors", "environment", "dtypes", "files", "params", "shapes"),
    ("kernels", "engine"),
    ("ops",),
    ("graph",),
    ("ndarray",),
    ("executor",),
    ("system",),
    ("spec",),
    ("data",),
    ("rnn",),
    ("train",),
    ("detect",),
    ("job",),
    ("run",),
    ("cli",),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
# Rooms that load neither NumPy nor Numba by themselves, so that shapes are checked without them.
WITHOUT_ARRAYS = {name for number in (0, 2, 3, 7) for name in FLOORS[number]}
ONLY_NUMBA_HERE = {"kernels/jit.py", "engine/jit.py"}
# Users write symbol.bind(...) and loss.backward(): these reach the executor, inside the function.
UPWARD = {
    ("graph/symbol.py", "Symbol.bind"),
    ("graph/symbol.py", "Symbol.simple_bind"),
    ("ndarray/array.py", "NDArray.backward"),
}


def test_the_design_shows_these_floors():
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", (ROOT / "docs/design.md").read_text(), re.MULTILINE)
    assert {int(number): set(re.findall(r"`(\w+)`", rooms)) for number, rooms in rows} == {
        number: set(names) for number, names in enumerate(FLOORS)
    }


class Import(NamedTuple):
    """One imported module, where, and the function it stands in (empty at module level)."""

    module: str
    line: int
    function: str


def imports(path: Path) -> Iterator[Import]:
    """Yield what a file imports when it runs; what stands under TYPE_CHECKING does not."""

    def walk(node: ast.AST, function: str, prefix: str) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, child.lineno, function) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                yield from (Import(module, child.lineno, function) for module in _from(path, child))
            elif isinstance(child, ast.FunctionDef):
                yield from walk(child, prefix + child.name, f"{prefix}{child.name}.")
            else:
                inner = f"{prefix}{child.name}." if isinstance(child, ast.ClassDef) else prefix
                yield from walk(child, function, inner)

    return walk(tree(path), "", "")


def _from(path: Path, node: ast.ImportFrom) -> list[str]:
    """Return the modules of ``from a import b``: ``a.b`` where that is a module, else ``a``."""
    assert not node.level, f"{path}:{node.lineno}: relative import; write the whole name"
    base = node.module or ""
    if not base.startswith("symcli"):
        return [base]
    inside = ROOT.joinpath(*base.split("."))
    names = [alias.name for alias in node.names if not alias.name.startswith("__")]  # __version__ is no room
    found = [f"{base}.{name}" for name in names
             if (inside / name).is_dir() or (inside / f"{name}.py").exists()]  # fmt: skip
    return found if len(found) == len(names) else [*found, base]


ROOMS = [
    path for path in package_files() if room(path) not in DOORS and (path.parent != PACKAGE or room(path) in FLOOR)
]


def shown(path: Path, found: Import) -> str:
    return f"{path.relative_to(ROOT)}:{found.line}: imports {found.module}"


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path):
    own, place = room(path), path.relative_to(PACKAGE).as_posix()
    assert own in FLOOR, f"{place}: give the package {own!r} its floor in FLOORS"
    for found in imports(path):
        if found.module.split(".")[0] != "symcli":
            continue
        target = (found.module.split(".") + [""])[1]
        assert target in FLOOR, f"{shown(path, found)}, a door for users; import the room itself"
        same_room = target == own or FLOOR[own] == 0 or {own, target} == {"kernels", "engine"}
        allowed = FLOOR[target] < FLOOR[own] or (FLOOR[target] == FLOOR[own] and same_room)
        hatch = (place, found.function) in UPWARD
        assert allowed or hatch, f"{shown(path, found)}, from floor {FLOOR[own]} up to {FLOOR[target]}"
        if own in ("kernels", "engine"):
            assert FLOOR[target] == 1 or target == "environment", (
                f"{shown(path, found)}; kernels know arrays and numbers"
            )
        if own == "ops" and target == "kernels":
            assert found.module == "symcli.kernels", f"{shown(path, found)}; write: from symcli import kernels"


def test_upward_calls_are_all_used():
    used = {
        (path.relative_to(PACKAGE).as_posix(), found.function)
        for path in ROOMS for found in imports(path)
        if found.module.startswith("symcli.") and FLOOR[found.module.split(".")[1]] > FLOOR[room(path)]
    }  # fmt: skip
    assert used == UPWARD


@pytest.mark.parametrize("path", package_files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_stay_in_their_rooms(path):
    for found in imports(path):
        library = found.module.split(".")[0]
        if library in ("numba", "llvmlite"):
            assert path.relative_to(PACKAGE).as_posix() in ONLY_NUMBA_HERE, f"{shown(path, found)}; only jit.py may"
        if library == "numpy" and not found.function:
            assert room(path) not in WITHOUT_ARRAYS, f"{shown(path, found)}; this floor loads no NumPy"
        if library in ("click", "tqdm"):
            assert room(path) == "cli", f"{shown(path, found)}; only the cli talks to the terminal"


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_cli_prints(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input"):
            assert room(path) == "cli", f"{path.relative_to(ROOT)}:{node.lineno}: {node.func.id}() below the cli"
