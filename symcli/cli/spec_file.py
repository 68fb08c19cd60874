"""What commands share that read networks: their options, and how findings are shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from symcli.cli.console import write_json
from symcli.cli.options import shape_option, spec_options, type_option
from symcli.errors import SpecError

__all__ = ["Answered", "exit_code", "findings_answered", "shape_options"]


@dataclass
class Answered:
    """The exit code of a command."""

    code: int = 0


def shape_options(command: Callable) -> Callable:
    """Add the options that give a network its shapes and vary its file."""
    return shape_option(type_option(spec_options(command)))


def exit_code(error: SpecError) -> int:
    """Return 4 if the file that was asked for cannot be read, else 1."""
    found = list(error.findings or ())
    return 4 if found and all(one.code == "SYM601" and not one.place.line for one in found) else 1


@contextmanager
def findings_answered(spec: str, as_json: bool) -> Iterator[Answered]:
    """Show what is wrong with a file, as JSON on standard output if that was asked for, and note the exit code."""
    answered = Answered()
    try:
        yield answered
    except SpecError as error:
        answered.code = exit_code(error)
        if as_json and error.findings is not None:
            write_json({"file": spec, "findings": error.findings.as_json()})
        else:
            click.echo(str(error), err=True)
