"""The node of a graph, and the order in which a graph is walked."""

from collections.abc import Iterable, Iterator

from symcli.ops import Op

__all__ = ["Entry", "Node", "topological"]


class Node:
    """A variable (``op`` is None) or an operator with its inputs.

    ``attrs`` holds attribute texts as they were given; ``op`` was parsed from them. Inputs are the
    arguments, then the auxiliary states.
    """

    __slots__ = ("attrs", "inputs", "name", "op")

    def __init__(self, op: Op | None, name: str, attrs: dict[str, str] | None = None,
                 inputs: Iterable["Entry"] = ()):  # fmt: skip
        self.op, self.name, self.attrs, self.inputs = op, name, attrs or {}, list(inputs)

    @property
    def num_outputs(self) -> int:
        return 1 if self.op is None else len(self.op.list_outputs())

    @property
    def num_visible_outputs(self) -> int:
        return 1 if self.op is None else self.op.num_visible_outputs()

    @property
    def auxiliary_inputs(self) -> "list[Entry]":
        """The inputs that are auxiliary states."""
        count = len(self.op.auxiliary_states) if self.op else 0
        return self.inputs[len(self.inputs) - count :] if count else []

    def output_names(self) -> list[str]:
        """The names of the visible outputs, as MXNet forms them."""
        if self.op is None:
            return [self.name]
        return [f"{self.name}_{output}" for output in self.op.list_outputs()[: self.num_visible_outputs]]

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
