"""Pictures of graphs: as Mermaid or DOT text, and as SVG where Graphviz is at hand."""

import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from symcli.graph.node import Entry, Node, topological
from symcli.graph.roles import Role
from symcli.ops import Op
from symcli.params import declared, to_text
from symcli.shapes import OpenSize, Shape

__all__ = ["Box", "Drawing", "Line", "dot", "draw", "mermaid", "svg"]

# Kind -> colours of its boxes: filling, border. All bear black text.
COLOURS = {
    "input": ("#e8eaed", "#5f6368"),
    "variable": ("#f6f6f6", "#9aa0a6"),
    "layer": ("#cfe2f9", "#1f5fa8"),
    "activation": ("#fde3cf", "#b3591b"),
    "pooling": ("#d5efdb", "#2b7a42"),
    "normalisation": ("#fdf3c7", "#93760a"),
    "loss": ("#f6d3da", "#a8243f"),
    "other": ("#ffffff", "#5f6368"),
}
_KINDS = {
    "conv": "layer", "deconv": "layer", "dense": "layer", "rnn": "layer", "activation": "activation",
    "softmax": "activation", "pool": "pooling", "norm": "normalisation", "batch_norm_v1": "normalisation",
    "layer_norm": "normalisation", "response_norm": "normalisation", "loss": "loss", "cross_entropy": "loss",
    **dict.fromkeys(("relu", "sigmoid", "softsign", "tanh", "hard_sigmoid"), "activation"),
}  # fmt: skip
_TYPES = ("act_type", "pool_type")
_NO_STEP = {"stride": 1, "dilate": 1, "pad": 0}  # all sizes so: as if not given
_UNSHOWN = ("cudnn_off", "cudnn_tune", "no_bias", "workspace")
_LONGEST = 40  # characters of a parameter's value


@dataclass(frozen=True)
class Box:
    """A node of the picture: its number, kind (a key of ``COLOURS``), lines of text, and whether it is an output."""

    number: int
    name: str
    kind: str
    lines: tuple[str, ...]
    is_output: bool


@dataclass(frozen=True)
class Line:
    """An arrow between the boxes of two numbers, with a shape's text, empty if unknown."""

    source: int
    target: int
    text: str


@dataclass
class Drawing:
    """What is drawn, in topological order."""

    name: str
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def draw(name: str, heads: Iterable[Entry], shape_of: Callable[[Entry], Shape | None], roles: Mapping[Node, Role],
         variables: bool = False) -> Drawing:  # fmt: skip
    """Return the picture of a graph.

    Parameters
    ----------
    shape_of : the shape of an entry, as far as it is known; it stands at the arrows.
    roles : what each variable is for; parameters and auxiliary states are left out without ``variables``.
    """
    heads = list(heads)
    outputs = {node for node, _ in heads}
    drawing = Drawing(name)
    numbers: dict[Node, int] = {}
    for node in topological(heads):
        if roles.get(node) in ("parameter", "state") and not variables and node not in outputs:
            continue
        numbers[node] = len(numbers)
        kind, lines = _described(node, roles)
        drawing.boxes.append(Box(numbers[node], node.name, kind, lines, node in outputs))
        for source, i in node.inputs:
            if source in numbers:
                shape = _sizes(shape_of((source, i)))
                which = f"[{i}] " if source.num_visible_outputs > 1 else ""
                drawing.lines.append(Line(numbers[source], numbers[node], (which + shape).strip()))
    return drawing


def mermaid(drawing: Drawing) -> str:
    """Return a drawing as Mermaid text, which GitHub shows in a code block named ``mermaid``."""
    parts = ["flowchart TB"]
    for box in drawing.boxes:
        text = "<br/>".join(map(_mermaid_text, box.lines))
        left, right = ("[[", "]]") if box.is_output else ("([", "])") if box.kind == "input" else ("[", "]")
        parts.append(f'    n{box.number}{left}"{text}"{right}:::{box.kind}')
    for line in drawing.lines:
        text = f'|"{_mermaid_text(line.text)}"|' if line.text else ""
        parts.append(f"    n{line.source} -->{text} n{line.target}")
    for kind in dict.fromkeys(box.kind for box in drawing.boxes):
        fill, border = COLOURS[kind]
        parts.append(f"    classDef {kind} fill:{fill},stroke:{border},color:#000")
    return "\n".join(parts) + "\n"


