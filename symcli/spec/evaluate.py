"""Expressions over nodes: operators, calls, outputs and choices become nodes; numbers stay numbers."""

import ast
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from symcli.spec import expression as exp
from symcli.spec.calls import Argument
from symcli.spec.expression import Expression, Wrong
from symcli.spec.findings import BROKEN
from symcli.spec.scope import Names, Result, Scope
from symcli.spec.source import Place, Text

if TYPE_CHECKING:
    from symcli.spec.builder import Builder

__all__ = ["Evaluation", "evaluate"]

# Of two nodes, of a node and a number, of a number and a node.
_TWO = {
    ast.Add: ("elemwise_add", "_plus_scalar", "_plus_scalar"),
    ast.Sub: ("elemwise_sub", "_minus_scalar", "_rminus_scalar"),
    ast.Mult: ("elemwise_mul", "_mul_scalar", "_mul_scalar"),
    ast.Div: ("elemwise_div", "_div_scalar", "_rdiv_scalar"),
    ast.Mod: ("_mod", "_mod_scalar", "_rmod_scalar"),
    ast.Pow: ("_power", "_power_scalar", "_rpower_scalar"),
    ast.Eq: ("_equal", "_equal_scalar", "_equal_scalar"),
    ast.NotEq: ("_not_equal", "_not_equal_scalar", "_not_equal_scalar"),
    ast.Gt: ("_greater", "_greater_scalar", "_lesser_scalar"),
    ast.GtE: ("_greater_equal", "_greater_equal_scalar", "_lesser_equal_scalar"),
    ast.Lt: ("_lesser", "_lesser_scalar", "_greater_scalar"),
    ast.LtE: ("_lesser_equal", "_lesser_equal_scalar", "_greater_equal_scalar"),
}

_HINTS = {"elemwise_add": "plus", "elemwise_sub": "minus"}  # what automatic names of these begin with in MXNet


def evaluate(
    builder: "Builder", scope: Scope, names: Names, text: Text, incoming: Result | None, name: str = ""
) -> Any:
    """Return what an expression stands for: a ``Result``, a number, or ``BROKEN`` after a finding.

    The outermost operation is named ``name``, the others and one without by the entry.
    """
    parsed = exp.parse(text, scope.findings, scope.notes)
    if parsed is None:
        return BROKEN
    return Evaluation(builder, scope, names, parsed, incoming).value(parsed.body, name)


