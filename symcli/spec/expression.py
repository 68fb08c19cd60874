"""Expressions: Python's syntax through a whitelist, never ``eval``.

This file parses them, says where in the user's file a part stands, and computes the parts that are
numbers. What becomes of nodes is ``evaluate``'s.
"""

import ast
import keyword
import math
import operator
import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from symcli.spec.findings import BROKEN, Findings, Note
from symcli.spec.source import Place, Text

__all__ = ["Expression", "Wrong", "arithmetic", "as_number", "calculate", "interpolate", "is_name", "names_in",
           "names_in_holes", "parse"]  # fmt: skip

LONGEST = 2000  # characters of an expression
DEEPEST = 100  # parts inside parts
_WIDEST = 4096  # bits of a number on the way

_HOLE = re.compile(r"\$(?:([^\W\d]\w*)|\{([^{}]*)\})")

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "round": lambda x: round(x),
    "int": int,
}
_ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.keyword, ast.IfExp, ast.Name,
    ast.Constant, ast.Subscript, ast.Tuple, ast.List, ast.Load, ast.USub, ast.UAdd, ast.Not, ast.And, ast.Or,
    *BINARY, *COMPARE,
)  # fmt: skip
_NEEDS_QUOTES = 'inside [ ] or { }, put quotes around a text that holds a comma or a bracket: "relu(a + b)"'
_WORDS = {
    "Attribute": "a dot", "Lambda": "lambda", "ListComp": "a comprehension", "GeneratorExp": "a comprehension",
    "SetComp": "a comprehension", "DictComp": "a comprehension", "Starred": "a star", "Dict": "a dictionary",
    "Set": "a set", "JoinedStr": "an f-string", "Slice": "a slice", "NamedExpr": ":=", "Constant": "this constant",
    "MatMult": "@", "BitOr": "|", "BitAnd": "&", "Is": "is", "IsNot": "is not", "In": "in", "NotIn": "not in",
    "Invert": "~", "LShift": "<<", "RShift": ">>", "BitXor": "^",
}  # fmt: skip
_HINTS = {
    "Attribute": "operators are called by their name: exp(data)",
    "Slice": "slicing is slice_axis(x, axis=0, begin=0, end=1)",
    "MatMult": "a product of matrices is dot(a, b)",
}


_SMALL = "sizes and parameters are small numbers"


class Wrong(Exception):
    """An expression that has no value; carries the part at fault and what to say of it.

    Without a code it depends on a mistake that is a finding already.
    """

    def __init__(self, node: ast.AST, code: str = "", message: str = "", help: str = ""):
        super().__init__(message)
        self.node, self.code, self.message, self.help = node, code, message, help


class Expression:
    """A parsed expression and the text it came from; it begins at character ``start`` of the text."""

    def __init__(self, text: Text, source: str, body: ast.expr, start: int = 0):
        self.text, self.body, self._start = text, body, start
        self._lines = [line.encode() for line in source.split("\n")]

    def place(self, node: ast.AST) -> Place:
        """Return where a part stands in the user's file; the whole text for what has no place of its own."""
        if not isinstance(node, ast.expr | ast.keyword) or len(self._lines) > 1:
            return self.text.place
        line = self._lines[0]  # Python counts bytes of UTF-8
        start, part = (len(b.decode()) for b in (line[: node.col_offset], line[node.col_offset : node.end_col_offset]))
        return self.text.part(self._start + start, part)


def is_name(text: str) -> bool:
    """Whether a text is a name: letters, digits and underscores, no digit first, no word of Python's."""
    return text.isidentifier() and not keyword.iskeyword(text)


def parse(text: Text, findings: Findings, notes: tuple[Note, ...] = (), source: str | None = None,
          start: int = 0) -> Expression | None:  # fmt: skip
    """Return the expression that a text holds, or None after a finding.

    ``source`` is the part of the text that is the expression, from character ``start`` on.
    """
    whole = text.text if source is None else source
    code = whole.strip()
    start += len(whole) - len(whole.lstrip())
    tree, fault, message, help = _parsed(code)
    expression = Expression(text, code, tree, start)
    if not message:
        return expression
    place = expression.place(fault) if isinstance(fault, ast.AST) else text.place
    if isinstance(fault, int) and "\n" not in code:
        place = text.part(start + min(fault, max(len(code), 1)) - 1, 1)
    findings.report("SYM306", place, message, help, notes)
    return None


