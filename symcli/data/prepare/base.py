"""What preparing data is: a frozen value whose fields are its parameters, and the run that is the same for all."""

import errno
import os
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from symcli.data.prepare.manifest import read_manifest, same_inputs
from symcli.data.prepare.staging import Staging, fingerprint
from symcli.errors import MXNetError
from symcli.params import Parameters, declared, param

__all__ = ["PREPARATIONS", "Preparation", "Prepared", "Progress", "prepare"]

PREPARATIONS: dict[str, type["Preparation"]] = {}


class Progress(NamedTuple):
    """How far the work has come: what is done, how many of how many."""

    what: str
    done: int
    total: int


class Prepared(NamedTuple):
    """What has come of it.

    Attributes
    ----------
    manifest : what ``manifest.json`` holds.
    notes : what a user should know, a sentence each.
    new : whether it was made now; False if it was there already, from the same inputs.
    """

    manifest: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    new: bool = True


class Preparation(Parameters):
    """A way of preparing data. A child says what it reads and writes; defining it registers it by its name."""

    skip_broken: bool = param(False, doc="leave out what is broken, named in the manifest, and go on with the rest")

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1  # raised when the same inputs come to give other files
    looked_at: ClassVar[str] = ""  # the folder of the target that `symcli data` is tried on

    def __init_subclass__(cls, name: str = "", **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if not name:  # what several have in common
            return
        if name in PREPARATIONS:
            raise MXNetError(f"preparation {name!r} is taken by {PREPARATIONS[name].__name__}; choose another name")
        cls.name, PREPARATIONS[name] = name, cls

    def inputs(self, source: str) -> dict[str, str]:
        """Return the files and folders that are read, their paths by the names that stand in the manifest.

        Raises
        ------
        DataError
            If one that is needed is not there.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what it reads: define inputs")

    def write(self, inputs: Mapping[str, str], staging: Staging) -> Iterator[Progress]:
        """Write everything into the staging folder, yield how far it is, note there what a user should know.

        Raises
        ------
        FindingsError
            With all mistakes of the inputs.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what it writes: define write")


def prepare(preparation: Preparation, source: str, target: str) -> Iterator[Progress | Prepared]:
    """Prepare data; yield how far it is, and at the end what has come of it.

    Everything is written into a folder beside ``target`` that takes its place at the end: ``target`` is whole or not
    there, wherever the work is cut. What an earlier run has left is removed.

    Parameters
    ----------
    source : the folder of the files that are read.
    target : a folder that is new or empty, or that the same preparation has made before from the same inputs.

    Raises
    ------
    DataError
        If inputs are missing or wrong.
    OSError
        If something cannot be read or written, or something else is at ``target``.
    """
    if not os.path.isdir(source):
        there = "is a file" if os.path.exists(source) else "there is no such folder"
        raise NotADirectoryError(errno.ENOTDIR, f"{there}; needs the folder of the downloaded files", source)
    inputs = preparation.inputs(source)
    head: dict[str, Any] = {
        "schema": 1,
        "format": preparation.name,
        "version": preparation.version,
        "options": {name: getattr(preparation, name) for name in declared(type(preparation))},
        "inputs": {},
    }
    for done, (name, path) in enumerate(inputs.items()):
        yield Progress("reading", done, len(inputs))
        head["inputs"][name] = fingerprint(path)
    found = read_manifest(target)
    if found is not None:
        same_inputs(head, found, target)
        yield Prepared(found, new=False)
        return
    with Staging(target) as staging:
        yield from preparation.write(inputs, staging)
        manifest = staging.finish(head)
    yield Prepared(manifest, tuple(staging.notes))
