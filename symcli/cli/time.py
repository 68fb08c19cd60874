"""``symcli time``: how long each layer of a network takes, forward and backward."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import click

from symcli.cli.console import aligned, write_json
from symcli.cli.options import json_option
from symcli.cli.spec_file import findings_answered, load, shape_options
from symcli.errors import DataError
from symcli.graph.layers import layers
from symcli.spec.shaped import Shaped

__all__ = ["time"]

TITLES = ("nodes", "computed as", "forward ms", "GFLOP/s", "backward ms", "GFLOP/s")
RIGHT = (False, False, True, True, True, True)
MOST_NAMES = 3  # of a group; the JSON document has all


def _percent(ctx: click.Context, _: click.Parameter, text: str | None) -> float | None:
    """Read 10% or 0.1 as a part."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", text.strip())
    if found is None:
        raise click.BadParameter(f"{text!r} is no part; write 10% or 0.1", ctx)
    return float(found[1]) / (100 if found[2] else 1)


@click.command()
@click.argument("spec", metavar="SPEC")
@shape_options
@click.option("--predict", is_flag=True, help="Time prediction: forward alone, not in training mode.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True,
              help="How long to repeat; at least three times.")  # fmt: skip
@click.option("--compare", "old", metavar="OLD.json", help="What --json printed before: show how times changed.")
@click.option("--fail-over", "bound", metavar="PART", callback=_percent,
              help="Exit with 1 if a whole pass became slower by more, as 10%.")  # fmt: skip
@json_option
def time(spec: str, predict: bool, seconds: float, old: str | None, bound: float | None, as_json: bool,
         **given: Any) -> int:  # fmt: skip
    """Say how long each layer of a network takes, in milliseconds and GFLOP/s.

    SPEC is a network or job in YAML or JSON, MXNet's symbol JSON, or a model as predict takes it (a run, PREFIX,
    model.tar.gz); `-` is standard input. Arrays are made up as by `symcli bind`. What is timed is what runs: the engine
    computes some nodes together, and converts values from one storage to another. `SYMCLI_NUM_THREADS=1` times one
    thread, `SYMCLI_EXECUTOR=replay` the plain operators.
    """
    if bound is not None and old is None:
        raise click.UsageError("--fail-over needs --compare: the times to compare with")
    before = _read(old) if old else None
    with findings_answered(spec, as_json) as answered:
        shaped = load(spec, **given)
        shaped.require_numbers()
        found = _measured(shaped, not predict, seconds)
        changes = _changes(before, found) if before else {}
        if as_json:
            write_json({"file": spec, **found, **({"compared": changes} if before else {})})
        else:
            click.echo(_text(found, changes))
        if bound is not None:
            answered.code = _judged(changes, bound, str(old))
    return answered.code


def _measured(shaped: Shaped, trains: bool, seconds: float) -> dict[str, Any]:
    """Time a network and return what the JSON document says."""
    from symcli.executor.machine import machine
    from symcli.executor.timing import time_executor
    from symcli.train.trial import filled, heads

    symbol = shaped.network.symbol
    bound, _ = filled(shaped, symbol, grad=trains)
    times = time_executor(bound, trains, heads(bound), seconds)
    known = shaped.shapes.known
    work = {one.name: one for one in layers(shaped.heads, known.__getitem__, shaped.type_of, shaped.roles())}
    this = machine()
    rows = []
    for one in times.steps:
        covered = [work[name] for name in one.nodes if name in work and not one.converts]
        flops, backward_flops = (sum(getattr(layer, key) for layer in covered) for key in ("flops", "backward_flops"))
        rows.append({
            "nodes": list(one.nodes),
            "computed_as": one.operator,
            "forward_ms": _rounded(one.forward),
            "forward_gflop_per_s": _rate(flops, one.forward),
            "backward_ms": _rounded(one.backward),
            "backward_gflop_per_s": _rate(backward_flops, one.backward),
        })  # fmt: skip
    return {
        "network": shaped.network.name,
        "mode": "training" if trains else "prediction",
        "executor": bound.mode,
        "threads": this.usable_cores if bound.mode != "engine" else _threads(),
        "processor": this.processor,
        "rounds": times.rounds,
        "forward_ms": _rounded(times.forward),
        "backward_ms": _rounded(times.backward),
        "layers": rows,
    }


