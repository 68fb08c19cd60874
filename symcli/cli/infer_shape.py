"""``symcli infer-shape``: the shapes of arguments, outputs and auxiliary states of network files."""

from typing import Any

import click

from symcli.cli.console import columns, write_json
from symcli.cli.options import json_option
from symcli.cli.spec_file import exit_code, load, shape_options
from symcli.errors import SpecError
from symcli.shapes import OpenSize, Shape, is_known, text
from symcli.spec.shaped import Shaped

__all__ = ["infer_shape"]


@click.command(name="infer-shape")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC…")
@shape_options
@click.option("--internals", is_flag=True, help="Also every node's output.")
@click.option("--partial", is_flag=True, help="Unknown shapes are no failure.")
@json_option
@click.option("--format", "form", type=click.Choice(["text", "github"]), default="text", help="How findings are shown.")
def infer_shape(specs: tuple[str, ...], internals: bool, partial: bool, as_json: bool, form: str, **given: Any) -> int:
    """Check network files and print all shapes.

    SPEC is a network or job in YAML or JSON, MXNet's symbol JSON, or a model as predict takes it (a run,
    PREFIX, model.tar.gz); `-` is standard input. All files are checked in one process; exit code 1 if one has
    findings or (without --partial) unknown shapes.
    """
    answers: list[dict[str, Any]] = []
    codes = []
    for spec in specs:
        try:
            shaped = load(spec, **given, partial=partial)
        except SpecError as error:
            codes.append(exit_code(error))
            if as_json:
                answers.append({"file": spec, "findings": error.findings.as_json()})
            else:
                click.echo(error.findings.as_github() if form == "github" else str(error), err=form != "github")
            continue
        sections = _sections(shaped, internals)
        if as_json:
            answers.append({"file": spec, "findings": [], **_plain(sections)})
        else:
            click.echo("\n".join(([f"{spec}:"] if len(specs) > 1 else []) + _lines(sections)))
    if as_json:
        write_json({"files": answers})
    if len(specs) > 1:
        click.echo(f"{len(specs)} files: {len(specs) - len(codes)} ok, {len(codes)} with findings", err=True)
    return min(codes, default=0)


def _sections(shaped: Shaped, internals: bool) -> dict[str, list[tuple[str, Shape | None]]]:
    symbol, shapes = shaped.network.symbol, shaped.shapes
    arguments, states = symbol._variables()
    sections = {
        "arguments": [(node.name, shapes.get((node, 0))) for node in arguments],
        "outputs": list(zip(symbol.list_outputs(), map(shapes.get, symbol._heads), strict=True)),
        "auxiliary states": [(node.name, shapes.get((node, 0))) for node in states],
    }
    if internals:
        inner = symbol.get_internals()
        sections["internals"] = list(zip(inner.list_outputs(), map(shapes.get, inner._heads), strict=True))
    return sections


def _lines(sections: dict[str, list[tuple[str, Shape | None]]]) -> list[str]:
    lines = []
    for title, rows in sections.items():
        if rows:
            lines += [f"{title}:", columns([(name, text(shape)) for name, shape in rows])]
    return lines


def _plain(sections: dict[str, list[tuple[str, Shape | None]]]) -> dict[str, Any]:
    def sizes(shape: Shape | None) -> list[Any] | None:
        if shape is None:
            return None
        return [size.name if isinstance(size, OpenSize) else int(size) for size in shape]

    return {
        title.replace(" ", "_"): [
            {"name": name, "shape": sizes(shape), "known": is_known(shape)} for name, shape in rows
        ]
        for title, rows in sections.items()
    }
