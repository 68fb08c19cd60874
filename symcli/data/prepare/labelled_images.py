"""Images and a table of their classes, as Kaggle hands them out, into folders as *Dive into Deep Learning* has them.

``train_valid_test/train/CLASS/ID.png``, beside it ``valid``, ``train_valid`` (both together) and ``test/unknown``.
"""

import hashlib
import io
import os
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from math import floor
from typing import NamedTuple

from symcli.data.findings import Finding, FindingsError, counted, listed
from symcli.data.images import SUFFIXES, decode, is_image_name
from symcli.data.prepare.archive import Archive, first_of
from symcli.data.prepare.base import Preparation, Progress
from symcli.data.prepare.labels import Labels
from symcli.data.prepare.staging import LINKS, Staging
from symcli.errors import DataError
from symcli.params import param

__all__ = ["Cifar10", "LabelledImages"]

_TOP = "train_valid_test"
_CHUNK = 200  # images that a thread checks at a time


class _Image(NamedTuple):
    """An image of an archive: its id, which is its name without folders and ending, and its class."""

    id: str
    archive: Archive
    name: str
    label: str = "unknown"

    @property
    def file_name(self) -> str:
        return self.id + os.path.splitext(self.name)[1]

    def __str__(self) -> str:
        return f"{os.path.basename(self.archive.path)}: {self.name}"


