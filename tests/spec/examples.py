"""Examples in Markdown: files in fenced blocks, then a command and what it prints."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

__all__ = ["Example", "examples"]

_BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """One section of a Markdown file: the files it shows, and (command, what is printed) in turn.

    A file is a fenced block whose info string ends in its name (``net.yaml`` if it gives none).
    """

    title: str
    files: dict[str, str]
    commands: list[tuple[list[str], str]]

    def write(self, folder: Path) -> None:
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)


def examples(path: Path) -> list[Example]:
    """Return the sections of a Markdown file that show a command."""
    found = []
    for section in re.split(r"^##+ ", path.read_text(), flags=re.MULTILINE)[1:]:
        files, commands = {}, []
        for kind, name, text in _BLOCK.findall(section):
            if kind in ("yaml", "json"):
                files[name or "net.yaml"] = text
            elif kind == "console":
                commands += [(shlex.split(command), printed) for command, printed
                             in re.findall(r"^\$ symcli (.*)\n((?:(?!\$ symcli ).*\n)*)", text, re.MULTILINE)]  # fmt: skip
        if commands:
            found.append(Example(section.splitlines()[0], files, commands))
    return found
