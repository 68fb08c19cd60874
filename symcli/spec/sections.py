"""The sections of a network file: vars, inputs, variables, blocks; then its graph."""

import ast
import json
from collections.abc import Mapping
from typing import Any

from symcli import dtypes
from symcli.errors import DTypeError, suggest
from symcli.graph.node import Node
from symcli.params import to_text
from symcli.shapes import OpenSize, Shape
from symcli.spec.builder import Builder
from symcli.spec.calls import Block
from symcli.spec.document import Document, named_document
from symcli.spec.expression import Wrong, is_name
from symcli.spec.findings import BROKEN, Finding, Findings
from symcli.spec.scope import Definition, Origin, Result, Scope
from symcli.spec.source import List, Map, Place, Text, Value

__all__ = ["NETWORK_KEYS", "Sections", "check_keys"]

NETWORK_KEYS = ("name", "inputs", "graph", "blocks", "variables", "outputs", "symbol", "file")
_BLOCK_KEYS = ("inputs", "params", "graph", "outputs")
_VARIABLE_KEYS = ("init", "lr_mult", "wd_mult", "shape", "dtype", "attr")
_SHAPE_EXAMPLE = "data: [batch, 1, 28, 28]"


class Sections:
    """Reads the sections of one network.

    Attributes
    ----------
    shapes, types : what the file says of the inputs' shapes (unknown sizes are ``OpenSize``) and dtypes.
    unused : the names of ``defines`` that nothing asked for.
    """

    def __init__(self, findings: Findings, document: Document, defines: Mapping[str, Value]):
        self._findings, self._document, self._defines = findings, document, defines
        self._scope = Scope(findings)
        self.builder = Builder(findings)
        self.shapes: dict[str, Shape] = {}
        self.types: dict[str, str] = {}
        self.unused = set(defines)

    def read(self, tree: Map, body: Map) -> Any:
        """Return the result of a network's graph, or ``BROKEN`` after findings."""
        self._vars(tree.get("vars"))
        self._inputs(body.get("inputs"))
        self._blocks(body.get("blocks"))
        variables = self._section(body.get("variables"), "variables", "variables: {fc1_weight: {lr_mult: 2}}")
        self._declare(variables)
        if "graph" not in body.items:
            return self._findings.report("SYM108", body.place, "the network has no graph", "graph: {out: data + 1}")
        graph = self._findings.expect(body.items["graph"], Map, "graph",
                                      "graph: {out: [{FullyConnected: {num_hidden: 10}}, relu]}")  # fmt: skip
        if graph is BROKEN:
            return BROKEN
        result = self.builder.enter(self._scope, graph, self._names(body.get("outputs"), "outputs"))
        self.builder.finish()
        self._attributes(variables)
        return result

    def names_of_numbers(self) -> list[str]:
        """Return the names that ``-D`` may give: vars and the words among sizes."""
        words = (size.name for shape in self.shapes.values() for size in shape if isinstance(size, OpenSize))
        return list(dict.fromkeys([*self.builder.vars, *words]))

    def _section(self, tree: Value | None, what: str, example: str = "") -> Map:
        """Return a section that is a mapping; an empty one if it is absent or something else."""
        if tree is None or (isinstance(tree, Text) and tree.empty):
            return Map(Place(""))
        found = self._findings.expect(tree, Map, what, example)
        self._scope.incomplete |= found is BROKEN
        return Map(tree.place) if found is BROKEN else found

    # ---- vars, inputs, variables

    def _vars(self, tree: Value | None) -> None:
        section = self._section(tree, "vars", "vars: {width: 16}")
        for key, value in section.items.items():
            if self._scope.is_name(section.keys[key]):
                value = self._defined(key, value)
                definition = Definition("number", section.keys[key].place, value)
                self.builder.vars[key] = definition
                self._scope.define(section.keys[key], definition)
        for key, definition in self.builder.vars.items():
            try:
                number = self._scope.number(ast.Name(key))
                assert definition.value is not None
                definition.notes = ((f"{key} is {number!r}, given at", definition.value.place),
                                    *self._scope.given_in(definition.value))  # fmt: skip
            except Wrong as wrong:
                definition.result = BROKEN
                if wrong.code:
                    self._findings.report(wrong.code, definition.place, wrong.message, wrong.help)

    def _defined(self, key: str, value: Value) -> Value:
        """Return what ``-D`` or an outer file gives in place of a value."""
        self.unused.discard(key)
        return self._defines.get(key, value)

    def _inputs(self, tree: Value | None) -> None:
        section = self._section(tree, "inputs", f"inputs: {{{_SHAPE_EXAMPLE}}}")
        for key, value in section.items.items():
            if not self._scope.is_name(section.keys[key]):
                continue
            if isinstance(value, Map):
                check_keys(self._findings, value, ("shape", "dtype"), f"the input {key}")
                dtype = value.get("dtype")
                if dtype is not None and (name := self._dtype(dtype, f"the input {key}")) is not BROKEN:
                    self.types[key] = name
                value = value.get("shape") or Text(value.place, "")
            if not (isinstance(value, Text) and value.empty) and (shape := self._shape(value)) is not BROKEN:
                self.shapes[key] = shape
            self._variable(section.keys[key])

    def _variable(self, name: Text) -> None:
        node = self.builder.variable(name.text)
        self.builder.declared.add(name.text)
        self.builder.origins.setdefault(node, Origin(name.place))
        if is_name(name.text):
            self._scope.define(name, Definition("value", name.place, result=Result([(node, 0)])))

    def _dtype(self, value: Value, what: str) -> Any:
        if self._findings.expect(value, Text, f"{what}: dtype", "dtype: float32") is BROKEN:
            return BROKEN
        read = self._scope.filled(value)
        try:
            return read if read is BROKEN else dtypes.name_of(str(read))
        except DTypeError as error:
            return self._findings.report("SYM204", value.place, f"{what}: {error}", "dtype: float32")

    def _shape(self, value: Value) -> Any:
        shape = self._findings.expect(value, List, "a shape", _SHAPE_EXAMPLE)
        if shape is BROKEN:
            return BROKEN
        if not shape.items:
            return self._findings.report("SYM204", shape.place, "a shape of no sizes", "leave out what is not known")
        sizes = [self._size(item) for item in shape.items]
        return BROKEN if any(size is BROKEN for size in sizes) else tuple(sizes)

    def _size(self, item: Value) -> Any:
        read = self._scope.literal(item, "a size") if isinstance(item, Text) else item.kind
        if isinstance(read, str) and is_name(read):
            item = self._defined(read, item)
            read = OpenSize(read) if read not in self._defines else self._scope.literal(item, "a size")
        if read is BROKEN or isinstance(read, OpenSize):
            return read
        if isinstance(read, int) and not isinstance(read, bool) and 0 < read < 1 << 62:
            return read
        return self._findings.report("SYM204", item.place, f"the size {read!r} is no whole number from 1 on",
                                     "a word stands for a size that is not known yet: [batch, 10]",
                                     self._scope.given_in(item))  # fmt: skip

    def _declare(self, section: Map) -> None:
        """Let declared variables be known by name before the graph is built."""
        for key, text in section.keys.items():
            if key not in self.builder.declared:
                self._variable(text)

    def _attributes(self, section: Map) -> None:
        """Give declared variables their attributes; one that the graph lacks is a finding."""
        used = {source.name for node in self.builder.origins for source, _ in node.inputs if source.op is None}
        for key, value in section.items.items():
            attributes = self._findings.expect(value, Map, f"the variable {key}", "fc1_weight: {lr_mult: 2}")
            if attributes is BROKEN:
                continue
            check_keys(self._findings, attributes, _VARIABLE_KEYS, f"the variable {key}")
            for name, given in attributes.items.items():
                self._attribute(self.builder.variable(key), name, given)
            if key not in used and not self.builder.may_be_broken(key) and not self._scope.incomplete:
                close = suggest(key, [name for name in used if name not in section.items])
                self._findings.report("SYM301", section.keys[key].place, f"the graph has no variable {key!r}",
                                      close or "variables are named <node>_<input>, as fc1_weight")  # fmt: skip

    def _attribute(self, node: Node, name: str, value: Value) -> None:
        what = f"the variable {node.name}"
        found: Any = BROKEN
        if name == "attr":
            node.attrs |= self.builder.attributes(value, self._scope, variable=True) or {}
        elif name == "init" and isinstance(value, Text) and value.text == "none":
            node.attrs.pop("__init__", None)
        elif name == "init":
            found = self._initializer(value)
        elif name == "shape":
            shape = self._shape(value)
            found = BROKEN if shape is BROKEN else to_text(tuple(int(size) for size in shape))
        elif name == "dtype":
            dtype = self._dtype(value, what)
            found = BROKEN if dtype is BROKEN else str(dtypes.CODES[dtype])
        elif name in _VARIABLE_KEYS:
            found = self._scope.literal(value, name)
            if found is not BROKEN and (isinstance(found, bool) or not isinstance(found, int | float)):
                message = f"{what}: {name} is {found!r}; needs a number"
                self._findings.report("SYM204", value.place, message, f"{name}: 0.5")
            else:
                found = found if found is BROKEN else to_text(found)
        if found is not BROKEN:
            node.attrs[f"__{name}__"] = found

    def _initializer(self, value: Value) -> Any:
        """Return an initializer as MXNet's attribute has it: ``["normal", {"sigma": 0.01}]``."""
        if isinstance(value, Text):
            return json.dumps([value.text, {}])
        if isinstance(value, Map) and len(value.items) == 1:
            ((kind, options),) = value.items.items()
            if isinstance(options, Map):
                read = {key: self._scope.literal(item) for key, item in options.items.items()}
                return BROKEN if any(one is BROKEN for one in read.values()) else json.dumps([kind, read])
            if isinstance(options, Text) and options.empty:
                return json.dumps([kind, {}])
        return self._findings.report(
            "SYM104", value.place, "init names one initializer", "init: {normal: {sigma: 0.01}}"
        )

    # ---- blocks

    def _blocks(self, tree: Value | None) -> None:
        section = self._section(tree, "blocks", "blocks: {conv_bn: {params: {channels: required}, graph: {…}}}")
        self.builder.blocks_missing |= isinstance(tree, List) or (isinstance(tree, Text) and not tree.empty)
        for key, value in section.items.items():
            if key == "file":
                for text in value.items if isinstance(value, List) else [value]:
                    self.builder.blocks_missing |= not self._block_file(text)
            elif self._scope.is_name(section.keys[key]):
                block = self._block(section.keys[key], value)
                if block is BROKEN:
                    self.builder.broken_blocks.add(key)
                else:
                    self.builder.blocks[key] = block

    def _block_file(self, text: Value) -> bool:
        inner = named_document(self._document, text, "a file of blocks", self._findings)
        if inner is None:
            return False
        blocks = inner.tree.get("blocks") if isinstance(inner.tree, Map) else None
        network = inner.tree.get("network") if isinstance(inner.tree, Map) else None
        if blocks is None and isinstance(network, Map):
            blocks = network.get("blocks")
        if blocks is None:
            self._findings.report("SYM108", text.place, f"{inner.file} has no blocks", "blocks: {dense: {graph: …}}")
            return False
        outer, self._document = self._document, inner
        self._blocks(blocks)
        self._document = outer
        return True

    def _block(self, name: Text, value: Value) -> Any:
        what = f"the block {name.text}"
        example = f"{name.text}: {{params: {{channels: required}}, graph: {{…}}}}"
        sections = self._findings.expect(value, Map, what, example)
        if sections is BROKEN:
            return BROKEN
        check_keys(self._findings, sections, _BLOCK_KEYS, what)
        if "graph" not in sections.items:
            return self._findings.report("SYM108", name.place, f"{what} has no graph", "graph: {out: relu(data)}")
        graph = self._findings.expect(sections.items["graph"], Map, f"graph of {what}", "graph: {out: relu(data)}")
        params = self._findings.expect(sections.get("params") or Map(name.place), Map, f"params of {what}",
                                       "params: {channels: required, stride: 1}")  # fmt: skip
        if graph is BROKEN or params is BROKEN:
            return BROKEN
        found: dict[str, tuple[Text, Value | None]] = {}
        for key, default in params.items.items():
            if self._scope.is_name(params.keys[key]):
                required = isinstance(default, Text) and default.text == "required"
                found[key] = (params.keys[key], None if required else default)
        inputs = sections.get("inputs") or Text(name.place, "data")
        return Block(name, self._names(inputs, "inputs"), found, graph, self._names(sections.get("outputs"), "outputs"))

    def _names(self, value: Value | None, what: str) -> list[Text]:
        items = value.items if isinstance(value, List) else [] if value is None else [value]
        texts = [self._findings.expect(item, Text, what, f"{what}: [data]") for item in items]
        return [text for text in texts if text is not BROKEN and self._scope.is_name(text)]


def check_keys(findings: Findings, tree: Map, known: tuple[str, ...], what: str) -> None:
    """Report the keys that a section does not have; a misspelt one counts as what it is meant to be."""
    for key, text in list(tree.keys.items()):
        if key not in known:
            close = suggest(key, known)
            meant = close.split("'")[1] if close else ""
            if meant and meant not in tree.items:
                tree.items[meant] = tree.items[key]
            findings.add(Finding("SYM107", text.place, f"{what} has no key {key!r}",
                                 f"{close + '  ' if close else ''}keys: {', '.join(known)}"))  # fmt: skip
