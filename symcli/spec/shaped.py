"""Networks with their shapes: what commands need that work with the whole graph of a file."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from symcli.errors import suggest
from symcli.graph.infer import Inference
from symcli.graph.node import Entry, Node
from symcli.graph.roles import Role, roles
from symcli.shapes import OpenSize, Shape, is_known
from symcli.shapes import text as shape_text
from symcli.spec.findings import TooMany
from symcli.spec.network import Network, load_network
from symcli.spec.scope import Origin
from symcli.spec.source import Place

__all__ = ["Shaped", "load_shaped"]


@dataclass
class Shaped:
    """A network with what is known of its shapes and element types.

    Attributes
    ----------
    given : the inputs' shapes, from the file and from outside; open sizes in them keep their words.
    shapes, types : what inference knows of every entry.
    """

    network: Network
    given: dict[str, Shape]
    shapes: Inference[Shape]
    types: Inference[str]

    @property
    def heads(self) -> list[Entry]:
        return self.network.symbol._heads

    def type_of(self, entry: Entry) -> str:
        """Return the element type of an entry; what nothing tells is float32."""
        return self.types.get(entry) or "float32"

    def roles(self) -> dict[Node, Role]:
        """Return what each variable is for."""
        return roles(self.heads, self.network.declared_inputs())

    def open_sizes(self) -> dict[str, Node]:
        """Return the words among sizes that are no numbers yet, each with the first variable that has it."""
        found: dict[str, Node] = {}
        for node in self.shapes.nodes:
            for size in self.shapes.get((node, 0)) or () if node.op is None else ():
                if isinstance(size, OpenSize):
                    found.setdefault(size.name, node)
        return found

    def closed(self, size: int) -> Inference[Shape]:
        """Return all shapes with every open size replaced by one number.

        Raises
        ------
        SpecError
            If shapes contradict then.
        """
        words = self.open_sizes()
        if not words:
            return self.shapes
        found = self.network.infer({
            name: tuple(size if isinstance(one, OpenSize) and one.name in words else one for one in shape)
            for name, shape in self.given.items()
        })  # fmt: skip
        self.network.findings.raise_if_any()
        return found

    def require_numbers(self) -> None:
        """Refuse sizes that are no numbers.

        Raises
        ------
        SpecError
            If one is open or unknown; the finding says how to give it.
        """
        for word, node in self.open_sizes().items():
            shape = self.shapes.known[node, 0]
            origin = self.network.origins.get(node, Origin(Place(self.network.name)))
            numbers = ",".join(str(size or 2) for size in shape)
            self.network.findings.report("SYM403", origin.place,
                                         f"the size {word!r} of {node.name} {shape_text(shape)} is open",
                                         f"-D {word}=2, or --shape {node.name}={numbers}")  # fmt: skip
        if not self.network.findings and not all(map(is_known, self.shapes.known.values())):
            self.network.report_unknown(self.shapes)
        self.network.findings.raise_if_any()


def load_shaped(
    spec: str,
    overrides: Iterable[str] = (),
    defines: Mapping[str, str] | None = None,
    shapes: Mapping[str, Shape] | None = None,
    types: Mapping[str, str] | None = None,
    partial: bool = False,
    arrays: Mapping[str, Shape] | None = None,
) -> Shaped:
    """Return the network of a file with all shapes inferred.

    Parameters
    ----------
    overrides, defines : as for ``load_network``.
    shapes, types : of inputs, by name, given from outside the file.
    partial : let shapes stay unknown. Open sizes may stay open in any case.
    arrays : shapes of the arrays that variables will be filled with; they tell open and unknown sizes.

    Raises
    ------
    SpecError
        With all findings, if the file has mistakes, shapes contradict, or some cannot be told.
    """
    network = load_network(spec, list(overrides), dict(defines or {}))
    found = None
    with suppress(TooMany):
        _check_names(network, {"--shape": shapes or {}, "--type": types or {}})
        known = network.with_sizes(_words(network, arrays or {}), shapes or {})
        if not network.origins:  # symbol JSON declares no shapes
            names = network.symbol.list_inputs()
            known = {name: shape for name, shape in (arrays or {}).items() if name in names} | known
        network.types |= types or {}
        found = Shaped(network, known, network.infer(known), network.infer_types())
        if not partial and not network.findings:
            network.report_unknown(found.shapes)
    network.findings.raise_if_any()
    assert found is not None
    return found


def _check_names(network: Network, given: Mapping[str, Mapping[str, object]]) -> None:
    names = network.symbol.list_inputs()
    for option, values in given.items():
        for name in values:
            if name not in names:
                listed = ", ".join([*network.shapes] or names[:10])
                network.findings.report("SYM301", Place(f"{option} {name}"), f"{network.name} has no input {name!r}",
                                        suggest(name, names) or f"inputs: {listed}")  # fmt: skip
    network.findings.raise_if_any()


def _words(network: Network, arrays: Mapping[str, Shape]) -> dict[str, int]:
    """Return the open sizes that arrays tell."""
    return {
        size.name: found
        for name, shape in network.shapes.items() if len(arrays.get(name, ())) == len(shape)
        for size, found in zip(shape, arrays[name], strict=True) if isinstance(size, OpenSize)
    }  # fmt: skip
