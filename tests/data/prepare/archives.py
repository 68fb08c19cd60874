"""Small downloads for tests: zips and folders of images, and tables of their labels."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["kaggle", "pixels", "png", "tree", "zipped"]


def pixels(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (4, 4, 3)).astype(np.uint8)


def png(number: int) -> bytes:
    """Return a 4 × 4 image that is another one for each number."""
    file = io.BytesIO()
    Image.fromarray(pixels(number)).save(file, "png")
    return file.getvalue()


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return path


def kaggle(folder: Path, classes: dict[str, int], test: int = 3, form: str = "zip", order=1) -> Path:
    """Write a download in Kaggle's layout: so many images of each class, ids from 1 on, taking turns."""
    names = [name for turn in range(max(classes.values())) for name, count in classes.items() if turn < count]
    train = {f"train/{i}.png": png(i) for i in range(1, len(names) + 1)}
    tests = {f"test/{i}.png": png(1000 + i) for i in range(1, test + 1)}
    folder.mkdir(parents=True, exist_ok=True)
    table = "".join(f"{i},{name}\n" for i, name in list(enumerate(names, 1))[::order])
    if form == "zip":
        zipped(folder / "train.zip", dict(list(train.items())[::order]))
        zipped(folder / "test.zip", dict(list(tests.items())[::order]))
        (folder / "trainLabels.csv").write_text("id,label\n" + table)
        return folder
    for name, data in list({**train, **tests}.items())[::order]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    zipped(folder / "trainLabels.csv.zip", {"trainLabels.csv": f"id,label\n{table}".encode()})
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder by name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file()}  # fmt: skip
