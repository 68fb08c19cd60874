"""The package's files as the house tests read them."""

import ast
import io
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

__all__ = ["DOORS", "PACKAGE", "ROOT", "code_lines", "docstring_lines", "functions", "package_files", "room", "tree"]

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "symcli"
DOORS = {"contrib", "gluon"}  # packages of MXNet's dotted names: names, no code

_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def package_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """Return the package or single module that a file belongs to: ``ops``, ``errors``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@lru_cache(None)
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


@lru_cache(None)
def code_lines(path: Path) -> frozenset[int]:
    """Return the numbers of the lines that hold code: no comments, docstrings or blanks."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type not in _LAYOUT:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return frozenset(lines - docstring_lines(tree(path)))


def docstring_lines(module: ast.Module) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            lines |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield every function with its dotted name: ``Symbol.bind``."""

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef | ast.FunctionDef):
                if isinstance(child, ast.FunctionDef):
                    yield prefix + child.name, child
                yield from walk(child, f"{prefix}{child.name}.")
            else:
                yield from walk(child, prefix)

    return walk(tree(path), "")
