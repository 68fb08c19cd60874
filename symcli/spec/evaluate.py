"""Expressions over nodes: operators, calls, outputs and choices become nodes; numbers stay numbers."""

import ast
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from symcli.ops import make
from symcli.params import declared
from symcli.spec import expression as exp
from symcli.spec.calls import Block, hint_of
from symcli.spec.expression import Expression, Wrong
from symcli.spec.scope import Names, Result, Scope
from symcli.spec.source import Map, Place, Text, Value

if TYPE_CHECKING:
    from symcli.spec.builder import Builder

__all__ = ["Evaluator"]

_TWO = {ast.Add: ("elemwise_add", "plus"), ast.Sub: ("elemwise_sub", "minus"), ast.Mult: ("elemwise_mul", "mul"),
        ast.Div: ("elemwise_div", "div"), ast.Mod: ("_mod", "mod"), ast.Pow: ("_power", "power"),
        ast.Eq: ("_equal", "equal"), ast.NotEq: ("_not_equal", "not_equal"), ast.Gt: ("_greater", "greater"),
        ast.GtE: ("_greater_equal", "greater_equal"), ast.Lt: ("_lesser", "lesser"),
        ast.LtE: ("_lesser_equal", "lesser_equal")}  # fmt: skip
_REFLECTED = {"minus": "_rminus_scalar", "div": "_rdiv_scalar", "mod": "_rmod_scalar", "power": "_rpower_scalar",
              "greater": "_lesser_scalar", "greater_equal": "_lesser_equal_scalar", "lesser": "_greater_scalar",
              "lesser_equal": "_greater_equal_scalar"}  # fmt: skip


