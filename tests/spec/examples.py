"""Examples in Markdown: files in fenced blocks, and commands with what they print."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

__all__ = ["Example", "examples"]

_BLOCK = re.compile(r"^```(yaml|json|console) ?(\S*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ symcli (.*)\n((?:(?!\$ symcli ).*\n)*)", re.MULTILINE)


class Example(NamedTuple):
    """One section of a Markdown file; its steps in order are (a file's name, its text) or (a command, what it prints).

    A file is a fenced block whose info string ends in its name (``net.yaml`` if it gives none).
    """

    title: str
    steps: list[tuple[str | list[str], str]]

    def play(self, folder: Path):
        """Write the files into a folder; yield each command with what it is to print."""
        for what, text in self.steps:
            if isinstance(what, str):
                (folder / what).parent.mkdir(parents=True, exist_ok=True)
                (folder / what).write_text(text)
            else:
                yield what, text


def examples(path: Path) -> list[Example]:
    """Return the sections of a Markdown file that show a command."""
    found = []
    for section in re.split(r"^##+ ", path.read_text(), flags=re.MULTILINE)[1:]:
        steps: list[tuple[str | list[str], str]] = []
        for kind, name, text in _BLOCK.findall(section):
            if kind == "console":
                steps += [(shlex.split(command), printed) for command, printed in _COMMAND.findall(text)]
            else:
                steps.append((name or "net.yaml", text))
        if any(isinstance(what, list) for what, _ in steps):
            found.append(Example(section.splitlines()[0], steps))
    return found
