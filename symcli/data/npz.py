"""NumPy's files of arrays, ``.npz`` and ``.npy``, with one answer to what is wrong with them."""

import zipfile
import zlib
from collections.abc import Sequence

import numpy as np

from symcli.errors import DataError, reason, suggest

__all__ = ["read_arrays"]

_ZIP, _ARRAY = (b"PK\x03\x04", b"PK\x05\x06"), b"\x93NUMPY"  # what the files begin with: with and without arrays


def read_arrays(path: str, names: Sequence[str] | None = None, alone: bool = False) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name.

    Parameters
    ----------
    names : those that are wanted; by default all.
    alone : whether an array that is the only one, in the file as in ``names``, may be called otherwise; that of an
        ``.npy`` has no name.

    Raises
    ------
    DataError
        If the file cannot be read, is damaged, is of another kind, lacks an array, or holds Python objects in one:
        nothing is unpickled.
    """
    alone = alone and names is not None and len(names) == 1
    try:
        with open(path, "rb") as file:
            begin = file.read(len(_ARRAY))
            if not begin.startswith((*_ZIP, _ARRAY)):
                raise DataError(f"{path}: is no file of arrays; write one with numpy.savez", path)
            file.seek(0)
            held = np.load(file, allow_pickle=False)
            if isinstance(held, np.ndarray):
                if not alone:
                    raise DataError(f"{path}: is a single array (.npy); needs an .npz: numpy.savez", path)
                return dict.fromkeys(names or (), held)
            with held:
                if alone and len(held.files) == 1:
                    return dict.fromkeys(names or (), held[held.files[0]])
                missing = [name for name in names or () if name not in held.files]
                if missing:
                    hint = suggest(missing[0], held.files) or f"arrays: {', '.join(held.files) or 'none'}"
                    raise DataError(f"{path}: there is no array {missing[0]!r}; {hint}", path)
                return {name: held[name] for name in (held.files if names is None else names)}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        said = reason(error)
        if "pickle" in said:
            said = "holds Python objects, which are not loaded"
        raise DataError(f"{path}: {said}; needs an .npz of plain arrays", path) from None
