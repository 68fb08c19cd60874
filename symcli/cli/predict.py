"""``symcli predict``: a model is asked about files."""

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from symcli.cli.console import write_json
from symcli.cli.options import json_option, screen_options
from symcli.files import replacing

if TYPE_CHECKING:
    from symcli.cli.screen import Screen
    from symcli.graph.symbol import Symbol
    from symcli.run.inputs import Unreadable
    from symcli.run.model import Model
    from symcli.run.prediction import Prediction
    from symcli.run.preprocessing import Preprocessing

__all__ = ["predict"]


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("--top-k", type=click.IntRange(1), default=1, show_default=True, help="How many classes are shown.")
@click.option("--output", "nodes", multiple=True, metavar="NODE", help="A node whose output is wanted; with --npz.")
@click.option("--npz", "target", metavar="OUT.npz", help="Write the outputs to a file of arrays.")
@click.option("--submission", metavar="OUT.csv", help="Write a Kaggle submission: id and label of each input.")
@click.option("--sample", metavar="FILE.csv", help="The sample submission, whose columns and ids are taken.")
@click.option("--transform", "--transforms", "transforms", metavar="LIST",
              help="What becomes of inputs, as in jobs: [{resize: 32}, to_tensor].")  # fmt: skip
@click.option("--batch-size", type=click.IntRange(1), default=32, show_default=True, help="Inputs computed at once.")
@screen_options
@json_option
def predict(model: str, inputs: tuple[str, ...], top_k: int, nodes: tuple[str, ...], target: str | None,
            submission: str | None, sample: str | None, transforms: str | None, batch_size: int, quiet: bool,
            verbose: bool, no_progress: bool, as_json: bool) -> int:  # fmt: skip
    """Ask a model about image files, folders of them, globs, or arrays in .npz or .npy files.

    MODEL is a run, runs/JOB/1, the PREFIX of MXNet's files, with class names in synset.txt and transforms in
    preprocess.yaml beside them, or a model.tar.gz of these, or its folder; `:EPOCH` chooses an epoch. What cannot be
    read is named and left out; the exit code is 1 then.
    """
    if nodes and target is None:
        raise click.UsageError("--output gives arrays: say with --npz where to write them")
    if sample is not None and submission is None:
        raise click.UsageError("--sample goes with --submission")
    from symcli.cli.screen import Screen
    from symcli.run.inputs import Input, Unreadable, list_inputs
    from symcli.run.model import open_model
    from symcli.run.prediction import predict as asked

    screen = Screen(quiet, verbose, not no_progress)
    opened = open_model(model)
    preprocessing = _preprocessing(opened, transforms, screen)
    outputs = opened.outputs(nodes) if nodes else opened.for_use()
    found = list(list_inputs(inputs, preprocessing.arrays or opened.data_names))
    skipped = [one for one in found if isinstance(one, Unreadable)]
    predictions: list[Prediction] = []
    with screen.compilation():
        examples = [one for one in found if isinstance(one, Input)]
        declared = transforms is not None or opened.preprocessing is not None
        for one in asked(opened, examples, preprocessing, batch_size, outputs, declared) if examples else ():
            if isinstance(one, Unreadable):
                skipped.append(one)
            else:
                predictions.append(one)
            screen.count(len(predictions) + len(skipped), len(found), "predicting")
    screen.close()
    if target is not None:
        _write_arrays(target, opened, outputs, predictions)
    if submission is not None:
        _write_submission(submission, sample, opened, predictions)
    if as_json:
        write_json(_plain(opened, preprocessing, predictions, skipped, top_k, bool(nodes)))
    elif target is None and submission is None:
        click.echo(_table(opened, outputs or opened.symbol, predictions, top_k), nl=False)
    for one in skipped:
        click.echo(f"skipped: {one.name}: {one.reason}", err=True)
    return 1 if skipped else 0


