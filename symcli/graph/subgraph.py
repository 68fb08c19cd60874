"""Graphs inside operators: the bodies of loops and branches."""

from collections.abc import Sequence

from symcli.graph.infer import Inference, infer_shapes, infer_types
from symcli.graph.node import Entry, Node, topological
from symcli.shapes import Shape

__all__ = ["Subgraph"]


class Subgraph:
    """A graph that an operator runs: what goes in are its variables, what comes out its heads.

    It is a value of the operator, equal to itself alone; nothing changes it after it was made.

    Attributes
    ----------
    heads : the outputs.
    variables : the nodes of the inputs in the order of first use, auxiliary states among them.
    """

    __slots__ = ("__weakref__", "heads", "variables")

    def __init__(self, heads: Sequence[Entry]):
        self.heads = list(heads)
        self.variables = [node for node in topological(heads) if node.op is None]

    def inputs(self) -> list[str]:
        """Return the names of the inputs."""
        return [node.name for node in self.variables]

    def written(self) -> list[int]:
        """Return which inputs operators write: auxiliary states, and what their like mutate."""
        nodes: set[Node] = set()
        for node in topological(self.heads):
            if node.op is not None:
                nodes |= {source for source, _ in node.auxiliary_inputs}
                slots = zip(node.op.list_arguments(), node.inputs, strict=False)
                nodes |= {source for slot, (source, _) in slots if slot in node.op.writes()}
        return [i for i, node in enumerate(self.variables) if node in nodes]

    def shapes(self, inputs: Sequence[Shape | None], outputs: Sequence[Shape | None] = ()) -> Inference[Shape]:
        """Infer all shapes from what is known of inputs and outputs."""
        given = {node: shape for node, shape in zip(self.variables, inputs, strict=True) if shape is not None}
        return infer_shapes(self.heads, given, outputs=outputs)

    def types(self, inputs: Sequence[str | None], outputs: Sequence[str | None] = ()) -> Inference[str]:
        """Infer all types from what is known of inputs and outputs."""
        given = {node: name for node, name in zip(self.variables, inputs, strict=True) if name is not None}
        return infer_types(self.heads, given, outputs=outputs)

    def infer_shapes(
        self, inputs: Sequence[Shape | None], outputs: Sequence[Shape | None]
    ) -> tuple[list[Shape | None], list[Shape | None]]:
        """Return what can be told of the shapes of inputs and outputs."""
        found = self.shapes(inputs, outputs)
        return [found.get((node, 0)) for node in self.variables], [found.get(head) for head in self.heads]

    def infer_types(
        self, inputs: Sequence[str | None], outputs: Sequence[str | None]
    ) -> tuple[list[str | None], list[str | None]]:
        """Return what can be told of the types of inputs and outputs."""
        found = self.types(inputs, outputs)
        return [found.get((node, 0)) for node in self.variables], [found.get(head) for head in self.heads]

    def flops(self, inputs: Sequence[Shape | None]) -> int:
        """Return the multiplications and additions of one forward pass."""
        found = self.shapes(inputs)
        total = 0
        for node in topological(self.heads):
            if node.op is not None:
                outputs = [found.get((node, i)) for i in range(node.num_outputs)]
                total += node.op.flops([found.get(entry) for entry in node.inputs], outputs)
        return total

    def __repr__(self) -> str:
        return f"<Subgraph {', '.join(self.inputs())} -> {', '.join(node.name for node, _ in self.heads)}>"
