"""Where the files of a model are: in a run, behind MXNet's ``PREFIX``, in an archive, or in what that unpacks to."""

import json
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symcli.errors import DataError
from symcli.run import checkpoint
from symcli.run.archive import ENDINGS, unpacked
from symcli.run.folder import Folder, newest_run
from symcli.shapes import Shape
from symcli.train.checkpoint import params_path

__all__ = ["ModelFiles", "is_model", "model_files"]

SYMBOL = "-symbol.json"
_SHAPES, _HYPERPARAMETERS = "model-shapes.json", "hyperparams.json"  # what SageMaker puts beside its models


@dataclass
class ModelFiles:
    """The files of one model.

    Attributes
    ----------
    prefix : what the names of symbol and parameters begin with.
    epoch : the one that was asked for; None for the best of a run, else the newest.
    epochs : those whose parameters are there.
    run : the run that it is of; None for bare files.
    archive : the archive that they were in; empty where they were in none.
    """

    prefix: str
    epoch: int | None
    epochs: Sequence[int]
    run: Folder | None = None
    archive: str = ""

    @property
    def symbol(self) -> str:
        """The network, as MXNet's symbol JSON."""
        return self.prefix + SYMBOL

    @property
    def folder(self) -> Path:
        """Where class names and the like are beside them."""
        return Path(self.prefix).parent

    def shown(self, path: str) -> str:
        """Return a file as a user finds it again."""
        return f"{self.archive}: {os.path.basename(path)}" if self.archive else path

    def chosen(self) -> int:
        """Return the epoch that is asked for.

        Raises
        ------
        DataError
            If there are no parameters of it.
        """
        if self.epoch is not None:
            if self.epoch not in self.epochs:
                listed = ", ".join(map(str, self.epochs)) or "none"
                where = self.archive or self.prefix
                raise DataError(f"{where}: there is no epoch {self.epoch}; epochs: {listed}", where)
            return self.epoch
        if self.run is not None:
            if not self.epochs:
                raise DataError(f"{self.run.path}: the run has saved no epoch yet; go on with symcli train --resume "
                                f"{self.run.path}", str(self.run.path))  # fmt: skip
            known = (self.run.path / "best.json").exists()
            return self.run.read_json("best.json")["epoch"] if known else max(self.epochs)
        if not self.epochs:
            raise DataError(f"{self.archive or self.prefix}: there are no parameters beside {self.shown(self.symbol)}; "
                            f"needs {os.path.basename(self.prefix)}-0000.params", self.prefix)  # fmt: skip
        return max(self.epochs)

    def params(self) -> str:
        """Return the parameters' file; raises as ``chosen``."""
        return params_path(self.prefix, self.chosen())

    def shapes(self) -> dict[str, Shape]:
        """Return the inputs' shapes that SageMaker notes beside its models, in one of two files.

        Raises
        ------
        DataError
            If one of them is damaged.
        """
        found = _json(self.folder / _SHAPES, self)
        try:
            if found is not None:
                return {one["name"]: tuple(int(size) for size in one["shape"]) for one in found}
            size = (_json(self.folder / _HYPERPARAMETERS, self) or {}).get("image_shape")
            sizes = [int(one) for one in str(size).split(",")] if size else []
        except (TypeError, KeyError, ValueError, AttributeError):
            raise DataError(f"{self.shown(str(self.folder / _SHAPES))}: has no shapes; needs [{{\"name\": \"data\", "
                            "\"shape\": [1, 3, 224, 224]}]", str(self.folder)) from None  # fmt: skip
        return {"data": (1, *(sizes if len(sizes) > 1 else (3, *sizes * 2)))} if sizes else {}


def _json(path: Path, files: ModelFiles) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{files.shown(str(path))}: is no JSON: {error}", str(path)) from None


def _split(text: str) -> tuple[str, int | None]:
    """Return path and epoch of ``PATH[:EPOCH]``, or of the name of a symbol's or parameters' file."""
    path, _, word = text.rpartition(":")
    path, epoch = (path, int(word)) if path and word.isdecimal() else (text, None)
    if path.endswith(SYMBOL):
        return path.removesuffix(SYMBOL), epoch
    named = re.fullmatch(r"(.+)-(\d{4,})\.params", path)
    return (named[1], int(named[2])) if named and epoch is None else (path, epoch)


def is_model(text: str) -> bool:
    """Return whether a text names a model's files: in a folder, in an archive, or as ``PREFIX[:EPOCH]``."""
    path, _ = _split(text)
    if os.path.isdir(path):
        return newest_run(path) is not None or any(name.endswith(SYMBOL) for name in os.listdir(path))
    return path.endswith(ENDINGS) or os.path.exists(path + SYMBOL)


@contextmanager
def model_files(text: str) -> Iterator[ModelFiles]:
    """Yield the files of a model: a run or a job's folder of runs, MXNet's ``PREFIX``, an archive or its folder.

    ``:EPOCH`` behind any chooses the epoch. What was in an archive is gone afterwards.

    Raises
    ------
    DataError
        If there is no such model.
    """
    path, epoch = _split(text)
    if os.path.isdir(path):
        yield _in_folder(path, epoch)
    elif path.endswith(ENDINGS):
        with tempfile.TemporaryDirectory(prefix="symcli-") as folder:
            prefix = unpacked(path, Path(folder))
            yield ModelFiles(prefix, epoch, _epochs(prefix), archive=path)
    elif os.path.exists(path + SYMBOL):
        yield ModelFiles(path, epoch, _epochs(path))
    else:
        told = (f"{path}: is no model: there is no folder of a run, and no {path}-symbol.json; give a run, runs/JOB/1, "
                "the prefix of MXNet's files, or a model.tar.gz")  # fmt: skip
        raise DataError(told, path) from FileNotFoundError(path)


def _in_folder(path: str, epoch: int | None) -> ModelFiles:
    folder = Folder(path)
    if not (os.path.exists(folder.prefix + SYMBOL) and (folder.path / "run.json").exists()):
        newest = newest_run(path)
        if newest is None:
            return _unpacked(path, epoch)
        folder = Folder(newest)
    found = [one.epoch for one in checkpoint.checkpoints(folder.path) if not one.batch]
    return ModelFiles(folder.prefix, epoch, found, folder)


def _unpacked(path: str, epoch: int | None) -> ModelFiles:
    symbols = sorted(one for one in os.listdir(path) if one.endswith(SYMBOL))
    if len(symbols) > 1:
        raise DataError(f"{path}: has several networks: {', '.join(symbols)}; give the prefix of one, "
                        f"{os.path.join(path, symbols[0].removesuffix(SYMBOL))}", path)  # fmt: skip
    if not symbols:
        raise DataError(f"{path}: is no run, and has no model: no {os.path.join(path, 'model')}-symbol.json; "
                        "give a folder that train made, or what a model.tar.gz unpacks to", path)  # fmt: skip
    prefix = os.path.join(path, symbols[0].removesuffix(SYMBOL))
    return ModelFiles(prefix, epoch, _epochs(prefix))


def _epochs(prefix: str) -> list[int]:
    name = re.compile(re.escape(os.path.basename(prefix)) + r"-(\d{4,})\.params")
    matches = [name.fullmatch(one) for one in os.listdir(os.path.dirname(prefix) or ".")]
    return sorted(int(one[1]) for one in matches if one)