def dot(drawing: Drawing) -> str:
    """Return a drawing as text in Graphviz' language."""
    parts = [
        f'digraph "{_dot_text([drawing.name])}" {{',
        '    node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11, margin="0.15,0.08"];',
        '    edge [fontname="Helvetica", fontsize=9, color="#5f6368"];',
    ]
    for box in drawing.boxes:
        fill, border = COLOURS[box.kind]
        more = ", peripheries=2" if box.is_output else ", shape=oval" if box.kind == "input" else ""
        parts.append(f'    n{box.number} [label="{_dot_text(box.lines)}", fillcolor="{fill}", color="{border}"{more}];')
    for line in drawing.lines:
        text = f' [label=" {_dot_text([line.text])}"]' if line.text else ""
        parts.append(f"    n{line.source} -> n{line.target}{text};")
    return "\n".join([*parts, "}"]) + "\n"


def svg(drawing: Drawing) -> str:
    """Return a drawing as SVG, laid out by Graphviz' program ``dot``.

    Raises
    ------
    FileNotFoundError
        If there is no such program here.
    """
    result = subprocess.run(["dot", "-Tsvg"], input=dot(drawing), capture_output=True, text=True, encoding="utf-8")
    if result.returncode:
        raise OSError(f"dot: {result.stderr.strip()}")
    return result.stdout


def _described(node: Node, roles: Mapping[Node, Role]) -> tuple[str, tuple[str, ...]]:
    """Return the kind of a node and what stands in its box."""
    if node.op is None:
        return ("input" if roles.get(node) in ("input", "label") else "variable"), (node.name,)
    family = type(node.op).__module__.rsplit(".", 1)[-1]
    kind = "loss" if node.op.is_loss else _KINDS.get(node.op.name) or _KINDS.get(family, "other")
    # act_type, pool_type: what the operator is, default or not.
    chosen = [str(getattr(node.op, name)) for name in declared(type(node.op)) if name in _TYPES]
    details = _parameters(node.op)
    return kind, (node.name, " ".join([node.op.name, *chosen]), *([details] if details else []))


def _parameters(op: Op) -> str:
    """Return the parameters that differ from their defaults: ``kernel 5×5, num_filter 20``."""
    shown = []
    for one in declared(type(op)).values():
        value = getattr(op, one.name)
        if (
            one.name in (*_UNSHOWN, *_TYPES, op.variadic)
            or not one.has_text
            or (not one.required and value == one.default)
        ):
            continue
        numbers = isinstance(value, tuple) and all(isinstance(item, int) for item in value)
        if numbers and set(value) == {_NO_STEP.get(one.name)}:
            continue
        text = "×".join(map(str, value)) if numbers else to_text(value)
        shown.append(f"{one.name} {text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}")
    return ", ".join(shown)


def _sizes(shape: Shape | None) -> str:
    """Return a shape for an arrow: ``batch×20×24×24``; empty if nothing is known."""
    if not shape:
        return ""
    return "×".join(size.name if isinstance(size, OpenSize) else str(size or "?") for size in shape)


def _mermaid_text(text: str) -> str:
    """Return a text as it stands between quotes in Mermaid; its signs become ``#code;``."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return "".join(sign if sign.isalnum() or sign in " _-.,=()[]/+*:×…" else f"#{ord(sign)};" for sign in shown)


def _dot_text(lines: Sequence[str]) -> str:
    """Return lines as they stand between quotes in DOT, which also reads HTML's ``&…;`` there."""

    def line(text: str) -> str:
        shown = "".join(sign if sign.isprintable() else " " for sign in text)
        return shown.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')

    return "\\n".join(map(line, lines))