@lru_cache(4096)  # blocks are read again for each call
def _parsed(code: str) -> tuple[Any, ast.AST | int | None, str, str]:
    """Return the tree of an expression; or the part or column at fault, what to say of it, and what to try."""
    if len(code) > LONGEST:
        return None, None, f"an expression of {len(code):,} characters", f"split it into nodes of up to {LONGEST:,}"
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes, for one
            body = ast.parse(code, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return None, getattr(error, "offset", None), *_syntax(code, error)
    level: list[ast.AST] = [body]
    for _ in range(DEEPEST):
        for node in level:
            if not isinstance(node, _ALLOWED) or (isinstance(node, ast.Constant) and not _is_plain(node.value)):
                kind = type(node).__name__
                allowed = "allowed: + - * / // % **, comparisons, calls, x[0], a if CONDITION else b"
                return body, node, f"{_WORDS.get(kind, kind)} has no place in an expression", _HINTS.get(kind, allowed)
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return body, None, "", ""
    return None, None, f"an expression of more than {DEEPEST} parts inside parts", "split it into nodes"


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _syntax(code: str, error: Exception) -> tuple[str, str]:
    if code.count("(") != code.count(")") or code.count("[") != code.count("]"):
        return f"{_short(code)} has a bracket without its partner", _NEEDS_QUOTES
    reason = f": {error.msg}" if isinstance(error, SyntaxError) else ""
    return f"{_short(code)} is no expression{reason}", "write it as in Python: relu(body + shortcut)"


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")


def arithmetic(node: ast.AST, names: Callable[[ast.Name], Any]) -> Any:
    """Return the number or text that an expression is; ``names`` looks a name up.

    Raises
    ------
    Wrong
        If it has none.
    """
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return names(node)
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(arithmetic(item, names) for item in node.elts)
    if isinstance(node, ast.IfExp):
        return arithmetic(node.body if arithmetic(node.test, names) else node.orelse, names)
    if isinstance(node, ast.UnaryOp):
        value = arithmetic(node.operand, names)
        if isinstance(node.op, ast.Not):
            return not value
        return -_number(node, value) if isinstance(node.op, ast.USub) else _number(node, value)
    if isinstance(node, ast.BoolOp):
        truths = (arithmetic(item, names) for item in node.values)
        return all(truths) if isinstance(node.op, ast.And) else any(truths)
    if isinstance(node, ast.Compare):
        return _compare(node, names)
    if isinstance(node, ast.BinOp):
        return calculate(node, arithmetic(node.left, names), arithmetic(node.right, names))
    if isinstance(node, ast.Subscript):
        return _entry(node, arithmetic(node.value, names), arithmetic(node.slice, names))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        function = _FUNCTIONS[node.func.id]
        values = [_number(item, arithmetic(item, names)) for item in node.args]
        if any(abs(value) > 1 << 64 for value in values):
            raise Wrong(node, "SYM307", "this number is too large", _SMALL)
        return _checked(node, lambda: function(*values))
    raise Wrong(node, "SYM209", "a number is needed here",
                f"numbers, names of vars, + - * / // % **, {', '.join(_FUNCTIONS)}")  # fmt: skip


def _entry(node: ast.Subscript, value: Any, index: Any) -> Any:
    if isinstance(value, tuple) and isinstance(index, int) and -len(value) <= index < len(value):
        return value[index]
    raise Wrong(node, "SYM307", f"there is no entry {index!r} in {value!r}", "entries of a list count from 0")


def _compare(node: ast.Compare, names: Callable[[ast.Name], Any]) -> bool:
    left = arithmetic(node.left, names)
    for op, item in zip(node.ops, node.comparators, strict=True):
        right = arithmetic(item, names)
        if not isinstance(op, ast.Eq | ast.NotEq):
            _number(node.left, left), _number(item, right)
        if not COMPARE[type(op)](left, right):
            return False
        left = right
    return True


def calculate(node: ast.BinOp, left: Any, right: Any) -> Any:
    """Return the result of an operation on two numbers."""
    a, b = _number(node.left, left), _number(node.right, right)
    if isinstance(node.op, ast.Pow) and isinstance(a, int) and abs(b) * max(1, a.bit_length()) > _WIDEST:
        raise Wrong(node, "SYM307", "this power is too large", _SMALL)
    result = _checked(node, lambda: BINARY[type(node.op)](a, b))
    if isinstance(result, int) and result.bit_length() > _WIDEST:
        raise Wrong(node, "SYM307", "this number is too large", _SMALL)
    return result


def _checked(node: ast.AST, compute: Callable[[], Any]) -> Any:
    try:
        result = compute()
    except ZeroDivisionError:
        raise Wrong(node, "SYM307", "a division by zero", "change the divisor") from None
    except (OverflowError, ValueError, TypeError) as error:
        raise Wrong(node, "SYM307", f"this has no value: {error}", "change the numbers in it") from None
    if isinstance(result, complex) or (isinstance(result, float) and not math.isfinite(result)):
        raise Wrong(node, "SYM307", "this has no finite value", "change the numbers in it")
    return result


def _number(node: ast.AST, value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    raise Wrong(node, "SYM209", f"{value!r} is no number", "only numbers can be calculated with")


def interpolate(text: Text, names: Callable[[ast.Name], Any], findings: Findings, notes: tuple[Note, ...] = ()) -> Any:
    """Return a text with ``$name`` and ``${arithmetic}`` filled in; ``BROKEN`` after a finding.

    A text that is one such hole is its value itself; otherwise values become part of the text.
    """
    if "$" not in text.text:
        return text.text
    parts: list[Any] = []
    end = 0
    for hole in _HOLE.finditer(text.text):
        parts += [text.text[end : hole.start()], _hole(text, hole, names, findings, notes)]
        end = hole.end()
    parts.append(text.text[end:])
    if any(part is BROKEN for part in parts):
        return BROKEN
    rest = next((i for i, part in enumerate(parts[::2]) if "$" in part), None)
    if rest is not None:
        return findings.report("SYM306", text.place, f"{_short(text.text)} has a $ without a name",
                               "write $name or ${arithmetic}", notes)  # fmt: skip
    return parts[1] if len(parts) == 3 and not parts[0] and not parts[2] else "".join(map(str, parts))


def _hole(
    text: Text, hole: re.Match, names: Callable[[ast.Name], Any], findings: Findings, notes: tuple[Note, ...]
) -> Any:
    group = 1 if hole[1] else 2
    expression = parse(text, findings, notes, hole[group], hole.start(group))
    if expression is None:
        return BROKEN
    try:
        return arithmetic(expression.body, names)
    except Wrong as wrong:
        if wrong.code:
            findings.report(wrong.code, expression.place(wrong.node), wrong.message, wrong.help, notes)
        return BROKEN


def names_in_holes(text: str) -> set[str]:
    """Return the names that stand in the holes of a text."""
    return {name for hole in _HOLE.finditer(text) for name in re.findall(r"[^\W\d]\w*", hole[1] or hole[2])}


def as_number(value: Any) -> Any:
    """Return a text that reads as a number or truth value as that, in a tuple too; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(as_number(item) for item in value)
    if not isinstance(value, str):
        return value
    word = value.strip()
    if word.lower() in ("true", "false"):
        return word.lower() == "true"
    for reader in (int, float):
        try:
            number = reader(word)
        except ValueError:
            continue
        return number if number == number and abs(number) != float("inf") else value
    return value


def names_in(node: ast.AST, inputs: Callable[[str], list[str]], names: Callable[[ast.Name], Any]) -> set[str]:
    """Return the names of nodes an expression uses, of a choice only what is chosen.

    ``inputs`` tells the inputs of what is called: other keywords are parameters, no nodes.
    """
    if isinstance(node, ast.Name):
        return {node.id}
    parts: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.IfExp):
        try:
            parts = [node.body if arithmetic(node.test, names) else node.orelse]
        except Wrong:
            parts = []
    elif isinstance(node, ast.Call):
        known = inputs(node.func.id) if isinstance(node.func, ast.Name) else []
        parts = [*node.args, *(one.value for one in node.keywords if one.arg in known)]
    return set().union(*(names_in(part, inputs, names) for part in parts))
