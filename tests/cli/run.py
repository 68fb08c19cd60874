"""Running the command line inside a test: exit code, what it printed, what it complained of."""

from typing import NamedTuple

from symcli.cli import main

__all__ = ["Answer", "run"]


class Answer(NamedTuple):
    code: int
    out: str
    err: str


def run(capsys, *arguments: str) -> Answer:
    code = main(list(arguments))
    printed = capsys.readouterr()
    return Answer(code, printed.out, printed.err)
