"""Made-up examples of a network's shapes, to try a job whose data are not here."""

import os
import zlib

import numpy as np

from symcli.data.formats.base import ArrayExamples, Examples
from symcli.errors import MXNetError
from symcli.graph.node import Node
from symcli.graph.roles import roles
from symcli.job.job import Job
from symcli.job.options import Transforms
from symcli.job.reader import option_of
from symcli.params import FilePath
from symcli.shapes import text

__all__ = ["are_absent", "synthetic"]

BATCHES = {"train": 8}  # of other splits there are 2


def are_absent(job: Job) -> bool:
    """Whether a file that a job's data name is not here."""
    return any(
        option_of(one).cls is FilePath and not os.path.exists(pick.values.get(name) or "")
        for pick in job.formats().values() for name, one in pick.kinds.params(pick.kind).items() if one.required
    )  # fmt: skip


def synthetic(job: Job) -> dict[str, Examples]:
    """Return made-up examples of all splits, and let the job do without transforms: they are made as these leave them.

    Each class has a pattern of its own under noise, so that a network can learn them.

    Raises
    ------
    MXNetError
        If the network leaves the shape of an input open.
    """
    job.data = job.data.replaced(transforms=Transforms(train=(), all=()))
    size = job.train.batch_size
    shapes = {name: (size, *shape[1:]) for name, shape in job.network.shapes.items()}
    inference = job.network.infer(shapes)
    job.findings.raise_if_any()
    known = roles(job.network.symbol._heads, job.network.declared_inputs())
    wanted = [node for node, role in known.items() if role in ("input", "label")]
    found = {node: inference.get((node, 0)) for node in wanted}
    for node, shape in found.items():
        if not shape or not all(shape):
            raise MXNetError(f"{job.file}: --synthetic cannot tell the shape of {node.name}, {text(shape)}; "
                             f"say it: -D or the input's shape in the network")  # fmt: skip
    made: dict[str, Examples] = {}
    for split in job.formats():
        draw = np.random.Generator(np.random.Philox(key=[job.train.seed, zlib.crc32(split.encode())]))
        count = size * BATCHES.get(split, 2)
        labels = {node.name: _label(job, node, (count, *shape[1:]), inference, draw)
                  for node, shape in found.items() if shape and known[node] == "label"}  # fmt: skip
        first = next(iter(labels.values()), np.zeros(count)).reshape(count, -1)[:, 0]
        arrays = {node.name: _data(job, node, (count, *shape[1:]), first, draw)
                  for node, shape in found.items() if shape and known[node] == "input"}  # fmt: skip
        made[split] = ArrayExamples(f"synthetic {split}", arrays, labels)
    return made


def _consumer(job: Job, node: Node, slot: str) -> Node | None:
    """Return an operator of the network that takes a variable as its input of this name."""
    for one in job.network.symbol.get_internals()._heads:
        if one[0].op is not None:
            names = list(one[0].op.list_arguments())
            if slot in names and one[0].inputs[names.index(slot)][0] is node:
                return one[0]
    return None


def _label(job: Job, node: Node, shape: tuple[int, ...], inference: object, draw: np.random.Generator) -> np.ndarray:
    """Return class numbers, boxes, or numbers, as the operator that takes them wants."""
    taker = _consumer(job, node, "label")
    if taker is not None and taker.op is not None and taker.op.name in ("SoftmaxOutput", "SVMOutput"):
        output = inference.get((taker, 0))  # type: ignore[attr-defined]
        return draw.integers(0, output[1], shape).astype(np.float32)
    if taker is not None and taker.op is not None and taker.op.name == "_contrib_MultiBoxTarget":
        boxes = np.sort(draw.random((*shape[:2], 2, 2), np.float32), axis=2).reshape(*shape[:2], 4)
        label = np.zeros(shape, np.float32)
        label[..., 1:5] = boxes
        return label
    return draw.standard_normal(shape, np.float32)


def _data(job: Job, node: Node, shape: tuple[int, ...], classes: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    taker = _consumer(job, node, "data")
    if taker is not None and taker.op is not None and taker.op.name == "Embedding":
        return draw.integers(0, taker.op.input_dim, shape).astype(np.float32)  # type: ignore[attr-defined]
    values = draw.standard_normal(shape, np.float32)
    patterns = np.random.Generator(np.random.Philox(key=[7, 0]))
    of_class = patterns.standard_normal((int(abs(classes).max()) + 1, *shape[1:]), np.float32)
    return values + of_class[abs(classes).astype(np.int64)]
