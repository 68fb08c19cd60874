"""What commands share that read networks: their options, and how findings are shown."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from symcli.cli.console import write_json
from symcli.cli.options import shape_option, spec_options, type_option
from symcli.errors import SpecError

if TYPE_CHECKING:
    from symcli.run.model_files import ModelFiles
    from symcli.shapes import Shape
    from symcli.spec.shaped import Shaped

__all__ = ["Answered", "exit_code", "findings_answered", "load", "network_file", "shape_options"]


@dataclass
class Answered:
    """The exit code of a command."""

    code: int = 0


def shape_options(command: Callable) -> Callable:
    """Add the options that give a network its shapes and vary its file."""
    return shape_option(type_option(spec_options(command)))


def exit_code(error: SpecError) -> int:
    """Return 4 if the file that was asked for cannot be read, else 1."""
    found = list(error.findings or ())
    return 4 if found and all(one.code == "SYM601" and not one.place.line for one in found) else 1


@contextmanager
def findings_answered(spec: str, as_json: bool) -> Iterator[Answered]:
    """Show what is wrong with a file, as JSON on standard output if that was asked for, and note the exit code."""
    answered = Answered()
    try:
        yield answered
    except SpecError as error:
        answered.code = exit_code(error)
        if as_json and error.findings is not None:
            write_json({"file": spec, "findings": error.findings.as_json()})
        else:
            click.echo(str(error), err=True)


@dataclass
class NetworkFile:
    """Where the network is that SPEC names.

    Attributes
    ----------
    path : its file.
    files : the model's, if it is one's.
    """

    path: str
    files: "ModelFiles | None" = None

    @property
    def shown(self) -> str:
        """The file as a user finds it again."""
        return self.files.shown(self.path) if self.files is not None else self.path

    def load(self, arrays: "Mapping[str, Shape] | None" = None, **given: Any) -> "Shaped":
        """Return the network as ``load_shaped`` does; a model may have its inputs' shapes beside it."""
        from symcli.spec.shaped import load_shaped

        noted = self.files.shapes() if self.files is not None and self.path == self.files.symbol else {}
        try:
            return load_shaped(self.path, **given, arrays={**noted, **(arrays or {})})
        except SpecError as error:
            if error.findings is None or self.shown == self.path:
                raise
            error.findings.rename(self.path, self.shown)
            error.findings.raise_if_any()
            raise


@contextmanager
def network_file(spec: str) -> Iterator[NetworkFile]:
    """Yield the file of the network that SPEC names: itself, or that of a run, of ``PREFIX[:EPOCH]``, of an archive.

    Of a run it is the job, whose sizes may be words, as long as that still says the network that was trained. What was
    in an archive is gone afterwards.

    Raises
    ------
    DataError
        If there is no such model.
    """
    if spec == "-" or (os.path.isfile(spec) and not spec.endswith((".params", ".tar.gz", ".tgz", ".tar"))):
        yield NetworkFile(spec)
        return
    from symcli.run.model_files import is_model, model_files

    if not is_model(spec):
        yield NetworkFile(spec)  # what is not there is told as of any file
        return
    with model_files(spec) as files:
        yield NetworkFile(_job(files) or files.symbol, files)


def load(spec: str, **given: Any) -> "Shaped":
    """Return the network that SPEC names, with all shapes inferred."""
    with network_file(spec) as file:
        return file.load(**given)


def _job(files: "ModelFiles") -> str | None:
    from symcli.spec.network import load_network

    if files.run is None:
        return None
    try:
        found = load_network(str(files.run.job)).symbol.tojson(remove_amp_cast=False)
        with open(files.symbol, encoding="utf-8") as file:
            return str(files.run.job) if found.strip() == file.read().strip() else None
    except (SpecError, OSError):
        return None
