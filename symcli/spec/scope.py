"""Names in a network: what they stand for, and where they were defined."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from symcli.errors import suggest
from symcli.graph.node import Entry
from symcli.spec import expression as exp
from symcli.spec.expression import Wrong, as_number, is_name
from symcli.spec.findings import BROKEN, Findings, Note
from symcli.spec.source import List, Map, Place, Text, Value

__all__ = ["Definition", "Names", "Origin", "Result", "Scope"]

K = TypeVar("K")


@dataclass(slots=True)
class Result:
    """What a name or an expression stands for: outputs of nodes."""

    heads: list[Entry]


@dataclass(slots=True)
class Definition:
    """What one name stands for.

    ``kind`` is "number" (a var or parameter; ``value`` is its text, read when first asked for), "value"
    (an input or variable), "node" (an entry of the graph), "inner" (a named part of the entry
    ``owner``) or "broken" (defined twice, or in a cycle).
    """

    kind: str
    place: Place
    value: Value | None = None
    result: Any = None  # a Result, a number or text, BROKEN, or None as long as it is not made
    owner: str = ""
    notes: tuple[Note, ...] = ()  # where a number was given
    reading: bool = False


@dataclass(slots=True)
class Origin:
    """Where a node came from, for messages about its shapes."""

    place: Place
    notes: tuple[Note, ...] = ()


@dataclass
class Scope:
    """One namespace: the network's, or that of one call of a block.

    Attributes
    ----------
    prefix : what node names begin with, "" in the network.
    call_name : the name of the block's result; None in the network.
    notes : the calls that led here, the innermost first.
    blocks : the blocks that are being called.
    result : the key of the entry that is the result, once known.
    incomplete : a section could not be read, so that an unknown name may be none of the user's mistakes.
    """

    findings: Findings
    prefix: str = ""
    call_name: str | None = None
    notes: tuple[Note, ...] = ()
    blocks: tuple[str, ...] = ()
    result: str | None = None
    incomplete: bool = False
    definitions: dict[str, Definition] = field(default_factory=dict)

    def define(self, name: Text, definition: Definition) -> None:
        """Give a name its meaning; a name that has one already is a finding and stands for nothing."""
        first = self.definitions.get(name.text)
        if first is None:
            self.definitions[name.text] = definition
            return
        file = f" of {first.place.file}" if first.place.file != name.place.file else ""
        self.report("SYM302", name.place, f"the name {name.text!r} is defined a second time",
                    f"the first is in line {first.place.line}{file}; inputs, variables, nodes, params and vars "
                    "share one namespace")  # fmt: skip
        self.definitions[name.text] = Definition("broken", first.place, result=BROKEN)

    def report(self, code: str, place: Place, message: str, help: str = "", notes: tuple[Note, ...] = ()) -> Any:
        """Add a finding, with what led here, and return ``BROKEN``."""
        return self.findings.report(code, place, message, help, (*notes, *self.notes))

    def expect(self, value: Any, kind: type[K], what: str, example: str = "") -> K:
        """Return a value of the tree if it is of a kind, else ``BROKEN`` after a finding."""
        return self.findings.expect(value, kind, what, example, self.notes)

    def is_name(self, text: Text) -> bool:
        """Whether a text is a name; one that is none is a finding."""
        if not is_name(text.text):
            self.report("SYM304", text.place, f"{text.text!r} is no name",
                        "letters, digits and _, no digit first, no word of Python's")  # fmt: skip
        return is_name(text.text)

    def full_name(self, key: str) -> str:
        """Return the node name of an entry or named part."""
        return self.call_name if key == self.result and self.call_name else self.prefix + key

    def own_name(self, full: str) -> str:
        """Return a node's name as it stands in this graph."""
        return self.result if full == self.call_name and self.result else full.removeprefix(self.prefix)

    def hint(self, name: str, known: Iterable[str]) -> str:
        """Return what to say of a name that is none of those known."""
        known = list(known)
        return suggest(name, known) or f"names here: {', '.join(known[:20]) or 'none'}" + ", …" * (len(known) > 20)

    # ---- numbers and texts

    def numbers(self) -> list[str]:
        """Return the names of vars and params."""
        return [key for key, one in self.definitions.items() if one.kind == "number"]

    def number(self, node: ast.Name) -> Any:
        """Return the number or text of a var or parameter.

        Raises
        ------
        Wrong
            If the name has none.
        """
        definition = self.definitions.get(node.id)
        listed = f"vars and params here: {', '.join(self.numbers()) or 'none'}"
        if definition is None and not self.incomplete:
            raise Wrong(
                node, "SYM301", f"the name {node.id!r} is not defined", suggest(node.id, self.numbers()) or listed
            )
        if definition is None or definition.kind == "broken":
            raise Wrong(node)
        if definition.kind != "number":
            raise Wrong(node, "SYM209", f"{node.id!r} is a node, not a number", listed)
        if definition.reading:
            raise Wrong(node, "SYM303", f"{node.id!r} depends on itself", "give one of the numbers as a number")
        if definition.result is None:
            assert definition.value is not None
            definition.reading = True
            definition.result = self.literal(definition.value)
            definition.reading = False
        if definition.result is BROKEN:
            raise Wrong(node)
        return definition.result

    def filled(self, value: Value, what: str = "a parameter's value") -> Any:
        """Return a text with ``$name`` and ``${arithmetic}`` filled in, or a tuple of them."""
        if isinstance(value, List):
            items = [self.filled(item, what) for item in value.items]
            return BROKEN if any(item is BROKEN for item in items) else tuple(items)
        if isinstance(value, Map):
            return self.report("SYM104", value.place, f"{what} is a mapping; needs a text or a list of texts")
        return exp.interpolate(value, self.number, self.findings, self.notes)

    def literal(self, value: Value, what: str = "a value") -> Any:
        """Return the number, truth value or text that a value is, or a tuple of them."""
        return as_number(self.filled(value, what))

    def given(self, names: Iterable[str]) -> tuple[Note, ...]:
        """Return where the numbers of some names were given."""
        found = [self.definitions[name] for name in sorted(names) if name in self.definitions]
        return tuple(note for one in found if one.kind == "number" for note in one.notes)

    def given_in(self, value: Value) -> tuple[Note, ...]:
        """Return where the numbers were given that stand in a value."""
        return self.given(exp.names_in_holes(value.text)) if isinstance(value, Text) else ()


class Names:
    """Names for the nodes of one entry."""

    def __init__(self, scope: Scope, key: str):
        self._scope, self.key = scope, key
        self._counts: dict[str, int] = {}
        self.last = scope.full_name(key)

    def inner(self, callee: str) -> str:
        """Return a name for a node inside the entry: ``<key>_<callee><n>``."""
        hint = callee.lower().lstrip("_")
        count = self._counts.get(hint, 0)
        self._counts[hint] = count + 1
        return f"{self._scope.prefix}{self.key}_{hint}{count}"
