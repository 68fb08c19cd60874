"""``symcli eval``: the metrics of a model."""

import math
from typing import Any

import click

from symcli.cli.console import write_json
from symcli.cli.options import json_option, screen_options, spec_options
from symcli.cli.spec_file import findings_answered
from symcli.errors import suggest
from symcli.files import replacing

__all__ = ["eval"]


@click.command()
@click.argument("model", metavar="MODEL")
@click.option("--job", metavar="JOB", help="The job whose data and metrics are taken; a run has its own.")
@click.option("--split", type=click.Choice(["train", "valid", "test"]), help="By default test, else valid.")
@click.option("--min", "bars_to_meet", multiple=True, metavar="METRIC=VALUE",
              help="Exit with 5 if a metric is below: accuracy=0.9.")  # fmt: skip
@click.option("--max", "bounds_to_keep", multiple=True, metavar="METRIC=VALUE",
              help="Exit with 5 if a metric is above: cross-entropy=0.5.")  # fmt: skip
@click.option("--curves", metavar="OUT.svg|OUT.json", help="Of detectors: write precision over recall of each class.")
@spec_options
@screen_options
@json_option
def eval(model: str, job: str | None, split: str | None, bars_to_meet: tuple[str, ...],
         bounds_to_keep: tuple[str, ...], curves: str | None, overrides: tuple[str, ...], defines: dict[str, str],
         quiet: bool, verbose: bool, no_progress: bool, as_json: bool) -> int:  # fmt: skip
    """Compute the metrics of a model over test data, else validation data.

    MODEL is a run, runs/JOB/1; or the PREFIX of MXNet's files PREFIX-symbol.json and PREFIX-0007.params, or a
    model.tar.gz of these or its folder, which need --job. `:EPOCH` behind it chooses an epoch; a run gives its best
    unless told otherwise. Where a run's data were made by train --synthetic and still are absent, the same are made
    again.
    """
    if curves is not None and not curves.endswith((".svg", ".json")):
        raise click.BadParameter(f"{curves!r}: write curves as .svg or .json", param_hint="--curves")
    wanted = [*_bounds(bars_to_meet, "--min"), *_bounds(bounds_to_keep, "--max")]
    from symcli.cli.screen import Screen, values_text
    from symcli.job.job import load_job
    from symcli.run.evaluation import evaluate, evaluated_split
    from symcli.run.model import open_model
    from symcli.run.synthetic import are_absent

    screen = Screen(quiet, verbose, not no_progress)
    with findings_answered(job or model, as_json) as answered:
        opened, made_up = open_model(model), False
        if job is None:
            if opened.run is None:
                raise click.UsageError(f"{model} is no run: --job says what data and metrics to take")
            job, made_up = str(opened.run.job), bool(opened.run.read_json("run.json").get("synthetic"))
        found = load_job(job, list(overrides), defines, absent=made_up)
        made_up = made_up and are_absent(found)
        if made_up:
            screen.say("data are absent: they are made up as this run's were")
        split = evaluated_split(found, split)
        screen.say(f"{opened.name} on {split}")
        with screen.compilation():
            for step in evaluate(opened, found, split, made_up):
                screen.step(step, step.nbatch + 1, 1, found.train.batch_size)
        values = dict(step.values)
        if curves is not None:
            _write_curves(curves, step.metric, f"{opened.name} on {split}")
        missed = _missed(values, wanted)
        if as_json:
            plain = {name: value if math.isfinite(value) else None for name, value in values.items()}
            write_json({"model": opened.name, "split": split, "metrics": plain, "missed": missed})
        else:
            click.echo(f"{split} {values_text(values)}")
        for line in [*step.metric.remarks(), *missed]:
            click.echo(line, err=True)
        answered.code = 5 if missed else 0
    return answered.code


def _write_curves(target: str, metric: Any, title: str) -> None:
    """Write precision and recall as the first metric that has them tells."""
    from symcli.detect.curves import precision_recall_json, precision_recall_svg

    found = next((one for one in metric.metrics if hasattr(one, "by_class")), None)
    if found is None:
        raise click.UsageError("--curves: no metric of the job has curves: it needs map, map07 or map-coco")
    drawn = precision_recall_svg if target.endswith(".svg") else precision_recall_json
    with replacing(target) as file:
        file.write(drawn(found.by_class(), f"{found.name} of {title}").encode())


def _bounds(texts: tuple[str, ...], option: str) -> list[tuple[str, str, float]]:
    found = []
    for text in texts:
        name, _, number = text.partition("=")
        try:
            found.append((option, name.strip(), float(number)))
        except ValueError:
            raise click.BadParameter(f"{text!r} is not of the form accuracy=0.9", param_hint=option) from None
    return found


def _missed(values: dict[str, float], wanted: list[tuple[str, str, float]]) -> list[str]:
    """Return what is said of each bound that is not kept; NaN keeps none."""
    lines = []
    for option, name, bound in wanted:
        if name not in values:
            hint = suggest(name, values) or f"metrics: {', '.join(values)}"
            raise click.BadParameter(f"{name!r} is not measured; {hint}", param_hint=option)
        value = values[name]
        if not (value >= bound if option == "--min" else value <= bound):
            asked = "at least" if option == "--min" else "at most"
            lines.append(f"{name} is {value:.6g}; {option} asks for {asked} {bound:g}")
    return lines
