"""The node of a graph, and the order in which a graph is walked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from symcli.ops import Op

__all__ = ["Entry", "Node", "copied", "topological", "without_casts"]

CASTS = ("amp_cast", "amp_multicast")  # an output for each input


class Node:
    """A variable (``op`` is None) or an operator with its inputs.

    ``attrs`` holds attribute texts as they were given; ``op`` was parsed from them. Inputs are the
    arguments, then the auxiliary states. ``versions`` are those that a file gave the inputs; None: they are counted.
    """

    __slots__ = ("attrs", "inputs", "name", "op", "versions")

    def __init__(self, op: Op | None, name: str, attrs: dict[str, str] | None = None,
                 inputs: Iterable["Entry"] = ()):  # fmt: skip
        self.op, self.name, self.attrs, self.inputs = op, name, attrs or {}, list(inputs)
        self.versions: list[int] | None = None

    @property
    def num_outputs(self) -> int:
        return 1 if self.op is None else len(self.op.list_outputs())

    @property
    def num_visible_outputs(self) -> int:
        return 1 if self.op is None else self.op.num_visible_outputs()

    @property
    def auxiliary_inputs(self) -> "list[Entry]":
        """The inputs that are auxiliary states."""
        count = len(self.op.list_auxiliary_states()) if self.op else 0
        return self.inputs[len(self.inputs) - count :] if count else []

    def output_names(self) -> list[str]:
        """The names of the visible outputs, as MXNet forms them."""
        return [self.output_name(i) for i in range(self.num_visible_outputs)]

    def output_name(self, i: int) -> str:
        """The name of one output; hidden ones have theirs too."""
        return self.name if self.op is None else self.input_name(self.op.list_outputs()[i])

    def input_name(self, slot: str) -> str:
        """The name of the variable that MXNet makes for an input that is missing."""
        return f"{self.name}_{slot}" if self.name else slot

    def set_initial_texts(self) -> None:
        """Give the variables among the inputs the ``__init__`` texts that the operator knows, unless they have one."""
        assert self.op is not None
        texts = {**self.op.initial, **self.op.auxiliary_states}
        names = [*self.op.list_arguments(), *self.op.list_auxiliary_states()]
        for name, (source, _) in zip(names, self.inputs, strict=True):
            if texts.get(name) and source.op is None:
                source.attrs.setdefault("__init__", texts[name])

    def __repr__(self) -> str:
        return f"<{self.op.name if self.op else 'Variable'} {self.name}>"


Entry = tuple[Node, int]


def topological(heads: Iterable[Entry]) -> list[Node]:
    """Return all nodes that heads need, inputs first: depth first, left to right, as MXNet orders them."""
    order: list[Node] = []
    seen: set[Node] = set()
    for head, _ in heads:
        if head in seen:
            continue
        seen.add(head)
        stack: list[tuple[Node, Iterator[Entry]]] = [(head, iter(head.inputs))]
        while stack:
            node, inputs = stack[-1]
            for source, _ in inputs:
                if source not in seen:
                    seen.add(source)
                    stack.append((source, iter(source.inputs)))
                    break
            else:
                order.append(node)
                stack.pop()
    return order


def copied(heads: Sequence[Entry], replace: Mapping[str, Entry]) -> list[Entry]:
    """Return heads of a copied graph in which variables of the given names are other entries."""
    copies: dict[Node, Node] = {}

    def entry(source: Node, i: int) -> Entry:
        return replace[source.name] if source.op is None and source.name in replace else (copies[source], i)

    for node in topological(heads):
        copies[node] = copy = Node(node.op, node.name, dict(node.attrs), [entry(*source) for source in node.inputs])
        if not any(source.op is None and source.name in replace for source, _ in node.inputs):
            copy.versions = node.versions
    return [entry(*head) for head in heads]


def without_casts(heads: Sequence[Entry]) -> list[Entry]:
    """Return heads of a copied graph whose operators read past amp_cast and amp_multicast; a cast that is a head stays.

    Source: MXSymbolRemoveAmpCast in src/c_api/c_api_symbolic.cc.
    """
    heads = copied(heads, {})
    for node in topological(heads):
        node.inputs = [_before_casts(entry) for entry in node.inputs]
    return heads


def _before_casts(entry: Entry) -> Entry:
    node, i = entry
    while node.op is not None and node.op.name in CASTS:
        node, i = node.inputs[i]
    return node, i
