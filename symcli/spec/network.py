"""Network files: from a path to a ``Network``, its symbol with what the file says of inputs and names."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from symcli import dtypes
from symcli.errors import DTypeError, MXNetError, suggest
from symcli.graph import json_file
from symcli.graph.infer import Inference, infer_shapes, infer_types
from symcli.graph.node import Node
from symcli.graph.symbol import Symbol
from symcli.params import to_text
from symcli.shapes import OpenSize, Shape
from symcli.shapes import text as shape_text
from symcli.spec import expression as exp
from symcli.spec.builder import Builder
from symcli.spec.calls import Block
from symcli.spec.document import Document, read_document
from symcli.spec.expression import Wrong, as_number, is_name
from symcli.spec.findings import Finding, Findings
from symcli.spec.scope import Definition, Origin, Result, Scope
from symcli.spec.source import List, Map, Place, Text, Value

__all__ = ["Network", "load_network", "network_of"]

NETWORK_KEYS = ("name", "inputs", "graph", "blocks", "variables", "outputs", "symbol", "file")
BLOCK_KEYS = ("inputs", "params", "graph", "outputs")


@dataclass
class Network:
    """A network as a file describes it.

    Attributes
    ----------
    symbol : its graph.
    shapes, types : what the file says of the inputs' shapes (unknown sizes are ``OpenSize``) and dtypes.
    origins : where each node came from.
    """

    name: str
    symbol: Symbol
    findings: Findings
    shapes: dict[str, Shape] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    origins: dict[Node, Origin] = field(default_factory=dict)

    def with_sizes(self, sizes: Mapping[str, int], shapes: Mapping[str, Shape]) -> dict[str, Shape]:
        """Return the inputs' shapes with words bound to sizes, by word or by an input's whole shape."""
        known = dict(sizes)
        for name, shape in shapes.items():
            for word, size in zip(self.shapes.get(name, ()), shape, strict=False):
                if isinstance(word, OpenSize) and size:
                    known.setdefault(word.name, size)
        found = {
            name: tuple(known.get(size.name, size) if isinstance(size, OpenSize) else size for size in shape)
            for name, shape in self.shapes.items()
        }
        return found | dict(shapes)

    def infer(self, shapes: Mapping[str, Shape]) -> Inference[Shape]:
        """Infer all shapes; conflicts become findings at the node's place in the file."""
        return infer_shapes(self.symbol._heads, shapes, lambda node, error: self._report("SYM401", node, error))

    def report_unknown(self, inference: Inference[Shape]) -> None:
        """Add a finding for inputs whose shapes nothing tells; sizes that are words may stay open."""

        def told(shape: Shape | None) -> bool:
            return shape is not None and all(size or isinstance(size, OpenSize) for size in shape)

        unknown = [node for node in inference.nodes if node.op is None and not told(inference.get((node, 0)))]
        wanting = [node for node in unknown if not any(node is source for source in self._made())] or unknown
        if unknown:
            origin = self.origins.get(wanting[0], Origin(Place(self.name, 0, 0), ()))
            listed = ", ".join(f"{node.name} {shape_text(inference.get((node, 0)))}" for node in unknown[:8])
            more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
            self.findings.add(Finding("SYM403", origin.place, f"shapes still unknown: {listed}{more}",
                                      f"give the input's shape: --shape {wanting[0].name}=1,3,224,224"))  # fmt: skip

    def _made(self) -> list[Node]:
        """Return the variables that nodes made by themselves."""
        return [source for node in self.symbol.get_internals()._heads for source, _ in node[0].inputs
                if source.op is None and source.name.startswith(f"{node[0].name}_")]  # fmt: skip

    def infer_types(self) -> Inference[str]:
        """Infer all dtypes; conflicts become findings."""
        return infer_types(self.symbol._heads, self.types, lambda node, error: self._report("SYM402", node, error))

    def _report(self, code: str, node: Node, error: MXNetError) -> None:
        origin = self.origins.get(node)
        if origin is None:
            self.findings.add(Finding(code, Place(self.name, 0, 0), str(error)))
            return
        message, *details = str(error).split("\n")
        help = "\n         ".join(line.strip() for line in details)
        self.findings.add(Finding(code, origin.place, message, help, origin.calls))


