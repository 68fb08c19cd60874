"""Documents: a file with its ``base`` merged in and ``--set`` applied; paths stay relative to their file."""

import os
from dataclasses import dataclass

from symcli.errors import suggest
from symcli.spec.findings import BROKEN, Findings
from symcli.spec.source import List, Map, Place, Text, Value, is_symbol, read_file, read_text

__all__ = ["Document", "named_document", "read_document"]

# Where a mapping of one key picks one kind from a registry; another kind replaces it whole.
PICKS = (
    ("train", "optimizer"), ("train", "lr_scheduler"), ("train", "initializer"), ("data", "train"),
    ("data", "valid"), ("data", "test"), ("network", "graph", "*"), ("network", "variables", "*", "init"),
)  # fmt: skip
DEEPEST = 20  # files that name each other in a row


@dataclass
class Document:
    """A file as read: its tree, its text, and the files that led to it, itself last.

    ``symbol`` tells MXNet's symbol JSON, which has no tree; ``named_at`` is where another file names this one.
    """

    file: str
    tree: Value
    text: str
    chain: tuple[str, ...]
    symbol: bool = False
    named_at: Place | None = None

    def resolve(self, path: Text) -> str:
        """Return a path that a text names, relative to the file the text stands in (``--set``: to here)."""
        base = "" if path.place.file.startswith(("--set", "-D", "<")) else os.path.dirname(path.place.file)
        return os.path.normpath(os.path.join(base, path.text))


def named_document(document: Document, path: Value, what: str, findings: Findings) -> Document | None:
    """Return the file that a document names, or None after findings."""
    text = findings.expect(path, Text, what, f"{what}: other.yaml")
    if text is BROKEN:
        return None
    full = document.resolve(text)
    if full in document.chain:
        circle = " names ".join([*document.chain[document.chain.index(full) :], full])
        findings.report("SYM602", path.place, f"files name each other in a circle: {circle}", "remove one of the lines")
        return None
    if len(document.chain) > DEEPEST:
        findings.report("SYM103", path.place, f"more than {DEEPEST} files name each other in a row", "merge some")
        return None
    return read_document(full, [], findings, (*document.chain, full), path.place)


def read_document(path: str, overrides: list[str], findings: Findings, chain: tuple[str, ...] = (),
                  named_at: Place | None = None) -> Document | None:  # fmt: skip
    """Return a file with its base and overrides, or None after findings.

    ``named_at`` is where another file names this one, for a finding if it cannot be read.
    """
    path = path if path == "-" else os.path.normpath(path)
    name = "<stdin>" if path == "-" else path
    text = read_file(path, findings, named_at)
    if text is None:
        return None
    document = Document(name, Map(Place(name)), text, chain or (path,), is_symbol(text), named_at)
    if document.symbol:
        return document
    before = len(findings)
    tree = read_text(text, name, findings)
    if tree is None:
        if len(findings) == before:
            findings.report("SYM108", Place(name, 1, 1), "the file is empty", "network: {inputs: …, graph: …}")
        return None
    document.tree = tree
    if isinstance(tree, Map) and "base" in tree.items:
        base = named_document(document, tree.items["base"], "base", findings)
        if base is None:
            return None
        if findings.expect(base.tree, Map, f"the base {base.file}", "a base is a network or job file") is BROKEN:
            return None
        own = Map(tree.place, {key: value for key, value in tree.items.items() if key != "base"}, tree.keys)
        document.tree = _merged(base.tree, own, ())  # type: ignore[arg-type]
    for override in overrides:
        _override(document.tree, override, findings)
    return document


def _merged(base: Map, child: Map, path: tuple[str, ...]) -> Map:
    """Merge deeply, the child wins; lists are replaced."""
    picks = any(
        len(path) == len(pick) and all(b in ("*", a) for a, b in zip(path, pick, strict=True)) for pick in PICKS
    )
    if picks and len(base.items) == len(child.items) == 1 and base.items.keys() != child.items.keys():
        return child
    merged = Map(child.place, dict(base.items), {**base.keys, **child.keys})
    for key, value in child.items.items():
        under = merged.items.get(key)
        both = isinstance(under, Map) and isinstance(value, Map)
        merged.items[key] = _merged(under, value, (*path, key)) if both else value  # type: ignore[arg-type]
    return merged


def _override(tree: Value, override: str, findings: Findings) -> None:
    """Apply ``path.to.key=value``; the value is read as YAML."""
    place = Place(f"--set {override}")
    path, equals, text = override.partition("=")
    keys = path.strip().split(".")

    def report(message: str, help: str) -> None:
        findings.report("SYM603", place, message, help)

    if not equals or not all(keys):
        return report(f"{override!r} is not of the form path.to.key=value", "--set train.epochs=2")
    value = read_text(text, f"--set {override}", findings) if text.strip() else Text(place, "")
    if value is None:
        return None
    at: Value = tree
    for position, key in enumerate(keys):
        here = ".".join(keys[:position])
        if isinstance(at, List):
            if not (key.isdecimal() and int(key) < len(at.items)):
                message = f"{here} is a list of {len(at.items)}; {key!r} is no position in it"
                return report(message, "positions count from 0")
            if position == len(keys) - 1:
                at.items[int(key)] = value
            at = at.items[int(key)]
        elif isinstance(at, Map):
            if position == len(keys) - 1:
                at.items[key] = value
                at.keys[key] = Text(place, key)
            elif key not in at.items and not position:
                help = suggest(key, at.items) or f"keys: {', '.join(at.items) or 'none'}"
                return report(f"the file has no {key!r}", help)
            elif key not in at.items:
                at.items[key] = Map(place)
                at.keys[key] = Text(place, key)
            at = at.items[key]
        else:
            return report(f"{here} is a text; there is no {key!r} in it", f"--set {here}=VALUE")
    return None
