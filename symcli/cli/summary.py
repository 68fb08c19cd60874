"""``symcli summary``: the layers of a network with shapes, parameters, FLOPs and memory."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from symcli.cli.console import aligned, write_json
from symcli.cli.options import json_option
from symcli.cli.spec_file import findings_answered, load, shape_options
from symcli.graph.layers import Layer, Totals, layers, total
from symcli.shapes import text
from symcli.spec.shaped import Shaped

__all__ = ["summary"]

TITLES = ("node", "operator", "output", "parameters", "FLOPs")
RIGHT = (False, False, False, True, True)


@click.command()
@click.argument("spec", metavar="SPEC")
@shape_options
@json_option
@click.option("--format", "form", type=click.Choice(["text", "github"]), default="text",
              help="Aligned text, or a Markdown table.")  # fmt: skip
@click.option("--memory", "planned", is_flag=True, help="Also plan the memory of training and of prediction.")
def summary(spec: str, as_json: bool, form: str, planned: bool, **given: Any) -> int:
    """Show a network's layers with their shapes and costs: parameters, FLOPs, memory.

    SPEC is a network or job in YAML or JSON, MXNet's symbol JSON, or a model as predict takes it (a run,
    PREFIX, model.tar.gz); `-` is standard input. Shared parameters count once, at the first layer that uses
    them. Sizes that are words count as 1.
    """
    with findings_answered(spec, as_json) as answered:
        shaped = load(spec, **given)
        shapes = shaped.closed(1)
        found = layers(shaped.heads, lambda entry: shapes.known[entry], shaped.type_of, shaped.roles())
        memory = _footprints(shaped) if planned else {}
        if as_json:
            write_json({"file": spec, **_plain(shaped, found), **({"memory": memory} if planned else {})})
        elif form == "github":
            click.echo(_markdown(shaped, found, memory))
        else:
            click.echo(_text(shaped, found, memory))
    return answered.code


def _footprints(shaped: Shaped) -> dict[str, dict[str, int]]:
    """Return the planned bytes of training and of prediction, by kind."""
    from symcli.executor.footprint import footprint

    shapes = shaped.closed(1)
    variables = {node.name: (node, 0) for node in shaped.shapes.nodes if node.op is None}
    inputs = {node.name for node, role in shaped.roles().items() if role in ("input", "label")}
    known = {name: shapes.known[entry] for name, entry in variables.items()}
    types = {name: shaped.type_of(entry) for name, entry in variables.items()}
    return {what: footprint(shaped.network.symbol, known, types, inputs, is_train)
            for what, is_train in (("training", True), ("prediction", False))}  # fmt: skip


_KINDS = {
    "parameters": "parameters", "gradients": "gradients", "momentum": "momentum of SGD",
    "auxiliary_states": "auxiliary states", "inputs": "data and labels", "outputs": "outputs",
    "arena": "arena of values", "kept": "prepared weights", "total": "planned peak",
}  # fmt: skip


def _footprint_rows(memory: Mapping[str, Mapping[str, int]]) -> list[tuple[str, ...]]:
    rows = [tuple(_memory(found[kind]) for found in memory.values()) for kind in _KINDS]
    return [("memory", *memory), *((words, *cells) for words, cells in zip(_KINDS.values(), rows, strict=True))]


def _cells(shaped: Shaped, found: Sequence[Layer]) -> list[tuple[str, ...]]:
    nodes = [node for node in shaped.shapes.nodes if node.op is not None]
    return [
        (one.name, one.operator,
         ", ".join(text(shaped.shapes.get((node, i))) for i in range(node.num_visible_outputs)),
         f"{one.parameters:,}" if one.parameters else "", f"{one.flops:,}" if one.flops else "")
        for node, one in zip(nodes, found, strict=True)
    ]  # fmt: skip


def _facts(totals: Totals) -> list[tuple[str, str, str]]:
    """Return the totals: what, how many, and in a unit that one can read."""
    return [
        ("parameters", f"{totals.parameters:,}", _memory(totals.parameter_bytes)),
        ("auxiliary states", f"{totals.states:,}", ""),
        ("FLOPs forward", f"{totals.flops:,}", _work(totals.flops)),
        ("FLOPs backward", f"{totals.backward_flops:,}", _work(totals.backward_flops)),
        ("activation bytes", f"{totals.activation_bytes:,}", _memory(totals.activation_bytes)),
    ]


def _memory(size: int) -> str:
    return _scaled(size, 1024, ("bytes", "KiB", "MiB", "GiB", "TiB"))


def _work(flops: int) -> str:
    return _scaled(flops, 1000, ("FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"))


def _scaled(number: int, step: int, units: Sequence[str]) -> str:
    power = 0
    while number >= step ** (power + 1) and power + 1 < len(units):
        power += 1
    return f"{number / step**power:,.2f} {units[power]}" if power else f"{number} {units[0]}"


def _heading(shaped: Shaped) -> str:
    words = shaped.open_sizes()
    return shaped.network.name + (f", FLOPs and memory for {', '.join(f'{word}=1' for word in words)}" if words else "")


def _text(shaped: Shaped, found: Sequence[Layer], memory: Mapping[str, Mapping[str, int]]) -> str:
    rows = [TITLES, *_cells(shaped, found)]
    facts = _facts(total(found))
    lines = [_heading(shaped), "", *aligned(rows, RIGHT), "", *aligned(facts, (False, True, False))]
    if memory:
        lines += ["", *aligned(_footprint_rows(memory), (False, True, True))]
    return "\n".join(lines)


def _markdown(shaped: Shaped, found: Sequence[Layer], memory: Mapping[str, Mapping[str, int]]) -> str:
    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("\\", "\\\\").replace("|", "\\|") for cell in cells) + " |"

    facts = "\n".join(row((what, count, unit)) for what, count, unit in _facts(total(found)))
    table = "\n".join(row(cells) for cells in _cells(shaped, found))
    planned = [row(cells) for cells in _footprint_rows(memory)] if memory else []
    planned[1:1] = ["|---|---:|---:|"] if planned else []
    return "\n".join([f"{_heading(shaped)}\n\n{row(TITLES)}\n|---|---|---|---:|---:|\n{table}\n",
                      f"| total | | |\n|---|---:|---:|\n{facts}", *(["", *planned] if planned else [])])  # fmt: skip


def _plain(shaped: Shaped, found: Sequence[Layer]) -> dict[str, Any]:
    totals = total(found)
    return {
        "network": shaped.network.name,
        "sizes": dict.fromkeys(shaped.open_sizes(), 1),
        "layers": [
            {
                "name": one.name,
                "operator": one.operator,
                "outputs": [list(shape) for shape in one.outputs],
                "parameters": one.parameters,
                "auxiliary_states": one.states,
                "flops": one.flops,
                "backward_flops": one.backward_flops,
                "activation_bytes": one.activation_bytes,
            }
            for one in found
        ],
        "totals": {
            "parameters": totals.parameters,
            "auxiliary_states": totals.states,
            "flops": totals.flops,
            "backward_flops": totals.backward_flops,
            "parameter_bytes": totals.parameter_bytes,
            "activation_bytes": totals.activation_bytes,
        },
    }
