"""What is wrong with data: files that cannot be read or are not what they are called, examples that are there twice."""

import hashlib
import io
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from symcli.data.findings import Finding, counted
from symcli.data.formats import Examples
from symcli.data.images import decode, kind_of
from symcli.data.prepare import Progress
from symcli.data.prepare.manifest import MANIFEST, folder_digest, read_manifest
from symcli.errors import DataError

__all__ = ["Report", "check"]

_CHUNK = 100  # examples that a thread reads at a time
_UNEVEN = 10  # a class with so many times the examples of another is worth a note
# Splits whose examples are in other splits too, as they are meant to be.
_UNIONS = ("train_valid", "trainval")


class Seen(NamedTuple):
    """What was seen of one example: the hash of its pixels or numbers, its size, what it is and what is wrong."""

    digest: bytes = b""
    shape: tuple[int, ...] = ()
    kind: str = ""
    broken: str = ""
    file: str = ""  # the SHA-256 of its bytes


@dataclass
class Report:
    """What a check has found.

    Attributes
    ----------
    counts : the number of examples (of boxes, where there are boxes) of each class, by split and class.
    totals : the number of examples of each split.
    notes : what is worth knowing, a sentence each.
    """

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def find(self, kind: str, noun: str, message: str, names: Sequence[str], help: str = "") -> None:
        """Add a finding, if there are names."""
        if names:
            self.findings.append(Finding(kind, noun, message, names, help))


def check(splits: Mapping[str, Examples], folder: str = "") -> Iterator[Progress | Report]:
    """Look at every example once; yield how far it is, and at the end the report.

    Parameters
    ----------
    folder : where a manifest of prepared data may be, in it or above it; what is there is compared with it.
    """
    report = Report()
    everything = [(split, i) for split, examples in splits.items() for i in range(len(examples))]
    seen: dict[tuple[str, int], Seen] = {}
    found: dict[tuple[int, int], Seen] = {}  # by inode: a second link to a file is not read again

    def look(start: int) -> None:
        for split, i in everything[start : start + _CHUNK]:
            seen[split, i] = _look(splits[split], i, found)

    starts = range(0, len(everything), _CHUNK)
    threads = ThreadPoolExecutor(os.cpu_count())
    try:
        for start, _ in zip(starts, threads.map(look, starts), strict=True):
            yield Progress("checking", start, len(everything))
    finally:
        threads.shutdown(cancel_futures=True)
    for split, examples in splits.items():
        report.totals[split], report.counts[split] = len(examples), _class_counts(examples)
    _files(splits, seen, report)
    _twice(splits, seen, report)
    _classes(report)
    _sizes(seen.values(), report)
    if folder:
        _compare_with_manifest(folder, splits, seen, report)
    yield report


def _look(examples: Examples, index: int, found: dict[tuple[int, int], Seen]) -> Seen:
    path = examples.name(index)
    if not examples.decodes or not os.path.isfile(path):
        try:
            return _of_arrays(examples.read(index))
        except DataError as error:
            return Seen(broken=_reason(error, path))
    try:
        status = os.stat(path)
        inode = (status.st_dev, status.st_ino)
        if inode not in found:
            found[inode] = _of_file(path)
        return found[inode]
    except OSError as error:
        return Seen(broken=error.strerror or str(error))


def _of_file(path: str) -> Seen:
    with open(path, "rb") as file:
        data = file.read()
    if not data:
        return Seen(broken="is empty")
    digest = hashlib.sha256(data).hexdigest()
    try:
        return _of_arrays((decode(io.BytesIO(data), what=path),))._replace(kind=kind_of(data), file=digest)
    except DataError as error:
        return Seen(broken=_reason(error, path), kind=kind_of(data), file=digest)


def _of_arrays(arrays: tuple[np.ndarray, ...]) -> Seen:
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return Seen(digest.digest(), arrays[0].shape)


def _reason(error: DataError, path: str) -> str:
    return str(error).removeprefix(f"{path}: ").split("; needs")[0]


def _class_counts(examples: Examples) -> dict[str, int]:
    if not examples.labels:
        return {}
    labels = next(iter(examples.labels.values()))
    numbers = labels[..., 0].ravel() if labels.ndim == 3 else labels  # of boxes: rows of class and corners
    if numbers.ndim != 1 or not examples.classes:
        return {}
    counts = np.bincount(numbers[numbers >= 0].astype(np.int64), minlength=len(examples.classes))
    return dict(zip(examples.classes, counts.tolist(), strict=False))


def _files(splits: Mapping[str, Examples], seen: Mapping[tuple[str, int], Seen], report: Report) -> None:
    broken, misnamed = {}, {}
    for (split, i), one in sorted(seen.items()):
        path = splits[split].name(i)
        if one.broken:
            broken[path] = f"{path}: {one.broken}"
        elif one.kind and one.kind != kind_of_name(path):
            misnamed[path] = f"{path}: is a {one.kind}"
    report.find("broken", "example", "that cannot be read", list(broken.values()), "copy them again, or remove them")
    report.find("suffix", "file", "with the suffix of another format", list(misnamed.values()),
                "they are read all the same; rename them, so that other programs do too")  # fmt: skip