def load_network(path: str, overrides: list[str] | None = None, defines: Mapping[str, str] | None = None,
                 findings: Findings | None = None) -> Network:  # fmt: skip
    """Return the network of a file: a spec in YAML or JSON, a job that holds one, or MXNet's symbol JSON.

    Parameters
    ----------
    overrides : texts ``path.to.key=value`` that replace values of the file (``--set``).
    defines : values of vars and sizes by name (``-D``).

    Raises
    ------
    SpecError
        With all findings, if the file has mistakes.
    """
    findings = findings if findings is not None else Findings()
    document = read_document(path, overrides or [], findings)
    network = None
    if document is not None and isinstance(document.tree, Map) and "nodes" in document.tree.items:
        network = _mxnet_symbol(path, document, findings)
    elif document is not None:
        network = network_of(document, findings, defines or {})
    findings.raise_if_any()
    assert network is not None
    return network


def _mxnet_symbol(path: str, document: Document, findings: Findings) -> Network | None:
    try:
        symbol = Symbol(json_file.loads(document.text))
    except MXNetError as error:
        findings.add(Finding("SYM604", Place(document.file, 0, 0), str(error)))
        return None
    name = os.path.basename(path).removesuffix(".json").removesuffix("-symbol")
    return Network(name, symbol, findings)


def network_of(document: Document, findings: Findings, defines: Mapping[str, str]) -> Network | None:
    """Return the network of a document, or None after findings."""
    tree = document.tree
    if not isinstance(tree, Map):
        findings.add(
            Finding("SYM104", tree.place, f"the file is {tree.kind}; needs a mapping", "network: {inputs: …, graph: …}")
        )
        return None
    body = tree.get("network")
    if body is None:
        close = suggest("network", tree.items)
        findings.add(
            Finding(
                "SYM108",
                tree.place,
                "the file has no network",
                f"rename {close.split(chr(39))[1]!r} to 'network'" if close else "network: {inputs: …, graph: …}",
            )
        )
        return None
    if not isinstance(body, Map):
        findings.add(
            Finding("SYM104", body.place, f"network is {body.kind}; needs a mapping", "network: {inputs: …, graph: …}")
        )
        return None
    reader = _Reader(findings, document, dict(defines))
    return reader.network(tree, body)


