"""The command line. Subcommands stand in a table and are imported when called, so ``--help`` loads click alone."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from symcli import __version__, environment
from symcli.cli.group import SuggestingGroup
from symcli.errors import ParamError

__all__ = ["COMMANDS", "command_line", "main"]

# Subcommand -> (its module, what it does in one line). The module's function bears the name with underscores.
COMMANDS = {
    "bind": ("symcli.cli.bind", "Compute a network once and print its outputs."),
    "config": ("symcli.cli.config", "Check a job and print it with its defaults."),
    "convert": ("symcli.cli.convert", "Convert a spec to MXNet's symbol JSON, or back."),
    "data": ("symcli.cli.data", "Look at the data of a job, and for what is wrong in them."),
    "detect": ("symcli.cli.detect", "Find objects in pictures: boxes, and pictures with boxes."),
    "doctor": ("symcli.cli.doctor", "Say what this machine offers and lacks."),
    "eval": ("symcli.cli.eval", "Compute the metrics of a model."),
    "infer-shape": ("symcli.cli.infer_shape", "Check network files and print all shapes."),
    "init": ("symcli.cli.init", "Write a job to start from, with its network and data."),
    "ops": ("symcli.cli.ops", "List the operators, or show one operator's page."),
    "plot": ("symcli.cli.plot", "Draw a network, or a run's curves."),
    "predict": ("symcli.cli.predict", "Ask a model about images or arrays."),
    "prepare-data": ("symcli.cli.prepare_data", "Turn downloaded data into folders that training reads."),
    "python": ("symcli.cli.python", "Run a program that imports mxnet with symcli in its place."),
    "schema": ("symcli.cli.schema", "Print the JSON Schema of job and network files, for editors."),
    "summary": ("symcli.cli.summary", "Show a network's layers with their shapes and costs."),
    "time": ("symcli.cli.time", "Say how long each layer of a network takes."),
    "train": ("symcli.cli.train", "Train a job: a new run, or one that is resumed."),
}

TO_TRY = """\
symcli computes and trains symbolic graphs in the manner of MXNet 1.x, on the CPU. Try:

  echo '{network: {inputs: {A: [10, 2]}, graph: {D: A / 10 + 1}}}' | symcli infer-shape -
  symcli ops                 # all operators, by family
  symcli ops clamp           # an operator's page, by MXNet's name for it or another's

All commands: symcli --help.  From Python: import symcli as mx
"""


class WrongEnvironment(click.ClickException):
    """An environment variable holds what it may not."""

    exit_code = 2


class Commands(SuggestingGroup):
    """A group whose commands are imported when they are called."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader, as head, has seen enough; click would end the process with 1
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name.replace("-", "_"))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="symcli %(version)s")
@click.pass_context
def command_line(ctx: click.Context) -> None:
    """Compute and train symbolic graphs in the manner of MXNet 1.x, on the CPU."""
    if ctx.invoked_subcommand is None:
        click.echo(TO_TRY, nl=False)
        return
    try:
        environment.check()
    except ParamError as error:
        raise WrongEnvironment(str(error)) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (the process's own by default) and return the exit code.

    0 success; 1 findings in the user's files; 2 wrong command line; 3 something this machine lacks;
    4 a file could not be read or written; 5 the work fell short; 70 a bug in symcli; 130, 143 interrupted.
    """
    try:
        result = command_line.main(arguments, prog_name="symcli", standalone_mode=False)
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:
        from symcli.cli.console import report

        return report(error)
    return result if isinstance(result, int) else 0
