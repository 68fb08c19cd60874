"""``symcli prepare-data``: from downloaded files to folders that training reads."""

import os
import shlex
from typing import Any

import click

from symcli.cli.console import columns, write_json
from symcli.cli.group import SuggestingGroup
from symcli.cli.options import json_option
from symcli.cli.steps import progress_options, shown
from symcli.errors import ParamError
from symcli.params import Param, declared, from_texts, to_text

__all__ = ["prepare_data"]


class Formats(SuggestingGroup):
    """A command for each preparation, its options made from its parameters."""

    what = "format"

    def list_commands(self, ctx: click.Context) -> list[str]:
        from symcli.data.prepare import PREPARATIONS

        return sorted(PREPARATIONS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from symcli.data.prepare import PREPARATIONS

        cls = PREPARATIONS.get(cmd_name.replace("-", "_"))
        return None if cls is None else _command(cls)


@click.group(cls=Formats, name="prepare-data", subcommand_metavar="FORMAT SRC DST [OPTIONS]")
def prepare_data() -> None:
    """Turn downloaded data into folders that training reads.

    DST appears whole or not at all, with a manifest.json of what it was made from and what is in it. A second run
    with the same inputs does nothing. `symcli prepare-data FORMAT --help` has the options of each format.
    """


def _command(cls: Any) -> click.Command:
    known = declared(cls)

    def run(source: str, target: str, as_json: bool, quiet: bool, no_progress: bool, **texts: Any) -> int:
        given = {name: text for name, text in texts.items() if text not in (None, ())}
        try:
            preparation = from_texts(cls, given, f"prepare-data {cls.name}")
        except ParamError as error:
            raise click.UsageError(str(error)) from None
        return _prepared(preparation, source, target, as_json, quiet, no_progress)

    command: Any = progress_options(json_option(run))
    for name, one in reversed(known.items()):
        command = _option(name, one)(command)
    command = click.argument("source", metavar="SRC")(click.argument("target", metavar="DST")(command))
    return click.command(name=cls.name, help=cls.__doc__, short_help=(cls.__doc__ or "").splitlines()[0])(command)


def _option(name: str, one: Param) -> Any:
    flag = f"--{name.replace('_', '-')}"
    if one.type is bool:
        return click.option(flag, name, is_flag=True, default=None, help=_sentence(one.doc))
    default = "" if one.default in ((), None, "") else f"  [{_text(one.default)}]"
    metavar = "|".join(map(str, one.choices)) if one.choices else _METAVARS.get(one.type, "TEXT")
    many = one.type == tuple[str, ...]
    return click.option(flag, name, multiple=many, metavar=metavar, help=f"{_sentence(one.doc)}{default}")


_METAVARS = {int: "NUMBER", float: "NUMBER", tuple[str, ...]: "NAME"}


def _sentence(doc: str) -> str:
    return f"{doc[:1].upper()}{doc[1:]}."


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else to_text(value)


def _prepared(preparation: Any, source: str, target: str, as_json: bool, quiet: bool, no_progress: bool) -> int:
    from symcli.data.findings import FindingsError
    from symcli.data.prepare import prepare

    try:
        (prepared,) = shown(prepare(preparation, source, target), quiet, no_progress)
    except FindingsError as error:
        if not as_json:
            raise
        write_json({"format": preparation.name, "findings": [finding.as_json() for finding in error.findings]})
        return 1
    manifest = prepared.manifest
    left_out = manifest["left_out"] if prepared.new else []
    if as_json:
        answer = {"format": preparation.name, "findings": [], "new": prepared.new, "counts": manifest["counts"]}
        write_json({**answer, "left_out": manifest["left_out"], "notes": list(prepared.notes)})
        return 1 if left_out else 0
    for note in prepared.notes:
        click.echo(note, err=True)
    if not prepared.new:
        click.echo(f"{target}: was prepared before, from the same inputs; nothing to do")
        return 0
    click.echo(f"{target}:")
    width = max(len(f"{count:,}") for count in manifest["counts"].values())
    click.echo(columns([(name, f"{count:{width},}") for name, count in manifest["counts"].items()]))
    for name in left_out:
        click.echo(f"left out: {name}", err=True)
    click.echo(f"next: symcli data check {shlex.quote(os.path.join(target, preparation.looked_at).rstrip(os.sep))}")
    return 1 if left_out else 0