class _Reader:
    """Reads the sections of a network."""

    def __init__(self, findings: Findings, document: Document, defines: dict[str, str]):
        self._findings, self._document, self._defines = findings, document, defines
        self._used: set[str] = set()
        self._scope = Scope(findings)

    def _report(self, code: str, place: Place, message: str, help: str = "") -> None:
        self._findings.add(Finding(code, place, message, help))

    def network(self, tree: Map, body: Map) -> Network | None:
        self._check_keys(body, NETWORK_KEYS, "network")
        other = body.get("file") or body.get("symbol")
        if other is not None:
            return self._other(body, other)
        scope = self._scope
        self._vars(tree.get("vars"))
        inputs = self._section(body, "inputs", Map)
        graph = self._section(body, "graph", Map)
        if graph is None:
            if "graph" not in body.items:
                self._report("SYM108", body.place, "the network has no graph", "graph: {out: data + 1}")
            return None
        builder = Builder(self._findings, self._blocks(body.get("blocks"), self._document.file))
        network = Network(self._name(body), Symbol([]), self._findings, origins=builder.origins)
        if inputs is not None:
            self._inputs(inputs, builder, network)
        self._variables(body.get("variables"), builder)
        result = builder.enter(scope, graph, self._names(body.get("outputs"), "outputs"))
        builder.finish()
        self._attributes(body.get("variables"), builder)
        for name in self._defines:
            if name not in self._used:
                known = [*(k for k, d in scope.definitions.items() if d.kind == "number"), *self._words(network)]
                self._report("SYM603", Place(f"-D {name}", 0, 0), f"there is no var or size {name!r}",
                             suggest(name, known) or "vars and sizes: " + (", ".join(known) or "none"))  # fmt: skip
        if not isinstance(result, Result):
            return None
        network.symbol = Symbol(result.heads)
        return network

    def _words(self, network: Network) -> list[str]:
        return list(
            dict.fromkeys(s.name for shape in network.shapes.values() for s in shape if isinstance(s, OpenSize))
        )

    def _name(self, body: Map) -> str:
        name = body.get("name")
        if isinstance(name, Text):
            return name.text
        return os.path.splitext(os.path.basename(self._document.file))[0]

    def _other(self, body: Map, other: Value) -> Network | None:
        """Return the network of another file that this one names."""
        if len(body.items) > 1:
            extra = next(key for key in body.items if key not in ("file", "symbol"))
            self._report("SYM107", body.keys[extra].place, f"{extra!r} stands beside a network of another file",
                         "vary the other file by vars, or by base: FILE")  # fmt: skip
            return None
        if not isinstance(other, Text):
            self._report("SYM104", other.place, f"the path is {other.kind}; needs a text")
            return None
        path = self._document.resolve(other)
        if path in self._document.chain:
            self._report(
                "SYM602",
                other.place,
                f"{other.text} names a file that is being read: {' <- '.join(self._document.chain)}",
            )
            return None
        inner = read_document(path, [], self._findings, (*self._document.chain, path), other)
        if inner is None:
            return None
        if isinstance(inner.tree, Map) and "nodes" in inner.tree.items:
            return _mxnet_symbol(path, inner, self._findings)
        return network_of(inner, self._findings, self._defines)

    def _check_keys(self, tree: Map, known: tuple[str, ...], what: str) -> None:
        for key, text in list(tree.keys.items()):
            if key not in known:
                close = suggest(key, known)
                meant = close.split("'")[1] if close else ""
                if meant and meant not in tree.items:  # go on as if it stood there
                    tree.items[meant] = tree.items[key]
                self._report("SYM107", text.place, f"{what} has no key {key!r}",
                             f"{close + '  ' if close else ''}keys: {', '.join(known)}")  # fmt: skip

    def _section(self, body: Map, key: str, kind: type) -> Any:
        value = body.get(key)
        if value is not None and not isinstance(value, kind):
            self._report("SYM104", value.place, f"{key} is {value.kind}; needs {kind.kind}",  # type: ignore[attr-defined]
                         "inputs: {data: [batch, 1, 28, 28]}" if key == "inputs" else "")  # fmt: skip
            return None
        return value

    # ---- vars, inputs, variables

    def _vars(self, tree: Value | None) -> None:
        if tree is None:
            return
        if not isinstance(tree, Map):
            self._report("SYM104", tree.place, f"vars is {tree.kind}; needs a mapping", "vars: {width: 16}")
            return
        for key, value in tree.items.items():
            name = tree.keys[key]
            if not self._is_name(name):
                continue
            if key in self._defines:
                self._used.add(key)
                number = as_number(self._defines[key])
            else:
                number = self._literal(value)
            self._scope.define(name, Definition("number", name.place, number=number, owner="vars"))

    def _literal(self, value: Value) -> Any:
        """Return a var's or default's value; earlier vars may stand in it."""
        if isinstance(value, List):
            return tuple(self._literal(item) for item in value.items)
        if isinstance(value, Text):
            return as_number(exp.interpolate(value, self._number, self._findings))
        self._report("SYM104", value.place, "a mapping stands where a number or text is needed")
        return None

    def _number(self, name: str) -> Any:
        definition = self._scope.definitions.get(name)
        if definition is None or definition.kind != "number":
            known = [key for key, one in self._scope.definitions.items() if one.kind == "number"]
            raise Wrong(None, "SYM301", f"the name {name!r} is not defined",
                        suggest(name, known) or "vars before it: " + (", ".join(known) or "none"))  # fmt: skip
        return definition.number

    def _is_name(self, text: Text) -> bool:
        if is_name(text.text):
            return True
        self._report("SYM304", text.place, f"{text.text!r} is no name", "letters, digits and _, no digit first")
        return False

    def _inputs(self, tree: Map, builder: Builder, network: Network) -> None:
        for key, value in tree.items.items():
            name = tree.keys[key]
            if not self._is_name(name):
                continue
            shape: Shape | None = None
            if isinstance(value, Map):
                self._check_keys(value, ("shape", "dtype"), f"the input {key}")
                inner = value.get("shape")
                shape = self._shape(inner) if inner is not None else None
                dtype = value.get("dtype")
                if dtype is not None:
                    self._dtype(network, key, dtype)
            elif not (isinstance(value, Text) and value.text == "" and not value.quoted):
                shape = self._shape(value)
            if shape is not None:
                network.shapes[key] = shape
            node = Node(None, key)
            builder.variables[key] = node
            builder.declared.add(key)
            builder.origins[node] = Origin(name.place, ())
            self._scope.define(name, Definition("value", name.place, result=Result([(node, 0)])))

    def _dtype(self, network: Network, key: str, value: Value) -> None:
        if not isinstance(value, Text):
            self._report(
                "SYM104", value.place, f"dtype is {value.kind}; needs a text", f"dtypes: {', '.join(dtypes.NAMES)}"
            )
            return
        try:
            network.types[key] = dtypes.name_of(value.text)
        except DTypeError as error:
            self._report("SYM204", value.place, f"the input {key}: {error}")

    def _shape(self, value: Value) -> Shape | None:
        if not isinstance(value, List):
            self._report(
                "SYM104", value.place, f"a shape is {value.kind}; needs a list of sizes", "data: [batch, 1, 28, 28]"
            )
            return None
        sizes = [self._size(item) for item in value.items]
        return None if any(size is None for size in sizes) else tuple(sizes)

    def _size(self, item: Value) -> Any:
        if not isinstance(item, Text):
            self._report("SYM104", item.place, f"a size is {item.kind}; needs a number or a word")
            return None
        read = as_number(exp.interpolate(item, self._number, self._findings))
        if isinstance(read, str) and is_name(read):
            if read in self._defines:
                self._used.add(read)
                read = as_number(self._defines[read])
            else:
                return OpenSize(read)
        if read is None:
            return None
        if isinstance(read, bool) or not isinstance(read, int) or read < 1:
            self._report("SYM204", item.place, f"the size {item.text!r} is no whole number from 1 on",
                         "a word stands for a size that is not known yet: [batch, 10]")  # fmt: skip
            return None
        return read

    def _variables(self, tree: Value | None, builder: Builder) -> None:
        """Let declared variables be known by name before the graph is built."""
        if tree is None:
            return
        if not isinstance(tree, Map):
            self._report("SYM104", tree.place, f"variables is {tree.kind}; needs a mapping",
                         "variables: {fc1_weight: {lr_mult: 2}}")  # fmt: skip
            return
        for key, text in tree.keys.items():
            if key in builder.variables:
                continue
            builder.variables[key] = Node(None, key)
            builder.declared.add(key)
            if is_name(key):
                self._scope.define(text, Definition("value", text.place, result=Result([(builder.variables[key], 0)])))

    def _attributes(self, tree: Value | None, builder: Builder) -> None:
        """Give declared variables their attributes; one that the graph lacks is a finding."""
        if not isinstance(tree, Map):
            return
        used = {source for node in builder.origins for source, _ in node.inputs if source.op is None}
        known = ("init", "lr_mult", "wd_mult", "shape", "dtype", "attr")
        for key, value in tree.items.items():
            node = builder.variables.get(key)
            place = tree.keys[key].place
            if not isinstance(value, Map):
                self._report(
                    "SYM104",
                    value.place,
                    f"the variable {key} is {value.kind}; needs a mapping",
                    "fc1_weight: {lr_mult: 2}",
                )
                continue
            if node is None or node not in used:
                names = [source.name for source in used]
                self._report("SYM301", place, f"the graph has no variable {key!r}",
                             suggest(key, names) or "variables are named <node>_<input>, as fc1_weight")  # fmt: skip
                continue
            self._check_keys(value, known, f"the variable {key}")
            for name, given in value.items.items():
                if name in known:
                    self._attribute(node, name, given)

    def _attribute(self, node: Node, name: str, value: Value) -> None:
        if name == "attr":
            if not isinstance(value, Map):
                self._report("SYM104", value.place, f"attr is {value.kind}; needs a mapping")
                return
            node.attrs |= {key: item.text for key, item in value.items.items() if isinstance(item, Text)}
        elif name == "init" and isinstance(value, Text) and value.text == "none":
            node.attrs.pop("__init__", None)
        elif name == "init":
            text = self._initializer(value)
            if text is not None:
                node.attrs["__init__"] = text
        elif name == "shape":
            shape = self._shape(value)
            if shape is not None:
                node.attrs["__shape__"] = to_text(tuple(int(size) for size in shape))
        else:
            read = self._literal(value)
            if name == "dtype":
                try:
                    node.attrs["__dtype__"] = str(dtypes.CODES[dtypes.name_of(read)])
                except DTypeError as error:
                    self._report("SYM204", value.place, str(error))
            elif isinstance(read, bool) or not isinstance(read, int | float):
                self._report("SYM204", value.place, f"{name} is {read!r}; needs a number")
            else:
                node.attrs[f"__{name}__"] = to_text(read)

    def _initializer(self, value: Value) -> str | None:
        """Return an initializer as MXNet's attribute has it: ``["normal", {"sigma": 0.01}]``."""
        if isinstance(value, Text):
            return json.dumps([value.text, {}])
        if isinstance(value, Map) and len(value.items) == 1:
            ((kind, options),) = value.items.items()
            if isinstance(options, Map):
                return json.dumps([kind, {key: self._literal(item) for key, item in options.items.items()}])
            if isinstance(options, Text):
                return json.dumps([kind, {}])
        self._report("SYM104", value.place, "init names one initializer", "init: {normal: {sigma: 0.01}}")
        return None

    # ---- blocks

    def _blocks(self, tree: Value | None, file: str) -> dict[str, Block]:
        if tree is None:
            return {}
        if not isinstance(tree, Map):
            self._report("SYM104", tree.place, f"blocks is {tree.kind}; needs a mapping")
            return {}
        found: dict[str, Block] = {}
        for key, value in tree.items.items():
            if key == "file":
                found |= self._block_files(value)
            elif self._is_name(tree.keys[key]):
                block = self._block(tree.keys[key], value)
                if block is not None:
                    found[key] = block
        return found

    def _block_files(self, value: Value) -> dict[str, Block]:
        found: dict[str, Block] = {}
        for text in value.items if isinstance(value, List) else [value]:
            if not isinstance(text, Text):
                self._report("SYM104", text.place, f"the path is {text.kind}; needs a text")
                continue
            path = self._document.resolve(text)
            if path in self._document.chain:
                self._report("SYM602", text.place, f"{text.text} names a file that is being read")
                continue
            inner = read_document(path, [], self._findings, (*self._document.chain, path), text)
            if inner is None or not isinstance(inner.tree, Map):
                continue
            blocks = inner.tree.get("blocks")
            network = inner.tree.get("network")
            if blocks is None and isinstance(network, Map):
                blocks = network.get("blocks")
            if blocks is None:
                self._report("SYM108", text.place, f"{text.text} has no blocks", "blocks: {name: {graph: …}}")
                continue
            outer, self._document = self._document, inner
            found |= self._blocks(blocks, path)
            self._document = outer
        return found

    def _block(self, name: Text, value: Value) -> Block | None:
        if not isinstance(value, Map):
            self._report("SYM104", value.place, f"the block {name.text} is {value.kind}; needs a mapping",
                         "conv_bn: {params: {channels: required}, graph: {…}}")  # fmt: skip
            return None
        self._check_keys(value, BLOCK_KEYS, f"the block {name.text}")
        graph = value.get("graph")
        if not isinstance(graph, Map):
            place = graph.place if graph is not None else name.place
            self._report("SYM108", place, f"the block {name.text} has no graph", "graph: {out: relu(data)}")
            return None
        inputs = self._names(value.get("inputs"), "inputs") if "inputs" in value.items else [Text(name.place, "data")]
        return Block(
            name, inputs, self._params(name, value.get("params")), graph, self._names(value.get("outputs"), "outputs")
        )

    def _params(self, name: Text, tree: Value | None) -> dict[str, tuple[Text, Any]]:
        if tree is None:
            return {}
        if not isinstance(tree, Map):
            self._report("SYM104", tree.place, f"params of the block {name.text} is {tree.kind}; needs a mapping",
                         "params: {channels: required, stride: 1}")  # fmt: skip
            return {}
        found: dict[str, tuple[Text, Any]] = {}
        for key, value in tree.items.items():
            if self._is_name(tree.keys[key]):
                required = isinstance(value, Text) and value.text == "required"
                found[key] = (tree.keys[key], None if required else self._literal(value))
        return found

    def _names(self, value: Value | None, what: str) -> list[Text]:
        items = value.items if isinstance(value, List) else [] if value is None else [value]
        names = []
        for item in items if not isinstance(value, Map) else [value]:
            if not isinstance(item, Text):
                self._report("SYM104", item.place, f"{what} is {item.kind}; needs a list of names", f"{what}: [data]")
            elif self._is_name(item):
                names.append(item)
        return names
