"""``symcli bind``: a network computed once, on given or made-up arrays."""

import math
from typing import Any

import click

from symcli.cli.console import columns, write_json
from symcli.cli.options import json_option
from symcli.cli.spec_file import findings_answered, network_file, shape_options
from symcli.errors import suggest
from symcli.files import replacing
from symcli.graph.symbol import Symbol
from symcli.shapes import text
from symcli.spec.shaped import Shaped
from symcli.spec.source import Place

__all__ = ["bind"]

WHOLE = 100  # elements: larger arrays are shown by their statistics
FILLS = ("ones", "zeros", "normal")


@click.command()
@click.argument("spec", metavar="SPEC")
@click.option("--fill", metavar="ones|zeros|normal|FILE.npz", help="What variables are filled with.")
@click.option("--params", metavar="FILE.params", help="Parameters that MXNet or symcli has saved.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of all random numbers.")
@click.option("--grad", is_flag=True, help="Train: also run backward and print the gradients' norms.")
@click.option("--output", "nodes", multiple=True, metavar="NODE", help="A node whose output is wanted, not the last.")
@click.option("--npz", "target", metavar="OUT.npz", help="Also write outputs (and gradients, as grad:NAME) to a file.")
@shape_options
@json_option
def bind(spec: str, fill: str | None, params: str | None, seed: int, grad: bool, nodes: tuple[str, ...],
         target: str | None, as_json: bool, **given: Any) -> int:  # fmt: skip
    """Compute a network once and print its outputs.

    SPEC is a network or job in YAML or JSON, MXNet's symbol JSON, or a model as predict takes it (a run, PREFIX,
    model.tar.gz), whose parameters are taken then; `-` is standard input. What no file gives is made from the seed:
    parameters by their initializers, other inputs normal, class numbers 0. Outputs of up to 100 elements are printed
    whole, larger ones by their statistics.
    """
    if fill is not None and fill not in FILLS and not fill.endswith(".npz"):
        hint = suggest(fill, FILLS) or "write arrays with numpy.savez"
        raise click.BadParameter(
            f"{fill!r} is none of {', '.join(FILLS)} and no .npz file; {hint}", param_hint="--fill"
        )
    from symcli.train.trial import read_arrays, trial

    with findings_answered(spec, as_json) as answered, network_file(spec) as file:
        if params is None and file.files is not None and fill not in FILLS:
            params = file.files.params()
        files = [path for path in (fill if fill not in FILLS else None, params) if path]
        arrays = {name: (path, array) for path in files for name, array in read_arrays(path).items()}
        shaped = file.load({name: array.shape for name, (_, array) in arrays.items()}, **given)
        shaped.require_numbers()
        wanted = _wanted(shaped, nodes) if nodes else None
        found = trial(shaped, wanted, fill if fill in FILLS else "initial", seed, grad, arrays)
        if files and found.filled:
            names = [file.files.shown(path) if file.files is not None else path for path in files]
            click.echo(f"not in {' or '.join(names)}, filled from the seed: {', '.join(found.filled)}", err=True)
        if target is not None:
            _write(target, {**found.outputs, **{f"grad:{name}": array for name, array in found.gradients.items()}})
        if as_json:
            write_json({"file": spec, **_plain(found, seed)})
        else:
            click.echo(_text(found))
    return answered.code


def _wanted(shaped: Shaped, names: tuple[str, ...]) -> Symbol:
    """Return the outputs of nodes, named as nodes or as outputs."""
    internals = shaped.network.symbol.get_internals()
    heads = []
    for name in names:
        outputs = zip(internals._heads, internals.list_outputs(), strict=True)
        chosen = [head for head, output in outputs if name in (head[0].name, output)]
        if not chosen:
            known = [node.name for node, _ in internals._heads if node.op is not None]
            listed = ", ".join(known[:10]) + (", …" if len(known) > 10 else "")
            shaped.network.findings.report("SYM301", Place(f"--output {name}"),
                                           f"{shaped.network.name} has no node {name!r}",
                                           suggest(name, known) or f"nodes: {listed}")  # fmt: skip
        heads += chosen
    shaped.network.findings.raise_if_any()
    return Symbol(heads)


def _write(target: str, arrays: dict[str, Any]) -> None:
    import numpy as np

    with replacing(target) as file:
        np.savez(file, **arrays)


def _text(found: Any) -> str:
    from symcli.train.trial import statistics

    parts = []
    for name, array in found.outputs.items():
        heading = f"{name} {text(array.shape)}"
        if array.size <= WHOLE:
            parts.append(f"{heading}\n{array}")
            continue
        one = statistics(array)
        line = (f"{heading}  mean {one.mean:.6g}, standard deviation {one.deviation:.6g}, "
                f"min {one.smallest:.6g}, max {one.largest:.6g}")  # fmt: skip
        parts.append(line + (f"; {one.not_finite} of {array.size} are not finite" if one.not_finite else ""))
    if found.gradients:
        parts.append("gradient norms:\n" + columns(
            [(name, text(array.shape), f"{_norm(array):.6g}") for name, array in found.gradients.items()]
        ))  # fmt: skip
    return "\n".join(parts)


def _norm(array: Any) -> float:
    return math.sqrt(float((array.astype("float64") ** 2).sum()))


def _plain(found: Any, seed: int) -> dict[str, Any]:
    from symcli.train.trial import statistics

    outputs = []
    for name, array in found.outputs.items():
        one = statistics(array)
        values = [_number(value) for value in array.reshape(-1).tolist()] if array.size <= WHOLE else None
        outputs.append({
            "name": name, "shape": list(array.shape), "dtype": array.dtype.name, "mean": _number(one.mean),
            "standard_deviation": _number(one.deviation), "min": _number(one.smallest), "max": _number(one.largest),
            "not_finite": one.not_finite, "values": values,
        })  # fmt: skip
    gradients = [
        {"name": name, "shape": list(array.shape), "norm": _number(_norm(array))}
        for name, array in found.gradients.items()
    ]
    return {"seed": seed, "outputs": outputs, "gradients": gradients}


def _number(value: float) -> float | int | bool | None:
    """Return a number as JSON knows it, to six digits; None if it is not finite."""
    if isinstance(value, int):
        return value
    return float(f"{value:.6g}") if math.isfinite(value) else None
