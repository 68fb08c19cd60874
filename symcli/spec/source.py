"""Text with positions: YAML or JSON read into one tree in which every scalar is text.

Quoting changes nothing and no type is guessed: the place decides what a text is. The reader is
bounded: size, depth and what anchors expand to, so that no file can exhaust time or memory.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from symcli.errors import suggest
from symcli.spec.findings import Finding, Findings

__all__ = ["LIMITS", "List", "Map", "Place", "Text", "Value", "is_symbol", "read_file", "read_text", "to_value"]

# What a hand-written file never reaches: bytes of a file, nesting, nodes with anchors expanded.
LIMITS = {"bytes": 4 << 20, "depth": 50, "nodes": 200_000, "symbol bytes": 64 << 20}

_UNREADABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PAIR = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file: line and column count from 1, length in characters; line 0 is the file as a whole."""

    file: str
    line: int = 0
    column: int = 0
    length: int = 1

    def inside(self, offset: int, length: int) -> "Place":
        """Return a stretch that begins ``offset`` characters further on the same line."""
        return Place(self.file, self.line, self.column + offset, length)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line and not self.file.startswith("--") else self.file


@dataclass(slots=True)
class Text:
    """A scalar. ``quoted`` counts the characters before its content: 1 with quotes, else 0."""

    place: Place
    text: str
    quoted: int = 0

    kind = "a text"

    @property
    def empty(self) -> bool:
        """Whether nothing is written: no value after a key."""
        return self.text == "" and not self.quoted

    def part(self, start: int, length: int) -> Place:
        """Return where a part of the text stands; the whole text's place if escapes or folded lines moved it."""
        if self.place.length != len(self.text) + 2 * self.quoted:
            return self.place
        return self.place.inside(start + self.quoted, max(1, length))


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


def is_symbol(text: str) -> bool:
    """Whether a text is MXNet's symbol JSON."""
    return text.lstrip()[:1] == "{" and '"nodes"' in text and '"network"' not in text


def read_file(path: str, findings: Findings, named_at: Place | None = None) -> str | None:
    """Return the text of a file, or None after a finding. ``-`` is standard input.

    ``named_at`` is where a file names this one, for a finding if it cannot be read.
    """
    name = "<stdin>" if path == "-" else path
    place = named_at or Place(name)
    try:
        data = _read(path)
    except (OSError, ValueError) as error:
        folder = os.path.isdir(path)
        reason = f"{path!r} is a folder; needs a file" if folder else f"{path!r} cannot be read: {_reason(error)}"
        missing = isinstance(error, FileNotFoundError)
        findings.add(Finding("SYM601", place, f"there is no file {path!r}" if missing else reason, _near(path, folder)))
        return None
    if len(data) > LIMITS["bytes"] and not (len(data) <= LIMITS["symbol bytes"] and b'"arg_nodes"' in data):
        findings.report("SYM103", Place(name), f"is larger than {LIMITS['bytes'] >> 20} MiB: no network or job file",
                        "check that this is the right file")  # fmt: skip
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        findings.add(Finding("SYM106", Place(name, line, column), f"is no UTF-8 text: byte 0x{data[error.start]:02x}",
                             "save the file as UTF-8"))  # fmt: skip
        return None


def _read(path: str) -> bytes:
    """Return the bytes of a file, of standard input, or the first of something endless."""
    descriptor = 0 if path == "-" else os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    parts, left = [], LIMITS["symbol bytes"] + 1
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            left = LIMITS["bytes"] + 1
        while left and (part := os.read(descriptor, min(left, 1 << 20))):
            parts.append(part)
            left -= len(part)
    finally:
        if descriptor:
            os.close(descriptor)
    return b"".join(parts)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _near(path: str, folder: bool) -> str:
    inside = path if folder else os.path.dirname(path) or "."
    if not os.path.isdir(inside):
        return f"there is no folder {inside!r}; paths are relative to the file that names them"
    names = sorted(name for name in os.listdir(inside) if name.endswith((".yaml", ".yml", ".json")))
    close = "" if folder else suggest(os.path.basename(path), names)
    return close or f"files there: {', '.join(names[:10]) or 'none in YAML or JSON'}"


def read_text(text: str, name: str, findings: Findings) -> Value | None:
    """Return the tree of a YAML or JSON text, or None after a finding; ``name`` stands for the file."""
    findings.keep_source(name, text)
    bad = _UNREADABLE.search(text)
    if bad:
        line, column = text.count("\n", 0, bad.start()) + 1, bad.start() - text.rfind("\n", 0, bad.start())
        findings.add(Finding("SYM101", Place(name, line, column), f"the character {bad[0]!r} stands here",
                             "remove it; is this a text file?"))  # fmt: skip
        return None
    if name.endswith(".json") or text.lstrip()[:1] in ("{", "["):
        # YAML wants no tabs between tokens, and one escape a character.
        text = _PAIR.sub(_one_escape, text.replace("\t", " "))
    try:
        return _Tree(name, findings).build(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        findings.add(_syntax_finding(name, findings.source(name), error))
    except (yaml.YAMLError, ValueError) as error:
        findings.add(Finding("SYM101", Place(name, 1, 1), f"this is no YAML: {str(error).splitlines()[0]}"))
    except _Stop:
        pass
    return None


def _one_escape(pair: re.Match) -> str:
    high, low = (int(part, 16) for part in pair.groups())
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + low - 0xDC00:08x}"