def _threads() -> int:
    from symcli.executor.modes import threads

    return threads()


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else float(f"{seconds * 1e3:.4g}")


def _rate(flops: int, seconds: float | None) -> float | None:
    return float(f"{flops / seconds / 1e9:.4g}") if flops and seconds else None


# ---- two measurements


def _read(path: str) -> dict[str, Any]:
    """Return an earlier measurement."""
    with open(path, encoding="utf-8") as file:
        try:
            found = json.load(file)
        except ValueError as error:
            raise DataError(f"{path}: is no JSON document: {error}; write one with symcli time --json", path) from None
    if not isinstance(found, dict) or not {"layers", "forward_ms", "backward_ms"} <= set(found):
        raise DataError(f"{path}: holds no times; write them with symcli time --json", path)
    return found


def _changes(before: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return new over old time of the whole passes and of each layer that is in both."""
    old = {tuple(one["nodes"]) + (one["computed_as"],): one for one in before["layers"]}
    changes = {}
    for key in ("forward_ms", "backward_ms"):
        parts = []
        for one in found["layers"]:
            earlier = old.get(tuple(one["nodes"]) + (one["computed_as"],))
            parts.append(_ratio(one[key], earlier[key]) if earlier else None)
        changes[key] = {"whole": _ratio(found[key], before[key]), "layers": parts}
    return changes


def _ratio(new: float | None, old: float | None) -> float | None:
    return float(f"{new / old:.3g}") if new and old else None


def _judged(changes: Mapping[str, Any], bound: float, old: str) -> int:
    """Say which pass became slower than allowed, and return the exit code."""
    slower = {key: change["whole"] for key, change in changes.items() if (change["whole"] or 0) > 1 + bound}
    for key, ratio in slower.items():
        click.echo(
            f"{key.removesuffix('_ms')}: {ratio:.2f} times as long as in {old}; allowed {1 + bound:.2f}", err=True
        )
    return int(bool(slower))


# ---- text


def _text(found: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    rows: list[Sequence[str]] = [TITLES]
    for number, one in enumerate(found["layers"]):
        names = one["nodes"]
        shown = ", ".join(names[:MOST_NAMES]) + (
            f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        )
        rows.append((shown, one["computed_as"], *_cells(one, changes, number)))
    sums = {key: sum(one[key] or 0 for one in found["layers"]) for key in ("forward_ms", "backward_ms")}
    if found["backward_ms"] is None:
        sums["backward_ms"] = None
    rows.append(("sum", "", *_cells(sums, {}, -1)))
    rows.append(("whole pass", "", *_cells(found, changes, None)))
    threads = f"{found['threads']} thread" + ("s" if found["threads"] > 1 else "")
    heading = f"{found['network']}, {found['mode']}, {found['executor']} on {threads}, median of {found['rounds']}"
    return "\n".join([heading, "", *aligned(rows, RIGHT)])


def _cells(one: Mapping[str, Any], changes: Mapping[str, Any], number: int | None) -> Sequence[str]:
    """Return the four numbers of a row; with what they were compared to, as a factor."""
    cells = []
    for way in ("forward", "backward"):
        spent, rate = one.get(f"{way}_ms"), one.get(f"{way}_gflop_per_s")
        change = changes.get(f"{way}_ms")
        factor = None if not change else change["whole"] if number is None else change["layers"][number]
        cells += ["" if spent is None else f"{spent:.3f}" + (f" (x{factor:.3g})" if factor else ""),
                  "" if rate is None else f"{rate:.1f}"]  # fmt: skip
    return cells
