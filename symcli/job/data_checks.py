"""Whether data fit the network: shapes, classes, labels; before the first step, and with the place of the mistake."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symcli.data.batch import DataDesc
from symcli.data.formats import Examples
from symcli.data.transforms import apply
from symcli.errors import DataError, MXNetError
from symcli.graph.node import Node
from symcli.graph.roles import roles
from symcli.job.job import Job
from symcli.shapes import Shape, text
from symcli.spec.findings import Note
from symcli.spec.source import Place

__all__ = ["Inputs", "check_data", "inputs_of"]

# Losses whose labels number the entries of the output's second axis.
_OF_CLASSES = ("SoftmaxOutput", "SVMOutput")
_MAKES_CLASSES = {"FullyConnected": "num_hidden", "Convolution": "num_filter"}


@dataclass
class Inputs:
    """What a batch of a split consists of: names, shapes and types of its arrays, as a Module is bound to them.

    ``arrays`` tells which array of the files feeds an input.
    """

    data: list[DataDesc]
    label: list[DataDesc]
    arrays: dict[str, str]


def check_data(job: Job, splits: Mapping[str, Examples]) -> Inputs | None:
    """Return what a batch of training consists of; None after findings.

    Parameters
    ----------
    splits : the opened examples of ``train``, ``valid`` and ``test``, as far as there are any.
    """
    before = len(job.findings)
    found = {}
    for split, examples in splits.items():
        inputs = inputs_of(job, split, examples)
        if inputs is not None:
            found[split] = inputs
            _check_labels(job, split, examples, inputs)
    _check_splits(job, splits)
    return found.get("train") if len(job.findings) == before else None


def inputs_of(job: Job, split: str, examples: Examples) -> Inputs | None:
    """Return what a batch of a split consists of; None after findings.

    An array feeds the input of its name; the others feed the remaining inputs in order.
    """
    place = job.places.get(f"data.{split}", Place(job.file))
    try:
        arrays = examples.read(0)
        first = apply(job.transforms(split), arrays[0], job.train.seed)
    except MXNetError as error:
        transforms = job.places.get("data.transforms", place)
        _report(job, place if isinstance(error, DataError) else transforms, f"data.{split}: {error}")
        return None
    size = job.train.batch_size
    shapes: dict[str, tuple[Shape, Any]] = {
        name: ((size, *array.shape), np.float32)
        for name, array in zip(examples.data, (first, *arrays[1:]), strict=True)
    }
    shapes |= {name: ((size, *array.shape[1:]), np.float32) for name, array in examples.labels.items()}
    known = roles(job.network.symbol._heads, job.network.declared_inputs())
    fed: dict[str, list[DataDesc]] = {}
    names: dict[str, str] = {}
    for role, own in (("input", list(examples.data)), ("label", list(examples.labels))):
        wanted = [node.name for node, one in known.items() if one == role]
        if len(own) < len(wanted) or (role == "input" and len(own) > len(wanted)):
            what = "data" if role == "input" else "label"
            _report(job, place, f"data.{split} has {len(own)} {what} arrays ({', '.join(own) or 'none'}) for "
                    f"{len(wanted)} {what} inputs of the network ({', '.join(wanted) or 'none'})",
                    "name the arrays in the data format, the inputs in the network")  # fmt: skip
            return None
        matched = _matched(own, wanted)
        names |= matched
        fed[role] = [DataDesc(name, *shapes[matched[name]]) for name in wanted]
    inputs = Inputs(fed["input"], fed["label"], names)
    return inputs if _check_shapes(job, split, examples, inputs, place) else None


def _matched(own: list[str], wanted: list[str]) -> dict[str, str]:
    """Return the array of each input: that of its name, else the next."""
    rest = iter([name for name in own if name not in wanted])
    return {name: name if name in own else next(rest) for name in wanted}


def _check_shapes(job: Job, split: str, examples: Examples, inputs: Inputs, place: Place) -> bool:
    before = len(job.findings)
    for desc in inputs.data + inputs.label:
        declared = job.network.shapes.get(desc.name)
        if declared is not None and not _agree(declared, desc.shape):
            array = inputs.arrays[desc.name]
            after = " after data.transforms" if desc in inputs.data else ""
            origin = next(one.place for node, one in job.network.origins.items() if node.name == desc.name)
            _report(job, place, f"data.{split}: a batch of {array} is {desc.shape}{after}; the input {desc.name} is "
                    f"{text(declared)}", _shape_help(declared, desc.shape), (("declared at", origin),))  # fmt: skip
    if len(job.findings) == before:
        job.network.infer({desc.name: tuple(desc.shape) for desc in inputs.data + inputs.label})
    return len(job.findings) == before


def _agree(declared: Shape, shape: Shape) -> bool:
    return len(declared) == len(shape) and all(a in (0, b) for a, b in zip(declared, shape, strict=True))


def _shape_help(declared: Shape, shape: Shape) -> str:
    wanted, own = [int(size) for size in declared[1:]], list(shape[1:])
    if len(declared) == len(shape) and wanted == own:
        return f"train.batch_size: {int(declared[0])}, or a word in place of {int(declared[0])} in the input's shape"
    if (len(own) == 3 and (own[2], own[0], own[1]) == tuple(wanted)) or (len(wanted) == 3 and own == wanted[1:]):
        return "data.transforms: {all: [to_tensor]} puts channels first"
    if len(own) == len(wanted) == 3 and own[0] == wanted[0]:
        return f"{{resize: [{wanted[2]}, {wanted[1]}]}} in data.transforms, or change the input's shape"
    if len(own) == len(wanted) == 3:
        return "image_folder: {flag: 0} reads grey images, {flag: 1} colours; or change the input's shape"
    return "change the input's shape, or data.transforms"


def _check_labels(job: Job, split: str, examples: Examples, inputs: Inputs) -> None:
    """Compare labels and class names with the number of classes that the network tells apart."""
    place = job.places.get(f"data.{split}", Place(job.file))
    inference = job.network.infer({desc.name: tuple(desc.shape) for desc in inputs.data + inputs.label})
    for head, _ in job.network.symbol._heads:
        shape = inference.get((head, 0))
        if head.op is None or head.op.name not in _OF_CLASSES or not shape or len(shape) < 2 or not shape[1]:
            continue
        label = head.inputs[list(head.op.list_arguments()).index("label")][0]
        labels = examples.labels.get(inputs.arrays.get(label.name, ""))
        if labels is None or not labels.size or labels.shape[1:] != tuple(shape[2:]):
            continue
        count, notes, change = shape[1], *_classes_from(job, head)
        low, high = float(labels.min()), float(labels.max())
        ignored = getattr(head.op, "ignore_label", None) if getattr(head.op, "use_ignore", False) else None
        if (low < 0 and low != ignored) or not bool((labels == np.floor(labels)).all()):
            _report(job, place, f"data.{split}: labels of {examples.source} are {low:g} to {high:g}; {head.op.name} "
                    f"{head.name!r} needs whole numbers from 0 to {count - 1}", "", notes)  # fmt: skip
        elif high >= count:
            _report(job, place, f"data.{split}: labels of {examples.source} go to {high:g}; {head.op.name} "
                    f"{head.name!r} tells {count} classes apart, 0 to {count - 1}",
                    change.format(int(high) + 1), notes)  # fmt: skip
        elif examples.classes and len(examples.classes) != count and not examples.classes[-1].isdigit():
            _report(job, place, f"data.{split}: {examples.source} has {len(examples.classes)} classes; {head.op.name} "
                    f"{head.name!r} tells {count} apart", change.format(len(examples.classes)), notes)  # fmt: skip


def _classes_from(job: Job, head: Node) -> tuple[tuple[Note, ...], str]:
    """Return where the number of classes is set, and what to write there."""
    node = head
    while node.inputs and node.op is not None and node.op.name not in _MAKES_CLASSES:
        node = node.inputs[0][0]
    origin = job.network.origins.get(node)
    if node.op is None or origin is None:
        return (), ""
    return (("their number is set at", origin.place),), f"{node.name}: {_MAKES_CLASSES[node.op.name]}: {{}}"


def _check_splits(job: Job, splits: Mapping[str, Examples]) -> None:
    train = splits.get("train")
    if train is None:
        return
    if len(train) < job.train.batch_size and job.data.last_batch_handle != "pad":
        _report(job, job.places.get("data.train", Place(job.file)),
                f"data.train: {train.source} has {len(train)} examples, which fill no batch of {job.train.batch_size}",
                f"train.batch_size: {len(train)}")  # fmt: skip
    for split, examples in splits.items():
        named = bool(examples.classes) and not examples.classes[-1].isdigit()
        if named and train.classes and examples.classes != train.classes and len(examples.classes) > 1:
            mine, others = set(examples.classes), set(train.classes)
            listed = ", ".join(sorted(mine ^ others)[:5])
            _report(job, job.places.get(f"data.{split}", Place(job.file)),
                    f"data.{split}: {examples.source} has other classes than {train.source}: {listed}",
                    "give both the same folders; an empty one keeps its number")  # fmt: skip


def _report(job: Job, place: Place, message: str, help: str = "", notes: tuple[Note, ...] = ()) -> None:
    job.findings.report("SYM704", place, message, help, notes)
