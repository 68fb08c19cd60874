"""Models that are evaluated and asked: a run, MXNet's ``PREFIX-symbol.json`` and ``PREFIX-0007.params``, an archive."""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from symcli.data import DataDesc
from symcli.errors import DataError, MXNetError, suggest
from symcli.graph import symbol as sym
from symcli.graph.node import topological
from symcli.graph.roles import roles
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray, load
from symcli.run import checkpoint
from symcli.run.archive import ENDINGS, unpacked
from symcli.run.checkpoint import Position
from symcli.run.folder import Folder, newest_run
from symcli.run.preprocessing import PREPROCESSING, Preprocessing, read_preprocessing
from symcli.train.checkpoint import params_path, split_params
from symcli.train.module import Module

__all__ = ["SYNSET", "Model", "newest_params", "open_model", "read_parameters"]

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
            inferred, _, _ = symbol.infer_shape(**{one.name: one.shape for one in data})
            told = dict(zip(arguments, inferred or (), strict=False))
            unknown = [name for name in labels if name not in found and name not in told]
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
    path, _, word = text.rpartition(":")
    path, epoch = (path, int(word)) if path and word.isdecimal() else (text, None)
    if os.path.isdir(path):
        return _of_run(path, epoch)
    if path.endswith(ENDINGS):
        return _of_archive(path, epoch)
    try:
        open(f"{path}-symbol.json", "rb").close()
    except OSError:
        raise DataError(f"{path}: is no model: there is no folder of a run, and no {path}-symbol.json; give a run, "
                        "runs/JOB/1, the prefix of MXNet's files, or a model.tar.gz", path) from None  # fmt: skip
    return _of_prefix(path, epoch)


def _of_prefix(path: str, epoch: int | None) -> Model:
    found = _epochs(path)
    if epoch is None and not found:
        raise DataError(f"{path}: there are no parameters beside {path}-symbol.json; needs {path}-0000.params", path)
    return _opened(path, max(found) if epoch is None else epoch, found, Path(path).parent)


def _of_archive(path: str, epoch: int | None) -> Model:
    with tempfile.TemporaryDirectory(prefix="symcli-") as folder:
        model = _of_prefix(unpacked(path, Path(folder)), epoch)
    model.name = f"{path}: {os.path.basename(model.name)}"
    model.declared = f"{os.path.basename(model.declared)} in {path}" if model.declared else ""
    return model


def _of_run(path: str, epoch: int | None) -> Model:
    folder = Folder(path)
    if not os.path.exists(f"{folder.prefix}-symbol.json"):
        newest = newest_run(path)
        if newest is None:
            raise DataError(f"{path}: is no run: there is no {folder.prefix}-symbol.json; give a folder that train "
                            "made, runs/JOB/1", path)  # fmt: skip
        folder = Folder(newest)
    found = [one.epoch for one in checkpoint.checkpoints(folder.path) if not one.batch]
    if epoch is None and not found:
        raise DataError(f"{folder.path}: the run has saved no epoch yet; go on with symcli train --resume "
                        f"{folder.path}", str(folder.path))  # fmt: skip
    best = folder.read_json("best.json")["epoch"] if (folder.path / "best.json").exists() else max(found, default=0)
    model = _opened(folder.prefix, best if epoch is None else epoch, found, folder.path)
    model.run = folder
    return model


def _epochs(prefix: str) -> list[int]:
    name = re.compile(re.escape(os.path.basename(prefix)) + r"-(\d{4,})\.params")
    matches = [name.fullmatch(one) for one in os.listdir(os.path.dirname(prefix) or ".")]
    return sorted(int(one[1]) for one in matches if one)


def newest_params(prefix: str) -> str:
    """Return the parameter file of the newest epoch of a prefix.

    Raises
    ------
    DataError
        If there is none.
    """
    found = _epochs(prefix)
    if not found:
        raise DataError(f"{prefix}: there are no parameters; needs {prefix}-0000.params", prefix)
    return params_path(prefix, max(found))


def _opened(prefix: str, epoch: int, known: Sequence[int], folder: Path) -> Model:
    name = f"{os.path.dirname(prefix)}/" if os.path.dirname(prefix) else ""
    if epoch not in known:
        listed = ", ".join(map(str, known)) or "none"
        raise DataError(f"{prefix}: there is no epoch {epoch}; epochs: {listed}", prefix)
    symbol = sym.load(f"{prefix}-symbol.json")
    arguments, states = read_parameters(params_path(prefix, epoch), symbol)
    preprocessing = folder / PREPROCESSING
    declared = str(preprocessing) if preprocessing.exists() else ""
    return Model(
        f"{name}{os.path.basename(prefix)}-{epoch:04d}.params", symbol, arguments, states,
        read_classes(folder / SYNSET), read_preprocessing(declared) if declared else None, declared,
    )  # fmt: skip


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
        raise DataError(f"{path}: cannot be read: {error}; needs a class name a line", str(path)) from None
