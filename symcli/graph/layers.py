"""The layers of a graph: what each operator node makes, holds, and costs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from symcli.graph.node import Entry, Node, topological
from symcli.graph.roles import Role
from symcli.shapes import Shape, prod

__all__ = ["Layer", "Totals", "layers", "total"]

_BYTES = {"float64": 8, "int64": 8, "float16": 2, "uint8": 1, "int8": 1, "bool": 1}


@dataclass(frozen=True)
class Layer:
    """One operator node.

    Attributes
    ----------
    outputs : the shapes of its visible outputs.
    parameters, states : elements of the parameters and auxiliary states that it is the first to use.
    parameter_bytes, activation_bytes : memory of these parameters, and of its outputs, hidden ones too.
    flops : multiplications, additions, comparisons and functions of one training forward pass.
    backward_flops : those of the backward pass: as many as forward for each of the node's first two
        inputs (of a layer: data and weight) whose gradient the parameters need.
    """

    name: str
    operator: str
    outputs: tuple[Shape, ...]
    parameters: int
    states: int
    parameter_bytes: int
    activation_bytes: int
    flops: int
    backward_flops: int


@dataclass(frozen=True)
class Totals:
    """The sums over all layers."""

    parameters: int
    states: int
    parameter_bytes: int
    activation_bytes: int
    flops: int
    backward_flops: int


def layers(heads: Iterable[Entry], shape_of: Callable[[Entry], Shape], type_of: Callable[[Entry], str],
           roles: Mapping[Node, Role]) -> list[Layer]:  # fmt: skip
    """Return the operator nodes of a graph as layers, inputs first.

    Parameters
    ----------
    shape_of, type_of : the known shape and the dtype of each entry.
    roles : what each variable is for.
    """
    heads = list(heads)
    nodes = topological(heads)
    asked = _asked(heads, nodes, roles)
    counted: set[Node] = set()
    found = []
    for node in nodes:
        if node.op is None:
            continue
        variables = list(dict.fromkeys(source for source, _ in node.inputs if source.op is None))
        fresh = [source for source in variables if source not in counted]
        counted.update(fresh)
        own = {role: [(one, 0) for one in fresh if roles[one] == role] for role in ("parameter", "state")}
        made = [(node, i) for i in range(node.num_outputs)]
        outputs = [shape_of(entry) for entry in made]
        flops = node.op.flops([shape_of(entry) for entry in node.inputs], outputs)
        found.append(Layer(
            node.name,
            node.op.name,
            tuple(outputs[: node.num_visible_outputs]),
            sum(prod(shape_of(entry)) for entry in own["parameter"]),
            sum(prod(shape_of(entry)) for entry in own["state"]),
            _bytes(own["parameter"], shape_of, type_of),
            _bytes(made, shape_of, type_of),
            flops,
            flops * asked.get(node, 0),
        ))  # fmt: skip
    return found


def total(found: Iterable[Layer]) -> Totals:
    """Return the sums over layers."""
    found = list(found)
    return Totals(*(sum(getattr(layer, name) for layer in found) for name in Totals.__dataclass_fields__))


def _bytes(entries: Iterable[Entry], shape_of: Callable[[Entry], Shape], type_of: Callable[[Entry], str]) -> int:
    return sum(prod(shape_of(entry)) * _BYTES.get(type_of(entry), 4) for entry in entries)


def _asked(heads: Iterable[Entry], nodes: Iterable[Node], roles: Mapping[Node, Role]) -> dict[Node, int]:
    """Return how many of the first two inputs of each node need a gradient when the parameters are trained."""
    nodes = list(nodes)
    wanted = {node for node, role in roles.items() if role == "parameter"}
    for node in nodes:
        if node.op is not None and node.op.gradient != "zero" and any(source in wanted for source, _ in node.inputs):
            wanted.add(node)
    reached = {node for node, _ in heads}
    asked = {}
    for node in reversed(nodes):
        if node.op is None or node.op.gradient != "yes" or not (node.op.is_loss or node in reached):
            continue
        sources = [source for source, _ in node.inputs if source in wanted]
        asked[node] = sum(source in wanted for source, _ in node.inputs[:2])
        reached.update(sources)
    return asked
