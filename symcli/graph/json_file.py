"""MXNet's symbol JSON, written as MXNet 1.9.1 writes it and read in every form since version 0.8."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from symcli import files
from symcli.errors import DataError, MXNetError, reason
from symcli.graph.attribute import HIDDEN_KEYS, hide
from symcli.graph.node import Entry, Node, topological
from symcli.graph.subgraph import Subgraph
from symcli.ops import REGISTRY, Op, make
from symcli.params import declared

__all__ = ["dumps", "loads", "read", "write"]

VERSION = 10901


def dumps(heads: Sequence[Entry]) -> str:
    """Return the JSON text of a graph, byte for byte as MXNet 1.9.1 lays it out."""
    return _layout(_document(heads) | {"attrs": {"mxnet_version": ["int", VERSION]}})


def _document(heads: Sequence[Entry]) -> dict[str, Any]:
    nodes = topological(heads)
    index = {node: i for i, node in enumerate(nodes)}
    rows = [0]
    for node in nodes:
        rows.append(rows[-1] + node.num_outputs - (node.op.uncounted if node.op else 0))
    return {
        "nodes": _node_records(nodes, index),
        "arg_nodes": [i for i, node in enumerate(nodes) if node.op is None],
        "node_row_ptr": rows,
        "heads": [[index[node], i, 0] for node, i in heads],
    }


def _node_records(nodes: Sequence[Node], index: Mapping[Node, int]) -> list[dict[str, Any]]:
    records = []
    writes: dict[Node, int] = {}  # an auxiliary state has a new version after each operator that takes it
    for node in nodes:
        record: dict[str, Any] = {"op": node.op.name if node.op else "null", "name": node.name}
        if node.attrs:
            record["attrs"] = dict(sorted(node.attrs.items()))
        for source, _ in node.auxiliary_inputs:
            writes[source] = writes.get(source, 0) + 1
        versions = node.versions or [writes.get(source, 0) for source, _ in node.inputs]
        record["inputs"] = [[index[source], i, k] for (source, i), k in zip(node.inputs, versions, strict=True)]
        if graphs := getattr(node.op, "subgraphs", ()):
            record["subgraphs"] = [_document(graph.heads) for graph in graphs]
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
    except RecursionError:
        raise MXNetError("symbol JSON: nested too deeply; needs the text of a -symbol.json file") from None
    if not isinstance(document, dict):
        raise MXNetError(f"symbol JSON: holds a {type(document).__name__}; needs an object with nodes and heads")
    return _heads(document, _version(document))


def _heads(document: Mapping[str, Any], version: int) -> list[Entry]:
    for key in ("nodes", "arg_nodes", "heads"):
        if not isinstance(document.get(key), list):
            raise MXNetError(f"symbol JSON: the list {key!r} is missing; needs nodes, arg_nodes and heads")
    if not document["heads"]:
        raise MXNetError("symbol JSON: the list 'heads' is empty; needs one output at least")
    records = [_Record(i, record) for i, record in enumerate(document["nodes"])]
    _require_operators(records)
    nodes: list[Node] = []
    for record in records:
        inputs = [_entry(f"{record.where}: input {k}", entry, nodes) for k, entry in enumerate(record.inputs)]
        nodes.append(_upgraded_node(record, inputs, version))
    for i in document["arg_nodes"]:
        if type(i) is not int or not 0 <= i < len(nodes) or nodes[i].op is not None:
            raise MXNetError(f"symbol JSON: arg_nodes lists {i!r}; needs numbers of variables")
    return [_entry(f"head {k}", entry, nodes) for k, entry in enumerate(document["heads"])]


def _version(document: Mapping[str, Any]) -> int:
    """Return the MXNet version that wrote the graph; files older than 0.9 do not say theirs."""
    told = document.get("attrs", {})
    version = told.get("mxnet_version", ["int", 800]) if isinstance(told, dict) else None
    if not isinstance(version, list) or len(version) != 2 or type(version[1]) is not int:
        raise MXNetError(f'symbol JSON: attrs is {told!r}; needs {{"mxnet_version": ["int", {VERSION}]}}')
    return version[1]


class _Record:
    """A node as the file has it, with its fields checked."""

    def __init__(self, number: int, fields: Any):
        self.where = f"node {number}"
        if not isinstance(fields, dict):
            raise MXNetError(f"symbol JSON: {self.where} is {fields!r}; needs an object with op, name and inputs")
        self.op: str = self._field(fields, "op", str, None)
        self.name: str = self._field(fields, "name", str, None)
        self.where = f"node {number} {self.name!r}"
        self.inputs: list[Any] = self._field(fields, "inputs", list, [])
        self.subgraphs: list[Any] = self._field(fields, "subgraphs", list, [])
        if not all(isinstance(graph, dict) for graph in self.subgraphs):
            raise MXNetError(f"symbol JSON: {self.where}: subgraphs is no list of objects with nodes and heads")
        parts = {key: self._field(fields, key, dict, {}) for key in ("param", "attr", "attrs")}
        self.texts: dict[str, str] = {}
        for key, value in (item for part in parts.values() for item in part.items()):
            if not isinstance(value, str | int | float):
                raise MXNetError(f"symbol JSON: {self.where}: {key} is {value!r}; needs a text")
            self.texts[key] = str(value)
        # Beside "param", which holds an operator's parameters, "attr" holds what a user added.
        self.users = set(parts["attr"]) if "param" in fields else set()

    def _field(self, fields: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
        value = fields.get(key, default)
        if not isinstance(value, kind):
            needed = "a text" if kind is str else "a list" if kind is list else "an object"
            raise MXNetError(f"symbol JSON: {self.where}: {key} is {value!r}; needs {needed}")
        return value


def _require_operators(records: Sequence[_Record]) -> None:
    unknown = {op: record for record in reversed(records) for op in reversed(_operators(record)) if op not in REGISTRY}
    if unknown:
        named = ", ".join(f"{op} ({unknown[op].where})" for op in sorted(unknown))
        raise MXNetError(f"symbol JSON: unknown operators: {named}; {_remedy(unknown)}all there are: symcli ops")


def _operators(record: _Record) -> list[str]:
    """Return the operators of a node: its own, and those of the graphs inside it."""
    own = [] if record.op == "null" else [record.op]
    nodes = [node for graph in record.subgraphs for node in graph.get("nodes") or ()]
    return own + [op for i, node in enumerate(nodes) for op in _operators(_Record(i, node))]


def _remedy(unknown: Iterable[str]) -> str:
    """Say what a graph with such operators is, where that tells what to do."""
    if any(re.match(r"_contrib_(quantize|calibrate)|.*(re|de)quantize|_contrib_quantized|_sg_", op) for op in unknown):
        return "this is a quantized or fused graph: give the float32 model that it was made from; "
    if any(op.startswith(("_npi_", "_np_", "_npx_")) for op in unknown):
        return "these are operators of mx.np: export the model again with those of mx.nd, after npx.reset_np(); "
    return ""


def _entry(where: str, given: Any, nodes: Sequence[Node]) -> Entry:
    """Return the entry of ``[node, output]`` or ``[node, output, version]`` among the nodes read so far."""
    if not isinstance(given, list) or len(given) not in (2, 3) or any(type(number) is not int for number in given):
        raise MXNetError(f"symbol JSON: {where} is {given!r}; needs [node, output, version]")
    number, output = given[:2]
    if not 0 <= number < len(nodes):
        raise MXNetError(f"symbol JSON: {where} is node {number}; needs one of the {len(nodes)} nodes listed before")
    node = nodes[number]
    if not 0 <= output < node.num_outputs:
        raise MXNetError(f"symbol JSON: {where} is output {output} of {node.name!r}, which has {node.num_outputs}")
    return node, output


def _upgraded_node(record: _Record, inputs: list[Entry], version: int) -> Node:
    """Return a node as MXNet 1.9.1 makes it of what an older version wrote (``src/nnvm/legacy_json_util.cc``)."""
    attrs = {hide(key): value for key, value in record.texts.items()}
    if record.op == "null":
        return Node(None, record.name, attrs)
    cls = REGISTRY[record.op]
    if version < 905 and cls.name in ("argmax", "argmin") and attrs.get("axis") == "-1":
        del attrs["axis"]  # meant all axes then
    moved = {key: slots for key in attrs if (slots := _input_attribute(key, cls))}
    to_inputs = {slots: attrs.pop(key) for key, slots in moved.items()}
    known = declared(cls)
    # Operators without parameters take any attribute; so did all of them where users' stood apart.
    stray = record.users - set(known) if known else set(attrs)
    own: dict[str, Any] = {key: value for key, value in attrs.items() if not key.startswith("__") and key not in stray}
    if "subgraphs" in known:
        own["subgraphs"] = tuple(Subgraph(_heads(graph, version)) for graph in record.subgraphs)
    op = make(record.op, own, f"{record.op} {record.name!r}")
    if cls.variadic and len(op.list_arguments()) != len(inputs):
        raise MXNetError(f"symbol JSON: {record.where}: {cls.variadic}={getattr(op, cls.variadic)}, "
                         f"but it has {len(inputs)} inputs")  # fmt: skip
    node = Node(op, record.name, attrs, inputs)
    _add_missing_inputs(node)
    given = [(*entry, 0)[2] for entry in record.inputs]
    node.versions = given + [0] * (len(node.inputs) - len(given))  # as MXNet numbers the inputs that it adds
    for (slot, key), value in to_inputs.items():
        source = node.inputs[op.list_arguments().index(slot)][0] if slot in op.list_arguments() else node
        if source.op is not None:
            raise MXNetError(f"symbol JSON: {record.where}: {slot}_{key} needs a variable as input {slot!r}")
        source.attrs[f"__{key}__"] = value
    if version < 904:
        node.set_initial_texts()
    return node


def _input_attribute(key: str, cls: type[Op]) -> tuple[str, str] | None:
    """Return (input, attribute) for keys like ``weight_lr_mult``, which once stood at the operator."""
    for hidden in HIDDEN_KEYS:
        slot = key.removesuffix(f"_{hidden}")
        if slot != key and slot in cls.arguments:
            return slot, hidden
    return None


def _add_missing_inputs(node: Node) -> None:
    """Add the variables that graphs before 0.9 did not list: auxiliary states, mostly."""
    assert node.op is not None
    expected = [*node.op.list_arguments(), *node.op.list_auxiliary_states()]
    if len(node.inputs) > len(expected):
        raise MXNetError(f"symbol JSON: {node.name} ({node.op.name}) has {len(node.inputs)} inputs; "
                         f"takes {len(expected)}: {', '.join(expected)}")  # fmt: skip
    for slot in expected[len(node.inputs) :]:
        node.inputs.append((Node(None, node.input_name(slot), dict(node.attrs)), 0))


def read(path: str) -> str:
    """Return the text of a file.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {reason(error)}; needs a readable symbol JSON", str(path)) from None


def write(path: str, text: str) -> None:
    """Write a text to a file under a temporary name, then rename it.

    Raises
    ------
    DataError
        If it cannot be written; a file that was there before is still whole.
    """
    try:
        with files.replacing(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; needs a place that can be written", str(path)) from None
