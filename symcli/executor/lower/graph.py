"""What rules look at: a graph with its shapes and types, and who uses what."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from symcli.executor.lower.op import Lowered, Storage
from symcli.graph.node import Entry, Node, topological
from symcli.shapes import prod

__all__ = ["RULES", "SEVERAL", "Graph", "Match", "rule", "several"]


@dataclass
class Match:
    """A sub-graph that one private operator can stand for.

    Attributes
    ----------
    nodes : those it covers; the last one is the root.
    inputs : what it reads: arguments, then auxiliary states.
    make : the storages its inputs have -> the operator; which storages it takes is what that says, and
        conversions are put in where they differ. Called when the inputs are lowered.
    shown : what the operator's visible outputs are: entries of nodes that it covers; the root's first if not given.
    """

    nodes: Sequence[Node]
    inputs: Sequence[Entry]
    make: Callable[[Sequence[Storage]], Lowered]
    shown: Sequence[Entry] = ()

    def __post_init__(self) -> None:
        self.shown = self.shown or ((self.root, 0),)

    @property
    def root(self) -> Node:
        return self.nodes[-1]


class Graph:
    """The graph that is lowered.

    Attributes
    ----------
    nodes : in topological order.
    heads : the entries whose values users see.
    wanted : variables whose gradients are asked for.
    numbers : each node's number, which its random numbers depend on.
    """

    def __init__(self, heads: Sequence[Entry], shapes: Callable[[Entry], tuple[int, ...]],
                 types: Mapping[Entry, str | None], wanted: set[Node]):  # fmt: skip
        self.nodes, self.heads, self.wanted = topological(heads), list(heads), wanted
        self.numbers = {node: number for number, node in enumerate(self.nodes)}
        self._shapes, self._types = shapes, types
        self._consumers: dict[Entry, list[Node]] = {}
        for node in self.nodes:
            for entry in node.inputs:
                self._consumers.setdefault(entry, []).append(node)

    def shape(self, entry: Entry) -> tuple[int, ...]:
        """The shape in MXNet's layout."""
        return self._shapes(entry)

    def dtype(self, entry: Entry) -> str:
        return self._types.get(entry) or "float32"

    def consumers(self, entry: Entry) -> list[Node]:
        """The nodes that read an entry, one as often as it does."""
        return self._consumers.get(entry, [])

    def is_float32(self, node: Node) -> bool:
        """Whether all inputs and outputs of a node are float32 and none is empty."""
        entries = [*node.inputs, *((node, i) for i in range(node.num_outputs))]
        return all(self.dtype(entry) == "float32" and prod(self.shape(entry)) > 0 for entry in entries)

    def alone(self, entry: Entry) -> Node | None:
        """The node that makes an entry, if it is an operator of float32, its first output is all that is used of
        it, and used once, not as a head: such a node can be joined with its consumer."""
        node, i = entry
        if node.op is None or i != 0 or entry in self.heads or len(self.consumers(entry)) != 1:
            return None
        others = ((node, k) for k in range(1, node.num_outputs))
        if any(self.consumers(other) or other in self.heads for other in others):
            return None
        return node if self.is_float32(node) else None


Rule = Callable[[Graph, Node], Match | None]
RULES: dict[str, list[Rule]] = {}
SEVERAL: list[Callable[[Graph], Iterable[Match]]] = []


def several(function: Callable[[Graph], Iterable[Match]]) -> Callable[[Graph], Iterable[Match]]:
    """Register a rule for sub-graphs of which outputs of several nodes are used; these are looked for first."""
    SEVERAL.append(function)
    return function


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for sub-graphs whose root is one of the named operators.

    Roots are looked at from the heads down; of several matches of one, that of the most nodes is taken, and among equal
    ones the rule that was registered first.
    """

    def register(function: Rule) -> Rule:
        for name in names:
            RULES.setdefault(name, []).append(function)
        return function

    return register
