"""``symcli schema``: JSON Schema for editors."""

import json

import click

__all__ = ["schema"]


@click.command()
@click.argument("kind", type=click.Choice(["job", "network"]), default="job")
def schema(kind: str) -> None:
    """Print the JSON Schema (draft-07) of job files, which network files fit too, or of network files alone.

    Editors complete and check by it: write it to a file, and name that in the first line of a job,
    `# yaml-language-server: $schema=FILE`.
    """
    from symcli.job.schema import job_schema, network_schema

    found = job_schema() if kind == "job" else network_schema()
    click.echo(json.dumps(found, ensure_ascii=False))
