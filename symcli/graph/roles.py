"""What the variables of a graph are for: inputs, labels, parameters, auxiliary states."""

from collections.abc import Iterable
from typing import Literal

from symcli.graph.node import Entry, Node, topological

__all__ = ["Role", "roles"]

Role = Literal["input", "label", "parameter", "state"]

_ENDINGS = ("weight", "bias", "gamma", "beta", "parameters")


def roles(heads: Iterable[Entry], inputs: Iterable[Node] | None = None) -> dict[Node, Role]:
    """Return what each variable of a graph is for, in the order of first use.

    Parameters
    ----------
    inputs : the variables that are declared inputs; all others but labels and states are then parameters.
        Symbol JSON declares none: what an operator makes by itself, what an initializer is named for and
        what is named as parameters are is a parameter there.
    """
    nodes = topological(heads)
    declared = None if inputs is None else set(inputs)
    states = {source for node in nodes for source, _ in node.auxiliary_inputs}
    labels, automatic = set(), set()
    for node in nodes:
        if node.op is None:
            continue
        for name, (source, _) in zip(node.op.list_arguments(), node.inputs, strict=False):
            if name == "label":
                labels.add(source)
            elif name in node.op.automatic and not name.startswith("state"):
                automatic.add(source)

    def role(node: Node) -> Role:
        if node in states:
            return "state"
        if node in labels or node.name.endswith("label"):
            return "label"
        if declared is not None:
            return "input" if node in declared else "parameter"
        named = node.name.endswith(_ENDINGS) or "__init__" in node.attrs
        return "parameter" if node in automatic or named else "input"

    return {node: role(node) for node in nodes if node.op is None}
