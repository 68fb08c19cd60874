"""``symcli python``: programs that import mxnet, run with symcli in its place."""

import sys

import click

__all__ = ["python"]


class Verbatim(click.Command):
    """A command whose arguments belong to the program it runs, options too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args[:1] in (["-h"], ["--help"]) else ["--", *args])


@click.command(cls=Verbatim, options_metavar="")
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="SCRIPT|-m MODULE|-c CODE …")
def python(arguments: tuple[str, ...]) -> int:
    """Run a program that imports mxnet with symcli in its place.

    As `python SCRIPT ARGUMENTS…`, `python -m MODULE …` and `python -c CODE …` do; `-` is standard input.
    `import mxnet` and `import mxnet.symbol` give symcli and symcli.symbol, even where MXNet is installed. The
    exit code is the program's: 1 after an exception, which is shown with its traceback.
    """
    from symcli.cli.mxnet_programs import run_code, run_module, run_script

    first, *rest = arguments
    if first == "-":
        return run_code(sys.stdin.read(), rest, "<stdin>")
    if first in ("-m", "-c"):
        if not rest:
            raise click.UsageError(f"{first} needs {'a module' if first == '-m' else 'a program as text'} after it")
        return (run_module if first == "-m" else run_code)(rest[0], rest[1:])
    if first.startswith("-"):
        raise click.UsageError(f"there is no option {first}; -m MODULE and -c CODE are known, options of Python itself "
                               f"go before: python {first} -m symcli python …")  # fmt: skip
    return run_script(first, rest)
