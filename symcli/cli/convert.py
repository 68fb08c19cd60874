"""``symcli convert``: a spec to MXNet's symbol JSON, and the other way round."""

import os

import click

from symcli.cli.options import shape_option, spec_options
from symcli.cli.spec_file import network_file
from symcli.graph import json_file
from symcli.shapes import Shape
from symcli.spec.network import load_network
from symcli.spec.writer import to_spec

__all__ = ["convert"]


@click.command()
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@shape_option
@spec_options
def convert(source: str, target: str, shapes: dict[str, Shape], overrides: tuple[str, ...],
            defines: dict[str, str]) -> None:  # fmt: skip
    """Convert the network IN to OUT: to MXNet's symbol JSON if OUT ends in .json, to a spec if in .yaml.

    IN is a spec, a job, symbol JSON of any MXNet version, or a model as predict takes it (a run, PREFIX,
    model.tar.gz). A spec is written flat: its blocks are called out, one entry for each run of nodes. `-` is
    standard input or output (as a spec).
    """
    with network_file(source) as file:
        network = load_network(file.path, list(overrides), defines)
    if target.endswith(".json"):
        text = network.symbol.tojson(remove_amp_cast=False) + "\n"
    elif target == "-" or target.endswith((".yaml", ".yml")):
        known = network.with_sizes({}, shapes)
        name = os.path.basename(network.name)
        text = to_spec(network.symbol, name, known)
    else:
        raise click.BadParameter(f"{target!r} ends in neither .yaml nor .json", param_hint="OUT")
    if target == "-":
        click.echo(text, nl=False)
    else:
        json_file.write(target, text)
