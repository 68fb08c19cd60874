"""Text with positions: YAML or JSON read into one tree in which every scalar is text.

Quoting changes nothing and no type is guessed: the place decides what a text is. The reader is
bounded: size, depth and what anchors expand to, so that no file can exhaust time or memory.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from symcli.spec.findings import Finding, Findings

__all__ = ["LIMITS", "List", "Map", "Place", "Text", "Value", "read_file", "read_text", "to_value"]

# What a hand-written file never reaches: bytes of a file, nesting, nodes with anchors expanded.
LIMITS = {"bytes": 4 << 20, "depth": 50, "nodes": 200_000}


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file: line and column count from 1, length in characters."""

    file: str
    line: int
    column: int
    length: int = 1

    def inside(self, offset: int, length: int) -> "Place":
        """Return a stretch that begins ``offset`` characters further on the same line."""
        return Place(self.file, self.line, self.column + offset, length)


@dataclass(slots=True)
class Text:
    """A scalar. ``quoted`` counts the characters before its content: 1 with quotes, else 0."""

    place: Place
    text: str
    quoted: int = 0

    kind = "a text"


@dataclass(slots=True)
class List:
    """A sequence."""

    place: Place
    items: "list[Value]" = field(default_factory=list)

    kind = "a list"


@dataclass(slots=True)
class Map:
    """A mapping; keys are texts, each once, in the order of the file."""

    place: Place
    items: "dict[str, Value]" = field(default_factory=dict)
    keys: dict[str, Text] = field(default_factory=dict)

    kind = "a mapping"

    def get(self, key: str) -> "Value | None":
        return self.items.get(key)


Value = Text | List | Map


def read_file(path: str, findings: Findings) -> Value | None:
    """Return the tree of a YAML or JSON file, or None after a finding. ``-`` is standard input."""
    name = "<stdin>" if path == "-" else path
    try:
        if path == "-":
            data = os.read(0, 0) + _read_bounded(0)
        else:
            with open(path, "rb") as file:
                data = file.read(LIMITS["bytes"] + 1)
    except OSError as error:
        findings.add(Finding("SYM601", Place(name, 0, 0), f"cannot be read: {error.strerror}", _similar(path)))
        return None
    if len(data) > LIMITS["bytes"]:
        message = f"is larger than {LIMITS['bytes'] >> 20} MiB: no network or job file"
        findings.add(Finding("SYM103", Place(name, 0, 0), message, "check that this is the right file"))
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        findings.add(Finding("SYM106", Place(name, line, 1), "is not UTF-8 text", "save the file as UTF-8"))
        return None
    return read_text(text, name, findings)