class LabelledImages(Preparation, name="labelled_images"):
    """Images and a table with the columns id and label, into one folder a class for training and validation.

    Reads zips or folders of images whose names without ending are the ids, and a CSV file, plain or zipped. Writes
    DST/train_valid_test with train, valid and train_valid (both together), each with a folder of images for each
    class, and test/unknown for images without labels.
    """

    looked_at = _TOP

    train: tuple[str, ...] = param(("train.zip", "train"), doc="the training images: a zip or folder in SRC; the first "
                                   "of these names that is there")  # fmt: skip
    test: tuple[str, ...] = param(("test.zip", "test"), doc="the test images, likewise; there may be none")
    labels: tuple[str, ...] = param(("trainLabels.csv", "trainLabels.csv.zip", "labels.csv", "labels.csv.zip"),
                                    doc="the table of labels, likewise")  # fmt: skip
    id_column: str = param("id", doc="the table's column of ids")
    label_column: str = param("label", doc="the table's column of class names")
    valid_ratio: float = param(0.1, gt=0, lt=1, doc="the part of the smallest class that validates, of each class that "
                               "many images and one at least; the rest trains")  # fmt: skip
    seed: int = param(0, ge=0, doc="what the choice of these images follows from")
    link: str = param("hard", choices=LINKS, doc="how train_valid has the images of train and valid: as hard links, "
                      "symbolic links or copies; copies where a file system has no links")  # fmt: skip
    demo: int = param(0, ge=0, doc="take only so many training images, as evenly over the classes as they go, and so "
                      "many of the test; 0 for all")  # fmt: skip

    def inputs(self, source: str) -> dict[str, str]:
        found = {}
        for what, names in (("training images", self.train), ("labels", self.labels), ("test images", self.test)):
            first = first_of(source, names)
            if first is not None:
                found[first[0]] = first[1]
            elif names != self.test:
                raise DataError(f"{source}: there are no {what}; needs one of {', '.join(names)}; it has "
                                f"{listed(sorted(os.listdir(source)), 8) or 'no files'}", source)  # fmt: skip
        return found

    def write(self, inputs: Mapping[str, str], staging: Staging) -> Iterator[Progress]:
        with ExitStack() as opened:
            train, test = (
                opened.enter_context(Archive(path)) if (path := self._one(inputs, names)) else None
                for names in (self.train, self.test)
            )
            assert train is not None
            labels = Labels(self._one(inputs, self.labels), self.id_column, self.label_column)
            findings = [*labels.findings, *_unsafe(train), *(_unsafe(test) if test else ())]
            images, skippable = self._labelled(train, labels, findings, staging)
            unknown = _images(test, findings, staging) if test else []
            if self.demo:
                images, unknown = _demo(images, self.demo, self.seed), unknown[: self.demo]
            if findings:  # of the archives and the table; what one image lacks is told with the broken ones
                raise FindingsError([*findings, *skippable])
            digests, broken = yield from _checked([*images, *unknown])
            if broken:
                names = [f"{image}: {reason}" for image, reason in broken.items()]
                skippable.append(Finding("broken", "image", "that cannot be read", names,
                                         "download them again, or leave them out: --skip-broken"))  # fmt: skip
            if skippable and not self.skip_broken:
                raise FindingsError(skippable)
            staging.left_out += [name for finding in skippable for name in finding.names]
            yield from self._write([one for one in images if one in digests],
                                   [one for one in unknown if one in digests], digests, staging)  # fmt: skip
            if test is None:
                staging.notes.append(f"there are no test images: none of {', '.join(self.test)}")

    @staticmethod
    def _one(inputs: Mapping[str, str], names: Iterable[str]) -> str:
        return next((inputs[name] for name in names if name in inputs), "")

    def _labelled(self, archive: Archive, labels: Labels, findings: list[Finding],
                  staging: Staging) -> tuple[list[_Image], list[Finding]]:  # fmt: skip
        """Return the images with their classes, and what is wrong with the others."""
        images = _images(archive, findings, staging)
        if not images and not findings:
            raise DataError(f"{archive.path}: there are no images; needs files {', '.join(SUFFIXES)}", archive.path)
        without = [one for one in images if one.id not in labels.classes]
        unused = sorted(set(labels.classes) - {one.id for one in images}, key=_natural)
        if unused:
            ids = counted(len(unused), "id")
            staging.notes.append(f"{os.path.basename(labels.path)}: {ids} without an image: {listed(unused)}")
        found = [one._replace(label=labels.classes[one.id]) for one in images if one.id in labels.classes]
        if not without:
            return found, []
        help = f"add them to {os.path.basename(labels.path)}, or leave them out: --skip-broken"
        finding = Finding("no label", "image", "without a label", [str(one) for one in without], help)
        if not found:
            findings.append(finding._replace(help=f"ids of the table are as {listed(list(labels.classes))}"))
        return found, [finding] if found else []

    def _write(self, images: list[_Image], unknown: list[_Image], digests: Mapping[_Image, str],
               staging: Staging) -> Iterator[Progress]:  # fmt: skip
        valid = _validating(images, self.valid_ratio, self.seed)
        classes = sorted({one.label for one in images})
        for split in ("train", "valid", "train_valid"):
            for name in classes:
                staging.make(f"{_TOP}/{split}/{name}")
        for done, one in enumerate([*images, *unknown]):
            if done % _CHUNK == 0:
                yield Progress("writing", done, len(images) + len(unknown))
            split = "test" if done >= len(images) else "valid" if one.id in valid else "train"
            path = f"{_TOP}/{split}/{one.label}/{one.file_name}"
            staging.write(path, one.archive.read(one.name), digests[one])
            if split != "test":
                staging.link(f"{_TOP}/train_valid/{one.label}/{one.file_name}", path, self.link, digests[one])
        staging.counts |= {
            "train": len(images) - len(valid), "valid": len(valid), "train_valid": len(images), "test": len(unknown),
            "classes": len(classes),
        }  # fmt: skip
        alone = sorted({one.label for one in images} - {one.label for one in images if one.id not in valid})
        if alone:
            staging.notes.append(f"{counted(len(alone), 'class')} with one image, which validates: nothing is left to "
                                 f"train {listed(alone)}")  # fmt: skip


