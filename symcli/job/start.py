"""Jobs to start from: a job of the package copied with all files that it names, ready to be changed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from symcli.errors import DataError, ParamError, suggest
from symcli.job.kinds import FORMATS
from symcli.job.reader import option_of
from symcli.params import FilePath
from symcli.spec.findings import Findings
from symcli.spec.source import List, Map, Text, Value, read_text

__all__ = ["jobs_to_start_from", "write_start"]

JOBS = Path(__file__).parents[1] / "configs" / "jobs"
SHORT = {"digits": "digits-lenet"}


def jobs_to_start_from() -> list[str]:
    """Return the names of the jobs whose data travel with the package; other folders are of data that were prepared."""

    def travels(path: Path) -> bool:
        return path.is_file() or (path.is_dir() and path.parent.name == "datasets")

    return [
        path.stem for path in sorted(JOBS.glob("*.yaml")) if all(travels(_file(path, text)) for text in _paths(path))
    ]


def write_start(name: str, folder: str) -> list[str]:
    """Write a job with its network and data into a folder that is new or empty; return the files, the job first.

    All files are written beside the folder first, so that an interruption leaves nothing half done.

    Raises
    ------
    ParamError
        If there is no job of this name.
    DataError
        If something is in the folder already.
    OSError
        If it cannot be written.
    """
    known = jobs_to_start_from()
    name = SHORT.get(name, name)
    if name not in known:
        hint = suggest(name, [*known, *SHORT])
        raise ParamError(
            f"there is no job {name!r} to start from; {f'{hint}  ' if hint else ''}jobs: {', '.join(known)}"
        )
    target = Path(os.path.abspath(folder))
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise DataError(f"{folder}: is not empty; nothing is overwritten: give a new folder", folder)
    staged = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        written = _copy(JOBS / f"{name}.yaml", staged, "")
        if target.is_dir():  # the folder may be the one we stand in: keep it
            for entry in sorted(staged.iterdir()):
                entry.rename(target / entry.name)
            staged.rmdir()
        else:
            staged.chmod(0o777 & ~_umask())
            staged.rename(target)
    except BaseException as error:
        if isinstance(error, OSError):  # it names no file, the one that is copied, or one that is gone in a moment
            error.filename, error.filename2 = folder, None
        if staged is not None:
            shutil.rmtree(staged, ignore_errors=True)
        raise
    return [os.path.join(folder, path) for path in written]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _copy(source: Path, staged: Path, inside: str) -> list[str]:
    """Copy a file of the job into a folder, and what it names into folders beside; return the paths written."""
    path = os.path.join(inside, source.name)
    (staged / path).parent.mkdir(parents=True, exist_ok=True)
    if source.suffix != ".yaml":
        return _copy_data(source, staged, inside)
    written, lines = [path], source.read_text(encoding="utf-8").split("\n")
    for text in sorted(_paths(source), key=lambda text: text.place.column, reverse=True):
        named = _file(source, text)
        if not named.exists():  # of a base whose data the job replaces
            continue
        folder = "networks" if named.suffix == ".yaml" else os.path.join("data", named.parent.name)
        folder = "data" if named.is_dir() else folder
        if not (staged / folder / named.name).exists():
            written += _copy(named, staged, folder)
        line, start = text.place.line - 1, text.place.column - 1
        relative = os.path.relpath(os.path.join(folder, named.name), inside or ".").replace(os.sep, "/")
        lines[line] = lines[line][:start] + relative + lines[line][start + text.place.length :]
    (staged / path).write_text("\n".join(lines), encoding="utf-8")
    return list(dict.fromkeys(written))


def _copy_data(source: Path, staged: Path, inside: str) -> list[str]:
    """Copy a file of data with what belongs to it: its index, class names, where it comes from; or a folder."""
    if source.is_dir():
        shutil.copytree(source, staged / inside / source.name)
        return [os.path.join(inside, source.name, "")]
    names = {source.name, f"{source.stem}.idx", "synset.txt", "README.md"}
    beside = [source, *(one for one in sorted(source.parent.iterdir()) if one.name in names - {source.name})]
    for one in beside:
        shutil.copyfile(one, staged / inside / one.name)
    return [os.path.join(inside, one.name) for one in beside]


def _file(source: Path, text: Text) -> Path:
    return Path(os.path.normpath(source.parent / text.text))


def _paths(source: Path) -> list[Text]:
    """Return the paths that a network or job file names, where they stand."""
    tree = read_text(source.read_text(encoding="utf-8"), str(source), Findings())
    return list(_named(tree)) if isinstance(tree, Map) else []


def _named(tree: Map) -> Iterator[Text]:
    network = tree.get("network")
    blocks = [tree.get("blocks"), network.get("blocks") if isinstance(network, Map) else None]
    sections = ((tree, "base"), (network, "file"), (network, "symbol"), *((one, "file") for one in blocks))
    for section, key in sections:
        if isinstance(section, Map):
            yield from _texts(section.get(key))
    train = tree.get("train")
    tuning = train.get("fine_tune") if isinstance(train, Map) else None
    if isinstance(tuning, Map):
        yield from _texts(tuning.get("params"))
    data = tree.get("data")
    for pick in data.items.values() if isinstance(data, Map) else ():
        for kind, given in pick.items.items() if isinstance(pick, Map) else ():
            known = FORMATS.params(found) if (found := FORMATS.find(kind)) else {}
            for name, one in known.items():
                if option_of(one).cls is FilePath and isinstance(given, Map):
                    yield from _texts(given.get(name))


def _texts(value: Value | None) -> list[Text]:
    items = value.items if isinstance(value, List) else [value]
    return [item for item in items if isinstance(item, Text)]