_TOO_DEEP = (f"nested deeper than {LIMITS['depth']} levels", "name the inner parts, as nodes or blocks")
_QUOTES = 'inside [ ] or { }, put quotes around a text that holds a comma or a bracket: "relu(a + b)"'
# What the YAML reader says -> whether it means where something began, our words, and what to try.
_WORDS = (
    ("unexpected end of stream", True, "the quote that opens here is not closed", "close it on the same line"),
    ("unexpected document indicator", True, "the quote that opens here is not closed", "close it on the same line"),
    ("did not find expected ',' or ']'", False, "the list that opens in {began} is not closed", "close it by ]"),
    ("did not find expected ',' or '}'", False, "the mapping that opens in {began} is not closed", "close it by }}"),
    ("did not find expected key", False, "this does not fit the mapping that begins in {began}",
     "indent this line as its neighbours; close quotes and brackets before it"),
    ("did not find expected '-' indicator", False, "this is no item of the list that begins in {began}",
     "begin it by '- ', or indent this line as its neighbours"),
    ("could not find expected ':'", True, "a ':' is missing after this", "write key: value"),
    ("did not find expected node content", False, "a value is missing before this", "remove the comma, or write it"),
    ("found unknown escape", False, "there is no such escape in double quotes", "write \\\\ for \\, or use '…'"),
    ("did not find expected alphabetic or numeric", False, "a name is missing after * or &",
     "put quotes around a text that begins with * or &"),
)  # fmt: skip


def _syntax_finding(name: str, text: str, error: yaml.MarkedYAMLError) -> Finding:
    problem, began = error.problem or str(error.context), error.context_mark
    mark = error.problem_mark or began
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    message, help = f"this is no YAML: {problem}", "check quotes, brackets and indentation up to here"
    for words, at_start, ours, advice in _WORDS:
        if words in problem:
            message = ours.format(began=f"line {began.line + 1}" if began else "the file")
            mark, help = began if at_start and began else mark, advice
            if "close it by" in advice and re.search(r"\w\(|\$\{", line):
                help = f"{help}; {_QUOTES}"
    if "\t" in line[: mark.column + 1 if mark else 0]:
        message, help = "a tab stands in the indentation", "indent by spaces"
    elif "cannot start any token" in problem and mark:
        message, help = f"a text cannot begin with {line[mark.column : mark.column + 1]!r}", "put quotes around it"
    elif "mapping values are not allowed" in problem and mark:
        message, help = "a second ': ' stands in this line", "put quotes around a text that holds ': '"
        if not re.search(r":\s", line[: mark.column]):
            message, help = "this is indented deeper than the text before it", "indent this line as its neighbours"
    place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name, 1, 1)
    if "nesting depth" in (error.problem or ""):  # newer readers have a bound of their own, and read ahead of ours
        return Finding("SYM103", place, *_TOO_DEEP)
    return Finding("SYM101", place, message, help)


class _Stop(Exception):
    """A bound was passed; the finding is recorded."""


class _Tree:
    """Builds the tree from the parser's events, without recursion."""

    def __init__(self, name: str, findings: Findings):
        self._name, self._findings = name, findings
        self._anchors: dict[str, tuple[Value, int]] = {}
        self._merges = False

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
                    self._stop("SYM103", self._place(event), *_TOO_DEEP)
            elif isinstance(event, yaml.ScalarEvent) and event.anchor:
                self._anchors[event.anchor] = value, 1
        return None if self._merges else root

    def _into_map(self, mapping: Map, key: Text | None, value: Value) -> Text | None:
        """Take a key, or the value of the key taken before; return the key that waits for its value."""
        if key is not None:
            mapping.items.setdefault(key.text, value)
            return None
        if not isinstance(value, Text):
            self._stop("SYM104", value.place, f"a key is {value.kind}; needs a text",
                       "put quotes around a text with brackets")  # fmt: skip
        if value.text == "<<":
            self._findings.report("SYM105", value.place, "merge keys are not allowed",
                                  "share by a block, by vars, or by base: FILE")  # fmt: skip
            self._merges = True
        if value.text in mapping.keys:
            first = mapping.keys[value.text].place
            self._findings.report("SYM102", value.place, f"the key {value.text!r} stands here a second time",
                                  f"the first is in line {first.line}; rename or remove one")  # fmt: skip
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
        self._findings.report(code, place, message, help)
        raise _Stop


def to_value(tree: Value) -> Any:
    """Return a tree as plain texts, lists and dictionaries."""
    if isinstance(tree, Text):
        return tree.text
    if isinstance(tree, List):
        return [to_value(item) for item in tree.items]
    return {key: to_value(item) for key, item in tree.items.items()}
