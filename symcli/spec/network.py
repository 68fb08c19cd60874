"""Network files: from a path to a ``Network``, its symbol with what the file says of inputs and names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from symcli.errors import MXNetError, suggest
from symcli.graph import json_file
from symcli.graph.infer import Inference, infer_shapes, infer_types
from symcli.graph.node import Node, topological
from symcli.graph.symbol import Symbol
from symcli.shapes import OpenSize, Shape
from symcli.shapes import text as shape_text
from symcli.spec.document import Document, named_document, read_document
from symcli.spec.findings import BROKEN, Findings, TooMany
from symcli.spec.scope import Origin, Result
from symcli.spec.sections import NETWORK_KEYS, Sections, check_keys
from symcli.spec.source import Map, Place, Text, Value

__all__ = ["Network", "load_network", "network_of"]

_EXAMPLE = "network: {inputs: {data: [batch, 10]}, graph: {out: relu(data)}}"


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

    def declared_inputs(self) -> list[Node] | None:
        """Return the variables that the file declares as inputs; None for a symbol JSON, which declares none."""
        if not self.origins:
            return None
        # A file also places the variables that it gives attributes.
        return [node for node in self.origins if node.op is None and (node.name in self.shapes or not node.attrs)]

    def with_sizes(self, sizes: Mapping[str, int], shapes: Mapping[str, Shape]) -> dict[str, Shape]:
        """Return the inputs' shapes with words bound to sizes, by word or by an input's whole shape.

        A word that two shapes bind to different sizes is a finding.
        """
        known = dict(sizes)
        agreed = {name: shape for name, shape in shapes.items()
                  if self._bind(name, shape, known, Place(f"--shape {name}"))}  # fmt: skip
        return self._bound(self.shapes, known) | agreed

    def _bound(self, shapes: Mapping[str, Shape], sizes: Mapping[str, int]) -> dict[str, Shape]:
        return {name: tuple(sizes.get(size.name, size) if isinstance(size, OpenSize) else size for size in shape)
                for name, shape in shapes.items()}  # fmt: skip

    def _bind(self, name: str, shape: Shape, known: dict[str, int], place: Place) -> bool:
        """Take the sizes of an input's words from its shape; return whether they agree with those known."""
        for word, size in zip(self.shapes.get(name, ()), shape, strict=False):
            if isinstance(word, OpenSize) and size and known.setdefault(word.name, size) != size:
                self.findings.report(
                    "SYM401", place, f"the size {word.name!r} of {name} is {size}, and {known[word.name]} elsewhere",
                    "equal words are equal sizes; rename one",
                )  # fmt: skip
                return False
        return True

    def infer(self, shapes: Mapping[str, Shape]) -> Inference[Shape]:
        """Infer all shapes; conflicts become findings at the node's place in the file."""
        inference = infer_shapes(self.symbol._heads, shapes, lambda node, error: self._report("SYM401", node, error))
        known: dict[str, int] = {}
        for node in () if self.findings else inference.nodes:
            shape = inference.get((node, 0))
            if node.op is None and shape is not None and node.name in self.shapes:
                self._bind(node.name, shape, known, self.origins[node].place)
        bound = self._bound(shapes, known)
        if self.findings or bound == shapes:  # an OpenSize equals 0
            return inference
        return self.infer(bound)  # a size told for one input is that of the others with its word

    def report_unknown(self, inference: Inference[Shape]) -> None:
        """Add a finding for inputs whose shapes nothing tells; sizes that are words may stay open."""

        def told(shape: Shape | None) -> bool:
            return shape is not None and all(size or isinstance(size, OpenSize) for size in shape)

        unknown = [node for node in inference.nodes if node.op is None and not told(inference.get((node, 0)))]
        made = self._made()
        wanting = [node for node in unknown if node not in made] or unknown
        if unknown:
            origin = self.origins.get(wanting[0], Origin(Place(self.name)))
            listed = ", ".join(f"{node.name} {shape_text(inference.get((node, 0)))}" for node in unknown[:8])
            more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
            name, sizes = wanting[0].name, [size or 10 for size in inference.get((wanting[0], 0)) or (2, 10)]
            self.findings.report(
                "SYM403", origin.place, f"shapes still unknown: {listed}{more}",
                f"give sizes in the file, {name}: [batch{', 10' * (len(sizes) - 1)}], or --shape "
                f"{name}={','.join(map(str, sizes))}",
            )  # fmt: skip

    def _made(self) -> set[Node]:
        """Return the variables that nodes made by themselves."""
        return {source for node in topological(self.symbol._heads) for source, _ in node.inputs
                if source.op is None and source.name.startswith(f"{node.name}_")}  # fmt: skip

    def infer_types(self) -> Inference[str]:
        """Infer all dtypes; conflicts become findings."""
        return infer_types(self.symbol._heads, self.types, lambda node, error: self._report("SYM402", node, error))

    def _report(self, code: str, node: Node, error: MXNetError) -> None:
        origin = self.origins.get(node, Origin(Place(self.name)))
        message, *details = str(error).split("\n")
        self.findings.report(code, origin.place, message, "\n         ".join(map(str.strip, details)), origin.notes)


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
    network = None
    try:
        document = read_document(path, overrides or [], findings)
        if document is not None:
            network = network_of(document, findings, defines or {})
    except TooMany:
        pass
    findings.raise_if_any()
    assert network is not None
    return network


