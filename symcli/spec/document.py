"""Documents: a file with its ``base`` merged in and ``--set`` applied; paths stay relative to their file."""

import os
from dataclasses import dataclass

from symcli.errors import suggest
from symcli.spec.findings import Finding, Findings
from symcli.spec.source import List, Map, Place, Text, Value, read_file, read_text

__all__ = ["Document", "read_document"]

# Where a mapping of one key picks one kind from a registry; another kind replaces it whole.
PICKS = (
    ("train", "optimizer"), ("train", "lr_scheduler"), ("train", "initializer"), ("data", "train"),
    ("data", "valid"), ("data", "test"), ("network", "graph", "*"),
)  # fmt: skip


@dataclass
class Document:
    """A file as read: its tree, its text, and the files that led to it, itself last."""

    file: str
    tree: Value
    text: str
    chain: tuple[str, ...]

    def resolve(self, path: Text) -> str:
        """Return a path that a text names, relative to the file the text stands in (``--set``: to here)."""
        base = "" if path.place.file.startswith(("--set", "<")) else os.path.dirname(path.place.file)
        return os.path.normpath(os.path.join(base, path.text))


def read_document(path: str, overrides: list[str], findings: Findings, chain: tuple[str, ...] = (),
                  named_at: Text | None = None) -> Document | None:  # fmt: skip
    """Return a file with its base and overrides, or None after findings.

    ``named_at`` is the text that names the file, for a finding if it cannot be read.
    """
    path = path if path == "-" else os.path.normpath(path)
    chain = chain or (path,)
    if named_at is not None and not os.path.isfile(path):
        folder = os.path.dirname(path) or "."
        near = suggest(os.path.basename(path), os.listdir(folder)) if os.path.isdir(folder) else ""
        findings.add(Finding("SYM601", named_at.place, f"there is no file {path!r}",
                             near or "paths are relative to the file that names them"))  # fmt: skip
        return None
    tree = read_file(path, findings)
    name = "<stdin>" if path == "-" else path
    if tree is None:
        if not findings:
            findings.add(Finding("SYM108", Place(name, 1, 1), "the file is empty", "network: {inputs: …, graph: …}"))
        return None
    document = Document(name, tree, findings.source(name), chain)
    if isinstance(tree, Map) and "base" in tree.items:
        tree = _with_base(document, tree, findings)
        if tree is None:
            return None
        document.tree = tree
    for override in overrides:
        _override(document, override, findings)
    return document


def _with_base(document: Document, tree: Map, findings: Findings) -> Map | None:
    named = tree.items["base"]
    if not isinstance(named, Text):
        findings.add(Finding("SYM104", named.place, f"base is {named.kind}; needs a path", "base: base/cifar10.yaml"))
        return None
    path = document.resolve(named)
    if path in document.chain:
        circle = " <- ".join([*document.chain, path])
        findings.add(
            Finding("SYM602", named.place, f"files are each other's base: {circle}", "remove one of the lines")
        )
        return None
    base = read_document(path, [], findings, (*document.chain, path), named)
    if base is None:
        return None
    if not isinstance(base.tree, Map):
        findings.add(Finding("SYM104", named.place, f"{path} is {base.tree.kind}; a base is a mapping"))
        return None
    child = Map(tree.place, {k: v for k, v in tree.items.items() if k != "base"}, tree.keys)
    return _merged(base.tree, child, ())


def _merged(base: Map, child: Map, path: tuple[str, ...]) -> Map:
    """Merge deeply, the child wins; lists are replaced."""
    if (
        any(_matches(path, pick) for pick in PICKS)
        and len(base.items) == len(child.items) == 1
        and base.items.keys() != child.items.keys()
    ):
        return child
    merged = Map(child.place, dict(base.items), {**base.keys, **child.keys})
    for key, value in child.items.items():
        under = merged.items.get(key)
        if isinstance(under, Map) and isinstance(value, Map):
            value = _merged(under, value, (*path, key))
        merged.items[key] = value
    return merged


def _matches(path: tuple[str, ...], pick: tuple[str, ...]) -> bool:
    return len(path) == len(pick) and all(b in ("*", a) for a, b in zip(path, pick, strict=True))


def _override(document: Document, override: str, findings: Findings) -> None:
    """Apply ``path.to.key=value``; the value is read as YAML."""
    place = Place(f"--set {override}", 0, 0)
    path, equals, value = override.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        findings.add(
            Finding("SYM603", place, f"{override!r} is not of the form path.to.key=value", "--set train.epochs=2")
        )
        return
    tree = read_text(value, f"--set {path}", findings) if value.strip() else Text(place, "")
    if tree is None:
        return
    at: Value = document.tree
    for position, key in enumerate(keys[:-1]):
        inside = at.get(key) if isinstance(at, Map) else None
        if isinstance(at, List) and key.isdigit() and int(key) < len(at.items):
            inside = at.items[int(key)]
        if inside is None and isinstance(at, Map) and position:
            inside = at.items[key] = Map(place)
            at.keys[key] = Text(place, key)
        if not isinstance(inside, Map | List):
            known = list(at.items) if isinstance(at, Map) else []
            findings.add(Finding("SYM603", place, f"there is no {'.'.join(keys[: position + 1])!r} to set a value in",
                                 suggest(key, known) or f"keys here: {', '.join(known) or 'none'}"))  # fmt: skip
            return
        at = inside
    last = keys[-1]
    if isinstance(at, List):
        if not (last.isdigit() and int(last) < len(at.items)):
            findings.add(
                Finding(
                    "SYM603", place, f"{last!r} is no position in a list of {len(at.items)}", "positions count from 0"
                )
            )
            return
        at.items[int(last)] = tree
    elif isinstance(at, Map):
        at.items[last] = tree
        at.keys[last] = Text(place, last)