def kind_of_name(path: str) -> str:
    """Return the image format that a file's suffix stands for."""
    suffix = os.path.splitext(path)[1].lower().removeprefix(".")
    return {"jpg": "JPEG", "jpeg": "JPEG", "tif": "TIFF", "pgm": "PPM", "webp": "WebP"}.get(suffix, suffix.upper())


def _twice(splits: Mapping[str, Examples], seen: Mapping[tuple[str, int], Seen], report: Report) -> None:
    """Note examples of the same pixels: in two splits, in two classes, or twice in one class."""
    same: dict[bytes, list[tuple[str, int]]] = defaultdict(list)
    for where, one in sorted(seen.items()):
        if one.digest and where[0] not in _UNIONS:
            same[one.digest].append(where)
    across, classes, within = [], [], []
    for group in same.values():
        if len(group) < 2:
            continue
        paths = list(dict.fromkeys(splits[split].name(i) for split, i in group))
        text = " = ".join(paths) if len(paths) > 1 else f"{paths[0]} ({', '.join(split for split, _ in group)})"
        labels = {_label(splits[split], i) for split, i in group if split != "test"}
        if len(labels) > 1:
            classes.append(text)
        if len({split for split, _ in group}) > 1:
            across.append(text)
        elif len(labels) < 2:
            within.append(text)
    report.find("across splits", "example", "in several splits", across,
                "what is measured on one split was seen in the other: keep one of each")  # fmt: skip
    report.find("two classes", "example", "in several classes", classes,
                "one label at least is wrong: keep one of each")  # fmt: skip
    if within:
        report.notes.append(f"{counted(len(within), 'example')} more than once in a split: {within[0]}"
                            + (", …" if len(within) > 1 else ""))  # fmt: skip


def _label(examples: Examples, index: int) -> object:
    if not examples.labels:
        return None
    return next(iter(examples.labels.values()))[index].tobytes()


def _classes(report: Report) -> None:
    named = {split: counts for split, counts in report.counts.items() if counts and split != "test"}
    for split, counts in named.items():
        empty = [name for name, count in counts.items() if not count]
        report.find("empty class", "class", f"without examples in {split}", empty)
        filled = {name: count for name, count in counts.items() if count}
        if filled and max(filled.values()) >= _UNEVEN * min(filled.values()):
            least, most = min(filled, key=filled.__getitem__), max(filled, key=filled.__getitem__)
            report.notes.append(
                f"classes of {split} are uneven: {most} has {filled[most]:,}, {least} {filled[least]:,}"
            )
    everywhere = {name for counts in named.values() for name in counts}
    for split, counts in named.items():
        missing = sorted(everywhere - set(counts))
        report.find("missing class", "class", f"of other splits that {split} lacks", missing,
                    "give all splits the same classes, so that their numbers agree")  # fmt: skip


def _sizes(seen: Iterable[Seen], report: Report) -> None:
    shapes = Counter(one.shape for one in seen if one.digest)
    images = [shape for shape in shapes if len(shape) == 3]
    if not shapes:
        return
    if len(shapes) == 1:
        (shape,) = shapes
        report.notes.append(f"every example is {' × '.join(map(str, shape))}")
    elif len(images) == len(shapes):
        low, high = (tuple(pick(shape[axis] for shape in images) for axis in (0, 1)) for pick in (min, max))
        report.notes.append(
            f"{counted(len(shapes), 'size')}, height {low[0]} to {high[0]}, width {low[1]} to {high[1]}"
        )


def _compare_with_manifest(folder: str, splits: Mapping[str, Examples], seen: Mapping[tuple[str, int], Seen],
                           report: Report) -> None:  # fmt: skip
    root = next((one for one in (folder, os.path.dirname(os.path.abspath(folder)))
                 if os.path.isfile(os.path.join(one, MANIFEST))), None)  # fmt: skip
    manifest = read_manifest(root) if root is not None else None
    if root is None or manifest is None:
        return
    held: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for (split, i), one in seen.items():
        path = os.path.relpath(splits[split].name(i), root).replace(os.sep, "/")
        held[os.path.dirname(path)].add((os.path.basename(path), one.file))
    changed = [
        f"{name}: {len(held[name]):,} of {was['files']:,} files" if len(held[name]) != was["files"] else name
        for name, was in manifest["folders"].items()
        if name in held and folder_digest(held[name]) != was["sha256"]
    ]
    report.find("changed", "folder", f"not as {MANIFEST} says", changed, f"remove {root} and prepare the data again")
    if held and not changed:
        report.notes.append(f"all files are as {MANIFEST} says")
