"""What is wrong in a user's file: findings, collected in one go and shown in one form."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from symcli.errors import SpecError

if TYPE_CHECKING:
    from symcli.spec.source import Place

__all__ = ["CODES", "Finding", "Findings"]

CODES = {
    "SYM101": "the file is no YAML or JSON",
    "SYM102": "a key stands twice in one mapping",
    "SYM103": "the file is too large, too deep, or its anchors expand too far",
    "SYM104": "a text, a list or a mapping stands where another kind is needed",
    "SYM105": "a merge key (<<)",
    "SYM106": "the file is not UTF-8 text",
    "SYM107": "a section has an unknown key",
    "SYM108": "a section lacks a key",
    "SYM201": "an operator or block does not exist",
    "SYM202": "a required parameter is missing",
    "SYM203": "an operator has no such parameter or input",
    "SYM204": "a parameter is out of bounds, no choice, or not readable as its type",
    "SYM206": "an input is missing",
    "SYM207": "too many inputs, or one given twice",
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
    "SYM701": "a job's option does not fit",
}


@dataclass(frozen=True)
class Finding:
    """One mistake: its code, place, what is there, what to try, and the calls that led there."""

    code: str
    place: "Place"
    message: str
    help: str = ""
    calls: "tuple[tuple[Place, str], ...]" = field(default=())


class Findings:
    """All findings of one run, with the texts of the files they stand in."""

    def __init__(self) -> None:
        self._found: dict[tuple, Finding] = {}
        self._texts: dict[str, str] = {}

    def add(self, finding: Finding) -> None:
        """Keep a finding; the same one, met again through another call, counts once."""
        self._found.setdefault((finding.code, finding.place, finding.message), finding)

    def keep_source(self, file: str, text: str) -> None:
        """Keep a file's text for showing its lines."""
        self._texts[file] = text

    def source(self, file: str) -> str:
        """Return the text kept of a file."""
        return self._texts.get(file, "")

    def __iter__(self) -> Iterator[Finding]:
        return iter(sorted(self._found.values(), key=lambda f: (f.place.file, f.place.line, f.place.column)))

    def __len__(self) -> int:
        return len(self._found)

    def render(self) -> str:
        """Return all findings as a user reads them."""
        return "\n".join(self._render(finding) for finding in self)

    def _render(self, finding: Finding) -> str:
        place = finding.place
        where = f"{place.file}:{place.line}:{place.column}" if place.line else place.file
        lines = [f"{where}: error[{finding.code}]: {finding.message}", *self._frame(place)]
        lines += [f"   in {what}, called at {call.file}:{call.line}:{call.column}" for call, what in finding.calls]
        if finding.help:
            lines.append(f"   help: {finding.help}")
        return "\n".join(lines)

    def _frame(self, place: "Place") -> list[str]:
        source = self.source(place.file).splitlines()
        if not 0 < place.line <= len(source):
            return []
        line = source[place.line - 1].replace("\t", " ")
        column, length = place.column, place.length
        if len(line) > 160:  # show the part around the place
            start = max(0, column - 60)
            line, column = "…" + line[start : start + 140] + "…", column - start + 1
        length = max(1, min(length, len(line) - column + 1))
        return [f"{place.line:>5} | {line}", " " * 8 + " " * (column - 1) + "^" * length]

    def as_json(self) -> list[dict]:
        """Return all findings as plain data, keys in fixed order."""
        return [
            {"code": f.code, "file": f.place.file, "line": f.place.line, "column": f.place.column,
             "message": f.message, "help": f.help,
             "calls": [{"file": p.file, "line": p.line, "column": p.column, "in": what} for p, what in f.calls]}
            for f in self
        ]  # fmt: skip

    def as_github(self) -> str:
        """Return all findings as GitHub workflow annotations."""

        def escaped(text: str) -> str:
            return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

        lines = []
        for f in self:
            text = f.message + (f"\nhelp: {f.help}" if f.help else "")
            lines.append(f"::error file={f.place.file},line={f.place.line or 1},col={f.place.column or 1},"
                         f"title={f.code}::{escaped(text)}")  # fmt: skip
        return "\n".join(lines)

    def raise_if_any(self) -> None:
        """Raise one ``SpecError`` with all findings, if there are any."""
        for finding in self:
            place = finding.place
            error = SpecError(self.render(), place.file, place.line, place.column, finding.code)
            error.findings = self
            raise error
