"""Options that several commands share."""

from collections.abc import Callable

import click

__all__ = ["json_option", "spec_options"]

json_option = click.option("--json", "as_json", is_flag=True, help="Print the answer as one JSON document.")


def spec_options(command: Callable) -> Callable:
    """Add the options that vary a spec."""
    command = click.option("-D", "defines", multiple=True, metavar="NAME=VALUE", help="The value of a var or size.")(
        command
    )
    return click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE",
                        help="Replace a value of the file: train.epochs=2.")(command)  # fmt: skip
