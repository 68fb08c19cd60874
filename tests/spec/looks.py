"""What tests look at in a network: its nodes as lines, its shapes by name."""

from symcli.graph.node import topological

__all__ = ["lines", "shapes"]


def lines(network):
    """Return every operator node as ``name = Operator(inputs, parameter=value)``, inputs first."""

    def entry(source, index):
        return source.name if source.num_visible_outputs == 1 else f"{source.name}[{index}]"

    def line(node):
        counted = node.op.variadic
        given = [f"{key}={value}" for key, value in node.attrs.items() if key != counted and not key.startswith("__")]
        return f"{node.name} = {node.op.name}({', '.join([entry(*one) for one in node.inputs] + given)})"

    return [line(node) for node in topological(network.symbol._heads) if node.op is not None]


def shapes(network, sizes=None, **given):
    """Return the shapes of all variables and heads by name; open sizes as their words."""
    inference = network.infer(network.with_sizes(sizes or {}, given))
    network.findings.raise_if_any()
    heads = zip(network.symbol.list_outputs(), network.symbol._heads, strict=True)
    entries = [*((node.name, (node, 0)) for node in inference.nodes if node.op is None), *heads]
    return {name: tuple(getattr(size, "name", size) for size in inference.get(entry)) for name, entry in entries}
