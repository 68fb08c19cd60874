"""Expressions: Python's syntax through a whitelist, never ``eval``.

This file parses them, says where in the user's file a part stands, and computes the parts that are
numbers. What becomes of nodes is ``builder``'s.
"""

import ast
import keyword
import math
import operator
import re
from collections.abc import Callable
from typing import Any

from symcli.spec.findings import Finding, Findings
from symcli.spec.source import Place, Text

__all__ = [
    "Expression",
    "Wrong",
    "arithmetic",
    "as_number",
    "calculate",
    "condition",
    "interpolate",
    "is_name",
    "names_in",
    "parse",
]

LONGEST = 2000  # characters of an expression
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
_FUNCTIONS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "abs": abs, "round": round, "int": int}
_ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.keyword, ast.IfExp, ast.Name,
    ast.Constant, ast.Subscript, ast.Tuple, ast.List, ast.Load, ast.USub, ast.UAdd, ast.Not, ast.And, ast.Or,
    *BINARY, *COMPARE,
)  # fmt: skip


class Wrong(Exception):
    """An expression that has no value; carries the part at fault and what to say of it."""

    def __init__(self, node: ast.AST | None, code: str, message: str, help: str = ""):
        super().__init__(message)
        self.node, self.code, self.message, self.help = node, code, message, help


class Expression:
    """A parsed expression and the text it came from."""

    def __init__(self, text: Text, body: ast.expr, start: int = 0):
        self.text, self.body, self._start = text, body, start

    def place(self, node: ast.AST | None) -> Place:
        """Return where a part stands in the user's file."""
        place, source = self.text.place, self.text.text
        if not isinstance(node, ast.expr | ast.keyword) or "\n" in source or node.lineno != 1:
            return place
        # Python counts bytes of UTF-8.
        encoded = source[self._start :].encode()
        start = self._start + len(encoded[: node.col_offset].decode()) + self.text.quoted
        end = self._start + len(encoded[: node.end_col_offset].decode()) + self.text.quoted
        if start >= place.length + self._start + 1 and place.length > 1:
            return place  # escapes or folded lines moved it
        return place.inside(start, max(1, end - start))


def is_name(text: str) -> bool:
    """Whether a text is a name: letters, digits and underscores, no digit first, no word of Python's."""
    return text.isidentifier() and not keyword.iskeyword(text)


def parse(text: Text, findings: Findings, calls: tuple = (), source: str | None = None,
          start: int = 0) -> Expression | None:  # fmt: skip
    """Return the expression that a text holds, or None after a finding.

    ``source`` is the part of the text that is the expression, from character ``start`` on.
    """
    code = text.text if source is None else source
    if len(code) > LONGEST:
        findings.add(Finding("SYM306", text.place, f"an expression of {len(code):,} characters",
                             f"split it into nodes; the longest is {LONGEST:,}", calls))  # fmt: skip
        return None
    try:
        tree = ast.parse(code.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        message, help = _syntax(code, error)
        place = text.place
        offset = getattr(error, "offset", None)
        if offset and "\n" not in code:
            place = place.inside(min(start + offset - 1 + text.quoted, max(0, text.place.length - 1)), 1)
        findings.add(Finding("SYM306", place, message, help, calls))
        return None
    lead = len(code) - len(code.lstrip())
    expression = Expression(text, tree.body, start + lead)
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED) or (isinstance(node, ast.Constant) and not _is_plain(node.value)):
            what = _WORDS.get(type(node).__name__, f"{type(node).__name__}")
            findings.add(
                Finding(
                    "SYM306",
                    expression.place(node),
                    f"{what} has no place in an expression",
                    "allowed: + - * / // % **, comparison, calls, x[0], a if CONDITION else b",
                    calls,
                )
            )
            return None
    return expression


