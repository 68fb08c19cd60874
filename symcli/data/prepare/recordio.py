"""Images packed into RecordIO files: what MXNet's ``im2rec`` does."""

import io
import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from symcli.data.findings import Finding, FindingsError
from symcli.data.image.iterator import read_list
from symcli.data.images import decoded, encoded, is_image_name
from symcli.data.prepare.base import Preparation, Progress
from symcli.data.prepare.staging import Staging
from symcli.data.recordio import MXIndexedRecordIO, pack
from symcli.data.transforms import LARGEST, resized
from symcli.errors import DataError
from symcli.params import param

__all__ = ["RecordIO"]

_CHUNK = 100  # images between two reports


class _Image(NamedTuple):
    """An image with its number in the list, its label, its path and its name in the list."""

    number: int
    label: tuple[float, ...]
    path: str
    name: str


class RecordIO(Preparation, name="recordio"):
    """Pack images into .rec files with .idx and .lst beside them, as MXNet's im2rec does.

    SRC has a folder for each class (or train, valid and test, each of class folders), or lists: a .lst file for each
    split, of number, one label or more, and the image's path, with tabs between, as `prepare-data voc` makes them too.
    Paths begin in SRC.
    """

    version = 1

    resize: int = param(0, ge=0, le=LARGEST, doc="bring the shorter side to this length; 0 keeps the files' bytes")
    quality: int = param(95, ge=0, le=100, doc="of JPEG, 1 to 100; of PNG how hard it is packed, 0 to 9")
    encoding: str = param(".jpg", choices=(".jpg", ".png"), doc="how images that change are written")
    grey: bool = param(False, doc="make images grey")
    shuffle: bool = param(False, doc="put the images of class folders in random order, as training without shuffling "
                          "needs it")  # fmt: skip
    seed: int = param(0, ge=0, doc="what that order follows from")

    def inputs(self, source: str) -> dict[str, str]:
        names = sorted(name for name in os.listdir(source) if not name.startswith("."))
        found = {name: os.path.join(source, name) for name in names
                 if name.endswith(".lst") or name in ("classes.txt", "synset.txt")
                 or os.path.isdir(os.path.join(source, name))}  # fmt: skip
        if not any(name.endswith(".lst") or os.path.isdir(path) for name, path in found.items()):
            raise DataError(f"{source}: there is nothing to pack; needs a folder of images for each class, or .lst "
                            "files", source)  # fmt: skip
        return found

    def write(self, inputs: Mapping[str, str], staging: Staging) -> Iterator[Progress]:
        lists = {name[:-4]: path for name, path in inputs.items() if name.endswith(".lst")}
        if lists:
            root = os.path.dirname(next(iter(lists.values())))
            splits = {name: [_Image(number, tuple(label), os.path.join(root, *path.split("/")), path)
                             for number, (label, path) in read_list(one).items()]
                      for name, one in lists.items()}  # fmt: skip
            known = next((inputs[name] for name in ("synset.txt", "classes.txt") if name in inputs), None)
            classes = None
            if known is not None:
                with open(known, "rb") as file:
                    classes = file.read()
        else:
            folders = {name: path for name, path in inputs.items() if os.path.isdir(path)}
            splits, names = self._of_folders(folders)
            classes = "".join(f"{name}\n" for name in names).encode()
        total, done = sum(map(len, splits.values())), 0
        broken: list[str] = []
        for split, images in splits.items():
            for place in self._pack(split, images, staging, broken):
                if place % _CHUNK == 0:
                    yield Progress("packing", done + place, total)
            done += len(images)
        if broken and not self.skip_broken:
            help = "mend them, or leave them out: --skip-broken"
            raise FindingsError([Finding("broken", "image", "that cannot be read", broken, help)])
        staging.left_out += broken
        if classes is not None:
            staging.write("synset.txt", classes)

    def _of_folders(self, folders: Mapping[str, str]) -> tuple[dict[str, list[_Image]], list[str]]:
        """Return the images of class folders, and the classes' names."""
        splits = {name: path for name, path in folders.items() if name in ("train", "valid", "val", "test")}
        roots = splits if splits and len(splits) == len(folders) else {"train": ""}
        inside = {split: _classes(path) if path else dict(folders) for split, path in roots.items()}
        names = sorted({name for classes in inside.values() for name in classes})
        found = {}
        for split, classes in inside.items():
            base = roots[split] or os.path.dirname(next(iter(folders.values())))
            paths = [(label, os.path.join(classes[name], file)) for label, name in enumerate(names) if name in classes
                     for file in sorted(os.listdir(classes[name])) if is_image_name(file)]  # fmt: skip
            if not paths:
                raise DataError(f"{base}: there are no images in the folders of classes", base)
            if self.shuffle:
                order = np.random.Generator(np.random.Philox(key=[self.seed, len(paths)])).permutation(len(paths))
                paths = [paths[i] for i in order]
            found[split] = [_Image(i, (float(label),), path, os.path.relpath(path, base).replace(os.sep, "/"))
                            for i, (label, path) in enumerate(paths)]  # fmt: skip
        return found, names

    def _pack(self, split: str, images: list[_Image], staging: Staging, broken: list[str]) -> Iterator[int]:
        base, lines, count = os.path.join(staging.folder, split), io.StringIO(), 0
        record = MXIndexedRecordIO(f"{base}.idx", f"{base}.rec", "w")
        with record:
            for place, one in enumerate(images):
                yield place
                try:
                    data = self._bytes(one)
                except DataError as error:
                    broken.append(f"{one.name}: {str(error).removeprefix(f'{one.path}: ')}")
                    continue
                label = one.label[0] if len(one.label) == 1 else np.array(one.label, np.float32)
                record.write_idx(one.number, pack((0, label, one.number, 0), data))
                labels = "\t".join(f"{value:.7g}" for value in one.label)
                lines.write(f"{one.number}\t{labels}\t{one.name}\n")
                count += 1
        for ending in (".rec", ".idx"):
            staging.adopt(split + ending)
        staging.write(f"{split}.lst", lines.getvalue().encode())
        staging.counts[split] = count

    def _bytes(self, image: _Image) -> bytes:
        try:
            with open(image.path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise DataError(f"{image.path}: {error.strerror}", image.path) from None
        pixels = decoded(data, image.path, "L" if self.grey else "RGB")
        if not self.resize and not self.grey:
            return data
        pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
        if self.resize:
            height, width = pixels.shape[:2]
            side = self.resize
            size = (side, side * height // width) if height > width else (side * width // height, side)
            pixels = resized(pixels, size, 2)
        return encoded(pixels, self.quality if self.encoding == ".jpg" else min(self.quality, 9), self.encoding)


def _classes(folder: str) -> dict[str, str]:
    return {name: os.path.join(folder, name) for name in sorted(os.listdir(folder))
            if not name.startswith(".") and os.path.isdir(os.path.join(folder, name))}  # fmt: skip
