"""Graphs as tables and pictures: MXNet's ``mx.viz`` (``python/mxnet/visualization.py``)."""

import sys
from collections.abc import Iterable, Mapping, Sequence

from symcli.errors import MXNetError
from symcli.files import replacing
from symcli.graph import drawing
from symcli.graph.infer import infer_shapes
from symcli.graph.node import Node, topological
from symcli.graph.roles import roles
from symcli.graph.symbol import Symbol
from symcli.shapes import Shape, is_known, prod

__all__ = ["Digraph", "plot_network", "print_summary"]

TITLES = ("Layer (type)", "Output Shape", "Param #", "Previous Layer")


class Digraph:
    """A picture of a network as text for Graphviz; Jupyter shows it drawn where Graphviz is installed."""

    def __init__(self, picture: drawing.Drawing):
        self._picture = picture

    @property
    def source(self) -> str:
        """The text, in Graphviz' language DOT."""
        return drawing.dot(self._picture)

    def save(self, filename: str | None = None) -> str:
        """Write the text to a file, by default ``<title>.gv``; return its name."""
        path = filename or f"{self._picture.name}.gv"
        with replacing(path) as file:
            file.write(self.source.encode())
        return path

    def render(self, filename: str | None = None, view: bool = False) -> str:
        """Write the picture as SVG, drawn by Graphviz' program ``dot``; return the file's name.

        Raises
        ------
        OSError
            If ``dot`` is not installed; ``save`` and ``symcli plot`` need none.
        """
        path = f"{filename or self._picture.name}.svg"
        made = drawing.svg(self._picture)
        with replacing(path) as file:
            file.write(made.encode())
        return path

    def _repr_image_svg_xml(self) -> str:
        return drawing.svg(self._picture)


def plot_network(symbol: Symbol, title: str = "plot", save_format: str = "pdf",
                 shape: Mapping[str, Shape] | None = None, dtype: object = None,
                 node_attrs: Mapping[str, str] | None = None, hide_weights: bool = True) -> Digraph:  # fmt: skip
    """Return a picture of a network, its arrows labelled with shapes if the inputs' are given.

    ``hide_weights`` leaves out parameters; formats and attributes of nodes are accepted and left to Graphviz.
    """
    shapes = infer_shapes(symbol._heads, {name: tuple(one) for name, one in (shape or {}).items()})
    found = roles(symbol._heads)
    return Digraph(drawing.draw(title, symbol._heads, shapes.get, found, not hide_weights))


def print_summary(
    symbol: Symbol,
    shape: Mapping[str, Shape] | None = None,
    line_length: int = 120,
    positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0),
) -> None:
    """Print a table of the layers: output shape without the batch, parameters, the layers before.

    Parameters
    ----------
    shape : the inputs' shapes; without them shapes and parameters are not shown.
    line_length : columns of the whole table.
    positions : where its four columns end, as parts of the line if up to 1, else in columns.

    Raises
    ------
    MXNetError
        If shapes are given but do not tell all others.
    """
    sys.stdout.write(_table(symbol, shape, line_length, positions))


def _table(symbol: Symbol, shape: Mapping[str, Shape] | None, width: int, positions: Sequence[float]) -> str:
    ends = [int(width * p) if positions[-1] <= 1 else int(p) for p in positions]
    known = infer_shapes(symbol._heads, dict(shape or {}))
    nodes = topological(symbol._heads)
    unknown = [node.name for node in nodes if not is_known(known.get((node, 0)))]
    if shape and unknown:
        raise MXNetError(f"print_summary: shapes still unknown: {', '.join(unknown[:8])}; give those of all inputs")
    lines = ["_" * width, _row(TITLES, ends), "=" * width]
    parameters = _parameters(nodes)
    total, counted = 0, set()
    shown = [node for node in nodes if node not in parameters]
    for node in shown:
        own = [source for source, _ in node.inputs if parameters.get(source)]
        count = sum(prod(known.get((source, 0)) or (0,)) for source in own)
        total += sum(prod(known.get((source, 0)) or (0,)) for source in own if source not in counted)
        counted.update(own)
        size = "x".join(map(str, (known.get((node, 0)) or ())[1:])) if shape else ""
        before = list(dict.fromkeys(source.name for source, _ in node.inputs if source not in parameters)) or [""]
        kind = node.op.name if node.op else "null"
        lines.append(_row((f"{node.name}({kind})", size, str(count), before[0]), ends))
        lines += [_row(("", "", "", name), ends) for name in before[1:]]
        lines.append(("=" if node is shown[-1] else "_") * width)
    lines += [f"Total params: {total}", "_" * width]
    return "\n".join(lines) + "\n"


def _parameters(nodes: Iterable[Node]) -> dict[Node, bool]:
    """Return the variables that are no rows, and whether they are parameters (not labels or states)."""
    found: dict[Node, bool] = {}
    for node in nodes:
        if node.op is None:
            continue
        names = node.op.list_arguments()
        for slot, (source, _) in zip([*names, *node.op.list_auxiliary_states()], node.inputs, strict=True):
            if source.op is None and (slot in node.op.automatic or slot in node.op.auxiliary_states):
                found[source] = slot in names and slot != "label"
    return found


def _row(fields: Sequence[str], ends: Sequence[int]) -> str:
    line = ""
    for field, end in zip(fields, ends, strict=True):
        line = (line + field)[: end - 1 if field is not fields[-1] else end].ljust(end)
    return line
