"""What is wrong with a user's data: findings of one kind each, with the names of all files concerned."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from symcli.errors import DataError

__all__ = ["SHOWN", "Finding", "FindingsError", "counted", "listed"]

SHOWN = 20  # how many names a message lists; JSON has them all


class Finding(NamedTuple):
    """One kind of mistake.

    Attributes
    ----------
    kind : a word for programs: ``broken``.
    noun, message : what is concerned, and what is wrong with it: ``image``, ``without a label``.
    names : the files, members or ids concerned, each with its reason if it has one of its own.
    help : what to do.
    """

    kind: str
    noun: str
    message: str
    names: Sequence[str]
    help: str = ""

    @property
    def sentence(self) -> str:
        """How many of what are wrong in which way."""
        return f"{counted(len(self.names), self.noun)} {self.message}"

    def __str__(self) -> str:
        lines = [self.sentence, *(f"  {name}" for name in self.names[:SHOWN])]
        if len(self.names) > SHOWN:
            lines.append(f"  … and {len(self.names) - SHOWN:,} more")
        return "\n".join([*lines, f"  help: {self.help}"] if self.help else lines)

    def as_json(self) -> dict[str, Any]:
        """Return the finding as JSON holds it."""
        return {"kind": self.kind, "message": self.sentence, "names": list(self.names), "help": self.help}


class FindingsError(DataError):
    """Data are not usable; carries all ``findings``."""

    def __init__(self, findings: Iterable[Finding], path: str = ""):
        self.findings = list(findings)
        super().__init__("\n".join(map(str, self.findings)), path)


def counted(number: int, what: str) -> str:
    """Return a number with its noun, ``1 image``, ``2,000 images``, ``2 classes``."""
    ending = "es" if what.endswith(("s", "x", "ch")) else "s"
    return f"{number:,} {what if number == 1 else what + ending}"


def listed(names: Sequence[str], shown: int = 3) -> str:
    """Return names in one line, the first few of many: ``1, 2, 3, …``."""
    return ", ".join([*names[:shown], *(["…"] if len(names) > shown else [])])