def _preprocessing(model: "Model", transforms: str | None, screen: "Screen") -> "Preprocessing":
    """Return what becomes of inputs, and say it before the first prediction."""
    from symcli.run.preprocessing import read_transforms, undeclared, undeclared_note

    found, declared = model.preprocessing, model.declared
    if transforms is not None:
        found, declared = read_transforms(transforms, found), "--transform"
    if found is None:
        found, declared = undeclared(model.image_size), undeclared_note(model.image_size)
    screen.say(f"model: {model.name}")
    screen.say(f"preprocessing: {found.text()}  ({declared})")
    return found


# ---- tables


def _is_classes(predictions: "Sequence[Prediction]") -> bool:
    """Whether the first output is a vector of probabilities, one a class."""
    if not predictions:
        return True
    first = predictions[0].outputs[0]
    return first.ndim == 1 and len(first) > 1 and bool(first.min() >= 0) and abs(float(first.sum()) - 1) < 1e-3


def _class_name(model: "Model", number: int) -> str:
    return model.classes[number] if number < len(model.classes) else str(number)


def _table(model: "Model", outputs: "Symbol", predictions: "Sequence[Prediction]", top_k: int) -> str:
    from symcli.run.prediction import top

    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    if _is_classes(predictions):
        table.writerow(["input", "rank", "class", "probability"])
        for one in predictions:
            for rank, number in enumerate(top(one.outputs[0], top_k), 1):
                table.writerow([one.name, rank, _class_name(model, number), f"{one.outputs[0][number]:.6g}"])
    else:
        sizes = [part.size for part in predictions[0].outputs]
        names = [name for name, size in zip(outputs.list_outputs(), sizes, strict=True)
                 for name in ([f"{name}_{i}" for i in range(size)] if size > 1 else [name])]  # fmt: skip
        table.writerow(["input", *names])
        for one in predictions:
            table.writerow([one.name, *(f"{value:.6g}" for part in one.outputs for value in part.reshape(-1))])
    return text.getvalue()


def _plain(model: "Model", preprocessing: "Preprocessing", predictions: "Sequence[Prediction]",
           skipped: "Sequence[Unreadable]", top_k: int, only_arrays: bool) -> dict[str, Any]:  # fmt: skip
    from symcli.run.prediction import top

    def shown(one: "Prediction") -> dict[str, Any]:
        if not classes:
            return {"input": one.name, "outputs": [part.tolist() for part in one.outputs]}
        values = [(number, float(f"{one.outputs[0][number]:.6g}")) for number in top(one.outputs[0], top_k)]
        return {"input": one.name, "classes": [
            {"class": _class_name(model, number), "number": number, "probability": value} for number, value in values
        ]}  # fmt: skip

    classes = _is_classes(predictions)
    return {
        "model": model.name, "preprocessing": preprocessing.text(),
        "predictions": [] if only_arrays else [shown(one) for one in predictions],
        "skipped": [one._asdict() for one in skipped],
    }  # fmt: skip


# ---- files


def _write_arrays(target: str, model: "Model", outputs: Any, predictions: "Sequence[Prediction]") -> None:
    """Write each output as an array over all inputs, and the inputs' names."""
    import numpy as np

    names = (model.symbol if outputs is None else outputs).list_outputs()
    arrays: dict[str, Any] = {name: np.stack([one.outputs[i] for one in predictions]) for i, name in enumerate(names)
              if predictions}  # fmt: skip
    with replacing(target) as file:
        np.savez(file, inputs=np.array([one.name for one in predictions]), **arrays)


def _write_submission(target: str, sample: str | None, model: "Model", predictions: "Sequence[Prediction]") -> None:
    """Write id and label of each input; of a sample the columns, and the ids in its order."""
    from symcli.run.submission import submission_rows

    labels = [(one.name, _class_name(model, int(one.outputs[0].argmax()))) for one in predictions]
    rows = submission_rows(labels, sample)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    with replacing(target) as file:
        file.write(text.getvalue().encode())