def network_of(document: Document, findings: Findings, defines: Mapping[str, str]) -> Network | None:
    """Return the network of a document, or None after findings."""
    given = {name: Text(Place(f"-D {name}={text}"), text) for name, text in defines.items()}
    unused = dict.fromkeys(given, "")
    network = _network(document, findings, given, unused)
    for name, help in unused.items():
        if len(findings) == 0 or help:
            findings.report("SYM603", given[name].place, f"there is no var or size {name!r}", help or "-D is for specs")
    return network


def _network(
    document: Document, findings: Findings, defines: Mapping[str, Value], unused: dict[str, str]
) -> Network | None:
    if document.symbol:
        return _mxnet_symbol(document, findings)
    tree = findings.expect(document.tree, Map, "the file", _EXAMPLE)
    if tree is BROKEN:
        return None
    if "network" not in tree.items:
        close = suggest("network", tree.items)
        findings.report("SYM108", tree.place, "the file has no network",
                        f"rename {close.split(chr(39))[1]!r} to 'network'" if close else _EXAMPLE)  # fmt: skip
        return None
    body = findings.expect(tree.items["network"], Map, "network", _EXAMPLE)
    if body is BROKEN:
        return None
    check_keys(findings, body, NETWORK_KEYS, "network")
    for kind in ("file", "symbol"):
        if kind in body.items:
            return _other(document, body, kind, findings, _outer_vars(tree, defines), unused)
    sections = Sections(findings, document, defines)
    result = sections.read(tree, body)
    known = sections.names_of_numbers()
    for name in list(unused):
        if name in sections.unused:
            unused[name] = suggest(name, known) or f"vars and sizes: {', '.join(known) or 'none'}"
        else:
            del unused[name]
    if not isinstance(result, Result):
        return None
    given = findings.expect(body.get("name") or Text(tree.place, ""), Text, "name", "name: lenet")
    name = given.text if given is not BROKEN else ""
    return Network(name or os.path.splitext(os.path.basename(document.file))[0], Symbol(result.heads), findings,
                   sections.shapes, sections.types, sections.builder.origins)  # fmt: skip


def _outer_vars(tree: Map, defines: Mapping[str, Value]) -> dict[str, Value]:
    """Return what the file that names another gives its vars."""
    own = tree.get("vars")
    return {**(own.items if isinstance(own, Map) else {}), **defines}


def _other(document: Document, body: Map, kind: str, findings: Findings, defines: Mapping[str, Value],
           unused: dict[str, str]) -> Network | None:  # fmt: skip
    """Return the network of another file that this one names."""
    extra = next((key for key in body.keys if key != kind), None)
    if extra is not None:
        findings.report("SYM107", body.keys[extra].place, f"{extra!r} stands beside a network of another file",
                        "vary the other file by vars, or by base: FILE")  # fmt: skip
        return None
    inner = named_document(document, body.items[kind], f"network: {kind}", findings)
    return None if inner is None else _network(inner, findings, defines, unused)


def _mxnet_symbol(document: Document, findings: Findings) -> Network | None:
    try:
        symbol = Symbol(json_file.loads(document.text))
    except MXNetError as error:
        notes = (("named at", document.named_at),) if document.named_at else ()
        help = "a symbol is what MXNet's Symbol.save writes"
        findings.report("SYM604", Place(document.file), str(error), help, notes)
        return None
    name = os.path.basename(document.file).removesuffix(".json").removesuffix("-symbol")
    return Network(name, symbol, findings)
