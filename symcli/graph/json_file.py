"""MXNet's symbol JSON, written as MXNet 1.9.1 writes it and read in every form since version 0.8."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from symcli import files
from symcli.errors import MXNetError
from symcli.graph.attribute import HIDDEN_KEYS, hide
from symcli.graph.node import Entry, Node, topological
from symcli.ops import REGISTRY, Op, make

__all__ = ["dumps", "loads", "read", "write"]

VERSION = 10901


def dumps(heads: Sequence[Entry]) -> str:
    """Return the JSON text of a graph, byte for byte as MXNet 1.9.1 lays it out."""
    nodes = topological(heads)
    index = {node: i for i, node in enumerate(nodes)}
    rows = [0]
    for node in nodes:
        rows.append(rows[-1] + node.num_outputs)
    return _layout({
        "nodes": _node_records(nodes, index),
        "arg_nodes": [i for i, node in enumerate(nodes) if node.op is None],
        "node_row_ptr": rows,
        "heads": [[index[node], i, 0] for node, i in heads],
        "attrs": {"mxnet_version": ["int", VERSION]},
    })  # fmt: skip


def _node_records(nodes: Sequence[Node], index: Mapping[Node, int]) -> list[dict[str, Any]]:
    records = []
    writes: dict[Node, int] = {}  # an auxiliary state has a new version after each operator that takes it
    for node in nodes:
        record: dict[str, Any] = {"op": node.op.name if node.op else "null", "name": node.name}
        if node.attrs:
            record["attrs"] = dict(sorted(node.attrs.items()))
        for source, _ in node.auxiliary_inputs:
            writes[source] = writes.get(source, 0) + 1
        record["inputs"] = [[index[source], i, writes.get(source, 0)] for source, i in node.inputs]
        records.append(record)
    return records


def _layout(value: Any, indent: int = 0) -> str:
    """Lay out JSON as dmlc's writer does: a short list or a dictionary of one entry on one line."""
    if not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        opening, closing, items = "{", "}", [f"{json.dumps(k)}: {_layout(v, indent + 2)}" for k, v in value.items()]
        short = len(value) < 2
    else:
        opening, closing, items = "[", "]", [_layout(v, indent + 2) for v in value]
        short = len(value) <= 10 and not (value and isinstance(value[0], dict))
    if short:
        return opening + ", ".join(items) + closing
    gap = "\n" + " " * (indent + 2)
    return opening + gap + f", {gap}".join(items) + "\n" + " " * indent + closing


def loads(text: str) -> list[Entry]:
    """Return the heads of the graph that a symbol JSON describes.

    Raises
    ------
    MXNetError
        If the text is no such JSON, or names operators that do not exist (all of them are listed).
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise MXNetError(f"symbol JSON: {error}; needs the text of a -symbol.json file") from None
    for key in ("nodes", "arg_nodes", "heads"):
        if not isinstance(document, dict) or not isinstance(document.get(key), list):
            raise MXNetError(f"symbol JSON: the list {key!r} is missing; needs nodes, arg_nodes and heads")
    try:
        return _build(document)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise MXNetError(f"symbol JSON: damaged graph ({type(error).__name__}: {error}); save it again") from None


def _build(document: dict[str, Any]) -> list[Entry]:
    records = document["nodes"]
    unknown = sorted({r["op"] for r in records if r["op"] != "null"} - set(REGISTRY))
    if unknown:
        raise MXNetError(f"symbol JSON: unknown operators: {', '.join(unknown)}")
    nodes: list[Node] = []
    for record in records:
        inputs: list[Entry] = [(nodes[entry[0]], entry[1]) for entry in record["inputs"]]
        nodes.append(_node(record, inputs))
    return [(nodes[head[0]], head[1]) for head in document["heads"]]


def _node(record: dict[str, Any], inputs: list[Entry]) -> Node:
    name = record["name"]
    texts = {**record.get("param", {}), **record.get("attr", {}), **record.get("attrs", {})}
    attrs = {hide(key): str(value) for key, value in texts.items()}
    if record["op"] == "null":
        return Node(None, name, attrs)
    _move_to_inputs(attrs, name, inputs)
    own = {key: value for key, value in attrs.items() if not _is_user_attribute(key, record)}
    op = make(record["op"], own, f"{record['op']} {name!r}")
    return Node(op, name, attrs, _with_missing_inputs(op, name, attrs, inputs))


def _is_user_attribute(key: str, record: dict[str, Any]) -> bool:
    # Where an operator's parameters stand under "param", all of "attr" is the user's.
    return key.startswith("__") or ("param" in record and key in record.get("attr", {}))


def _move_to_inputs(attrs: dict[str, str], name: str, inputs: list[Entry]) -> None:
    """Move ``weight_lr_mult`` of an old operator to its variable ``<name>_weight``."""
    for key in list(attrs):
        for hidden in HIDDEN_KEYS:
            argument = key.removesuffix(f"_{hidden}")
            if argument == key or key.startswith("__"):
                continue
            for source, _ in inputs:
                if source.op is None and source.name == f"{name}_{argument}":
                    source.attrs[f"__{hidden}__"] = attrs.pop(key)
                    break


def _with_missing_inputs(op: Op, name: str, attrs: dict[str, str], inputs: list[Entry]) -> list[Entry]:
    """Add the auxiliary states that graphs before 0.9 did not list."""
    expected = [*op.list_arguments(), *op.list_auxiliary_states()]
    for missing in expected[len(inputs) :]:
        texts = dict(attrs)
        if missing in op.auxiliary_states:
            texts["__init__"] = op.auxiliary_states[missing]
        inputs.append((Node(None, f"{name}_{missing}", texts), 0))
    if len(inputs) > len(expected):
        raise MXNetError(f"{name} ({op.name}): {len(inputs)} inputs in the JSON; takes {len(expected)}: "
                         + ", ".join(expected))  # fmt: skip
    return inputs


def read(path: str) -> str:
    """Return the text of a file.

    Raises
    ------
    MXNetError
        If it cannot be read.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise MXNetError(f"{path}: {getattr(error, 'strerror', None) or error}; needs a readable symbol JSON") from None


def write(path: str, text: str) -> None:
    """Write a text to a file under a temporary name, then rename it.

    Raises
    ------
    MXNetError
        If it cannot be written; a file that was there before is still whole.
    """
    try:
        with files.replacing(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise MXNetError(f"{path}: {error.strerror}; needs a place that can be written") from None