_WORDS = {
    "Attribute": "a dot", "Lambda": "lambda", "ListComp": "a comprehension", "GeneratorExp": "a comprehension",
    "Starred": "a star", "Dict": "a dictionary", "Set": "a set", "JoinedStr": "an f-string", "Slice": "a slice",
    "NamedExpr": ":=", "Constant": "this constant", "MatMult": "@", "BitOr": "|", "BitAnd": "&", "Is": "is",
    "In": "in", "Invert": "~", "LShift": "<<", "RShift": ">>", "BitXor": "^",
}  # fmt: skip


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _syntax(code: str, error: Exception) -> tuple[str, str]:
    if code.count("(") != code.count(")") or code.count("[") != code.count("]"):
        return (
            f"{_short(code)} has a bracket without its partner",
            'inside [ ] or { }, put quotes around a text that holds a comma or a bracket: "relu(a + b)"',
        )
    if isinstance(error, SyntaxError):
        return f"{_short(code)} is no expression: {error.msg}", "write it as in Python: relu(body + shortcut)"
    return f"{_short(code)} is no expression", "write it as in Python: relu(body + shortcut)"


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
        return arithmetic(node.body if condition(node.test, names) else node.orelse, names)
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
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        values = [_number(item, arithmetic(item, names)) for item in node.args]
        return _checked(node, lambda: _FUNCTIONS[node.func.id](*values))  # type: ignore[attr-defined]
    raise Wrong(
        node, "SYM209", "a number is needed here", f"numbers, names of vars, + - * / // % **, {', '.join(_FUNCTIONS)}"
    )


def condition(node: ast.AST, names: Callable[[ast.Name], Any]) -> bool:
    """Return whether a condition over numbers holds."""
    return bool(arithmetic(node, names))


def _compare(node: ast.Compare, names: Callable[[ast.Name], Any]) -> bool:
    left = arithmetic(node.left, names)
    for op, item in zip(node.ops, node.comparators, strict=True):
        right = arithmetic(item, names)
        if isinstance(left, str) != isinstance(right, str) and not isinstance(op, ast.Eq | ast.NotEq):
            raise Wrong(node, "SYM307", f"{left!r} and {right!r} do not compare", "compare numbers with numbers")
        if not COMPARE[type(op)](left, right):
            return False
        left = right
    return True


def calculate(node: ast.BinOp, left: Any, right: Any) -> Any:
    """Return the result of an operation on two numbers."""
    a, b = _number(node.left, left), _number(node.right, right)
    if isinstance(node.op, ast.Pow) and isinstance(a, int) and abs(b) * max(1, a.bit_length()) > _WIDEST:
        raise Wrong(node, "SYM307", "this power is too large", "sizes and parameters are small numbers")
    result = _checked(node, lambda: BINARY[type(node.op)](a, b))
    if isinstance(result, int) and result.bit_length() > _WIDEST:
        raise Wrong(node, "SYM307", "this number is too large", "sizes and parameters are small numbers")
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


def interpolate(text: Text, names: Callable[[str], Any], findings: Findings, calls: tuple = ()) -> Any:
    """Return a parameter's text with ``$name`` and ``${arithmetic}`` filled in; None after a finding.

    A text that is one such hole is its value itself; otherwise values become part of the text.
    """
    if "$" not in text.text:
        return text.text

    def value(match: re.Match) -> Any:
        name, code = match.group(1), match.group(2)
        start = match.start() + (1 if name else 2)
        expression = parse(text, findings, calls, name or code, start)
        if expression is None:
            raise _Failed

        def look_up(node: ast.Name) -> Any:
            try:
                return names(node.id)
            except Wrong as wrong:
                raise Wrong(node, wrong.code, wrong.message, wrong.help) from None

        try:
            return arithmetic(expression.body, look_up)
        except Wrong as wrong:
            place = expression.place(wrong.node)
            findings.add(Finding(wrong.code, place, wrong.message, wrong.help, calls))
            raise _Failed from None

    try:
        whole = _HOLE.fullmatch(text.text)
        if whole:
            return value(whole)
        filled = _HOLE.sub(lambda match: str(value(match)), text.text)
    except _Failed:
        return None
    if "$" in filled and not _HOLE.search(text.text):
        findings.add(Finding("SYM306", text.place, f"{_short(text.text)} has a $ without a name",
                             "write $name or ${arithmetic}", calls))  # fmt: skip
        return None
    return filled


class _Failed(Exception):
    """The finding is recorded."""


def as_number(value: Any) -> Any:
    """Return a text that reads as a number or truth value as that; anything else as it is."""
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


def names_in(node: ast.AST) -> set[str]:
    """Return the names an expression uses, without those of what it calls and of words for parameters."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Call):
        return set().union(*(names_in(item) for item in (*node.args, *(k.value for k in node.keywords))))
    return set().union(*(names_in(child) for child in ast.iter_child_nodes(node)))
