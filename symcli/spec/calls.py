"""Calls: an operator or a block with its inputs and parameters becomes nodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symcli.errors import MXNetError, ParamError, suggest
from symcli.graph.attribute import HIDDEN_KEYS, hide
from symcli.graph.functions import input_names
from symcli.graph.node import Entry, Node
from symcli.ops import REGISTRY, Op, make
from symcli.params import Param, declared, to_text
from symcli.spec import expression as exp
from symcli.spec.expression import Wrong, as_number, is_name
from symcli.spec.scope import Definition, Names, Origin, Result, Scope
from symcli.spec.source import List, Map, Place, Text, Value

if TYPE_CHECKING:
    from symcli.spec.builder import Builder

__all__ = ["Block", "Caller", "hint_of", "operator_named"]

MOST_NODES = 100_000
_PREFIXES = ("", "_contrib_", "_linalg_", "_image_", "_random_")


def operator_named(name: str) -> type[Op] | None:
    """Return the operator a spec calls by a name; ``_contrib_`` and its like need not be written."""
    for prefix in _PREFIXES:
        if prefix + name in REGISTRY:
            return REGISTRY[prefix + name]
    return None


@dataclass
class Block:
    """A block as defined in a file."""

    name: Text
    inputs: list[Text]
    params: dict[str, tuple[Text, Any]]  # name -> (where, default); the default None: required
    graph: Map
    outputs: list[Text]


class Caller:
    """Makes the nodes of calls."""

    def __init__(self, builder: "Builder"):
        self._builder = builder
        self._taken: dict[str, Place] = {}

    def callee(self, name: str) -> Block | type[Op] | None:
        return self._builder.blocks.get(name) or operator_named(name)

    def input_keys(self, name: str) -> list[str]:
        callee = self.callee(name)
        if callee is None:
            return []
        if isinstance(callee, Block):
            return [text.text for text in callee.inputs]
        return ["data"] if callee.variadic else input_names(callee)

    def unknown_callee(self, scope: Scope, name: Text) -> None:
        known = [*self._builder.blocks, *REGISTRY, *(n.removeprefix("_contrib_") for n in REGISTRY)]
        lower = {k.lower(): k for k in known}
        close = lower.get(name.text.lower())
        hint = f"did you mean {close!r}?" if close else suggest(name.text, known)
        blocks = f"blocks: {', '.join(self._builder.blocks)};  " if self._builder.blocks else ""
        scope.report("SYM201", name.place, f"there is no operator or block {name.text!r}",
                     hint or f"{blocks}operators: symcli ops")  # fmt: skip

    def call(self, scope: Scope, names: Names, callee: Text, args: Value, name: str,
              incoming: Result | None) -> Result | None:  # fmt: skip
        found = self.callee(callee.text)
        if found is None:
            self.unknown_callee(scope, callee)
            return None
        if isinstance(found, Block):
            given = self._arguments(scope, names, callee, args, found.params, self.input_keys(callee.text), ("repeat",))
            if given is None:
                return None
            return self.block(scope, found, callee.place, name, *given, incoming)
        known = {key: one for key, one in declared(found).items() if key != found.variadic}
        given = self._arguments(scope, names, callee, args, known, self.input_keys(callee.text), ("attr",))
        if given is None:
            return None
        return self.operator(scope, found, callee, name, *given, incoming)

    def _arguments(
        self,
        scope: Scope,
        names: Names,
        callee: Text,
        args: Value,
        params: Mapping[str, Any],
        inputs: list[str],
        extra: tuple[str, ...],
    ) -> tuple[dict[str, Any], dict[str, tuple[Place, Any]], dict[str, Value]] | None:
        """Return the inputs, the parameters with their places, and what else was given; None after a finding."""
        texts: dict[str, tuple[Place, Any]] = {}
        if not isinstance(args, Map):
            if isinstance(args, Text) and args.text == "" and not args.quoted:
                return {}, {}, {}
            if not params:
                scope.report(
                    "SYM203", args.place, f"{callee.text} has no parameters", "write it without: " + callee.text
                )
                return None
            value = self._parameter(scope, args)
            return None if value is None else ({}, {next(iter(params)): (args.place, value)}, {})
        results: dict[str, Any] = {}
        others: dict[str, Value] = {}
        failed = False
        for key, value in args.items.items():
            place = args.keys[key].place
            if key == "name" or key in extra:
                others[key] = value
            elif key in params:
                read = self._parameter(scope, value)
                failed |= read is None
                texts[key] = (value.place, read)
            elif key in inputs:
                result = self._input(scope, names, callee, key, value)
                failed |= result is None
                results[key] = result
            else:
                self.unknown_argument(scope, callee, args, key, place, params, inputs)
                failed = True
        return None if failed else (results, texts, others)

    def unknown_argument(self, scope: Scope, callee: Text, args: Map, key: str, place: Place,
                          params: Mapping[str, Any], inputs: list[str]) -> None:  # fmt: skip
        close = suggest(key, [*params, *inputs])
        listed = "parameters: " + (", ".join(params) or "none") + (f"; inputs: {', '.join(inputs)}" if inputs else "")
        given = args.get("name")
        label = f"{callee.text} {given.text!r}" if isinstance(given, Text) else callee.text
        is_block = callee.text in self._builder.blocks
        scope.report("SYM502" if is_block else "SYM203", place,
                     f"{'block ' if is_block else ''}{label} has no parameter {key!r}",
                     f"{close}  {listed}" if close else listed)  # fmt: skip

    def _parameter(self, scope: Scope, value: Value) -> Any:
        """Return a parameter's value: a text, a number, or a tuple of them; None after a finding."""
        if isinstance(value, Text):
            return exp.interpolate(value, lambda name: self.number(scope, name), self._builder.findings, scope.calls)
        if isinstance(value, List):
            items = [self._parameter(scope, item) for item in value.items]
            return None if any(item is None for item in items) else tuple(items)
        scope.report("SYM104", value.place, "a mapping stands where a parameter's value is needed",
                     "a value is a text, a number or a list of them")  # fmt: skip
        return None

    def number(self, scope: Scope, name: str) -> Any:
        """Return the number or text of a var or parameter."""
        definition = scope.definitions.get(name)
        if definition is None or definition.kind != "number":
            numbers = [key for key, one in scope.definitions.items() if one.kind == "number"]
            if definition is not None:
                raise Wrong(None, "SYM209", f"{name!r} is a node, not a number", "numbers are params and vars: "
                            + (", ".join(numbers) or "none here"))  # fmt: skip
            close = suggest(name, numbers)
            raise Wrong(None, "SYM301", f"the name {name!r} is not defined",
                        close or "params and vars here: " + (", ".join(numbers) or "none"))  # fmt: skip
        return definition.number

    def _input(self, scope: Scope, names: Names, callee: Text, key: str, value: Value) -> Any:
        if isinstance(value, List):
            found = operator_named(callee.text) if callee.text not in self._builder.blocks else None
            if found is not None and found.variadic:
                parts = [self._input(scope, names, callee, key, item) for item in value.items]
                if any(part is None for part in parts):
                    return None
                return Result([head for part in parts for head in part.heads])
        if not isinstance(value, Text):
            scope.report("SYM104", value.place, f"the input {key} is {value.kind}; needs an expression",
                         "give the other node a key of its own and name it here")  # fmt: skip
            return None
        result = self._builder.expressions.expression(scope, names, value, None, inner=True)
        if result is not None and not isinstance(result, Result):
            scope.report(
                "SYM209", value.place, f"the input {key} is {result!r}; needs a node", "name a node or an input"
            )
            return None
        return result

    def operator(
        self,
        scope: Scope,
        cls: type[Op],
        callee: Text,
        name: str,
        results: dict[str, Any],
        params: dict[str, tuple[Place, Any]],
        others: dict[str, Value],
        incoming: Result | None,
    ) -> Result | None:
        texts = self._texts(scope, cls, callee, name, params)
        attributes = self._attributes(scope, others.get("attr"))
        if texts is None or attributes is None:
            return None
        given: dict[str, Entry] = {}
        if cls.variadic:
            data = results.get("data") or incoming or self._flowing(scope)
            heads = data.heads if data else []
            texts[cls.variadic] = str(len(heads))
            given = {f"arg{i}": head for i, head in enumerate(heads)}
        for key, result in results.items():
            if not cls.variadic:
                if len(result.heads) != 1:
                    scope.report(
                        "SYM208",
                        callee.place,
                        f"{callee.text}: the input {key} has {len(result.heads)} outputs",
                        "pick one: name[0]",
                    )
                    return None
                given[key] = result.heads[0]
        try:
            op = make(cls.name, texts, f"{callee.text} {name!r}")
        except (ParamError, MXNetError) as error:
            scope.report("SYM204", callee.place, str(error), f"its page: symcli ops {cls.name}")
            return None
        return self.connect(scope, op, callee, name, op.named(given), {**texts, **attributes}, incoming)

    def connect(self, scope: Scope, op: Op, callee: Text, name: str, given: dict[str, Entry], attrs: dict[str, str],
                 incoming: Result | None) -> Result | None:  # fmt: skip
        arguments = op.list_arguments()
        if arguments and arguments[0] not in given:
            data = incoming or (self._flowing(scope) if arguments[0] not in op.automatic else None)
            if data is not None:
                if len(data.heads) != 1:
                    scope.report("SYM208", callee.place, f"{callee.text}: what comes in has {len(data.heads)} outputs",
                                 "pick one: name[0]")  # fmt: skip
                    return None
                given[arguments[0]] = data.heads[0]
        missing = [a for a in arguments if a not in given and a not in op.automatic]
        surplus = [key for key in given if key not in arguments and key not in op.auxiliary_states]
        if missing:
            scope.report("SYM206", callee.place, f"{callee.text} {name!r} lacks the input {missing[0]}",
                         f"give it: {callee.text}: {{{missing[0]}: NODE}}; inputs: {', '.join(arguments)}")  # fmt: skip
            return None
        if surplus:
            scope.report("SYM207", callee.place, f"{callee.text} {name!r} takes no {surplus[0]} with these parameters",
                         f"its inputs: {', '.join(arguments) or 'none'}")  # fmt: skip
            return None
        if not self._take(scope, name, callee.place):
            return None
        inputs = [given.get(a) or self._own_variable(f"{name}_{a}", attrs) for a in arguments]
        inputs += [given.get(s) or self._own_variable(f"{name}_{s}", attrs) for s in op.list_auxiliary_states()]
        node = Node(op, name, attrs, inputs)
        node.set_initial_texts()
        self._builder.origins[node] = Origin(callee.place, scope.calls)
        return Result([(node, i) for i in range(node.num_visible_outputs)])

    def _own_variable(self, full: str, attrs: Mapping[str, str]) -> Entry:
        """Return the variable of an automatic input; as in MXNet it carries the operator's attributes."""
        if full not in self._builder.variables:
            self._builder.variables[full] = Node(None, full)
        node = self._builder.variables[full]
        if full not in self._builder.claimed and full not in self._builder.declared:
            node.attrs.update(attrs)
        self._builder.claimed.add(full)
        return node, 0

    def _flowing(self, scope: Scope) -> Result | None:
        """Return the value called data, if there is one here that is not being built."""
        definition = scope.definitions.get("data")
        if definition is None or definition.kind == "number" or definition.state == "building":
            return None
        result = self._builder.look_up(scope, "data", definition.place)
        return result if isinstance(result, Result) else None

    def _take(self, scope: Scope, name: str, place: Place) -> bool:
        if name in self._taken:
            first = self._taken[name]
            scope.report("SYM302", place, f"a node is named {name!r} a second time",
                         f"the first is in line {first.line}; give this one a name of its own")  # fmt: skip
            return False
        if len(self._builder.origins) >= MOST_NODES:
            scope.report("SYM103", place, f"the network has more than {MOST_NODES:,} nodes", "check repeat")
            return False
        self._taken[name] = place
        return True

    def _texts(self, scope: Scope, cls: type[Op], callee: Text, name: str,
               params: Mapping[str, tuple[Place, Any]]) -> dict[str, str] | None:  # fmt: skip
        """Return parameters as MXNet writes them; each wrong one is a finding."""
        known: Mapping[str, Param] = declared(cls)
        texts: dict[str, str] = {}
        failed = False
        for key, (place, value) in params.items():
            try:
                texts[key] = to_text(known[key].read(value))
            except ParamError as error:
                scope.report("SYM204", place, f"{callee.text} {name!r}: {error}", known[key].doc)
                failed = True
        for key, one in known.items():
            if one.required and key not in params and key != cls.variadic:
                scope.report(
                    "SYM202",
                    callee.place,
                    f"{callee.text} {name!r} needs the parameter {key!r} ({one.type_text})",
                    one.doc,
                )
                failed = True
        return None if failed else texts

    def _attributes(self, scope: Scope, attr: Value | None) -> dict[str, str] | None:
        if attr is None:
            return {}
        if not isinstance(attr, Map):
            scope.report("SYM104", attr.place, f"attr is {attr.kind}; needs a mapping", "attr: {__mood__: happy}")
            return None
        found = {}
        for key, value in attr.items.items():
            if not isinstance(value, Text):
                scope.report("SYM104", value.place, f"the attribute {key} is {value.kind}; needs a text")
                return None
            if not (key in HIDDEN_KEYS or (key.startswith("__") and key.endswith("__"))):
                scope.report(
                    "SYM203", attr.keys[key].place, f"the attribute {key!r} has no underscores", f"write __{key}__"
                )
                return None
            found[hide(key)] = value.text
        return found

    # ---- blocks

    def block(
        self,
        scope: Scope,
        block: Block,
        place: Place,
        name: str,
        results: dict[str, Any],
        params: dict[str, tuple[Place, Any]],
        others: dict[str, Value],
        incoming: Result | None,
    ) -> Result | None:
        if block.name.text in scope.blocks:
            path = " <- ".join([*scope.blocks[scope.blocks.index(block.name.text) :], block.name.text])
            scope.report("SYM503", place, f"the block {block.name.text!r} calls itself: {path}",
                         "repetition is written with repeat")  # fmt: skip
            return None
        values = self._block_params(scope, block, place, params)
        inputs = self._block_inputs(scope, block, place, results, incoming)
        repeat = self._repeat(scope, others.get("repeat"))
        if values is None or inputs is None or repeat is None:
            return None
        if "repeat" not in others:
            return self._call_block(scope, block, place, name, values, inputs)
        first = block.inputs[0].text if block.inputs else ""
        current = inputs.get(first)
        for i in range(repeat):
            current = self._call_block(
                scope, block, place, f"{name}_{i}", values, {**inputs, first: current} if first else inputs
            )
            if current is None:
                return None
        if current is None:
            scope.report("SYM504", place, f"{block.name.text} has no input to pass through when repeat is 0")
        return current

    def _call_block(self, scope: Scope, block: Block, place: Place, name: str, values: Mapping[str, tuple[Place, Any]],
                    inputs: Mapping[str, Result | None]) -> Result | None:  # fmt: skip
        calls = (*scope.calls, (place, f"block {block.name.text} {name!r}"))
        inner = Scope(self._builder.findings, f"{name}_", name, calls, (*scope.blocks, block.name.text))
        root = self._root_numbers(scope)
        for text in block.inputs:
            inner.define(text, Definition("value", text.place, result=inputs[text.text]))
        for key, (text, _) in block.params.items():
            inner.define(text, Definition("number", text.place, number=values[key][1]))
        for key, definition in root.items():
            inner.definitions.setdefault(key, definition)
        before = len(self._builder.findings)
        result = self._builder.enter(inner, block.graph, block.outputs)
        if result is None and len(self._builder.findings) == before and not self._builder.findings:
            scope.report("SYM305", place, f"the block {block.name.text!r} has no result")
        return result

    def _root_numbers(self, scope: Scope) -> dict[str, Definition]:
        """Return the vars, which every block sees."""
        return {key: one for key, one in scope.definitions.items() if one.kind == "number" and one.owner == "vars"}

    def _block_params(self, scope: Scope, block: Block, place: Place,
                      params: Mapping[str, tuple[Place, Any]]) -> dict[str, tuple[Place, Any]] | None:  # fmt: skip
        values, failed = {}, False
        for key, (text, default) in block.params.items():
            if key in params:
                where, value = params[key]
                values[key] = (where, as_number(value))
            elif default is None:
                scope.report("SYM501", place, f"block {block.name.text} needs the parameter {key!r}",
                             f"it is required in line {text.place.line} of {text.place.file}")  # fmt: skip
                failed = True
            else:
                values[key] = (text.place, as_number(default))
        return None if failed else values

    def _block_inputs(self, scope: Scope, block: Block, place: Place, results: Mapping[str, Any],
                      incoming: Result | None) -> dict[str, Result | None] | None:  # fmt: skip
        inputs: dict[str, Result | None] = dict(results)
        for position, text in enumerate(block.inputs):
            if text.text in inputs:
                continue
            data = (incoming or self._flowing(scope)) if position == 0 else None
            if data is None:
                scope.report("SYM206", place, f"block {block.name.text} lacks the input {text.text}",
                             f"give it: {block.name.text}: {{{text.text}: NODE}}")  # fmt: skip
                return None
            inputs[text.text] = data
        return inputs

    def _repeat(self, scope: Scope, value: Value | None) -> int | None:
        if value is None:
            return 1
        read = as_number(self._parameter(scope, value)) if isinstance(value, Text) else value.kind
        if read is None:
            return None
        if isinstance(read, bool) or not isinstance(read, int) or read < 0:
            scope.report("SYM504", value.place, f"repeat is {read!r}; needs a whole number from 0 on", "repeat: 3")
            return None
        return read


def hint_of(name: str) -> str:
    """Return what automatic names of a callee begin with."""
    return name.lower().lstrip("_")
