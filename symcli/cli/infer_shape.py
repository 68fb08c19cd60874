"""``symcli infer-shape``: the shapes of arguments, outputs and auxiliary states of network files."""

from collections.abc import Mapping
from typing import Any

import click

from symcli.cli.console import columns, write_json
from symcli.cli.options import json_option, spec_options
from symcli.errors import SpecError
from symcli.graph.infer import Inference
from symcli.shapes import OpenSize, Shape, is_known, text
from symcli.spec.findings import Finding, Findings
from symcli.spec.network import Network, load_network
from symcli.spec.shell import parse_defines, parse_shapes, parse_types
from symcli.spec.source import Place

__all__ = ["infer_shape"]


@click.command(name="infer-shape")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC…")
@click.option("--shape", "shapes", multiple=True, metavar="NAME=SIZES", help="An input's shape: data=64,1,28,28.")
@click.option("--type", "types", multiple=True, metavar="NAME=DTYPE", help="An input's element type: data=float16.")
@spec_options
@click.option("--internals", is_flag=True, help="Also every node's output.")
@click.option("--partial", is_flag=True, help="Unknown shapes are no failure.")
@json_option
@click.option("--format", "form", type=click.Choice(["text", "github"]), default="text", help="How findings are shown.")
def infer_shape(specs: tuple[str, ...], shapes: tuple[str, ...], types: tuple[str, ...], overrides: tuple[str, ...],
                defines: tuple[str, ...], internals: bool, partial: bool, as_json: bool, form: str) -> int:  # fmt: skip
    """Check network files and print all shapes.

    SPEC is a network or job in YAML or JSON, or MXNet's symbol JSON; `-` is standard input. All files
    are checked in one process; exit code 1 if one has findings or (without --partial) unknown shapes.
    """
    given = parse_shapes(shapes)
    given_types = parse_types(types)
    words = parse_defines(defines)
    answers, failed = [], 0
    for spec in specs:
        findings = Findings()
        network, inference = _checked(spec, given, given_types, words, list(overrides), findings, partial)
        failed += bool(findings)
        if as_json:
            answers.append({"file": spec, "findings": findings.as_json(), **_answer(network, inference, internals)})
            continue
        if findings:
            click.echo(findings.as_github() if form == "github" else findings.render(), err=form != "github")
        if network is not None and inference is not None and (not findings or partial):
            click.echo(_table(spec, network, inference, internals, len(specs) > 1))
    if as_json:
        write_json({"files": answers})
    if len(specs) > 1:
        click.echo(f"{len(specs)} files: {len(specs) - failed} ok, {failed} with findings", err=True)
    return 1 if failed else 0


def _checked(spec: str, shapes: Mapping[str, Shape], types: Mapping[str, str], words: Mapping[str, str],
             overrides: list[str], findings: Findings, partial: bool) -> tuple[Network | None, Inference[Shape] | None]:  # fmt: skip
    try:
        network = load_network(spec, overrides, words, findings)
    except SpecError:
        return None, None
    for name in (*shapes, *types):
        if name not in network.symbol.list_inputs():
            _unknown_input(network, name, findings)
    network.types |= types
    inference = network.infer(network.with_sizes({}, shapes))
    network.infer_types()
    if not partial and not findings:
        network.report_unknown(inference)
    return network, inference


def _unknown_input(network: Network, name: str, findings: Findings) -> None:
    from symcli.errors import suggest

    inputs = network.symbol.list_arguments()
    help = suggest(name, inputs) or f"inputs: {', '.join([*network.shapes] or inputs[:10])}"
    findings.add(Finding("SYM301", Place(f"--shape {name}", 0, 0), f"{network.name} has no input {name!r}", help))


def _rows(network: Network, inference: Inference[Shape], internals: bool) -> dict[str, list[tuple[str, Shape | None]]]:
    symbol = network.symbol
    arguments, states = symbol._variables()
    sections = {
        "arguments": [(node.name, inference.get((node, 0))) for node in arguments],
        "outputs": [
            (name, inference.get(head)) for name, head in zip(symbol.list_outputs(), symbol._heads, strict=True)
        ],
        "auxiliary states": [(node.name, inference.get((node, 0))) for node in states],
    }
    if internals:
        inner = symbol.get_internals()
        sections["internals"] = [(name, inference.get(head))
                                 for name, head in zip(inner.list_outputs(), inner._heads, strict=True)]  # fmt: skip
    return sections


def _table(spec: str, network: Network, inference: Inference[Shape], internals: bool, named: bool) -> str:
    parts = [f"{spec}:"] if named else []
    for title, rows in _rows(network, inference, internals).items():
        if rows:
            parts += [f"{title}:", columns([(name, text(shape)) for name, shape in rows])]
    return "\n".join(parts)


def _answer(network: Network | None, inference: Inference[Shape] | None, internals: bool) -> dict[str, Any]:
    if network is None or inference is None:
        return {}

    def plain(shape: Shape | None) -> list[Any] | None:
        if shape is None:
            return None
        return [size.name if isinstance(size, OpenSize) else int(size) for size in shape]

    return {
        title.replace(" ", "_"): [
            {"name": name, "shape": plain(shape), "known": is_known(shape)} for name, shape in rows
        ]
        for title, rows in _rows(network, inference, internals).items()
    }
