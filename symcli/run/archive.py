"""Models in one archive, ``model.tar.gz``, as SageMaker's image classification and object detection leave them."""

import shutil
import tarfile
import zlib
from pathlib import Path

from symcli.errors import DataError

__all__ = ["ENDINGS", "unpacked"]

ENDINGS = (".tar.gz", ".tgz", ".tar")

_WANTED = ("-symbol.json", ".params", "synset.txt", "preprocess.yaml", "preprocessing.yaml", "model-shapes.json",
           "hyperparams.json")  # fmt: skip
_MOST_BYTES = 8 << 30


def unpacked(path: str, folder: Path) -> str:
    """Put the files of a model out of an archive into a folder; return the prefix they have there.

    Only regular files with the endings of a model's are taken, by the last part of their names: nothing that an archive
    says makes a file elsewhere.

    Raises
    ------
    DataError
        If the archive cannot be read, or holds no model, or several.
    """
    size = 0
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = Path(member.name).name
                if not member.isfile() or not name.endswith(_WANTED) or name.startswith("."):
                    continue
                size += member.size
                if size > _MOST_BYTES:
                    raise DataError(f"{path}: its model has more than {_MOST_BYTES:,} bytes; unpack it yourself", path)
                if (folder / name).exists():
                    raise DataError(f"{path}: has two files {name}; unpack it, and give the prefix of one model", path)
                source = archive.extractfile(member)
                assert source is not None  # a regular file
                with open(folder / name, "wb") as target:
                    shutil.copyfileobj(source, target)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        reason = "it is none" if isinstance(error, tarfile.ReadError) else getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read as an archive: {reason}; needs a whole model.tar.gz", path) from None
    symbols = sorted(folder.glob("*-symbol.json"))
    if len(symbols) != 1:
        listed = ", ".join(one.name for one in symbols) or "none"
        raise DataError(f"{path}: needs one file NAME-symbol.json; has {listed}", path)
    return str(symbols[0]).removesuffix("-symbol.json")
