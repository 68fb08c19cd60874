"""The pass that replaces sub-graphs by operators of the engine."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from symcli.executor.lower.graph import RULES, SEVERAL, Graph, Match
from symcli.executor.lower.op import PLAIN, FromPlanes, Layout, Lowered, Storage, ToPlanes
from symcli.graph.node import Entry, Node

__all__ = ["LoweredGraph", "lower"]


@dataclass
class LoweredGraph:
    """A graph that computes the same, in part by the engine.

    Attributes
    ----------
    heads : in the order of the original's, all plain.
    layouts : where the value of each entry lies that an operator makes.
    numbers : each node's number in the original graph.
    matches : what was replaced.
    covered : the names of the original's nodes that a new node stands for.
    """

    heads: list[Entry] = field(default_factory=list)
    layouts: dict[Entry, Layout] = field(default_factory=dict)
    numbers: dict[Node, int] = field(default_factory=dict)
    matches: list[Match] = field(default_factory=list)
    covered: dict[Node, tuple[str, ...]] = field(default_factory=dict)


def lower(heads: Sequence[Entry], shapes: Callable[[Entry], tuple[int, ...]], types: Mapping[Entry, str | None],
          wanted: set[Node], without: Collection[Node] = ()) -> LoweredGraph | None:  # fmt: skip
    """Return the lowered graph; None if there is nothing in it that the engine knows.

    Parameters
    ----------
    shapes, types : of each entry.
    wanted : the variables whose gradients are asked for.
    without : nodes that are left as they are.
    """
    graph = Graph(heads, shapes, types, wanted)
    matches = _matches(graph, set(without))
    return _Builder(graph, matches).build() if matches else None


def _matches(graph: Graph, taken: set[Node]) -> list[Match]:
    """Return sub-graphs of nodes that are not taken and do not overlap, the ones nearest to the heads first."""
    found: list[Match] = []
    for several in (match for one in SEVERAL for match in one(graph)):
        free = taken.isdisjoint(several.nodes) and _is_closed(graph, several)
        if free and len(list(_ordered(graph, [*found, several]))) == len(graph.nodes):
            taken |= set(several.nodes)
            found.append(several)
    for node in reversed(graph.nodes):
        if node.op is None or node in taken:
            continue
        matches = [match for one in RULES.get(node.op.name, ()) if (match := one(graph, node)) is not None]
        for match in sorted(matches, key=lambda match: -len(match.nodes)):
            if taken.isdisjoint(match.nodes) and _is_closed(graph, match):
                taken |= set(match.nodes)
                found.append(match)
                break
    return found


def _is_closed(graph: Graph, match: Match) -> bool:
    """Whether nothing outside reads a value that will not be there; whatever a rule says, this decides."""
    inside = set(match.nodes)
    for node in match.nodes:
        for i in range(node.num_outputs):
            if (node, i) in match.shown:
                continue
            if (node, i) in graph.heads or any(user not in inside for user in graph.consumers((node, i))):
                return False
    return True


def _ordered(graph: Graph, matches: Sequence[Match]) -> Iterator[Node]:
    """Yield the nodes so that all that a match reads comes before its nodes, and these before all that reads them.

    Those left out can have no such order: a match reads what comes from its own outputs, as where what one step of a
    sequence gives is the input of the next.
    """
    of = {node: match for match in matches for node in match.nodes}
    waiting, placed = list(graph.nodes), set()
    while waiting:
        left = []
        for node in waiting:
            match = of.get(node)
            if node in placed:
                continue
            if any(source not in placed for source, _ in (match or node).inputs):
                left.append(node)
                continue
            for one in match.nodes if match else (node,):
                placed.add(one)
                yield one
        if len(left) == len(waiting):
            return
        waiting = left


class _Builder:
    """Makes the lowered graph in topological order of the original."""

    def __init__(self, graph: Graph, matches: Sequence[Match]):
        self._graph, self._result = graph, LoweredGraph(matches=list(matches))
        self._roots = {match.root: match for match in matches}
        self._inner = {node for match in matches for node in match.nodes} - set(self._roots)
        self._entries: dict[Entry, Entry] = {}  # of the original -> of the lowered graph
        self._converted: dict[tuple[Entry, Storage], Entry] = {}

    def build(self) -> LoweredGraph:
        for node in _ordered(self._graph, [match for match in self._result.matches if len(match.shown) > 1]):
            if node.op is None:
                self._entries[node, 0] = (node, 0)
            elif node in self._roots:
                self._replace(self._roots[node])
            elif node not in self._inner:
                self._copy(node)
        self._result.heads = [self._in_storage(entry, PLAIN) for entry in self._graph.heads]
        return self._result

    def _replace(self, match: Match) -> None:
        op = match.make([self._layout(entry).storage for entry in match.inputs])
        inputs = [self._in_storage(entry, storage) for entry, storage in zip(match.inputs, op.inputs, strict=True)]
        new = self._add(op, match.root.name, inputs, self._graph.numbers[match.root])
        self._result.covered[new] = tuple(node.name for node in match.nodes)
        for k, entry in enumerate(match.shown):
            self._entries[entry] = (new, k)

    def _copy(self, node: Node) -> None:
        new = Node(node.op, node.name, node.attrs, [self._in_storage(entry, PLAIN) for entry in node.inputs])
        self._result.numbers[new] = self._graph.numbers[node]
        for i in range(node.num_outputs):
            self._entries[node, i] = (new, i)
            shape, dtype = self._graph.shape((node, i)), self._graph.dtype((node, i))
            self._result.layouts[new, i] = Layout(shape, PLAIN, dtype)

    def _add(self, op: Lowered, name: str, inputs: list[Entry], number: int) -> Node:
        new = Node(op, name, {}, inputs)
        self._result.numbers[new] = number
        for i, layout in enumerate(op.layouts):
            self._result.layouts[new, i] = layout
        return new

    def _layout(self, entry: Entry) -> Layout:
        """Where the value of an entry of the original lies."""
        return self._result.layouts.get(self._entries[entry]) or Layout(
            self._graph.shape(entry), PLAIN, self._graph.dtype(entry)
        )

    def _in_storage(self, entry: Entry, storage: Storage) -> Entry:
        """Return the lowered entry of an original one in a storage, converted if need be."""
        found, layout = self._entries[entry], self._layout(entry)
        if layout.storage == storage:
            return found
        if (entry, storage) not in self._converted:
            kind = FromPlanes if storage == PLAIN else ToPlanes
            node = self._add(kind.of(layout.shape), entry[0].name, [found], self._graph.numbers[entry[0]])
            self._converted[entry, storage] = (node, 0)
        return self._converted[entry, storage]
