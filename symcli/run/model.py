"""Models that are evaluated and asked: a run, MXNet's ``PREFIX-symbol.json`` and ``PREFIX-0007.params``, an archive."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from symcli.data import DataDesc
from symcli.detect.network import detections
from symcli.errors import DataError, MXNetError, reason, suggest
from symcli.graph import symbol as sym
from symcli.graph.node import topological
from symcli.graph.roles import roles
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray, load
from symcli.run.folder import Folder
from symcli.run.model_files import ModelFiles, model_files
from symcli.run.preprocessing import PREPROCESSING, Preprocessing, read_preprocessing
from symcli.shapes import Shape
from symcli.train.checkpoint import split_params
from symcli.train.module import Module

__all__ = ["SYNSET", "Model", "open_model", "read_parameters"]

SYNSET = "synset.txt"
_HALF, _SINGLE = "2", "0"  # the numbers of float16 and float32 in ``__dtype__``


@dataclass
class Model:
    """A network with its parameters, ready to be bound.

    Attributes
    ----------
    name : what it is called in messages: its files' prefix and epoch.
    classes : class names in the order of their numbers; empty where none are known.
    preprocessing, declared : what becomes of an input first, and where that is declared; none if nowhere.
    run : the run that it is of; None for bare files.
    shapes : the inputs' shapes, where SageMaker noted them beside the model.
    data_names, label_names : the inputs of the network; all other arguments are parameters.
    """

    name: str
    symbol: Symbol
    arg_params: dict[str, NDArray]
    aux_params: dict[str, NDArray]
    classes: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
    declared: str = ""
    run: Folder | None = None
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    data_names: list[str] = field(init=False)
    label_names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._widen()
        known = roles(self.symbol._heads)
        missing = [node.name for node, role in known.items()
                   if node.name not in (self.aux_params if role == "state" else self.arg_params)]  # fmt: skip
        named = {node.name: role for node, role in known.items()}
        self.label_names = [name for name in missing if named[name] == "label"]
        self.data_names = [name for name in missing if named[name] == "input"]
        wanting = [name for name in missing if named[name] in ("parameter", "state")]
        if wanting:
            listed = ", ".join(wanting[:5]) + (f" and {len(wanting) - 5} more" if len(wanting) > 5 else "")
            hint = suggest(wanting[0], [*self.arg_params, *self.aux_params])
            raise DataError(f"{self.name}: the parameters lack {listed}; {hint or 'give the file of this network'}")

    def _widen(self) -> None:
        """Make float16 parameters float32: there are no fast kernels for halves, and no reason to round."""
        for params in (self.arg_params, self.aux_params):
            for name, array in params.items():
                if array.dtype.__name__ == "float16":
                    params[name] = array.astype("float32")
        for node in topological(self.symbol._heads):
            if node.op is None and node.attrs.get("__dtype__") == _HALF:
                node.attrs["__dtype__"] = _SINGLE

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Width and height of the images that the network takes, where that is noted beside the model."""
        sizes = [shape for name, shape in self.shapes.items() if name in self.data_names and len(shape) == 4]
        return (sizes[0][3], sizes[0][2]) if len(sizes) == 1 else None

    def outputs(self, names: Sequence[str]) -> Symbol:
        """Return outputs of nodes, named as nodes or as outputs.

        Raises
        ------
        MXNetError
            If there is none of a name.
        """
        internals = self.symbol.get_internals()
        listed = internals.list_outputs()
        heads = []
        for name in names:
            found = [head for head, output in zip(internals._heads, listed, strict=True)
                     if name in (head[0].name, output) and head[0].op is not None]  # fmt: skip
            if not found:
                known = [node.name for node, _ in internals._heads if node.op is not None]
                hint = suggest(name, known) or f"nodes: {', '.join(known[-10:])}"
                raise MXNetError(f"{self.name}: there is no node {name!r}; {hint}")
            heads += found
        return Symbol(heads)

    def for_use(self) -> Symbol | None:
        """Return the detections of a network in its form for training, which wants boxes; None for any other."""
        targets = any(node.op is not None and node.op.name == "_contrib_MultiBoxTarget"
                      for node in topological(self.symbol._heads))  # fmt: skip
        return detections(self.symbol) if targets else None

    def module(self, shapes: Mapping[str, tuple[int, ...]], outputs: Symbol | None = None,
               label_shapes: Sequence[DataDesc] = ()) -> Module:  # fmt: skip
        """Return a module that is bound for prediction.

        Parameters
        ----------
        shapes : of the inputs, by name, with the batch as first axis.
        outputs : what it computes; by default the network's outputs.
        label_shapes : of the labels; by default what the inputs' shapes tell.

        Raises
        ------
        MXNetError
            If the shapes do not fit the network.
        """
        symbol = self.symbol if outputs is None else outputs
        arguments = symbol.list_arguments()
        data = [DataDesc(name, shapes[name]) for name in self.data_names if name in arguments]
        labels = [name for name in self.label_names if name in arguments]
        found = {one.name: one for one in label_shapes}
        if set(labels) - set(found):
            inferred, _, _ = symbol.infer_shape_partial(**{one.name: one.shape for one in data})
            told = dict(zip(arguments, inferred or (), strict=False))
            unknown = [name for name in labels if name not in found and 0 in told.get(name, (0,))]
            if unknown:
                raise MXNetError(f"{self.name}: the shape of {', '.join(unknown)} cannot be told from the inputs")
            found |= {name: DataDesc(name, told[name]) for name in labels if name not in found}
        module = Module(symbol, [one.name for one in data], labels)
        module.bind(data, [found[name] for name in labels] or None, for_training=False)
        states = symbol.list_auxiliary_states()
        module.set_params({name: one for name, one in self.arg_params.items() if name in arguments},
                          {name: one for name, one in self.aux_params.items() if name in states})  # fmt: skip
        return module


def open_model(text: str) -> Model:
    """Return a model: a run or a job's folder of runs, ``runs/digits/1``, MXNet's ``PREFIX``, or a ``model.tar.gz``.

    ``:EPOCH`` behind any chooses the epoch. Without it a run gives its best, else its newest, checkpoint, and
    MXNet's files the newest.

    Raises
    ------
    MXNetError
        If there is no such model, a file is damaged, or the parameters are not those of the network.
    """
    with model_files(text) as files:
        params = files.params()
        symbol = sym.load(files.symbol)
        arguments, states = read_parameters(params, symbol)
        preprocessing = next((one for name in PREPROCESSING if (one := files.folder / name).exists()), None)
        return Model(
            files.shown(params), symbol, arguments, states, read_classes(files.folder / SYNSET),
            read_preprocessing(str(preprocessing)) if preprocessing else None,
            _said(files, str(preprocessing)) if preprocessing else "", files.run, files.shapes(),
        )  # fmt: skip


def _said(files: ModelFiles, path: str) -> str:
    return f"{os.path.basename(path)} in {files.archive}" if files.archive else path


def read_parameters(path: str, symbol: Symbol) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """Return arguments and states of a file; without ``arg:`` and ``aux:``, as Gluon saves, by the symbol's names."""
    found = load(path)
    if isinstance(found, Mapping) and found and not any(name.startswith(("arg:", "aux:")) for name in found):
        states = set(symbol.list_auxiliary_states())
        return ({name: one for name, one in found.items() if name not in states},
                {name: one for name, one in found.items() if name in states})  # fmt: skip
    return split_params(found, path)


def read_classes(path: Path) -> tuple[str, ...]:
    """Return the class names of a ``synset.txt``, a line each; none if there is no such file.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    try:
        return tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}; needs a class name a line", str(path)) from None