def _read_bounded(descriptor: int) -> bytes:
    parts, left = [], LIMITS["bytes"] + 1
    while left and (part := os.read(descriptor, min(left, 1 << 16))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _similar(path: str) -> str:
    from symcli.errors import suggest

    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        return f"there is no folder {folder!r}"
    return suggest(os.path.basename(path), os.listdir(folder)) or "check the path"


def read_text(text: str, name: str, findings: Findings) -> Value | None:
    """Return the tree of a YAML or JSON text, or None after a finding; ``name`` stands for the file."""
    findings.keep_source(name, text)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # YAML wants no tabs between tokens; JSON files are often indented by them.
    plain = text.replace("\t", " ") if name.endswith(".json") or text.lstrip()[:1] in ("{", "[") else text
    try:
        return _Tree(name, text, findings).build(yaml.parse(plain, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name, 1, 1)
        message = f"{error.problem or error.context}"
        findings.add(Finding("SYM101", place, f"this is no YAML: {message}", _syntax_help(text, message, place.line)))
    except (yaml.YAMLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error).splitlines()[0]
        line = text.count("\n", 0, getattr(error, "position", 0) or 0) + 1
        findings.add(Finding("SYM101", Place(name, line, 1), f"this is no YAML: {reason}", "remove that character"))
    except _Stop:
        pass
    return None


def _syntax_help(text: str, message: str, number: int) -> str:
    lines = text.splitlines()
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    if "\\t" in message or "\t" in line:
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in message:
        return "put quotes around a text that holds ': ', or indent this line as its neighbours"
    if re.search(r"[{\[].*\w\(", line) or ("did not find expected ',' or" in message):
        return 'inside [ ] or { }, put quotes around a text that holds a comma or a bracket: "relu(a + b)"'
    if "block end" in message or "block collection" in message:
        return "indent this line as its neighbours"
    return "check quotes, brackets and indentation up to here"


class _Stop(Exception):
    """A bound was passed; the finding is recorded."""


class _Tree:
    """Builds the tree from the parser's events, without recursion."""

    def __init__(self, name: str, text: str, findings: Findings):
        self._name, self._findings = name, findings
        self._anchors: dict[str, tuple[Value, int]] = {}
        self._lines = text.split("\n")

    def build(self, events: Iterator[yaml.Event]) -> Value | None:
        root: Value | None = None
        stack: list[tuple[Value, str | None, int]] = []  # container, its anchor, nodes before it
        key: list[Text | None] = []
        count, documents = 0, 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop("SYM101", self._place(event), "a second document begins here",
                               "keep one network or job in a file")  # fmt: skip
            value: Value
            if isinstance(event, yaml.ScalarEvent):
                value = Text(self._place(event), event.value, 1 if event.style in ("'", '"') else 0)
            elif isinstance(event, yaml.SequenceStartEvent):
                value = List(self._place(event))
            elif isinstance(event, yaml.MappingStartEvent):
                value = Map(self._place(event))
            elif isinstance(event, yaml.AliasEvent):
                value, size = self._alias(event)
                count += size
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                closed, anchor, before = stack.pop()
                key.pop()
                if anchor:
                    self._anchors[anchor] = closed, count - before
                continue
            else:
                continue
            count += 1
            if count > LIMITS["nodes"]:
                self._stop("SYM103", self._place(event), f"more than {LIMITS['nodes']:,} nodes, anchors expanded",
                           "write repetition as a block with repeat")  # fmt: skip
            if not stack:
                root = value
            elif isinstance(stack[-1][0], List):
                stack[-1][0].items.append(value)
            elif isinstance(stack[-1][0], Map):
                key[-1] = self._into_map(stack[-1][0], key[-1], value)
            if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                stack.append((value, event.anchor, count - 1))
                key.append(None)
                if len(stack) > LIMITS["depth"]:
                    self._stop("SYM103", self._place(event), f"nested deeper than {LIMITS['depth']} levels",
                               "name the inner parts, as nodes or blocks")  # fmt: skip
            elif isinstance(event, yaml.ScalarEvent) and event.anchor:
                self._anchors[event.anchor] = value, 1
        return root

    def _into_map(self, mapping: Map, key: Text | None, value: Value) -> Text | None:
        """Take a key, or the value of the key taken before; return the key that waits for its value."""
        if key is not None:
            if key.text != "<<":
                mapping.items.setdefault(key.text, value)
            return None
        if not isinstance(value, Text):
            self._stop("SYM104", value.place, f"a key is {value.kind}; needs a text",
                       "put quotes around a text with brackets")  # fmt: skip
        if value.text == "<<":
            self._findings.add(Finding("SYM105", value.place, "merge keys are not allowed",
                                       "share by a block, by vars, or by base: FILE"))  # fmt: skip
            return value
        if value.text in mapping.keys:
            first = mapping.keys[value.text].place
            self._findings.add(Finding("SYM102", value.place, f"the key {value.text!r} stands here a second time",
                                       f"the first is in line {first.line}; rename or remove one"))  # fmt: skip
        mapping.keys.setdefault(value.text, value)
        return value

    def _alias(self, event: yaml.AliasEvent) -> tuple[Value, int]:
        if event.anchor is None or event.anchor not in self._anchors:
            self._stop("SYM101", self._place(event), f"the anchor {event.anchor!r} is not defined before",
                       "an alias stands after its anchor, and not inside it")  # fmt: skip
        return self._anchors[event.anchor]

    def _place(self, event: yaml.Event) -> Place:
        start, end = event.start_mark, event.end_mark
        assert start is not None and end is not None
        length = end.column - start.column if end.line == start.line else 1
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            length = 1
        return Place(self._name, start.line + 1, start.column + 1, max(length, 1))

    def _stop(self, code: str, place: Place, message: str, help: str) -> NoReturn:
        self._findings.add(Finding(code, place, message, help))
        raise _Stop


def to_value(tree: Value) -> Any:
    """Return a tree as plain texts, lists and dictionaries."""
    if isinstance(tree, Text):
        return tree.text
    if isinstance(tree, List):
        return [to_value(item) for item in tree.items]
    return {key: to_value(item) for key, item in tree.items.items()}
