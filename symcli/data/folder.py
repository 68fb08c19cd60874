"""What a folder of data holds: its splits, by how it is laid out."""

import errno
import os

from symcli.data.detection_list import CLASSES, splits
from symcli.data.formats import DataFormat, Detection, Examples, ImageFolder
from symcli.data.images import is_image_name
from symcli.errors import DataError
from symcli.params import from_texts

__all__ = ["class_folder_of", "open_folder"]

SPLITS = ("train", "valid", "val", "validation", "test", "train_valid")
_TOP = "train_valid_test"


def open_folder(path: str) -> dict[str, Examples]:
    """Return the examples of each split of a folder.

    The folder is what ``symcli prepare-data`` has made, or a folder with a folder of images for each class, or one of
    ``train``, ``valid`` and ``test`` that are such folders; a folder that is not split is the split "all".

    Raises
    ------
    NotADirectoryError
        If there is no folder.
    DataError
        If it is none of these.
    """
    if not os.path.isdir(path):
        there = "is no folder" if os.path.exists(path) else "there is no such folder or job"
        raise NotADirectoryError(errno.ENOTDIR, f"{there}; needs a job in YAML or JSON, or a folder of data", path)
    if os.path.isdir(os.path.join(path, _TOP)):
        path = os.path.join(path, _TOP)
    if os.path.isfile(os.path.join(path, CLASSES)):
        return {name: _opened(Detection, path=path, split=name) for name in splits(path)}
    names = [name for name in SPLITS if _has_folders(os.path.join(path, name))]
    if names:
        return {name: _opened(ImageFolder, path=os.path.join(path, name)) for name in names}
    if not any(class_folder_of(path, name) for name in os.listdir(path)):
        raise DataError(f"{path}: holds no folders of images; needs one for each class, or train, valid and test with "
                        "those", path)  # fmt: skip
    return {"all": _opened(ImageFolder, path=path)}


def _opened(cls: type[DataFormat], **texts: str) -> Examples:
    return from_texts(cls, texts, cls.name).open()


def class_folder_of(folder: str, name: str) -> str:
    """Return the path of a folder's folder if there are images in it, else an empty text."""
    path = os.path.join(folder, name)
    if name.startswith(".") or not os.path.isdir(path):
        return ""
    return path if any(is_image_name(file) for file in os.listdir(path)) else ""


def _has_folders(path: str) -> bool:
    if not os.path.isdir(path):
        return False
    return any(os.path.isdir(os.path.join(path, name)) for name in os.listdir(path) if not name.startswith("."))