@dataclass
class Evaluation:
    """One expression on its way to nodes."""

    builder: "Builder"
    scope: Scope
    names: Names
    parsed: Expression
    incoming: Result | None  # what _ stands for

    def report(self, code: str, node: ast.AST, message: str, help: str = "") -> Any:
        return self.scope.report(code, self.parsed.place(node), message, help)

    def wrong(self, wrong: Wrong) -> Any:
        return self.report(wrong.code, wrong.node, wrong.message, wrong.help) if wrong.code else BROKEN

    def value(self, node: ast.expr, name: str = "") -> Any:
        """Return the value of a part; its operation is named ``name``, or by the entry."""
        if isinstance(node, ast.Name):
            if node.id != "_":
                return self.builder.look_up(self.scope, node.id, self.parsed.place(node))
            if self.incoming is None:
                return self.report("SYM306", node, "_ stands for what comes in; nothing comes in here",
                                   "_ is for the second and later items of a chain")  # fmt: skip
            return self.incoming
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return node.value
        if isinstance(node, ast.IfExp):
            try:
                holds = exp.arithmetic(node.test, self.scope.number)
            except Wrong as wrong:
                return self.wrong(wrong)
            return self.value(node.body if holds else node.orelse, name)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            value = self.value(node.operand, name if isinstance(node.op, ast.UAdd) else "")
            if value is BROKEN or isinstance(node.op, ast.UAdd):
                return value
            return self._operation("_mul_scalar", node, [value], -1.0, name) if isinstance(value, Result) else -value
        if isinstance(node, ast.BinOp):
            return self._two(node, node.op, node.left, node.right, name)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._two(node, node.ops[0], node.left, node.comparators[0], name)
        if isinstance(node, ast.Subscript):
            return self._subscript(node)
        if isinstance(node, ast.Call):
            return self._call(node, name)
        return self.report("SYM306", node, "this has no place here",
                           "a node is made of names, operators, calls, x[0], a if CONDITION else b")  # fmt: skip

    def _two(self, node: ast.expr, op: ast.AST, left_node: ast.expr, right_node: ast.expr, name: str) -> Any:
        left, right = self.value(left_node), self.value(right_node)
        if left is BROKEN or right is BROKEN:
            return BROKEN
        nodes = [side for side in (left, right) if isinstance(side, Result)]
        if not nodes:
            if not isinstance(node, ast.BinOp):
                return self.report("SYM306", node, "a comparison of numbers is no node",
                                   "conditions stand in: a if CONDITION else b")  # fmt: skip
            try:
                return exp.calculate(node, left, right)
            except Wrong as wrong:
                return self.wrong(wrong)
        if type(op) not in _TWO:
            return self.report("SYM306", node, "// is for numbers only", "use / and floor()")
        for side, value in ((left_node, left), (right_node, right)):
            if isinstance(value, Result) and len(value.heads) != 1:
                what = ast.unparse(side)
                return self.report("SYM208", side, f"{what} has {len(value.heads)} outputs", f"pick one: {what}[0]")
            if not isinstance(value, Result | int | float):
                return self.report("SYM209", side, f"{value!r} is no number", "a node and a number, or two nodes")
        two, forward, backward = _TWO[type(op)]
        if len(nodes) == 2:
            return self._operation(two, node, nodes, None, name)
        callee, number = (forward, right) if nodes[0] is left else (backward, left)
        return self._operation(callee, node, nodes, number, name)

    def _operation(self, callee: str, node: ast.expr, inputs: list[Result], number: Any, name: str) -> Any:
        hint = _HINTS.get(callee) or callee.removeprefix("elemwise_")
        place = self.parsed.place(node)
        slots = ("lhs", "rhs") if number is None else ("data",)
        arguments = [_made(slot, place, one) for slot, one in zip(slots, inputs, strict=True)]
        if number is not None:
            hint = hint.replace("_", "")
            arguments.append(_made("scalar", place, number))
        name = name or self.names.inner(hint)
        return self.builder.caller.call(self.scope, Text(place, callee), name, arguments, None)

    def _subscript(self, node: ast.Subscript) -> Any:
        value, index = self.value(node.value), node.slice
        if value is BROKEN:
            return BROKEN
        if not (isinstance(index, ast.Constant) and isinstance(index.value, int) and isinstance(value, Result)):
            return self.report("SYM306", node, "an output is picked by its number: x[0]", "slicing is slice_axis(x, …)")
        if not 0 <= index.value < len(value.heads):
            help = f"{ast.unparse(node.value)} has {len(value.heads)}, counted from 0"
            return self.report("SYM207", node, f"there is no output {index.value}", help)
        return Result([value.heads[index.value]])

    def _call(self, node: ast.Call, name: str) -> Any:
        caller = self.builder.caller
        if not isinstance(node.func, ast.Name):
            return self.report("SYM306", node, "only operators and blocks can be called", "write relu(x)")
        callee = Text(self.parsed.place(node.func), node.func.id)
        if caller.callee(callee.text) is None:
            return caller.unknown_callee(self.scope, callee)
        slots, variadic = caller.inputs(callee.text), caller.variadic(callee.text)
        values = [self.value(one) for one in node.args]
        for one, value in zip(node.args, values, strict=True):
            if value is not BROKEN and not isinstance(value, Result):
                params = ", ".join(caller.params(callee.text)) or "none"
                return self.report("SYM209", one, f"the number {value} stands where an input is needed",
                                   f"parameters are given by name: {params}")  # fmt: skip
        if variadic and values:
            broken = any(value is BROKEN for value in values)
            values = [BROKEN if broken else Result([head for value in values for head in value.heads])]
        elif len(values) > len(slots):
            known = f"{callee.text} has {len(slots)}: {', '.join(slots) or 'none'}"
            return self.report("SYM207", node.args[len(slots)], f"{len(values)} inputs stand here; {known}",
                               "parameters are given by name")  # fmt: skip
        arguments = [_made(slot, self.parsed.place(one), value)
                     for slot, one, value in zip(slots, node.args, values, strict=False)]  # fmt: skip
        for keyword in node.keywords:
            at, key = self.parsed.place(keyword), keyword.arg or "**"
            at = Place(at.file, at.line, at.column, min(at.length, len(key)))
            notes = self.scope.given({part.id for part in ast.walk(keyword.value) if isinstance(part, ast.Name)})
            parameter, entry = partial(self._parameter, keyword.value), partial(self.value, keyword.value)
            arguments.append(Argument(key, at, self.parsed.place(keyword.value), parameter, entry, notes))
        return caller.call(self.scope, callee, name or self.names.inner(callee.text), arguments, None)

    def _parameter(self, node: ast.expr) -> Any:
        """Return a parameter's value; a bare word that is no var or parameter is a text."""
        if isinstance(node, ast.Name):
            definition = self.scope.definitions.get(node.id)
            if definition is None or definition.kind not in ("number", "broken"):
                return node.id
        try:
            value = exp.arithmetic(node, self.scope.number)
        except Wrong as wrong:
            return self.wrong(wrong)
        return "None" if value is None else value


def _made(key: str, place: Place, value: Any) -> Argument:
    """Return an argument whose value is there already."""
    return Argument(key, place, place, lambda: value, lambda: value)
