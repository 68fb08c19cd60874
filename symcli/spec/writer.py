"""From a symbol to a spec: flat, one entry for each run of nodes, in an order that reads downwards."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from symcli.errors import MXNetError
from symcli.graph.node import Entry, Node, topological
from symcli.graph.symbol import Symbol
from symcli.params import declared
from symcli.shapes import OpenSize, Shape
from symcli.spec.expression import is_name

__all__ = ["to_spec"]

_PLAIN = re.compile(r"[A-Za-z_][\w.+-]*|-?\d+(\.\d+)?(e[+-]?\d+)?\Z", re.ASCII)
_INFIX = {"elemwise_add": "+", "elemwise_sub": "-", "elemwise_mul": "*", "elemwise_div": "/"}
_SCALAR = {"_plus_scalar": "{0} + {1}", "_minus_scalar": "{0} - {1}", "_rminus_scalar": "{1} - {0}",
           "_mul_scalar": "{0} * {1}", "_div_scalar": "{0} / {1}", "_rdiv_scalar": "{1} / {0}",
           "_power_scalar": "{0} ** {1}"}  # fmt: skip


def to_spec(symbol: Symbol, name: str, shapes: Mapping[str, Shape]) -> str:
    """Return a network file that builds the same graph.

    Parameters
    ----------
    shapes : what is known of the inputs' shapes.

    Raises
    ------
    MXNetError
        If nodes share a name: a spec cannot say that.
    """
    return _Writer(symbol, name, shapes).text()


class _Writer:
    def __init__(self, symbol: Symbol, name: str, shapes: Mapping[str, Shape]):
        self._heads, self._name, self._shapes = symbol._heads, name, shapes
        self._nodes = topological(symbol._heads)
        twice = [key for key, count in Counter(node.name for node in self._nodes).items() if count > 1]
        if twice:
            raise MXNetError(f"{name}: several nodes are named {', '.join(twice)}; a spec needs a name for each")
        self._uses = Counter(entry[0] for node in self._nodes for entry in node.inputs)
        self._uses.update(node for node, _ in symbol._heads)
        self._keys: dict[Node, str] = {}
        self._slots = self._find_slots()
        self._automatic = {node for node in self._nodes if node.op is None and self._own(node) is not None}
        for node in self._nodes:
            if node not in self._automatic:
                self._keys[node] = self._key(node)

    def text(self) -> str:
        """Return the file."""
        lines = ["network:", f"  name: {_quoted(self._name)}"]
        inputs = [n for n in self._nodes if n.op is None and n not in self._automatic and self._is_input(n)]
        if inputs:
            lines += ["  inputs:", *(f"    {self._input(node)}" for node in inputs)]
        aliases, outputs = self._outputs()
        entries = [line for run in self._runs() for line in self._entry(run)] + aliases
        lines += ["  graph:", *entries] if entries else ["  graph: {}"]
        lines.append(f"  outputs: [{', '.join(outputs)}]")
        variables = [node for node in self._nodes if node.op is None and self._attributes(node) is not None]
        if variables:
            lines.append("  variables:")
            lines += [f"    {_quoted(node.name)}: {self._attributes(node)}" for node in variables]
        return "\n".join(lines) + "\n"

    # ---- variables

    def _find_slots(self) -> dict[Node, list[tuple[Node, str]]]:
        """Return the places that each variable fills: operators and their inputs."""
        slots: dict[Node, list[tuple[Node, str]]] = {}
        for node in self._nodes:
            if node.op is not None:
                names = [*node.op.list_arguments(), *node.op.list_auxiliary_states()]
                for slot, (source, _) in zip(names, node.inputs, strict=True):
                    if source.op is None:
                        slots.setdefault(source, []).append((node, slot))
        return slots

    def _makes(self, owner: Node, slot: str) -> bool:
        """Whether an operator makes the variable of an input by itself."""
        assert owner.op is not None
        if owner.op.gathers:  # its inputs are a list: what is left out of it stands at the end
            names = [*owner.op.list_arguments(), *owner.op.list_auxiliary_states()]
            i = names.index(slot)
            rest = zip(names[i:], owner.inputs[i:], strict=True)
            return i > 0 and all(one.op is None and one.name == f"{owner.name}_{name}" for name, (one, _) in rest)
        return slot in owner.op.automatic or slot in owner.op.auxiliary_states

    def _own(self, node: Node) -> tuple[Node, str] | None:
        """Return the operator that makes a variable by itself, and the input it is; None if there is none."""
        for owner, slot in self._slots.get(node, []):
            if self._makes(owner, slot) and node.name == f"{owner.name}_{slot}":
                return owner, slot
        return None

    def _is_input(self, node: Node) -> bool:
        """Whether a variable is an input of the network, not one of its parameters."""
        places = self._slots.get(node, [])
        return not places or any(not self._makes(owner, slot) or slot == "label" for owner, slot in places)

    def _attributes(self, node: Node) -> str | None:
        """Return what has to be said of a variable's attributes; None if nothing."""
        own = self._own(node)
        if own is None and self._is_input(node) and not node.attrs:
            return None
        if own is not None:
            owner, slot = own
            assert owner.op is not None
            texts = {**owner.op.initial, **owner.op.auxiliary_states}
            if node.attrs == {**owner.attrs, **({"__init__": texts[slot]} if texts.get(slot) else {})}:
                return None
        given = ", ".join(f"{_quoted(key)}: {_quoted(value)}" for key, value in node.attrs.items())
        parts = [f"attr: {{{given}}}"] if given else []
        slots = {slot for owner, slot in self._slots.get(node, []) if owner.op and slot in owner.op.auxiliary_states}
        if slots and "__init__" not in node.attrs:
            parts.insert(0, "init: none")
        return f"{{{', '.join(parts)}}}"

    def _input(self, node: Node) -> str:
        if not is_name(node.name):
            raise MXNetError(f"{self._name}: the input {node.name!r} is no name a spec can use; rename it first")
        shape = self._shapes.get(node.name)
        if shape is None:
            return f"{node.name}:"
        sizes = ", ".join(size.name if isinstance(size, OpenSize) else str(size) for size in shape)
        return f"{node.name}: [{sizes}]"

    # ---- entries

    def _key(self, node: Node) -> str:
        key = node.name
        if not is_name(key):
            key = re.sub(r"\W", "_", key, flags=re.ASCII)
            key = f"_{key}" if not is_name(key) else key
        taken = {*self._keys.values(), *(other.name for other in self._nodes if other is not node)}
        while key in taken and key != node.name:
            key += "_"
        return key

    def _runs(self) -> list[list[Node]]:
        """Return the operators in runs, each node of which takes the one before as its first input, alone."""
        runs: list[list[Node]] = []
        last: dict[Node, list[Node]] = {}
        for node in self._nodes:
            if node.op is None:
                continue
            source = node.inputs[0][0] if node.inputs and not (node.op.variadic or node.op.gathers) else None
            run = last.get(source) if source is not None else None
            if (
                run is not None and source is not None and self._uses[source] == 1
                and source.num_visible_outputs == 1 and self._expression(node) is None
                and self._expression(source) is None
            ):  # fmt: skip
                run.append(node)
                del last[source]
            else:
                run = [node]
                runs.append(run)
            last[node] = run
        return runs

    def _entry(self, run: Sequence[Node]) -> list[str]:
        """Return the lines of a run: an expression, a call, or a chain."""
        key = self._keys[run[-1]]
        expression = self._expression(run[0])
        if len(run) == 1 and expression is not None:
            return [f"    {key}: {expression}"]
        if len(run) == 1:
            return [f"    {key}: {self._call(run[0], key, False)}"]
        lines = [f"    {key}:"]
        for position, node in enumerate(run):
            own = key if node is run[-1] else None
            lines.append(f"      - {self._call(node, own, position > 0, bare=True)}")
        return lines

    def _expression(self, node: Node) -> str | None:
        """Return a node of plain arithmetic as an expression, None if it is something else."""
        assert node.op is not None
        if self._keys[node] != node.name or any(key.startswith("__") for key in node.attrs):
            return None
        if node.op.name in _INFIX:
            left, right = (self._reference(entry) for entry in node.inputs)
            return f"{left} {_INFIX[node.op.name]} {right}"
        if node.op.name in _SCALAR and set(node.attrs) == {"scalar"}:
            number = node.attrs["scalar"]
            if re.fullmatch(r"\d+(\.\d+)?", number):
                return _SCALAR[node.op.name].format(self._reference(node.inputs[0]), number)
        return None

    def _reference(self, entry: Entry) -> str:
        node, i = entry
        name = node.name if node in self._automatic else self._keys[node]
        return f"{name}[{i}]" if node.op is not None and node.num_visible_outputs > 1 else name

    def _call(self, node: Node, key: str | None, flows: bool, bare: bool = False) -> str:
        """Return a call; ``key`` is the entry's key if this is its result, ``flows`` leaves the first input out."""
        assert node.op is not None
        op = node.op
        parts = [] if key == node.name else [f"name: {_quoted(node.name)}"]
        names = [*op.list_arguments(), *op.list_auxiliary_states()]
        if op.variadic or op.gathers:
            listed = ", ".join(
                _quoted(self._reference(entry)) for slot, entry in zip(names, node.inputs, strict=True)
                if not (entry[0] in self._automatic and self._makes(node, slot))
            )  # fmt: skip
            parts.append(f"data: [{listed}]")
        else:
            for position, (slot, entry) in enumerate(zip(names, node.inputs, strict=True)):
                automatic = entry[0] in self._automatic and entry[0].name == f"{node.name}_{slot}"
                comes_in = position == 0 and (flows or self._reference(entry) == "data")
                if not automatic and not comes_in:
                    parts.append(f"{slot}: {_quoted(self._reference(entry))}")
        known = declared(type(op))
        if not all(one.has_text for one in known.values()):
            raise MXNetError(f"{node.name} ({op.name}): runs graphs of its own, which a spec cannot hold; "
                             "keep the symbol JSON: every command takes it")  # fmt: skip
        parts += [f"{k}: {_value(v)}" for k in known if k != op.variadic and (v := node.attrs.get(k)) is not None]
        if op.gathers:
            free = {k: v for k, v in node.attrs.items() if k not in known and not k.startswith("__")}
            parts += [f"{_quoted(k)}: {v.lower() if v in ('True', 'False') else _quoted(v)}" for k, v in free.items()]
        user = ", ".join(f"{_quoted(k)}: {_quoted(v)}" for k, v in node.attrs.items() if k.startswith("__"))
        parts += [f"attr: {{{user}}}"] if user else []
        if not parts and bare:
            return op.name
        body = f"{op.name}: {{{', '.join(parts)}}}"
        return body if bare else f"{{{body}}}"

    def _outputs(self) -> tuple[list[str], list[str]]:
        """Return lines of aliases for single outputs, and the names of the outputs."""
        lines, names = [], []
        position = 0
        while position < len(self._heads):
            node, i = self._heads[position]
            count = node.num_visible_outputs
            if self._heads[position : position + count] == [(node, k) for k in range(count)]:
                names.append(self._reference((node, 0)).removesuffix("[0]"))
                position += count
                continue
            alias = f"{self._keys[node]}_{i}"
            while alias in {n.name for n in self._nodes} | set(names):
                alias += "_"
            lines.append(f"    {alias}: {self._keys[node]}[{i}]")
            names.append(alias)
            position += 1
        return lines, names


def _quoted(text: str) -> str:
    """Return a text that YAML reads as it is."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _value(text: str) -> str:
    """Return a parameter's text as a spec has it: tuples as lists, truth values in lower case."""
    word = text.strip()
    if word in ("True", "False"):
        return word.lower()
    if word[:1] + word[-1:] in ("()", "[]"):
        items = [item.strip() for item in word[1:-1].split(",") if item.strip()]
        return f"[{', '.join(_quoted(item) for item in items)}]"
    return _quoted(text)
