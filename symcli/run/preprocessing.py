"""What becomes of an input before a model sees it: declared in ``preprocess.yaml`` beside the model."""

import os
from typing import Any

from symcli.data.transforms import Transform
from symcli.job.data_checks import Inputs
from symcli.job.job import Job
from symcli.job.kinds import TransformPick
from symcli.job.reader import DEFAULT, Reader, default
from symcli.job.resolved import to_yaml
from symcli.params import Parameters, param
from symcli.spec.document import Document, read_document
from symcli.spec.findings import Findings
from symcli.spec.scope import Scope
from symcli.spec.source import List, Map, Place, read_text

__all__ = [
    "PREPROCESSING", "Preprocessing", "preprocessing_text", "read_preprocessing", "read_transforms", "undeclared",
    "undeclared_note",
]  # fmt: skip

PREPROCESSING = ("preprocess.yaml", "preprocessing.yaml")  # the second is read, not written


class Preprocessing(Parameters):
    """How inputs are read, and what becomes of them."""

    flag: int = param(1, choices=(0, 1), doc="1 to read images in colour, 0 for grey")
    arrays: tuple[str, ...] = param((), doc="the arrays of an .npz that feed the inputs; by default of their names")
    transforms: tuple[TransformPick, ...] = param((), doc="what becomes of each input, in order")

    def make(self) -> list[Transform]:
        """Return the transforms."""
        return [pick.make() for pick in self.transforms]

    def text(self) -> str:
        """Return the transforms in one line, as they are declared."""
        parts = [f"{pick.kind}{_listed(pick.values)}" for pick in self.transforms]
        return ", ".join(["images in colour" if self.flag else "images in grey", *parts])


def _listed(values: dict[str, Any]) -> str:
    given = {name: value for name, value in values.items() if value is not None}
    return f" ({', '.join(f'{name} {_plain(value)}' for name, value in given.items())})" if given else ""


def _plain(value: Any) -> str:
    return f"[{', '.join(map(_plain, value))}]" if isinstance(value, tuple) else f"{value}"


def read_preprocessing(path: str) -> Preprocessing:
    """Return what a file declares.

    Raises
    ------
    SpecError
        With all findings, if the file has mistakes.
    """
    findings = Findings()
    return _read(read_document(path, [], findings), findings, os.path.basename(path))


def read_transforms(text: str, like: Preprocessing | None = None) -> Preprocessing:
    """Return the preprocessing of a list of transforms as jobs write it; the rest is ``like`` another.

    Raises
    ------
    SpecError
        With all findings, if the list has mistakes.
    """
    findings, name = Findings(), "--transform"
    tree = read_text(text, name, findings)
    document = Document(name, Map(Place(name), {"transforms": tree}), text, ()) if tree is not None else None
    found = _read(document, findings, name)
    return found if like is None else like.replaced(transforms=found.transforms)


def _read(document: Document | None, findings: Findings, what: str) -> Preprocessing:
    found: Any = None
    if document is not None:
        reader = Reader(findings, document, Scope(findings))
        found, _ = reader.section(Preprocessing, document.tree, what, document.tree.place)
    findings.raise_if_any()
    return found


def undeclared(size: tuple[int, int] | None = None) -> Preprocessing:
    """Return images with channels first and values from 0 to 255, as MXNet's own readers feed a network.

    ``size`` is width and height that they are resized to; None keeps theirs.
    """
    resize = f"{{resize: [{size[0]}, {size[1]}]}}, " if size else ""
    return read_transforms(f"[{resize}{{to_tensor: {{max_value: 1}}}}]")


def undeclared_note(size: tuple[int, int] | None = None) -> str:
    """Return what is said where nothing is declared but perhaps the size."""
    return (f"not declared{' but for the size' if size else ''}; --transform, or preprocess.yaml beside the model, "
            "does it")  # fmt: skip


def preprocessing_text(job: Job, inputs: Inputs) -> str:
    """Return the file that declares what a job does to the examples that it evaluates."""
    shape = inputs.data[0].shape
    grey = len(shape) == 4 and shape[1] == 1
    size = job.data.train.values.get("size")
    transforms = [*([Map(DEFAULT, {"resize": default(size)})] if size else []), *_declared(job)]
    tree = Map(DEFAULT, {
        "flag": default(int(not grey)),
        "arrays": default(tuple(inputs.arrays[one.name] for one in inputs.data)),
        "transforms": List(DEFAULT, transforms),
    })  # fmt: skip
    return "# What `symcli predict` makes of an input before the network sees it.\n" + to_yaml(tree)


def _declared(job: Job) -> list[Any]:
    data = job.resolved.items["data"]
    assert isinstance(data, Map)
    transforms = data.items["transforms"]
    assert isinstance(transforms, Map)
    found = transforms.items.get("all")
    return list(found.items) if isinstance(found, List) else []
