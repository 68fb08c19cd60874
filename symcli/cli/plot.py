"""``symcli plot``: a network as Mermaid or DOT text, or as SVG; a run's curves as SVG."""

import os
import shutil
from typing import Any

import click

from symcli.cli.console import MissingError, write_json
from symcli.cli.options import json_option
from symcli.cli.spec_file import findings_answered, load, shape_options
from symcli.files import replacing
from symcli.graph.drawing import Drawing, dot, draw, mermaid, svg

__all__ = ["plot"]

FORMATS = {"mermaid": mermaid, "dot": dot, "svg": svg}
ENDINGS = {".mmd": "mermaid", ".md": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg"}


@click.command()
@click.argument("spec", metavar="SPEC|RUN")
@click.option("-o", "--output", "target", metavar="FILE", help="Write to a file; its ending chooses the format.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)),
              help="Mermaid text (the default), DOT text, or SVG drawn by Graphviz.")  # fmt: skip
@click.option("--variables", is_flag=True, help="Also weights and auxiliary states.")
@shape_options
@json_option
def plot(spec: str, target: str | None, form: str | None, variables: bool, as_json: bool,
         **given: Any) -> int:  # fmt: skip
    """Draw a network as Mermaid or DOT text, or SVG; or the curves of a run, as SVG.

    SPEC is a network or job in YAML or JSON, MXNet's symbol JSON, or a model as predict takes it (PREFIX,
    model.tar.gz); `-` is standard input. Arrows bear shapes as far as they are known. A double border marks the
    outputs. RUN is a run's folder, runs/JOB/1, whose curves are drawn as SVG; asked for as Mermaid or DOT, its network.
    """
    if as_json and (form or target):
        raise click.UsageError("--json is an answer of its own; leave --format and -o out")
    ending = os.path.splitext(target or "")[1].lower()
    if ending and ending not in ENDINGS and form is None:
        raise click.UsageError(f"{target} ends in none of {', '.join(ENDINGS)}; say with --format what to write")
    wants_text = form in ("mermaid", "dot") or ENDINGS.get(os.path.splitext(target or "")[1].lower(), "svg") != "svg"
    if os.path.isdir(spec) and not wants_text and _has_curves(spec):
        return _curves(spec, target, as_json)
    form = form or ENDINGS.get(os.path.splitext(target or "")[1].lower(), "mermaid")
    if form == "svg" and not shutil.which("dot"):
        raise MissingError("SVG needs Graphviz' program dot, which is not here; install it (apt-get install graphviz, "
                           "brew install graphviz), or write its input: --format dot")  # fmt: skip
    with findings_answered(spec, as_json) as answered:
        shaped = load(spec, **given, partial=True)
        drawing = draw(shaped.network.name, shaped.heads, shaped.shapes.get, shaped.roles(), variables)
        if as_json:
            write_json({"file": spec, **_plain(drawing)})
        elif target is None:
            click.echo(FORMATS[form](drawing), nl=False)
        else:
            text = FORMATS[form](drawing)
            with replacing(target) as file:
                file.write((f"```mermaid\n{text}```\n" if target.lower().endswith(".md") else text).encode())
    return answered.code


def _has_curves(path: str) -> bool:
    from symcli.run.folder import newest_run

    return os.path.exists(os.path.join(newest_run(path) or path, "run.json"))


def _curves(path: str, target: str | None, as_json: bool) -> int:
    """Draw what a run has measured so far."""
    from symcli.run.curves import curves_svg
    from symcli.run.folder import Folder, newest_run

    folder = Folder(newest_run(path) or path)
    history = folder.read_metrics()
    best = folder.read_json("best.json") if (folder.path / "best.json").exists() else None
    if as_json:
        write_json({"run": str(folder.path), "history": history, "best": best})
        return 0
    job = folder.read_json("run.json").get("job", "")
    text = curves_svg(history, f"{job}, run {folder.path.name}", best)
    if target is None:
        click.echo(text, nl=False)
    else:
        with replacing(target) as file:
            file.write(text.encode())
    return 0


def _plain(drawing: Drawing) -> dict:
    return {
        "network": drawing.name,
        "nodes": [
            {"number": box.number, "name": box.name, "kind": box.kind, "lines": list(box.lines),
             "output": box.is_output}
            for box in drawing.boxes
        ],
        "edges": [{"source": line.source, "target": line.target, "shape": line.text} for line in drawing.lines],
    }  # fmt: skip
