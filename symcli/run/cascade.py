"""Cascades of networks as a file names them: MTCNN."""

import os
from collections.abc import Sequence

import numpy as np

from symcli.data import DataBatch
from symcli.detect.mtcnn import Network
from symcli.errors import DataError
from symcli.job.reader import Reader
from symcli.ndarray import array
from symcli.params import FilePath, Parameters, param
from symcli.run.model import Model, open_model
from symcli.spec.document import read_document
from symcli.spec.findings import Findings
from symcli.spec.scope import Scope
from symcli.spec.source import Map, Place
from symcli.train.module import Module

__all__ = ["Cascade", "open_networks", "read_cascade"]

_AT_ONCE = 64  # boxes that a network looks at


class Cascade(Parameters):
    """What the file of a cascade says."""

    folder: FilePath = param(doc="where the networks are")
    networks: tuple[str, ...] = param(("det1", "det2", "det3"), doc="P-Net, R-Net and O-Net: PREFIX or PREFIX:EPOCH of "
                                      "MXNet's files; those that are not there are left out")  # fmt: skip
    thresholds: tuple[float, ...] = param(
        (0.6, 0.7, 0.7), ge=0, le=1, doc="the probability of a face that each asks for"
    )
    min_face: int = param(20, ge=12, doc="the smallest face, in pixels")
    factor: float = param(0.709, ge=0.1, le=0.95, doc="from one size of the image that P-Net sees to the next")


def read_cascade(path: str, overrides: Sequence[str] = ()) -> Cascade:
    """Return what a file says of a cascade.

    Raises
    ------
    SpecError
        With all findings, if it has mistakes.
    """
    findings = Findings()
    found = None
    document = read_document(path, list(overrides), findings)
    if document is not None and isinstance(document.tree, Map):
        section = document.tree.get("cascade")
        if section is None:
            example = "cascade: {folder: …, networks: [det1, det2, det3]}, or give a run or MXNet's PREFIX"
            findings.report("SYM108", Place(path, 1, 1), "the file has no cascade", example)
        else:
            found, _ = Reader(findings, document, Scope(findings)).section(Cascade, section, "cascade", section.place)
    findings.raise_if_any()
    assert found is not None
    return found


def open_networks(cascade: Cascade) -> tuple[list[Network], list[str], list[str]]:
    """Return the networks up to the first that is not there, the names of their models, and of those left out.

    Raises
    ------
    DataError
        If the first is not there, or a file is damaged.
    """
    models: list[Model] = []
    missing: list[str] = []
    for name in cascade.networks:
        prefix = os.path.join(cascade.folder, name)
        if missing or not os.path.exists(f"{prefix.partition(':')[0]}-symbol.json"):
            missing.append(name)
            continue
        models.append(open_model(prefix))
    if not models:
        raise DataError(f"{cascade.folder}: there is no {cascade.networks[0]}-symbol.json; needs P-Net as MXNet's "
                        "files: --set cascade.folder=DIR", cascade.folder)  # fmt: skip
    return [_Asked(model) for model in models], [model.name for model in models], missing


class _Asked:
    """A network of the cascade as a function of images; its outputs are told apart by their number of channels."""

    def __init__(self, model: Model):
        self._model = model
        self._modules: dict[tuple[int, ...], Module] = {}

    def __call__(self, images: np.ndarray) -> list[np.ndarray]:
        count, shape = len(images), images.shape[1:]
        size = 1 if count == 1 and shape[1:] not in ((24, 24), (48, 48)) else _AT_ONCE
        parts = [self._part(images[i : i + size], size) for i in range(0, count, size)]
        found = {one.shape[1]: one for one in (np.concatenate(each) for each in zip(*parts, strict=True))}
        if not {2, 4} <= found.keys():
            channels = ", ".join(map(str, sorted(found)))
            raise DataError(f"{self._model.name}: has outputs of {channels} channels; a network of MTCNN has 2 (face "
                            "or none) and 4 (offsets of the box)")  # fmt: skip
        return [found[2][:, 1], found[4], *([found[10]] if 10 in found else [])]

    def _part(self, images: np.ndarray, size: int) -> list[np.ndarray]:
        shape = (size, *images.shape[1:])
        if shape not in self._modules:
            self._modules[shape] = self._model.module(dict.fromkeys(self._model.data_names, shape))
        filled = np.zeros(shape, np.float32)
        filled[: len(images)] = images
        module = self._modules[shape]
        module.forward(DataBatch([array(filled)]), is_train=False)
        return [one.asnumpy()[: len(images)] for one in module.get_outputs()]
