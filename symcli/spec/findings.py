"""What is wrong in a user's file: findings, collected in one go and shown in one form."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from symcli.errors import SpecError

if TYPE_CHECKING:
    from symcli.spec.source import Place

__all__ = ["BROKEN", "CODES", "Finding", "Findings", "Note", "TooMany"]

K = TypeVar("K")

CODES = {
    "SYM101": "the file is no YAML or JSON",
    "SYM102": "a key stands twice in one mapping",
    "SYM103": "the file is too large, too deep, or expands too far",
    "SYM104": "a text, a list or a mapping stands where another kind is needed",
    "SYM105": "a merge key (<<)",
    "SYM106": "the file is not UTF-8 text",
    "SYM107": "a section has an unknown key",
    "SYM108": "a section lacks a key",
    "SYM201": "an operator or block does not exist",
    "SYM202": "a required parameter is missing",
    "SYM203": "an operator has no such parameter or input",
    "SYM204": "a value is out of bounds, no choice, or not readable as its type",
    "SYM206": "an input is missing",
    "SYM207": "too many inputs, one given twice, or an output that there is not",
    "SYM208": "a value with several outputs stands where one is needed",
    "SYM209": "a number stands where a node is needed, or a node where a number is",
    "SYM301": "a name is not defined",
    "SYM302": "a name is defined twice",
    "SYM303": "nodes depend on each other in a cycle",
    "SYM304": "a name is no identifier",
    "SYM305": "the result is ambiguous or empty",
    "SYM306": "an expression is not in the allowed form",
    "SYM307": "arithmetic that has no result",
    "SYM401": "shapes contradict",
    "SYM402": "element types contradict",
    "SYM403": "shapes cannot be told",
    "SYM501": "a block's argument is missing",
    "SYM502": "a block has no such argument",
    "SYM503": "a block calls itself",
    "SYM504": "repeat is no whole number from 0 on",
    "SYM601": "a file cannot be read",
    "SYM602": "files name each other in a circle",
    "SYM603": "an override names nothing, or is not of the form name=value",
    "SYM604": "an MXNet symbol JSON cannot be used",
    "SYM701": "options of a job contradict each other or the network",
    "SYM702": "an optimizer, schedule, initializer, metric, data format or transform does not exist",
    "SYM703": "an optimizer, schedule, initializer, metric, data format or transform has no such parameter",
    "SYM704": "data do not fit the network",
    "SYM705": "parameters that training begins with do not fit the network",
}

MOST = 100  # findings shown of one file; more are seldom read
LONGEST = 400  # characters of a message
WIDEST = 160  # columns of a shown line

# The value of what has a finding. What depends on it is left out silently, so one mistake is reported once.
BROKEN: Any = type("Broken", (), {"__repr__": lambda self: "BROKEN", "__bool__": lambda self: False})()

Note = tuple[str, "Place"]  # ("in block dense 'fc', called at", where)


class TooMany(Exception):
    """The file has more findings than are shown."""


@dataclass(frozen=True)
class Finding:
    """One mistake: its code, place, what is there, what to try, and what led there."""

    code: str
    place: "Place"
    message: str
    help: str = ""
    notes: tuple[Note, ...] = field(default=())


class Findings:
    """All findings of one run, with the texts of the files they stand in."""

    def __init__(self) -> None:
        self._found: dict[tuple, Finding] = {}
        self._texts: dict[str, str] = {}

    def add(self, finding: Finding) -> Any:
        """Keep a finding and return ``BROKEN``; the same one, met again through another call, counts once."""
        self._found.setdefault((finding.code, finding.place, finding.message), finding)
        if len(self._found) > MOST:
            raise TooMany
        return BROKEN

    def report(self, code: str, place: "Place", message: str, help: str = "", notes: tuple[Note, ...] = ()) -> Any:
        """Keep a finding and return ``BROKEN``."""
        return self.add(Finding(code, place, message, help, notes))

    def expect(self, value: Any, kind: type[K], what: str, example: str = "", notes: tuple[Note, ...] = ()) -> K:
        """Return a value of the tree if it is of a kind, else ``BROKEN`` after a finding."""
        if isinstance(value, kind):
            return value
        needed = kind.kind  # type: ignore[attr-defined]
        return self.report("SYM104", value.place, f"{what} is {value.kind}; needs {needed}", example, notes)

    def keep_source(self, file: str, text: str) -> None:
        """Keep a file's text for showing its lines."""
        self._texts[file] = text

    def source(self, file: str) -> str:
        """Return the text kept of a file."""
        return self._texts.get(file, "")

    def rename(self, file: str, name: str) -> None:
        """Call a file by the name that a user knows."""
        found = [replace(one, place=replace(one.place, file=name)) if one.place.file == file else one for one in self]
        self._found = {(one.code, one.place, one.message): one for one in found}

    def __iter__(self) -> Iterator[Finding]:
        return iter(sorted(self._found.values(), key=lambda f: (f.place.file, f.place.line, f.place.column)))

    def __len__(self) -> int:
        return len(self._found)

    def render(self) -> str:
        """Return all findings as a user reads them."""
        shown = [self._render(finding) for finding in list(self)[:MOST]]
        return "\n".join([*shown, "there are more findings; mend these first"] if len(self) > MOST else shown)

    def _render(self, finding: Finding) -> str:
        message = _printable(finding.message)
        if len(message) > LONGEST:
            message = f"{message[: LONGEST // 2]} … {message[-LONGEST // 2 :]}"
        lines = [f"{finding.place}: error[{finding.code}]: {message}", *self._frame(finding.place)]
        lines += [f"   {_printable(text)} {place}" for text, place in finding.notes]
        if finding.help:
            lines.append(f"   help: {_printable(finding.help)}")
        return "\n".join(lines)

    def _frame(self, place: "Place") -> list[str]:
        source = self.source(place.file).splitlines()
        if not 0 < place.line <= len(source):
            return []
        line, start = _printable(source[place.line - 1].replace("\t", " ")), place.column - 1
        if len(line) > WIDEST:  # show the part around the place
            cut = max(0, start - 60)
            line, start = f"…{line[cut : cut + WIDEST - 20]}…", start - cut + 1
        marked = line[start : start + place.length] or " "
        return [f"{place.line:>5} | {line}", " " * 8 + " " * _width(line[:start]) + "^" * _width(marked)]

    def as_json(self) -> list[dict]:
        """Return all findings as plain data, keys in fixed order."""
        return [
            {"code": f.code, "file": f.place.file, "line": f.place.line, "column": f.place.column,
             "message": f.message, "help": f.help,
             "notes": [{"text": text, "file": p.file, "line": p.line, "column": p.column} for text, p in f.notes]}
            for f in self
        ]  # fmt: skip

    def as_github(self) -> str:
        """Return all findings as GitHub workflow annotations."""

        def escaped(text: str) -> str:
            return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

        lines = []
        for f in self:
            text = "\n".join([f.message, *(f"{text} {place}" for text, place in f.notes)])
            file = escaped(f.place.file).replace(":", "%3A").replace(",", "%2C")
            text += f"\nhelp: {f.help}" if f.help else ""
            lines.append(f"::error file={file},line={f.place.line or 1},col={f.place.column or 1},"
                         f"title={f.code}::{escaped(text)}")  # fmt: skip
        return "\n".join(lines)

    def raise_if_any(self) -> None:
        """Raise one ``SpecError`` with all findings, if there are any."""
        for finding in self:
            place = finding.place
            error = SpecError(self.render(), place.file, place.line, place.column, finding.code)
            error.findings = self
            raise error


def _printable(text: str) -> str:
    """Return a text that shows as it is: no control characters, none that change the direction of writing."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _width(text: str) -> int:
    """Return how many columns a text takes on a screen."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(bool(unicodedata.combining(c)) for c in text)