class Evaluator:
    """Makes the nodes of expressions."""

    def __init__(self, builder: "Builder"):
        self._builder = builder

    def expression(self, scope: Scope, names: Names, text: Text, incoming: Result | None, inner: bool = False) -> Any:
        """Return what an expression stands for: a ``Result``, a number, or None after a finding."""
        parsed = exp.parse(text, self._builder.findings, scope.calls)
        if parsed is None:
            return None
        return self.evaluate(scope, names, parsed, parsed.body, incoming, "" if inner else names.last, not inner)

    def evaluate(self, scope: Scope, names: Names, parsed: Expression, node: ast.expr, incoming: Result | None,
                  name: str = "", outermost: bool = False) -> Any:  # fmt: skip
        """Return the value of a part; the outermost operation is named ``name``."""

        def part(child: ast.expr) -> Any:
            return self.evaluate(scope, names, parsed, child, incoming)

        def named(hint: str) -> str:
            return name if outermost else names.inner(hint)

        place = parsed.place(node)
        if isinstance(node, ast.Name):
            if node.id == "_":
                if incoming is None:
                    scope.report("SYM306", place, "_ stands for what comes in; nothing comes in here",
                                 "_ is for the second and later items of a chain")  # fmt: skip
                return incoming
            return self._builder.look_up(scope, node.id, place)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return node.value
        if isinstance(node, ast.IfExp):
            try:
                holds = exp.condition(node.test, lambda n: self._condition_number(scope, n))
            except Wrong as wrong:
                scope.report(wrong.code, parsed.place(wrong.node), wrong.message, wrong.help)
                return None
            chosen = node.body if holds else node.orelse
            return self.evaluate(scope, names, parsed, chosen, incoming, name, outermost)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            value = part(node.operand)
            if not isinstance(value, Result) or isinstance(node.op, ast.UAdd):
                return -value if isinstance(value, int | float) and isinstance(node.op, ast.USub) else value
            return self._scalar(scope, "_mul_scalar", value, -1.0, named("mulscalar"), place)
        if isinstance(node, ast.BinOp):
            return self._two(scope, node, type(node.op), part(node.left), part(node.right), named, parsed)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            left, right = part(node.left), part(node.comparators[0])
            return self._two(scope, node, type(node.ops[0]), left, right, named, parsed)
        if isinstance(node, ast.Subscript):
            return self._subscript(scope, node, part(node.value), parsed)
        if isinstance(node, ast.Call):
            return self._expression_call(scope, names, parsed, node, incoming, name, outermost)
        scope.report(
            "SYM306", place, "this has no place here", "a node is made of names, operators, calls, x[0], a if … else b"
        )
        return None

    def _condition_number(self, scope: Scope, node: ast.Name) -> Any:
        try:
            return self._builder.caller.number(scope, node.id)
        except Wrong as wrong:
            raise Wrong(node, wrong.code, wrong.message, wrong.help) from None

    def _two(
        self, scope: Scope, node: ast.expr, kind: type, left: Any, right: Any, named: Any, parsed: Expression
    ) -> Any:
        if left is None or right is None:
            return None
        if not isinstance(left, Result) and not isinstance(right, Result):
            if not isinstance(node, ast.BinOp):
                scope.report("SYM306", parsed.place(node), "a comparison of numbers is no node",
                             "conditions stand in: a if CONDITION else b")  # fmt: skip
                return None
            try:
                return exp.calculate(node, left, right)
            except Wrong as wrong:
                scope.report(wrong.code, parsed.place(wrong.node), wrong.message, wrong.help)
                return None
        if kind not in _TWO:
            scope.report("SYM306", parsed.place(node), "// is for numbers only", "use / and floor()")
            return None
        op, hint = _TWO[kind]
        if isinstance(left, Result) and isinstance(right, Result):
            for side in (left, right):
                if len(side.heads) != 1:
                    scope.report(
                        "SYM208", parsed.place(node), f"one side has {len(side.heads)} outputs", "pick one: name[0]"
                    )
                    return None
            inputs = {"lhs": left.heads[0], "rhs": right.heads[0]}
            callee = Text(parsed.place(node), op)
            return self._builder.caller.connect(scope, make(op, {}), callee, named(hint), inputs, {}, None)
        forward = isinstance(left, Result)
        key = f"_{hint}_scalar" if forward or hint not in _REFLECTED else _REFLECTED[hint]
        data, number = (left, right) if forward else (right, left)
        return self._scalar(scope, key, data, number, named(key.strip("_").replace("_", "")), parsed.place(node))

    def _scalar(self, scope: Scope, key: str, data: Result, number: Any, name: str, place: Place) -> Result | None:
        if len(data.heads) != 1:
            scope.report("SYM208", place, f"one side has {len(data.heads)} outputs", "pick one: name[0]")
            return None
        if not isinstance(number, int | float):
            scope.report("SYM209", place, f"{number!r} is no number", "a node and a number, or two nodes")
            return None
        texts = {"scalar": str(number)}
        return self._builder.caller.connect(
            scope, make(key, texts), Text(place, key), name, {"data": data.heads[0]}, texts, None
        )

    def _subscript(self, scope: Scope, node: ast.Subscript, value: Any, parsed: Expression) -> Result | None:
        if not isinstance(value, Result):
            return None
        index = node.slice
        if not (isinstance(index, ast.Constant) and isinstance(index.value, int)):
            scope.report(
                "SYM306", parsed.place(node), "an output is picked by its number: x[0]", "slicing is slice_axis(x, …)"
            )
            return None
        if not 0 <= index.value < len(value.heads):
            scope.report("SYM207", parsed.place(node), f"there is no output {index.value}",
                         f"it has {len(value.heads)}, counted from 0")  # fmt: skip
            return None
        return Result([value.heads[index.value]])

    def _expression_call(self, scope: Scope, names: Names, parsed: Expression, node: ast.Call, incoming: Result | None,
                         name: str, outermost: bool) -> Any:  # fmt: skip
        if not isinstance(node.func, ast.Name):
            scope.report("SYM306", parsed.place(node), "only operators and blocks can be called", "write relu(x)")
            return None
        callee = Text(parsed.place(node.func), node.func.id)
        found = self._builder.caller.callee(callee.text)
        if found is None:
            self._builder.caller.unknown_callee(scope, callee)
            return None
        inputs = self._builder.caller.input_keys(callee.text)
        params = (
            found.params
            if isinstance(found, Block)
            else {k: v for k, v in declared(found).items() if k != found.variadic}
        )
        results: dict[str, Any] = {}
        values: dict[str, tuple[Place, Any]] = {}
        others: dict[str, Value] = {}
        positional = [self.evaluate(scope, names, parsed, item, incoming) for item in node.args]
        if any(value is None for value in positional):
            return None
        for item, value in zip(node.args, positional, strict=True):
            if not isinstance(value, Result):
                scope.report("SYM209", parsed.place(item), f"the number {value} stands where an input is needed",
                             f"parameters are given by name: {', '.join(params) or 'none'}")  # fmt: skip
                return None
        if not isinstance(found, Block) and found.variadic:
            if positional:
                results["data"] = Result([head for value in positional for head in value.heads])
        elif len(positional) > len(inputs):
            scope.report(
                "SYM207",
                parsed.place(node),
                f"{callee.text} takes {len(inputs)} inputs; here are {len(positional)}",
                f"inputs: {', '.join(inputs)}",
            )
            return None
        else:
            results = dict(zip(inputs, positional, strict=False))
        for keyword in node.keywords:
            if not self._keyword(
                scope, names, parsed, callee, keyword, params, inputs, results, values, others, incoming
            ):
                return None
        full = name if outermost else names.inner(hint_of(callee.text))
        if isinstance(found, Block):
            return self._builder.caller.block(scope, found, parsed.place(node), full, results, values, others, None)
        return self._builder.caller.operator(scope, found, callee, full, results, values, others, None)

    def _keyword(
        self,
        scope: Scope,
        names: Names,
        parsed: Expression,
        callee: Text,
        keyword: ast.keyword,
        params: Mapping[str, Any],
        inputs: Iterable[str],
        results: dict[str, Any],
        values: dict[str, tuple[Place, Any]],
        others: dict[str, Value],
        incoming: Result | None,
    ) -> bool:
        key, place = keyword.arg or "**", parsed.place(keyword)
        if key in params:
            value = self._keyword_value(scope, parsed, keyword.value)
            values[key] = (parsed.place(keyword.value), value)
            return value is not None
        if key == "repeat" and callee.text in self._builder.blocks:
            value = self._keyword_value(scope, parsed, keyword.value)
            others[key] = Text(parsed.place(keyword.value), str(value))
            return value is not None
        if key in inputs:
            if key in results:
                scope.report("SYM207", place, f"{callee.text}: the input {key} is given twice", "give it once")
                return False
            results[key] = self.evaluate(scope, names, parsed, keyword.value, incoming)
            if results[key] is not None and not isinstance(results[key], Result):
                scope.report(
                    "SYM209", place, f"the input {key} is {results[key]!r}; needs a node", "name a node or an input"
                )
                return False
            return results[key] is not None
        self._builder.caller.unknown_argument(
            scope, callee, Map(place), key, Place(place.file, place.line, place.column, len(key)), params, list(inputs)
        )
        return False

    def _keyword_value(self, scope: Scope, parsed: Expression, node: ast.expr) -> Any:
        """Return a parameter's value in an expression; a bare word that is no name is a text."""
        if isinstance(node, ast.Name) and node.id not in scope.definitions:
            return node.id
        try:
            value = exp.arithmetic(node, lambda n: self._condition_number(scope, n))
        except Wrong as wrong:
            scope.report(wrong.code, parsed.place(wrong.node), wrong.message, wrong.help)
            return None
        return "None" if value is None else value
