"""Inference of shapes and types: one pass over the graph, one wording of its errors.

Each operator's rule says what it knows; this pass merges that with what is known already, sweeping
forward and backward over the nodes until nothing more is learnt
(``src/executor/infer_graph_attr_pass.cc`` of MXNet 1.9.1).
"""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NoReturn, TypeVar

from symcli import dtypes, shapes
from symcli.errors import DTypeError, MXNetError, ShapeError
from symcli.graph.node import Entry, Node, topological
from symcli.ops import Op
from symcli.shapes import Shape

__all__ = ["Inference", "infer_shapes", "infer_types"]

V = TypeVar("V")


class Inference(Generic[V]):
    """What is known of every entry of a graph: shapes, or types.

    Attributes
    ----------
    nodes: the graph in topological order.
    known: entry -> value, for entries of which something is known.
    origin: entry -> the node whose rule told the value; absent for what was given.
    """

    def __init__(
        self,
        heads: Iterable[Entry],
        rule: Callable[[Op, Sequence[V | None], Sequence[V | None]], tuple[Sequence[V | None], Sequence[V | None]]],
        merge: Callable[[V | None, V | None], V | None],
        complete: Callable[[V | None], bool],
        show: Callable[[Any], str],
        error: type[MXNetError],
        on_error: Callable[[Node, MXNetError], None] | None = None,
    ):
        self.nodes = topological(heads)
        self._pending = [node for node in self.nodes if node.op]
        self.known: dict[Entry, V] = {}
        self.origin: dict[Entry, Node] = {}
        self._rule, self._merge, self._complete, self._show = rule, merge, complete, show
        self._error, self._on_error = error, on_error

    def give(self, node: Node, value: V | None) -> None:
        """State the value of a variable."""
        if value is not None:
            self.known[node, 0] = value

    def tell(self, heads: Iterable[Entry], values: Iterable[V | None]) -> None:
        """State what is known of outputs, before the sweeps."""
        for entry, value in zip(heads, values, strict=False):
            merged = self._merge(self.known.get(entry), value)
            if merged is not None:
                self.known[entry] = merged

    def run(self) -> "Inference[V]":
        """Sweep until nothing more is learnt; may be called again after more was given."""
        learnt = True
        while learnt and self._pending:
            waiting, learnt = [], False
            for node in self._pending:
                try:
                    changed, done = self._visit(node)
                except self._error as error:
                    if self._on_error is None:
                        raise
                    self._on_error(node, error)
                    continue
                learnt |= changed
                if not done:
                    waiting.append(node)
            self._pending = waiting[::-1]
        return self

    def get(self, entry: Entry) -> V | None:
        return self.known.get(entry)

    def _visit(self, node: Node) -> tuple[bool, bool]:
        """Apply the rule of a node; return whether something was learnt, and whether all is known."""
        assert node.op is not None
        entries = [*node.inputs, *((node, i) for i in range(node.num_outputs))]
        before = [self.known.get(entry) for entry in entries]
        count = len(node.inputs)
        try:
            inputs, outputs = self._rule(node.op, before[:count], before[count:])
        except (ShapeError, DTypeError) as error:
            self._fail(node, str(error))
        changed, done = False, True
        for position, (entry, told) in enumerate(zip(entries, (*inputs, *outputs), strict=True)):
            # Not `before`: a node may take the same entry twice, and learn of it from either side.
            value = self.known.get(entry)
            if told is not None and told != value:
                try:
                    merged = self._merge(value, told)
                except (ShapeError, DTypeError):
                    where = f"{self._names(node)[position]} is {self._show(value)}, needs {self._show(told)}"
                    self._fail(node, where)
                if merged is not None and merged != value:
                    self.known[entry] = value = merged
                    self.origin[entry] = node
                    changed = True
            done &= self._complete(value)
        return changed, done

    def _names(self, node: Node) -> list[str]:
        assert node.op is not None
        return [*node.op.list_arguments(), *node.op.list_auxiliary_states(), *node.op.list_outputs()]

    def _fail(self, node: Node, what: str) -> NoReturn:
        assert node.op is not None
        lines = [f"{node.name} ({node.op.name}): {what}"]
        for name, entry in zip(self._names(node), node.inputs, strict=False):
            value = self.known.get(entry)
            source, origin = entry[0], self.origin.get(entry)
            whence = "" if value is None else f"  given as {source.name}" if origin is None else f"  from {origin.name}"
            lines.append(f"  {name}: {self._show(value)}{whence}")
        given = ", ".join(f"{key}={value}" for key, value in node.attrs.items() if not key.startswith("__"))
        if given:
            lines.append(f"  parameters: {given}")
        raise self._error("\n".join(lines)) from None


def infer_shapes(
    heads: Iterable[Entry], given: Mapping[Any, Shape], on_error: Callable[[Node, MXNetError], None] | None = None,
    outputs: Iterable[Shape | None] = (),
) -> Inference[Shape]:  # fmt: skip
    """Infer the shapes of a graph from those of some variables, by name or by node; 0 is an unknown size.

    ``on_error`` is told of each contradiction in place of raising the first; its node is left out. ``outputs`` is
    what is known of the heads.

    Raises
    ------
    ShapeError
        If shapes contradict; the message names the node, its inputs, and where their shapes came from.
    """
    inference: Inference[Shape] = Inference(
        heads, lambda op, i, o: op.infer_shape(i, o), shapes.merge, shapes.is_known, shapes.text, ShapeError, on_error
    )
    for node in inference.nodes:
        if node.op is None:
            inference.give(node, given.get(node) or given.get(node.name) or _shape_attribute(node))
    inference.tell(heads, outputs)
    return inference.run()


def infer_types(
    heads: Iterable[Entry], given: Mapping[Any, str], on_error: Callable[[Node, MXNetError], None] | None = None,
    outputs: Iterable[str | None] = (),
) -> Inference[str]:  # fmt: skip
    """Infer the dtypes of a graph from those of some variables, by name or by node.

    Raises
    ------
    DTypeError
        If types contradict.
    """
    inference: Inference[str] = Inference(
        heads, lambda op, i, o: op.infer_type(i, o), dtypes.merge_dtypes,
        lambda value: value is not None, lambda value: value or "?", DTypeError, on_error,
    )  # fmt: skip
    codes = {str(code): name for name, code in dtypes.CODES.items()}
    for node in inference.nodes:
        if node.op is None:
            attribute = node.attrs.get("__dtype__")
            inference.give(node, given.get(node) or given.get(node.name) or codes.get(attribute or "", attribute))
    inference.tell(heads, outputs)
    return inference.run()


def _shape_attribute(node: Node) -> Shape | None:
    text = node.attrs.get("__shape__")
    if not text:
        return None
    try:
        sizes = ast.literal_eval(text)
        return tuple(max(int(size), 0) for size in (sizes if isinstance(sizes, tuple | list) else (sizes,))) or None
    except (ValueError, SyntaxError, TypeError):
        raise ShapeError(f"variable {node.name}: __shape__ is {text!r}, needs a tuple of sizes like (10, 2)") from None
