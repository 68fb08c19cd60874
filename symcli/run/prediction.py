"""Asking a model: examples in, outputs out, batch by batch."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from symcli.data import DataBatch
from symcli.data.transforms import apply
from symcli.errors import DataError, MXNetError
from symcli.graph.symbol import Symbol
from symcli.ndarray import array
from symcli.run.inputs import Input, Unreadable
from symcli.run.model import Model
from symcli.run.preprocessing import Preprocessing
from symcli.train.module import Module

__all__ = ["Prediction", "predict", "top"]

THREADS = 2  # that decode images while the network computes

Read = tuple[np.ndarray, ...] | Unreadable


class Prediction(NamedTuple):
    """The outputs of one example, without the batch axis."""

    name: str
    outputs: tuple[np.ndarray, ...]


def predict(model: Model, inputs: Sequence[Input], preprocessing: Preprocessing, batch_size: int = 32,
            outputs: Symbol | None = None, arrays_too: bool = True) -> Iterator[Prediction | Unreadable]:  # fmt: skip
    """Yield the outputs of examples in their order; what cannot be read is yielded at the end of its batch.

    Parameters
    ----------
    arrays_too : whether arrays pass through the transforms as images do; else they go into the network as they are.

    Raises
    ------
    MXNetError
        If an example, after its transforms, does not fit the network, and none before it did; later ones that do not
        are unreadable.
    """
    asker = _Asker(model, preprocessing, min(batch_size, len(inputs)), outputs, arrays_too)
    blocks = [inputs[i : i + asker.size] for i in range(0, len(inputs), asker.size or 1)]
    with ThreadPoolExecutor(THREADS) as threads:
        ahead: list[list[Future[Read]]] = []
        for number in range(len(blocks)):
            for block in blocks[number + len(ahead) : number + 2]:
                ahead.append([threads.submit(asker.read, one) for one in block])
            yield from asker.answers(blocks[number], [one.result() for one in ahead.pop(0)])


class _Asker:
    """A bound model; examples of another shape than the last bind it anew."""

    def __init__(self, model: Model, preprocessing: Preprocessing, size: int, outputs: Symbol | None,
                 arrays_too: bool):  # fmt: skip
        self._model, self._outputs, self.size, self._arrays_too = model, outputs, size, arrays_too
        self._colour, self._transforms = bool(preprocessing.flag), preprocessing.make()
        self._module: Module | None = None
        self._shapes: tuple[tuple[int, ...], ...] = ()

    def read(self, one: Input) -> Read:
        """Return the arrays of an example as the network takes them."""
        try:
            first, *others = one.read(self._colour)
        except DataError as error:
            return Unreadable(one.name, str(error).removeprefix(f"{one.path}: "))
        if not self._arrays_too and one.arrays:
            return (first, *others)
        try:
            return (np.asarray(apply(self._transforms, first)), *others)
        except MXNetError as error:
            raise MXNetError(f"{one.name}: {error}") from None

    def answers(self, block: Sequence[Input], read: Sequence[Read]) -> Iterator[Prediction | Unreadable]:
        """Yield the outputs of a block; examples of one shape that follow each other are computed together."""
        names: list[str] = []
        rows: list[tuple[np.ndarray, ...]] = []
        for one, found in zip(block, read, strict=True):
            if isinstance(found, Unreadable):
                continue
            if rows and [part.shape for part in rows[0]] != [part.shape for part in found]:
                yield from self._computed(names, rows)
                names, rows = [], []
            names.append(one.name)
            rows.append(found)
        if rows:
            yield from self._computed(names, rows)
        yield from (found for found in read if isinstance(found, Unreadable))

    def _computed(self, names: Sequence[str],
                  rows: Sequence[tuple[np.ndarray, ...]]) -> Iterator[Prediction | Unreadable]:  # fmt: skip
        fitted = self._module is not None
        try:
            module = self._bound(tuple(part.shape for part in rows[0]), names[0])
        except MXNetError as error:
            if not fitted:
                raise
            said = str(error).splitlines()[0].removeprefix(f"{names[0]}: ")
            yield from (Unreadable(name, said) for name in names)
            return
        filled = [*rows, *[rows[-1]] * (self.size - len(rows))]
        module.forward(DataBatch([array(np.stack(parts)) for parts in zip(*filled, strict=True)]), is_train=False)
        outputs = [one.asnumpy() for one in module.get_outputs()]
        for i, name in enumerate(names):
            yield Prediction(name, tuple(one[i] for one in outputs))

    def _bound(self, shapes: tuple[tuple[int, ...], ...], first: str) -> Module:
        if self._module is None or shapes != self._shapes:
            wanted = self._model.data_names
            if len(shapes) != len(wanted):
                raise MXNetError(f"{first}: gives {len(shapes)} array for the inputs {', '.join(wanted)}; "
                                 "give an .npz with an array for each")  # fmt: skip
            given = {name: (self.size, *shape) for name, shape in zip(wanted, shapes, strict=True)}
            try:
                self._module, self._shapes = self._model.module(given, self._outputs), shapes
            except MXNetError as error:
                listed = ", ".join(f"{name} {shape}" for name, shape in zip(wanted, shapes, strict=True))
                raise MXNetError(f"{first}: after preprocessing it is {listed}, which does not fit the network; "
                                 f"declare other transforms (--transform)\n{error}") from None  # fmt: skip
        return self._module


def top(probabilities: np.ndarray, count: int) -> list[int]:
    """Return the numbers of the most probable classes, the most probable first."""
    return np.argsort(-probabilities, kind="stable")[:count].tolist()
