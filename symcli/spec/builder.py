"""From the tree of a network to its graph: scopes, entries and chains.

The entries of a graph are put in order first, so names may be used before they stand. A part that
has a finding is ``BROKEN``; what depends on it is left out silently, so one mistake is reported once.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from symcli.graph.attribute import HIDDEN_KEYS, hide
from symcli.graph.node import Node
from symcli.spec import expression as exp
from symcli.spec.calls import Argument, Block, Caller
from symcli.spec.evaluate import evaluate
from symcli.spec.expression import Wrong, is_name
from symcli.spec.findings import BROKEN, Findings
from symcli.spec.scope import Definition, Names, Origin, Result, Scope
from symcli.spec.source import List, Map, Place, Text, Value

__all__ = ["Builder"]


class Builder:
    """Builds the graph of one network.

    Attributes
    ----------
    blocks : the blocks by name; ``broken_blocks`` names those that have findings.
    vars : the numbers that every block sees.
    origins : node -> where it came from.
    variables : full name -> the variable node, declared and automatic ones.
    declared : the names of inputs and of declared variables.
    claimed : the names of automatic variables of nodes.
    broken_nodes : the names of nodes that have findings.
    """

    def __init__(self, findings: Findings):
        self.findings = findings
        self.blocks: dict[str, Block] = {}
        self.broken_blocks: set[str] = set()
        self.blocks_missing = False  # a file of blocks could not be read
        self.vars: dict[str, Definition] = {}
        self.origins: dict[Node, Origin] = {}
        self.variables: dict[str, Node] = {}
        self.declared: set[str] = set()
        self.claimed: set[str] = set()
        self.broken_nodes: set[str] = set()
        self._awaited: dict[str, tuple[Scope, Place]] = {}
        self.caller = Caller(self)

    # ---- graphs

    def enter(self, scope: Scope, graph: Map, outputs: list[Text]) -> Any:
        """Define and build all entries of a graph; return its result, or ``BROKEN`` after findings."""
        brackets = 0
        keys: list[str] = []
        for key, value in graph.items.items():
            # A text that lacks its quotes was cut at a comma; its first part is reported.
            rest, brackets = brackets > 0, brackets + _opened(graph.keys[key]) + _opened(value)
            if rest or not scope.is_name(graph.keys[key]):
                continue
            keys.append(key)
            scope.define(graph.keys[key], Definition("node", graph.keys[key].place, value))
            for inner in _named_parts(value):
                if inner.text != key:
                    scope.define(inner, Definition("inner", inner.place, owner=key))
        uses = {key: set(self._uses(scope, key, graph.items[key])) for key in keys}
        results = self._results(scope, graph, uses, outputs)
        scope.result = results[0] if len(results) == 1 else None
        for key in self._order(scope, uses):
            definition = scope.definitions[key]
            if definition.kind == "node":
                assert definition.value is not None
                definition.result = self._entry(scope, key, definition.value)
        if not graph.items and not outputs:
            return scope.report("SYM305", graph.place, "the graph has no nodes", "name at least one: out: data + 1")
        if not results or any(scope.definitions[key].result is BROKEN for key in results):
            return BROKEN
        if len(results) != 1 and not outputs:
            if any(asker is scope and full not in self.claimed for full, (asker, _) in self._awaited.items()):
                return BROKEN  # finish() reports these names
            place = graph.keys[results[0]].place
            return scope.report("SYM305", place, f"several nodes are used by no other: {', '.join(results)}",
                                f"say which is the result: outputs: [{results[-1]}]")  # fmt: skip
        made = [self.look_up(scope, key, graph.place) for key in results]
        if not made or any(not isinstance(one, Result) for one in made):
            return BROKEN
        return Result([head for one in made for head in one.heads])

    def _results(self, scope: Scope, graph: Map, uses: Mapping[str, set[str]], outputs: list[Text]) -> list[str]:
        for text in outputs:
            if text.text not in scope.definitions:
                message = f"outputs: {text.text!r} is not defined"
                scope.report("SYM301", text.place, message, scope.hint(text.text, uses))
        if outputs:
            return [text.text for text in outputs if text.text in scope.definitions]
        used = {name for key, names in uses.items() for name in names if name != key}
        return [key for key in uses if key not in used]

    def _order(self, scope: Scope, uses: Mapping[str, set[str]]) -> list[str]:
        """Return the entries so that each stands after those it uses; the entries of a cycle are a finding."""
        order: list[str] = []
        state: dict[str, int] = {}  # 1 on the way to it, 2 done
        for start in uses:
            path: list[tuple[str, Iterator[str]]] = [] if start in state else [(start, iter(sorted(uses[start])))]
            state.setdefault(start, 1)
            while path:
                key, rest = path[-1]
                name = next((one for one in rest if one in uses and state.get(one) != 2), None)
                if name is None:
                    path.pop()
                    order.append(key)
                    state[key] = 2
                elif state.get(name) == 1:
                    circle = [one for one, _ in path]
                    circle = circle[circle.index(name) :]
                    first = min(circle, key=list(uses).index)
                    turn = circle.index(first)
                    shown = " needs ".join([*circle[turn:], *circle[:turn], first])
                    if scope.definitions[first].kind == "node":
                        scope.report("SYM303", scope.definitions[first].place, f"nodes depend on each other: {shown}",
                                     "a graph has no loops; repetition is a block with repeat")  # fmt: skip
                    for one in circle:
                        scope.definitions[one].kind, scope.definitions[one].result = "broken", BROKEN
                else:
                    state[name] = 1
                    path.append((name, iter(sorted(uses[name]))))
        return order

    # ---- what an entry uses, without building it

    def _uses(self, scope: Scope, key: str, value: Value) -> Iterator[str]:
        """Yield the entries that an entry uses."""
        for position, item in enumerate(_items(value)):
            for name in self._item_uses(scope, item, position == 0, isinstance(value, List)):
                definition = scope.definitions.get(name)
                if definition is not None and definition.kind == "inner":
                    if definition.owner != key:
                        yield definition.owner
                elif name != key or isinstance(item, Text):  # what a call takes silently is not itself
                    yield name

    def _item_uses(self, scope: Scope, item: Value, first: bool, in_chain: bool) -> set[str]:
        if isinstance(item, Text):
            if in_chain and self.caller.callee(item.text.strip()):
                return {"data"} if first else set()
            return self._names_in(scope, item)
        if not isinstance(item, Map) or len(item.items) != 1:
            return set()
        ((callee, args),) = item.items.items()
        inputs = self.caller.inputs(callee)
        given = args.items if isinstance(args, Map) else {}
        found = {"data"} if first and inputs and inputs[0] not in given else set()
        for slot in inputs:
            value = given.get(slot)
            for text in _items(value):
                found |= self._names_in(scope, text) if isinstance(text, Text) else set()
        return found

    def _names_in(self, scope: Scope, text: Text) -> set[str]:
        if is_name(text.text):
            return {text.text}
        parsed = exp.parse(text, Findings())
        return exp.names_in(parsed.body, self.caller.inputs, scope.number) if parsed else set()

    # ---- names

    def look_up(self, scope: Scope, name: str, place: Place) -> Any:
        """Return what a name stands for: a ``Result``, a number or text, or ``BROKEN``."""
        definition = scope.definitions.get(name)
        if definition is None:
            full = scope.prefix + name
            if full not in self.variables:
                self._awaited[full] = (
                    scope,
                    place,
                )  # a variable that a node may make; finish() reports it if none does
            return Result([(self.variable(full), 0)])
        if definition.kind == "number":
            try:
                return scope.number(ast.Name(name))
            except Wrong:
                return BROKEN
        if definition.result is None:
            return scope.report("SYM303", place, f"{name!r} is used before it is made",
                                "in a chain, later items use what earlier ones are named")  # fmt: skip
        return definition.result

    def variable(self, full: str) -> Node:
        """Return the variable of a name."""
        if full not in self.variables:
            self.variables[full] = Node(None, full)
        return self.variables[full]

    def finish(self) -> None:
        """Report the names that stand for nothing."""
        for full, (scope, place) in self._awaited.items():
            if full in self.claimed or scope.incomplete or self.may_be_broken(full, scope.prefix):
                continue
            name = full.removeprefix(scope.prefix)
            made = [v.removeprefix(scope.prefix) for v in self.claimed if v.startswith(scope.prefix)]
            called = f"{name!r} is called with its inputs: {name}(data)" if self.caller.callee(name) else ""
            scope.report("SYM301", place, f"the name {name!r} is not defined",
                         called or scope.hint(name, [*scope.definitions, *made]))  # fmt: skip

    def may_be_broken(self, full: str, prefix: str = "") -> bool:
        """Whether a variable may be one of a node with findings in the graph whose names begin with a prefix."""
        return any(full.startswith(f"{name}_") and name.startswith(prefix) for name in self.broken_nodes)

    def attributes(self, tree: Value, scope: Scope, variable: bool = False) -> Any:
        """Return the attributes that ``attr`` gives; a variable may have any, a node those with underscores."""
        found = {}
        given = scope.expect(tree, Map, "attr", "attr: {__mood__: happy}")
        if given is BROKEN:
            return BROKEN
        for key, value in given.items.items():
            place = given.keys[key].place
            if not (variable or key in HIDDEN_KEYS or (key.startswith("__") and key.endswith("__"))):
                return scope.report("SYM203", place, f"the attribute {key!r} has no underscores", f"write __{key}__")
            text = scope.expect(value, Text, f"the attribute {key}")
            if text is BROKEN:
                return BROKEN
            found[key if variable else hide(key)] = text.text
        return found

    # ---- the three forms of an entry

    def _entry(self, scope: Scope, key: str, value: Value) -> Any:
        names = Names(scope, key)
        if isinstance(value, List):
            return self._chain(scope, names, value)
        if isinstance(value, Map):
            return self._call(scope, names, value, None, True)
        result = evaluate(self, scope, names, value, None, names.last)
        if result is BROKEN or isinstance(result, Result):
            return result
        return scope.report("SYM209", value.place, f"{key} is the number {result}",
                            "a node is made of nodes; numbers go to vars")  # fmt: skip

    def _chain(self, scope: Scope, names: Names, chain: List) -> Any:
        if not chain.items:
            return scope.report("SYM104", chain.place, f"the chain {names.key!r} is empty", "give it at least one item")
        result: Any = None
        brackets = 0
        for position, item in enumerate(chain.items):
            last = position == len(chain.items) - 1
            rest, brackets = brackets > 0, brackets + _opened(item)
            if rest:
                continue  # of a text that lacks its quotes
            if isinstance(item, Map):
                result = self._call(scope, names, item, result, last)
            elif isinstance(item, Text):
                result = self._chain_text(scope, names, item, result, last)
            else:
                return scope.report("SYM104", item.place, "a list stands inside a chain",
                                    "an item is an operator's name, a call or an expression with _")  # fmt: skip
        return result

    def _chain_text(self, scope: Scope, names: Names, item: Text, incoming: Any, last: bool) -> Any:
        text = item.text.strip()
        if self.caller.callee(text):
            return self.caller.call(scope, item, names.last if last else names.inner(text), (), incoming)
        if is_name(text) and text not in scope.definitions and text != "_":
            return self.caller.unknown_callee(scope, item)
        parsed = exp.parse(item, Findings())
        used = exp.names_in(parsed.body, self.caller.inputs, scope.number) if parsed else {"_"}
        if incoming is not None and "_" not in used:
            return scope.report("SYM306", item.place, f"this item does not use what comes in: {text}",
                                "write _ for the item before: relu(_ + shortcut)")  # fmt: skip
        result = evaluate(self, scope, names, item, incoming, names.last if last else "")
        if result is BROKEN or isinstance(result, Result):
            return result
        return scope.report("SYM209", item.place, f"this item is the number {result}", "a chain is made of nodes")

    def _call(self, scope: Scope, names: Names, item: Map, incoming: Any, last: bool) -> Any:
        if len(item.items) != 1:
            listed = ", ".join(item.items) or "none"
            return scope.report("SYM104", item.place, f"a call has one key, the operator; here are {listed}",
                                "indent the parameters below the operator: {Operator: {parameter: value}}")  # fmt: skip
        ((callee, args),) = item.items.items()
        given = args.get("name") if isinstance(args, Map) else None
        if given is not None and scope.expect(given, Text, "name", "name: conv1") is BROKEN:
            given = None
        if isinstance(given, Text) and (not given.text or any(c.isspace() or not c.isprintable() for c in given.text)):
            scope.report("SYM304", given.place, f"{given.text!r} is no name", "a name has no spaces: conv1")
            given = None
        is_result = last and scope.call_name is not None and names.key == scope.result
        if isinstance(given, Text) and not is_result:
            name = scope.prefix + given.text
        else:
            name = names.last if last else names.inner(callee)
        if incoming is not None and not self._uses_incoming(scope, callee, args):
            scope.report("SYM306", item.keys[callee].place, f"{callee} does not use what comes in",
                         "leave its first input out, or write _ for the item before")  # fmt: skip
        arguments = self._arguments(scope, names, callee, args, incoming)
        result = arguments and self.caller.call(scope, item.keys[callee], name, arguments[0], incoming)
        part = scope.definitions.get(given.text) if isinstance(given, Text) else None
        if part is not None and part.kind == "inner":
            part.result = result
        return result

    def _uses_incoming(self, scope: Scope, callee: str, args: Value) -> bool:
        """Whether a call takes what comes in: its first input is left out, or one is an expression with _."""
        slots = self.caller.inputs(callee)
        given = args.items if isinstance(args, Map) else {}
        if self.caller.callee(callee) is None or (slots and slots[0] not in given):
            return True
        texts = [text for slot in slots if slot in given for text in _items(given[slot])]
        return any("_" in self._names_in(scope, text) for text in texts if isinstance(text, Text))

    def _arguments(self, scope: Scope, names: Names, callee: str, args: Value, incoming: Any) -> Any:
        """Return the arguments of a call, in a tuple: those of a mapping, or one for the first parameter."""

        def argument(key: str, at: Text, value: Value) -> Argument:
            parameter = partial(scope.filled, value, f"the parameter {key}")
            entry = partial(self._input, scope, names, callee, key, value, incoming)
            return Argument(key, at.place, value.place, parameter, entry, scope.given_in(value), value)

        if isinstance(args, Map):
            return ([argument(key, args.keys[key], value) for key, value in args.items.items() if key != "name"],)
        if isinstance(args, Text) and args.empty:
            return ([],)
        params = self.caller.params(callee)
        if not params and self.caller.callee(callee):
            return scope.report("SYM203", args.place, f"{callee} has no parameters", f"write it without: {callee}")
        return ([argument((*params, "")[0], Text(args.place, ""), args)],)

    def _input(self, scope: Scope, names: Names, callee: str, key: str, value: Value, incoming: Any) -> Any:
        if isinstance(value, List) and self.caller.variadic(callee):
            parts = [self._input(scope, names, callee, key, item, incoming) for item in value.items]
            numbers = [part for part in parts if part is not BROKEN and not isinstance(part, Result)]
            if any(part is BROKEN for part in parts) or numbers:
                return numbers[0] if numbers else BROKEN
            return Result([head for part in parts for head in part.heads])
        text = scope.expect(value, Text, f"the input {key}", "give the other node a key of its own and name it here")
        return BROKEN if text is BROKEN else evaluate(self, scope, names, text, incoming)


def _items(value: Any) -> list[Any]:
    return value.items if isinstance(value, List) else [value]


def _opened(value: Value) -> int:
    """Return how many brackets a text opens that it does not close."""
    return value.text.count("(") - value.text.count(")") if isinstance(value, Text) else 0


def _named_parts(value: Value) -> Iterable[Text]:
    """Yield the names given by ``name:`` inside an entry."""
    for item in _items(value):
        if isinstance(item, Map) and len(item.items) == 1:
            (args,) = item.items.values()
            name = args.get("name") if isinstance(args, Map) else None
            if isinstance(name, Text) and is_name(name.text):
                yield name
