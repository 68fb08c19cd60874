"""Calls: an operator or a block with its inputs and parameters becomes nodes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from symcli.errors import MXNetError, ParamError, suggest
from symcli.graph.attribute import HIDDEN_KEYS, hide
from symcli.graph.functions import input_names
from symcli.graph.node import Entry, Node
from symcli.ops import REGISTRY, Op, make
from symcli.params import declared, to_text
from symcli.spec.expression import as_number
from symcli.spec.findings import BROKEN, Note, TooMany
from symcli.spec.scope import Definition, Origin, Result, Scope
from symcli.spec.source import Map, Place, Text, Value

if TYPE_CHECKING:
    from symcli.spec.builder import Builder

__all__ = ["PRESETS", "Argument", "Block", "Caller", "operator_named", "preset"]

MOST = 100_000  # nodes and calls of blocks
DEEPEST = 30  # blocks inside blocks
_PREFIXES = ("", "_contrib_", "_linalg_", "_image_", "_random_")
# Names that a spec has besides: an operator with some of its parameters given.
PRESETS = {"LSTM": ("RNN", {"mode": "lstm"}), "GRU": ("RNN", {"mode": "gru"})}


def operator_named(name: str) -> type[Op] | None:
    """Return the operator a spec calls by a name; ``_contrib_`` and its like need not be written."""
    if name in PRESETS:
        return REGISTRY[PRESETS[name][0]]
    for prefix in _PREFIXES:
        if prefix + name in REGISTRY:
            return REGISTRY[prefix + name]
    return None


def preset(name: str) -> dict[str, str]:
    """Return the parameters that a name gives by itself: ``LSTM`` is ``RNN`` with its mode."""
    return PRESETS[name][1] if name in PRESETS else {}


def _takes_list(cls: type[Op]) -> bool:
    """Whether an operator's inputs are one list: their number or names are told by its parameters."""
    return bool(cls.variadic or cls.gathers)


def _free_text(value: Any) -> str:
    """Return a parameter that only the operator's class knows as Python writes it: ``True``, ``(1, 2)``."""
    if isinstance(value, tuple):
        return to_text(tuple(map(_free_text, value)))
    return value.capitalize() if value in ("true", "false") else to_text(value)


@dataclass
class Block:
    """A block as defined in a file; a param without a default is required."""

    name: Text
    inputs: list[Text]
    params: dict[str, tuple[Text, Value | None]]  # name -> (where, default)
    graph: Map
    outputs: list[Text]


@dataclass
class Argument:
    """One argument of a call, as a parameter or as an input: its key decides which is asked for.

    Attributes
    ----------
    at, place : where its key and its value stand.
    parameter, input : its value as a text, number or tuple, or as a ``Result``.
    notes : where the numbers in it were given.
    written : its value in the file; None in an expression.
    """

    key: str
    at: Place
    place: Place
    parameter: Callable[[], Any]
    input: Callable[[], Any]
    notes: tuple[Note, ...] = ()
    written: Value | None = None


@dataclass
class _Call:
    """One call with its arguments read and divided.

    Attributes
    ----------
    label : what messages call it: ``FullyConnected 'fc1'``.
    incoming : what comes in from the chain, if anything does.
    inputs, values : what was given; values with where it stands.
    extra : ``attr`` of an operator, or ``repeat`` of a block.
    failed : whether there are findings.
    """

    scope: Scope
    callee: Text
    name: str
    label: str
    incoming: Any
    inputs: dict[str, Any] = field(default_factory=dict)
    values: dict[str, tuple[Argument, Any]] = field(default_factory=dict)
    extra: Argument | None = None
    failed: bool = False

    def report(
        self, code: str, message: str, help: str, place: Place | None = None, notes: tuple[Note, ...] = ()
    ) -> Any:
        """Add a finding about the call, or about the part of it at a place, and return ``BROKEN``."""
        self.failed = True
        return self.scope.report(code, place or self.callee.place, message, help, notes)

    @property
    def names_here(self) -> str:
        found = [key for key, one in self.scope.definitions.items() if one.kind in ("node", "value") and one.result]
        return ", ".join(found[-10:]) or "none"


