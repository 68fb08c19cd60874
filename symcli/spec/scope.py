"""Names in a network: what they stand for, and where they were defined."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from symcli.errors import suggest
from symcli.graph.node import Entry
from symcli.spec.findings import Finding, Findings
from symcli.spec.source import Place, Text, Value

__all__ = ["Calls", "Definition", "Names", "Origin", "Result", "Scope"]

Calls = tuple[tuple[Place, str], ...]


@dataclass(slots=True)
class Result:
    """What a name or an expression stands for: outputs of nodes."""

    heads: list[Entry]


@dataclass(slots=True)
class Definition:
    """What one name stands for.

    ``kind`` is "number" (a var or parameter), "value" (an input or variable), "node" (an entry of the
    graph, built when first asked for) or "inner" (a named part of the entry ``owner``).
    """

    kind: str
    place: Place
    number: Any = None
    result: Result | None = None
    value: Value | None = None
    owner: str = ""
    state: str = "new"  # or "building", "done"


@dataclass(slots=True)
class Origin:
    """Where a node came from, for messages about its shapes."""

    place: Place
    calls: Calls


@dataclass
class Scope:
    """One namespace: the network's, or that of one call of a block.

    Attributes
    ----------
    prefix : what node names begin with, "" in the network.
    call_name : the name of the block's result; None in the network.
    calls : the calls that led here, for messages.
    result : the key of the entry that is the result, once known.
    """

    findings: Findings
    prefix: str = ""
    call_name: str | None = None
    calls: Calls = ()
    blocks: tuple[str, ...] = ()
    result: str | None = None
    definitions: dict[str, Definition] = field(default_factory=dict)
    building: list[str] = field(default_factory=list)

    def define(self, name: Text, definition: Definition) -> None:
        """Give a name its meaning; a name that has one already is a finding."""
        first = self.definitions.get(name.text)
        if first is not None:
            self.report("SYM302", name.place, f"the name {name.text!r} is defined a second time",
                        f"the first is in line {first.place.line}"
                        + (f" of {first.place.file}" if first.place.file != name.place.file else "")
                        + "; inputs, variables, nodes, params and vars share one namespace")  # fmt: skip
            return
        self.definitions[name.text] = definition

    def report(self, code: str, place: Place, message: str, help: str = "") -> None:
        """Add a finding, with the calls that led here."""
        self.findings.add(Finding(code, place, message, help, self.calls))

    def full_name(self, key: str) -> str:
        """Return the node name of an entry or named part."""
        return self.call_name if key == self.result and self.call_name else self.prefix + key

    def hint(self, name: str, more: Iterable[str] = ()) -> str:
        """Return what to say of a name that is not defined."""
        known = [*self.definitions, *more]
        close = suggest(name, known)
        return close or ("names here: " + ", ".join(known[:20]) + (", …" if len(known) > 20 else ""))


class Names:
    """Names for the nodes of one entry."""

    def __init__(self, scope: Scope, key: str):
        self._scope, self.key = scope, key
        self._counts: dict[str, int] = {}
        self.last = scope.full_name(key)

    def inner(self, hint: str) -> str:
        count = self._counts.get(hint, 0)
        self._counts[hint] = count + 1
        return f"{self._scope.prefix}{self.key}_{hint}{count}"
