"""From the tree of a network to its graph: scopes, entries and chains.

Each entry is built when it is first asked for, so names may be used before they stand. A part that
has a finding is ``None``; what depends on it is left out silently, so one mistake is reported once.
"""

from collections.abc import Mapping
from typing import Any

from symcli.graph.node import Entry, Node
from symcli.spec import expression as exp
from symcli.spec.calls import Block, Caller, hint_of
from symcli.spec.evaluate import Evaluator
from symcli.spec.expression import is_name
from symcli.spec.findings import Findings
from symcli.spec.scope import Definition, Names, Origin, Result, Scope
from symcli.spec.source import List, Map, Place, Text, Value

__all__ = ["Builder"]


class Builder:
    """Builds the graph of one network.

    Attributes
    ----------
    origins : node -> where it came from.
    variables : full name -> the variable node, declared and automatic ones.
    declared : the names of inputs and of declared variables.
    """

    def __init__(self, findings: Findings, blocks: Mapping[str, Block]):
        self.findings, self.blocks = findings, blocks
        self.origins: dict[Node, Origin] = {}
        self.variables: dict[str, Node] = {}
        self.declared: set[str] = set()
        self._awaited: dict[str, tuple[Scope, Place]] = {}
        self.claimed: set[str] = set()
        self.caller, self.expressions = Caller(self), Evaluator(self)

    # ---- scopes

    def enter(self, scope: Scope, graph: Map, outputs: list[Text]) -> Result | None:
        """Define and build all entries of a graph; return its result."""
        for key, value in graph.items.items():
            place = graph.keys[key]
            if not is_name(key):
                if key.count(")") > key.count("("):
                    continue  # the rest of a text that lacks its quotes; its first part is reported
                scope.report("SYM304", place.place, f"{key!r} is no name", "letters, digits and _, no digit first")
                continue
            scope.define(place, Definition("node", place.place, value=value))
            for inner in _named_parts(value):
                if inner.text != key:
                    scope.define(inner, Definition("inner", inner.place, owner=key))
        keys = [key for key in graph.items if is_name(key)]
        results = self._result_keys(scope, keys, outputs, graph)
        if len(results) == 1:
            scope.result = results[0]
        before = len(self.findings)
        for key in keys:
            if scope.definitions[key].kind == "node":
                self._entry(scope, key, graph.keys[key].place)
        open_names = set(self._awaited) - self.claimed  # reported by finish()
        if len(results) != 1 and not outputs and len(self.findings) == before and not open_names:
            self._report_results(scope, results, graph)
            return None
        heads: list[Entry] = []
        for key in results:
            result = self.look_up(scope, key, graph.place)
            if not isinstance(result, Result):
                return None
            heads += result.heads
        return Result(heads) if heads else None

    def _result_keys(self, scope: Scope, keys: list[str], outputs: list[Text], graph: Map) -> list[str]:
        if outputs:
            for text in outputs:
                if text.text not in scope.definitions:
                    scope.report("SYM301", text.place, f"outputs: {text.text!r} is not defined", scope.hint(text.text))
            return [text.text for text in outputs if text.text in scope.definitions]
        used: set[str] = set()
        for key in keys:
            for name in self._references(scope, graph.items[key]):
                definition = scope.definitions.get(name)
                owner = definition.owner if definition and definition.kind == "inner" else name
                if owner != key:
                    used.add(owner)
        return [key for key in keys if key not in used]

    def _report_results(self, scope: Scope, results: list[str], graph: Map) -> None:
        if results:
            scope.report("SYM305", graph.place, f"several nodes are used by no other: {', '.join(results)}",
                         f"say which is the result: outputs: {results[-1]}")  # fmt: skip
        elif not graph.items:
            scope.report("SYM305", graph.place, "the graph has no nodes", "name at least one: out: data + 1")

    def _references(self, scope: Scope, value: Value) -> set[str]:
        """Return the names that an entry uses, without building it."""
        found: set[str] = set()
        quiet = Findings()
        items = value.items if isinstance(value, List) else [value]
        for position, item in enumerate(items):
            first = position == 0
            if isinstance(item, Text):
                if isinstance(value, List) and self.caller.callee(item.text):
                    found |= {"data"} if first else set()
                    continue
                parsed = exp.parse(item, quiet)
                found |= exp.names_in(parsed.body) if parsed else set()
            elif isinstance(item, Map) and len(item.items) == 1:
                ((name, args),) = item.items.items()
                found |= self._call_references(name, args, first)
        return found

    def _call_references(self, name: str, args: Value, first: bool) -> set[str]:
        inputs = self.caller.input_keys(name)
        given = args.items if isinstance(args, Map) else {}
        found: set[str] = set()
        for key in inputs:
            value = given.get(key)
            for text in value.items if isinstance(value, List) else [value]:
                parsed = exp.parse(text, Findings()) if isinstance(text, Text) else None
                found |= exp.names_in(parsed.body) if parsed else set()
        if first and inputs and inputs[0] not in given:
            found.add("data")
        return found

    # ---- names

    def look_up(self, scope: Scope, name: str, place: Place) -> Any:
        """Return what a name stands for: a ``Result``, a number or text, or None after a finding."""
        definition = scope.definitions.get(name)
        if definition is None:
            return self._automatic(scope, name, place)
        if definition.kind == "number":
            return definition.number
        if definition.kind == "value":
            return definition.result
        if definition.kind == "node":
            return self._entry(scope, name, place)
        if definition.result is None:
            self._entry(scope, definition.owner, place)
        return definition.result

    def _automatic(self, scope: Scope, name: str, place: Place) -> Result:
        """Return a variable that a node will make by itself; ``finish`` reports it if none does."""
        full = scope.prefix + name
        if full not in self.variables:
            self.variables[full] = Node(None, full)
            self._awaited.setdefault(full, (scope, place))
        return Result([(self.variables[full], 0)])

    def finish(self) -> None:
        """Report the names that stand for nothing."""
        for full, (scope, place) in self._awaited.items():
            if full in self.claimed:
                continue
            name = full.removeprefix(scope.prefix)
            made = [v.removeprefix(scope.prefix) for v in self.claimed if v.startswith(scope.prefix)]
            if self.caller.callee(name):
                help = f"{name!r} is called with its inputs: {name}(data)"
            else:
                help = scope.hint(name, made)
            scope.report("SYM301", place, f"the name {name!r} is not defined", help)

    def _entry(self, scope: Scope, key: str, place: Place) -> Result | None:
        definition = scope.definitions[key]
        if definition.state == "building":
            path = [*scope.building[scope.building.index(key) :], key]
            scope.report("SYM303", definition.place, f"nodes depend on each other: {' <- '.join(path)}",
                         "a graph has no loops; a loop over blocks is written with repeat")  # fmt: skip
            return None
        if definition.state == "new":
            definition.state = "building"
            scope.building.append(key)
            assert definition.value is not None
            try:
                definition.result = self._value(scope, key, definition.value)
            finally:
                scope.building.pop()
                definition.state = "done"
        return definition.result

    # ---- the three forms of an entry

    def _value(self, scope: Scope, key: str, value: Value) -> Result | None:
        names = Names(scope, key)
        if isinstance(value, Text):
            result = self.expressions.expression(scope, names, value, None)
            if result is not None and not isinstance(result, Result):
                scope.report("SYM209", value.place, f"{key} is the number {result}",
                             "a node is made of nodes; numbers go to vars")  # fmt: skip
                return None
            return result
        if isinstance(value, List):
            return self._chain(scope, names, value)
        return self._call_item(scope, names, value, None, True)

    def _chain(self, scope: Scope, names: Names, chain: List) -> Result | None:
        if not chain.items:
            scope.report("SYM104", chain.place, f"the chain {names.key!r} is empty", "give it at least one item")
        result: Any = None
        for position, item in enumerate(chain.items):
            last = position == len(chain.items) - 1
            incoming = result if position else None
            if isinstance(item, Map):
                result = self._call_item(scope, names, item, incoming, last)
            elif isinstance(item, Text):
                result = self._chain_text(scope, names, item, incoming, position, last)
            else:
                scope.report("SYM104", item.place, "a list stands inside a chain",
                             "an item is an operator's name, a call or an expression with _")  # fmt: skip
                return None
            if not isinstance(result, Result):
                return None
        return result

    def _chain_text(self, scope: Scope, names: Names, item: Text, incoming: Result | None, position: int,
                    last: bool) -> Any:  # fmt: skip
        text = item.text.strip()
        if self.caller.callee(text):
            name = names.last if last else names.inner(hint_of(text))
            return self.caller.call(scope, names, item, Text(item.place, ""), name, incoming)
        if is_name(text) and text not in scope.definitions and text != "_":
            self.caller.unknown_callee(scope, item)
            return None
        parsed = exp.parse(item, self.findings, scope.calls)
        if parsed is None:
            return None
        if position and "_" not in exp.names_in(parsed.body):
            scope.report("SYM306", item.place, f"this item does not use what comes in: {text}",
                         "write _ for the item before: relu(_ + shortcut)")  # fmt: skip
            return None
        name = names.last if last else ""
        result = self.expressions.evaluate(scope, names, parsed, parsed.body, incoming, name, last)
        if result is not None and not isinstance(result, Result):
            scope.report("SYM209", item.place, f"this item is the number {result}", "a chain is made of nodes")
            return None
        return result

    def _call_item(self, scope: Scope, names: Names, item: Map, incoming: Result | None, last: bool) -> Result | None:
        if len(item.items) != 1:
            keys = ", ".join(item.items) or "nothing"
            scope.report(
                "SYM104",
                item.place,
                f"a call has one key, the operator; here are {keys}",
                "indent the parameters below the operator, or write {Operator: {parameter: value}}",
            )
            return None
        ((callee, args),) = item.items.items()
        given = args.get("name") if isinstance(args, Map) else None
        name = names.last if last else ""
        if isinstance(given, Text):
            if not given.text or any(c.isspace() or not c.isprintable() for c in given.text):
                scope.report("SYM304", given.place, f"{given.text!r} is no name", "a name has no spaces: conv1")
                return None
            if not (last and scope.call_name and names.key == scope.result):
                name = scope.prefix + given.text
        elif given is not None:
            scope.report("SYM104", given.place, f"name is {given.kind}; needs a text", "name: conv1")
            return None
        result = self.caller.call(scope, names, item.keys[callee], args, name or names.inner(hint_of(callee)), incoming)
        if isinstance(given, Text) and given.text in scope.definitions:
            part = scope.definitions[given.text]
            if part.kind == "inner":
                part.result = result
        return result

    # ---- calls


def _named_parts(value: Value) -> list[Text]:
    """Return the names given by ``name:`` inside an entry."""
    found = []
    for item in value.items if isinstance(value, List) else [value]:
        if isinstance(item, Map) and len(item.items) == 1:
            (args,) = item.items.values()
            name = args.get("name") if isinstance(args, Map) else None
            if isinstance(name, Text) and is_name(name.text):
                found.append(name)
    return found