class Cifar10(LabelledImages, name="cifar10"):
    """Kaggle's CIFAR-10, or its tiny version, into one folder a class for training and validation.

    Reads train.zip and test.zip (or train_tiny.zip and test_tiny.zip, or the folders that they unpack to) and
    trainLabels.csv, plain or zipped: <https://www.kaggle.com/c/cifar-10>. Writes DST/train_valid_test with train, valid
    and train_valid (both together), each with a folder of images for each class, and test/unknown.
    """

    train: tuple[str, ...] = param(("train.zip", "train", "train_tiny.zip", "train_tiny"), doc="the training images: a "
                                   "zip or folder in SRC; the first of these names that is there")  # fmt: skip
    test: tuple[str, ...] = param(("test.zip", "test", "test_tiny.zip", "test_tiny"), doc="the test images, likewise; "
                                  "there may be none")  # fmt: skip


def _natural(text: str) -> list[tuple[int, str]]:
    """Order 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", text) if part]


def _unsafe(archive: Archive) -> list[Finding]:
    if not archive.unsafe:
        return []
    return [Finding("unsafe", "member", f"refused of {archive.path}", archive.unsafe,
                    "nothing was unpacked; get the archive from where it was made")]  # fmt: skip


def _images(archive: Archive, findings: list[Finding], staging: Staging) -> list[_Image]:
    """Return the images of an archive in the order of their ids."""
    found: dict[str, _Image] = {}
    double, others = [], []
    for name in archive.names:
        one = _Image(os.path.splitext(os.path.basename(name))[0], archive, name)
        if not is_image_name(name):
            others.append(name)
        elif found.setdefault(one.id, one) != one:
            double.append(f"{one} and {found[one.id].name}")
    if double:
        findings.append(Finding("one id twice", "image", "with the id of another", double, "an id is the file's name "
                                "without folders and ending; keep one file of each"))  # fmt: skip
    if others:
        staging.notes.append(
            f"{os.path.basename(archive.path)}: {counted(len(others), 'file')} no image by the name: {listed(others)}"
        )
    return sorted(found.values(), key=lambda one: _natural(one.id))


def _rank(seed: int, id: str) -> bytes:
    """Return what images are drawn by: it depends on seed and id, not on how many others there are, nor their order."""
    return hashlib.sha256(f"{seed}/{id}".encode()).digest()


def _ranked(images: Iterable[_Image], seed: int) -> Iterator[tuple[int, _Image]]:
    """Yield the images class by class in the order they are drawn, each with its number in its class."""
    ordered = sorted(images, key=lambda one: (one.label, _rank(seed, one.id)))
    seen: Counter[str] = Counter()
    for one in ordered:
        yield seen[one.label], one
        seen[one.label] += 1


def _demo(images: list[_Image], count: int, seed: int) -> list[_Image]:
    chosen = {one.id for _, one in sorted(_ranked(images, seed), key=lambda pair: (pair[0], pair[1].label))[:count]}
    return [one for one in images if one.id in chosen]


def _validating(images: list[_Image], ratio: float, seed: int) -> set[str]:
    """Return the ids of those that validate: of each class ``ratio`` of the smallest, one at least."""
    if not images:
        return set()
    smallest = min(Counter(one.label for one in images).values())
    count = max(1, floor(smallest * ratio))
    return {one.id for number, one in _ranked(images, seed) if number < count}


def _checked(images: list[_Image]) -> Generator[Progress, None, tuple[dict[_Image, str], dict[_Image, str]]]:
    """Decode all images once, yield how far it is; return the SHA-256 of each, and of those that fail the reason."""
    digests: dict[_Image, str] = {}
    broken: dict[_Image, str] = {}

    def check(start: int) -> None:
        for one in images[start : start + _CHUNK]:
            try:
                data = one.archive.read(one.name)
                decode(io.BytesIO(data), what="image")
            except DataError as error:
                broken[one] = str(error).removeprefix("image: ").split(";")[0]
            else:
                digests[one] = hashlib.sha256(data).hexdigest()

    starts = range(0, len(images), _CHUNK)
    threads = ThreadPoolExecutor(os.cpu_count())
    try:
        for start, _ in zip(starts, threads.map(check, starts), strict=True):
            yield Progress("checking", start, len(images))
    finally:
        threads.shutdown(cancel_futures=True)
    return digests, {one: broken[one] for one in images if one in broken}