class Caller:
    """Makes the nodes of calls."""

    def __init__(self, builder: "Builder"):
        self._builder = builder
        self._taken: dict[str, _Call] = {}
        self._made = 0

    # ---- what is called

    def callee(self, name: str) -> Block | type[Op] | None:
        return self._builder.blocks.get(name) or operator_named(name)

    def inputs(self, name: str) -> list[str]:
        """Return the inputs of a block or operator; those of an operator of any inputs are one list, ``data``."""
        callee = self.callee(name)
        if callee is None:
            return []
        if isinstance(callee, Block):
            return [text.text for text in callee.inputs]
        return ["data"] if _takes_list(callee) else input_names(callee)

    def variadic(self, name: str) -> bool:
        callee = self.callee(name)
        return not isinstance(callee, Block) and callee is not None and _takes_list(callee)

    def params(self, name: str) -> list[str]:
        callee = self.callee(name)
        if isinstance(callee, Block):
            return list(callee.params)
        given = preset(name)
        hidden = (callee.variadic, callee.gathers, *given) if callee else ()
        return [key for key in declared(callee) if key not in hidden] if callee else []

    def unknown_callee(self, scope: Scope, name: Text) -> Any:
        """Report a name that nothing is called by, unless its block is what is broken."""
        if name.text in self._builder.broken_blocks or self._builder.blocks_missing:
            return BROKEN
        known = [*self._builder.blocks, *REGISTRY, *(n.removeprefix("_contrib_") for n in REGISTRY)]
        close = {k.lower(): k for k in known}.get(name.text.lower())
        blocks = f"blocks: {', '.join(self._builder.blocks)};  " if self._builder.blocks else ""
        return scope.report("SYM201", name.place, f"there is no operator or block {name.text!r}",
                            (f"did you mean {close!r}?" if close else suggest(name.text, known))
                            or f"{blocks}all operators: symcli ops")  # fmt: skip

    # ---- calls

    def call(self, scope: Scope, callee: Text, name: str, arguments: Iterable[Argument], incoming: Any) -> Any:
        """Return the result of a call, or ``BROKEN`` after findings; each argument is checked in any case."""
        found = self.callee(callee.text)
        if found is None:
            return self.unknown_callee(scope, callee)
        is_block = isinstance(found, Block)
        label = f"block {callee.text}" if is_block else f"{callee.text} {scope.own_name(name)!r}"
        call = _Call(scope, callee, name, label, incoming)
        slots, params = self.inputs(callee.text), self.params(callee.text)
        meant = set()
        for one in arguments:
            if one.key == ("repeat" if is_block else "attr"):
                call.extra = one
            elif one.key in params:
                call.values[one.key] = one, one.parameter()
            elif one.key in call.inputs:
                call.report("SYM207", f"{label}: the input {one.key} is given twice", "give it once", one.at)
            elif one.key in slots:
                call.inputs[one.key] = self._input(call, one)
            elif not isinstance(found, Block) and found.gathers:
                call.values[one.key] = one, one.parameter()
            else:
                close = suggest(one.key, [*params, *slots])
                if one.key == "name":  # in an expression
                    close = f"write a call: {{{callee.text}: {{name: …}}}} "
                listed = f"parameters: {', '.join(params) or 'none'}" + f"; inputs: {', '.join(slots)}" * (not close)
                meant |= {key for key in (*params, *slots) if close == f"did you mean {key!r}?"}
                call.report("SYM502" if is_block else "SYM203", f"{label} has no parameter {one.key!r}",
                            f"{close}  {listed}" if close else listed, one.at)  # fmt: skip
        self._check_required(call, found, meant)
        made = self._block(call, found) if isinstance(found, Block) else self._operator(call, found)
        if made is BROKEN:
            self._builder.broken_nodes.add(name)
        return made

    def _input(self, call: _Call, argument: Argument) -> Any:
        result = argument.input()
        if result is BROKEN or isinstance(result, Result):
            return result
        return call.report("SYM209", f"{call.label}: the input {argument.key} is {result!r}; needs a node",
                           "name a node or an input", argument.place, argument.notes)  # fmt: skip

    def _check_required(self, call: _Call, found: Block | type[Op], meant: set[str]) -> None:
        """Report the required parameters that are not given, but for those that a misspelt one is meant to be."""
        if isinstance(found, Block):
            missing = {key: f"{call.callee.text}: {{{key}: …}}; it is required in {text.place}"
                       for key, (text, default) in found.params.items() if default is None}  # fmt: skip
        else:
            missing = {key: f"{key}: {one.type_text}: {one.doc}" for key, one in declared(found).items()
                       if one.required and key != found.variadic and key not in preset(call.callee.text)}  # fmt: skip
        for key, help in missing.items():
            if key not in call.values and key not in meant:
                code = "SYM501" if isinstance(found, Block) else "SYM202"
                call.report(code, f"{call.label} needs the parameter {key!r}", help)

    def _flowing(self, scope: Scope) -> Any:
        """Return the value called data, if there is one here that is made."""
        definition = scope.definitions.get("data")
        return definition.result if definition and definition.kind != "number" else None

    # ---- operators

    def _operator(self, call: _Call, cls: type[Op]) -> Any:
        texts = self._texts(call, cls)
        attributes = self._attributes(call)
        if call.failed:
            return BROKEN
        first = "data" if _takes_list(cls) else (*input_names(cls), "")[0]
        if first and first not in call.inputs:
            flowing = call.incoming
            if flowing is None and first not in cls.automatic:
                flowing = self._flowing(call.scope)
            if flowing is not None:
                call.inputs[first] = flowing
        if any(one is BROKEN for one in call.inputs.values()):
            return BROKEN
        given = self._entries(call, cls, texts)
        if given is BROKEN:
            return BROKEN
        try:
            op = make(cls.name, texts, call.label)
            given = op.named(given)
        except (ParamError, MXNetError) as error:
            message = str(error).removeprefix(f"{cls.name}: ")
            named = call.values.get(message.partition("=")[0])
            notes = tuple(note for one, _ in call.values.values() for note in one.notes)
            help = f"its page: symcli ops {call.callee.text}"
            if cls.gathers and not named:
                help = f"its inputs are a list, data: [a, b]; all else goes to the class that is registered; {help}"
            return call.report("SYM204", f"{call.label}: {message}", help, named[0].place if named else None,
                               notes)  # fmt: skip
        return self._node(call, op, given, {**texts, **attributes})

    def _entries(self, call: _Call, cls: type[Op], texts: dict[str, str]) -> Any:
        """Return the given inputs by slot; of a variadic operator they are counted."""
        if _takes_list(cls):
            heads = call.inputs["data"].heads if "data" in call.inputs else []
            if cls.gathers:
                return {f"arg{i}": head for i, head in enumerate(heads)}
            if not heads:
                return call.report("SYM206", f"{call.label} lacks its inputs",
                                   f"list them: {call.callee.text}: {{data: [{call.names_here}]}}")  # fmt: skip
            texts[str(cls.variadic)] = str(cls.counted(len(heads)))
            return {f"arg{i}": head for i, head in enumerate(heads)}
        for key, one in call.inputs.items():
            if len(one.heads) != 1:
                return call.report("SYM208", f"{call.label}: the input {key} has {len(one.heads)} outputs",
                                   "pick one by its number: NODE[0]")  # fmt: skip
        return {key: one.heads[0] for key, one in call.inputs.items()}

    def _node(self, call: _Call, op: Op, given: dict[str, Entry], attrs: dict[str, str]) -> Any:
        arguments, states = op.list_arguments(), op.list_auxiliary_states()
        for missing in arguments:
            if missing not in given and missing not in op.automatic and not (op.gathers and given):
                return call.report("SYM206", f"{call.label} lacks the input {missing}",
                                   f"{call.callee.text}: {{{missing}: …}}; names here: {call.names_here}")  # fmt: skip
        for surplus in given:
            if surplus not in arguments and surplus not in states:
                what = f"input {int(surplus.removeprefix('arg')) + 1}" if op.gathers else surplus  # of a list
                return call.report("SYM207", f"{call.label} takes no {what} with these parameters",
                                   f"its inputs: {', '.join(arguments) or 'none'}")  # fmt: skip
        if not self._take(call):
            return BROKEN
        inputs = [given.get(slot) or self._own_variable(f"{call.name}_{slot}", attrs) for slot in (*arguments, *states)]
        node = Node(op, call.name, attrs, inputs)
        node.set_initial_texts()
        self._builder.origins[node] = Origin(call.callee.place, call.scope.notes)
        return Result([(node, i) for i in range(node.num_visible_outputs)])

    def _own_variable(self, full: str, attrs: Mapping[str, str]) -> Entry:
        """Return the variable of an automatic input; as in MXNet it carries the operator's attributes."""
        node = self._builder.variable(full)
        if full not in self._builder.claimed and full not in self._builder.declared:
            node.attrs.update(attrs)
        self._builder.claimed.add(full)
        return node, 0

    def _take(self, call: _Call) -> bool:
        """Whether the node may have its name: it is not taken."""
        self._count(call)
        scope, place = call.scope, call.callee.place
        first = self._taken.setdefault(call.name, call)
        definition = scope.definitions.get(scope.own_name(call.name))
        if first is not call and not (definition and definition.kind == "broken"):
            start = first.callee.place
            file = f" of {start.file}" if start.file != place.file else ""
            call.report("SYM302", f"a node is named {call.name!r} a second time",
                        f"the first is in line {start.line}{file}; give this one a name of its own")  # fmt: skip
        return first is call

    def _count(self, call: _Call) -> None:
        self._made += 1
        if self._made > MOST:
            call.report("SYM103", f"the network has more than {MOST:,} nodes and calls of blocks", "check repeat")
            raise TooMany

    def _texts(self, call: _Call, cls: type[Op]) -> dict[str, str]:
        """Return parameters as MXNet writes them; each wrong one is a finding."""
        known = declared(cls)
        texts = dict(preset(call.callee.text))
        for key, (argument, value) in call.values.items():
            try:
                if value is BROKEN:
                    call.failed = True
                elif key not in known:
                    texts[key] = _free_text(value)
                else:
                    read = known[key].read(value)
                    texts[key] = to_text(value if isinstance(value, int | float) else read)
            except ParamError as error:
                definition = call.scope.definitions.get(str(value))
                help = f"{value!r} is a node, not a number; " if definition and definition.kind == "node" else ""
                help += f"{key}: {known[key].doc}"
                call.report("SYM204", f"{call.label}: {error}", help, argument.place, argument.notes)
        return texts

    def _attributes(self, call: _Call) -> dict[str, str]:
        if call.extra is None:
            return {}
        if call.extra.written is None:
            call.report("SYM306", "attr is written in a call", "{relu: {attr: {__mood__: happy}}}", call.extra.at)
            return {}
        found = self._builder.attributes(call.extra.written, call.scope)
        call.failed |= found is BROKEN
        return found

    # ---- blocks

    def _block(self, call: _Call, block: Block) -> Any:
        scope, label = call.scope, block.name.text
        if label in scope.blocks:
            path = " calls ".join([*reversed(scope.blocks[: scope.blocks.index(label) + 1]), label])
            message = f"the block {label!r} calls itself: {path}"
            return call.report("SYM503", message, "repetition is written with repeat")
        if len(scope.blocks) >= DEEPEST:
            return call.report("SYM103", f"blocks are nested deeper than {DEEPEST}", "call them side by side")
        for position, text in enumerate(block.inputs):
            flowing = self._flowing(scope) if call.incoming is None else call.incoming
            if text.text not in call.inputs and position == 0 and flowing is not None:
                call.inputs[text.text] = flowing
            if text.text not in call.inputs:
                call.report("SYM206", f"block {label} lacks the input {text.text}",
                            f"{label}: {{{text.text}: …}}; names here: {call.names_here}")  # fmt: skip
        count = self._repeat(call)
        if call.failed or any(value is BROKEN for _, value in call.values.values()):
            return BROKEN
        if call.extra is None:
            return self._call_block(call, block, call.name, call.inputs)
        first = block.inputs[0].text if block.inputs else ""
        current = call.inputs.get(first)
        for i in range(count):
            current = self._call_block(call, block, f"{call.name}_{i}", {**call.inputs, first: current})
            if current is BROKEN:
                return BROKEN
        if current is None:
            return call.report("SYM504", f"block {label} has no input to pass through when repeat is 0", "repeat: 1")
        return current

    def _call_block(self, call: _Call, block: Block, name: str, inputs: Mapping[str, Any]) -> Any:
        self._count(call)
        outer = call.scope
        note = f"in block {block.name.text} {outer.own_name(name)!r}, called at", call.callee.place
        inner = Scope(outer.findings, f"{name}_", name, (note, *outer.notes), (block.name.text, *outer.blocks))
        for text in block.inputs:
            inner.define(text, Definition("value", text.place, result=inputs[text.text]))
        for key, (text, default) in block.params.items():
            definition = Definition("number", text.place, default)
            if key in call.values:
                argument, value = call.values[key]
                definition.result = as_number(value)
                definition.notes = ((f"{key} is {definition.result!r}, given at", argument.place), *argument.notes)
            inner.define(text, definition)
        for key, definition in self._builder.vars.items():
            inner.definitions.setdefault(key, definition)
        return self._builder.enter(inner, block.graph, block.outputs)

    def _repeat(self, call: _Call) -> int:
        read = 1 if call.extra is None else as_number(call.extra.parameter())
        if isinstance(read, int) and not isinstance(read, bool) and read >= 0:
            return read
        call.failed = True
        if read is not BROKEN and call.extra is not None:
            call.report("SYM504", f"repeat is {read!r}; needs a whole number from 0 on", "repeat: 3", call.extra.place,
                        call.extra.notes)  # fmt: skip
        return 0
