"""``symcli config``: the resolved job."""

import os

import click

from symcli.cli.console import write_json
from symcli.cli.options import json_option, spec_options
from symcli.cli.spec_file import findings_answered
from symcli.job.job import load_job
from symcli.job.resolved import origins, to_plain, to_yaml

__all__ = ["config"]


@click.command()
@click.argument("job", metavar="JOB")
@spec_options
@click.option("--origin", is_flag=True, help="Also where each value comes from: its file and line, or default.")
@json_option
@click.option("--paths", is_flag=True, help="With --json: absolute paths, not relative to the job's folder.")
def config(
    job: str, overrides: tuple[str, ...], defines: dict[str, str], origin: bool, as_json: bool, paths: bool
) -> int:
    """Check a job and print it whole: its base merged, vars filled in, defaults written out, paths absolute.

    What is printed is a job itself, with the same result. `-` is standard input.
    """
    if paths and not as_json:
        raise click.UsageError("--paths goes with --json; as YAML paths are absolute anyway")
    with findings_answered(job, as_json) as answered:
        found = load_job(job, list(overrides), defines)
        if as_json:
            folder = None if paths else os.path.dirname(os.path.abspath(found.file))
            answer = {"file": job, "job": to_plain(found.resolved, folder)}
            write_json({**answer, "origins": dict(origins(found.resolved))} if origin else answer)
        else:
            click.echo(to_yaml(found.resolved, origin), nl=False)
    return answered.code
