"""The part of a detector's network that finds objects, apart from its losses."""

from typing import Any

import symcli.ops as registry
from symcli.errors import MXNetError
from symcli.graph.node import Node, topological
from symcli.graph.symbol import Symbol
from symcli.params import declared, to_text

__all__ = ["detections"]

_DETECTION = "_contrib_MultiBoxDetection"


def detections(symbol: Symbol, **changed: Any) -> Symbol:
    """Return what gives a network's detections (N, anchors, 6), as its ``MultiBoxDetection`` does.

    A network in its form for training computes class probabilities by ``SoftmaxOutput``, which wants a label; here
    they are a plain softmax, so that images suffice.

    Parameters
    ----------
    changed : parameters of ``MultiBoxDetection`` that replace the network's: ``threshold=0.3``.

    Raises
    ------
    MXNetError
        If the network has no such node, or more than one.
    """
    found = [node for node in topological(symbol._heads) if node.op is not None and node.op.name == _DETECTION]
    if len(found) != 1:
        what = f"{len(found)} of them: {', '.join(node.name for node in found)}" if found else "none"
        raise MXNetError(f"the network finds no boxes: it needs one MultiBoxDetection, and has {what}; give a detector")
    node = found[0]
    assert node.op is not None
    texts = {name: to_text(getattr(node.op, name)) for name in declared(type(node.op))}
    texts |= {name: to_text(value) for name, value in changed.items()}
    probability, *others = node.inputs
    made = registry.make(_DETECTION, texts, f"MultiBoxDetection {node.name!r}")
    return Symbol([(Node(made, node.name, texts, [_without_label(probability), *others]), 0)])


def _without_label(entry: tuple[Node, int]) -> tuple[Node, int]:
    """Return class probabilities (N, classes, anchors) that are computed without a label."""
    node, _ = entry
    if node.op is None or node.op.name != "SoftmaxOutput":
        return entry
    texts = {"mode": "channel"}
    return Node(registry.make("SoftmaxActivation", texts), node.name, texts, node.inputs[:1]), 0
