"""Options that several commands share."""

import functools
from collections.abc import Callable
from typing import Any

import click

from symcli.cli.console import worded, write_json
from symcli.errors import MXNetError
from symcli.spec.shell import parse_defines, parse_shapes, parse_types

__all__ = ["json_option", "screen_options", "shape_option", "spec_options", "type_option"]


def _read_by(parse: Callable[[tuple[str, ...]], Any]) -> Callable[..., Any]:
    """Return a callback that reads an option's values; what it cannot read is a wrong command line."""

    def callback(ctx: click.Context, _: click.Parameter, values: tuple[str, ...]) -> Any:
        try:
            return parse(values)
        except MXNetError as error:
            raise click.UsageError(str(error), ctx) from None

    return callback


def json_option(command: Callable) -> Callable:
    """Add ``--json``; asked for so, an error about what the user gave is an answer in JSON, too."""

    @functools.wraps(command)
    def answering(**given: Any) -> Any:
        try:
            return command(**given)
        except (MXNetError, OSError) as error:
            known = worded(error)
            if not given["as_json"] or known is None or isinstance(error, BrokenPipeError):
                raise
            write_json({"error": known[0]})
            return known[1]

    return click.option("--json", "as_json", is_flag=True, help="Print the answer as one JSON document.")(answering)


shape_option = click.option("--shape", "shapes", multiple=True, metavar="NAME=SIZES", callback=_read_by(parse_shapes),
                            help="An input's shape: data=64,1,28,28.")  # fmt: skip
type_option = click.option("--type", "types", multiple=True, metavar="NAME=DTYPE", callback=_read_by(parse_types),
                           help="An input's element type: data=float16.")  # fmt: skip


def spec_options(command: Callable) -> Callable:
    """Add the options that vary a spec: its vars and sizes, and any of its values."""
    command = click.option("-D", "defines", multiple=True, metavar="NAME=VALUE", callback=_read_by(parse_defines),
                           help="The value of a var or size.")(command)  # fmt: skip
    return click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE",
                        help="Replace a value of the file: train.epochs=2.")(command)  # fmt: skip


def screen_options(command: Callable) -> Callable:
    """Add the options that say how much a command that works for a while shows."""
    command = click.option("--no-progress", is_flag=True, help="Plain lines, no bars, as without a terminal.")(command)
    command = click.option("-v", "--verbose", is_flag=True, help="Say more.")(command)
    return click.option("-q", "--quiet", is_flag=True, help="Say only the result, and what went wrong.")(command)
