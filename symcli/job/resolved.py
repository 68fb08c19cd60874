"""The resolved job: its tree with defaults, written as YAML that is a job itself, or as plain data."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from symcli.job.reader import PathText, default
from symcli.spec.document import Document
from symcli.spec.source import List, Map, Place, Text, Value

__all__ = ["network_tree", "origins", "to_plain", "to_yaml"]

WIDTH = 120
# What YAML reads as one plain text inside brackets, and outside of them.
_IN_BRACKETS = re.compile(r"[A-Za-z0-9_./+-]([A-Za-z0-9_./+ -]*[A-Za-z0-9_./+-])?|\$\w+")
_OUTSIDE = re.compile(r"[A-Za-z0-9_./+($-]([A-Za-z0-9_./+*()$,\[\]<>=% -]*[A-Za-z0-9_./+*()$\]])?")


def network_tree(document: Document, name: str, sizes: Mapping[str, str]) -> dict[str, Value]:
    """Return the sections of a job that describe its network, with absolute paths and sizes given by ``-D``.

    ``name`` is the network's where the file gives it none.
    """
    tree = document.tree
    assert isinstance(tree, Map)
    body = tree.items["network"]
    assert isinstance(body, Map)
    given: dict[str, Value] = {name: Text(Place(f"-D {name}={text}"), text) for name, text in sizes.items()}
    found: dict[str, Value] = {}
    named = [key for key in ("file", "symbol") if key in body.items]
    section = tree.get("vars")
    variables = dict(section.items) if isinstance(section, Map) else {}
    if named:  # the other file takes sizes as it takes vars
        variables |= given
        network = Map(body.place, {key: _absolute(document, body.items[key]) for key in named})
    else:
        network = Map(body.place, {"name": default(name), **body.items})
        if "inputs" in network.items:
            network.items["inputs"] = _replaced(network.items["inputs"], given)
        blocks = network.items.get("blocks")
        if isinstance(blocks, Map) and "file" in blocks.items:
            file = _absolute(document, blocks.items["file"])
            network.items["blocks"] = Map(blocks.place, blocks.items | {"file": file})
    if variables:
        found["vars"] = Map(tree.place, variables)
    return found | {"network": network}


def _absolute(document: Document, value: Value) -> Value:
    if isinstance(value, List):
        return List(value.place, [_absolute(document, item) for item in value.items])
    assert isinstance(value, Text)
    return PathText.of(value, document.resolve(value))


def _replaced(value: Value, given: Mapping[str, Value]) -> Value:
    """Return sizes with words replaced by what is given for them."""
    if isinstance(value, Map):
        return Map(value.place, {key: _replaced(item, given) for key, item in value.items.items()})
    if isinstance(value, List):
        return List(value.place, [_replaced(item, given) for item in value.items])
    return given.get(value.text, value)


def to_plain(tree: Value, folder: str | None = None) -> Any:
    """Return a tree as texts, lists and dictionaries; paths relative to a folder if one is given."""
    if isinstance(tree, List):
        return [to_plain(item, folder) for item in tree.items]
    if isinstance(tree, Map):
        return {key: to_plain(item, folder) for key, item in tree.items.items()}
    if isinstance(tree, PathText) and folder is not None:
        return os.path.relpath(tree.text, folder).replace(os.sep, "/")
    return None if tree.empty else tree.text


def origins(tree: Value, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of every value and picked kind, ``train.epochs``, and where it comes from."""
    if isinstance(tree, Text) or not tree.items:
        yield path, _origin(tree)
        return
    for key, item in tree.items.items() if isinstance(tree, Map) else enumerate(tree.items):
        inner = f"{path}.{key}" if path else str(key)
        own = _key(tree, key)
        if own is not None and not isinstance(item, Text):
            yield inner, _origin(own)
        yield from origins(item, inner)


def _origin(value: Value) -> str:
    place = value.place
    return f"{place.file}:{place.line}" if place.line and not place.file.startswith("--") else place.file


def _key(tree: Map | List, key: str | int) -> Text | None:
    """Return the text of a mapping's key, where it stands in a file."""
    return tree.keys.get(key) if isinstance(tree, Map) and isinstance(key, str) else None


def to_yaml(tree: Map, show_origins: bool = False) -> str:
    """Return a tree as YAML, each value's origin behind it as a comment if that is asked for.

    What fits into one line is written in one, with origins only if it comes from one line.
    """
    lines = list(_block(tree, 0, show_origins))
    if not show_origins:
        return "\n".join(line for line, _ in lines) + "\n"
    width = min(80, max((len(line) for line, origin in lines if origin), default=0))
    return "\n".join(f"{line:{width}}  # {origin}" if origin else line for line, origin in lines) + "\n"


def _block(tree: Map | List, depth: int, split: bool) -> Iterator[tuple[str, str]]:
    """Yield the lines of a mapping or list, each with its origin; ``split`` those of several origins."""
    indent = "  " * depth
    for key, item in tree.items.items() if isinstance(tree, Map) else enumerate(tree.items):
        lead = f"{indent}{_written(key, True)}:" if isinstance(key, str) else f"{indent}-"
        if isinstance(item, Text):
            yield f"{lead} {'' if item.empty else _written(item.text, False)}".rstrip(), _origin(item)
            continue
        own = _key(tree, key)
        line = f"{lead} {_flow(item, bare=isinstance(tree, List))}"
        found = {origin for _, origin in origins(item)} | ({_origin(own)} if own else set())
        if not item.items or (len(line) <= WIDTH and _is_small(item) and not (split and len(found) > 1)):
            yield line, found.pop()
        elif isinstance(tree, Map):
            yield lead, _origin(own) if own else ""
            yield from _block(item, depth + 1, split)
        else:
            first, *others = _block(item, depth + 1, split)
            yield f"{lead} {first[0].lstrip()}", first[1]
            yield from others


def _is_small(tree: Map | List) -> bool:
    """Whether a container reads well in one line: of several parts none is a mapping."""
    parts = list(tree.items.values() if isinstance(tree, Map) else tree.items)
    inner = [part for part in parts if not isinstance(part, Text)]
    if len(parts) == 1 and inner:
        return _is_small(inner[0])
    return all(isinstance(part, List) and _is_small(part) for part in inner)


def _flow(value: Value, bare: bool = False) -> str:
    """Return a value in one line; ``bare`` leaves the braces of a mapping of one key out."""
    if isinstance(value, Text):
        return "" if value.empty else _written(value.text, True)
    if isinstance(value, List):
        return f"[{', '.join(map(_flow, value.items))}]"
    inner = ", ".join(f"{_written(key, True)}: {_flow(item)}".rstrip() for key, item in value.items.items())
    return inner if bare and len(value.items) == 1 else f"{{{inner}}}"


def _written(text: str, in_brackets: bool) -> str:
    """Return a text as YAML: plain where that is one text, else quoted."""
    plain = (_IN_BRACKETS if in_brackets else _OUTSIDE).fullmatch(text)
    return text if plain and text[:2] not in ("- ", "--") and text != "-" else json.dumps(text, ensure_ascii=False)
