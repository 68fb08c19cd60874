"""MXNet's ``.params`` files: arrays with or without names.

All numbers are little-endian. A file is the word 0x112, a word 0, the number of arrays, the arrays, the
number of names, each name as its length and its bytes; all these numbers are uint64. An array is (version 2)

    uint32  0xF993FAC9
    int32   storage type, 0 for dense
    uint32  number of axes, then each size as int64
    int32   device type, int32 device number
    int32   element type (``dtypes.CODES``)
    raw     the elements

Version 1 (0xF993FAC8) has no storage type; version 0 no magic number either: its first word is the number of
axes, and sizes are uint32. Version 3 (0xF993FACA) is version 2 with shapes in NumPy's sense.
Source: ``NDArray::Save`` and ``NDArray::Load`` of ``src/ndarray/ndarray.cc``.
"""

import io
import os
import struct
from collections.abc import Mapping
from typing import IO, Any, NoReturn

import numpy as np

from symcli import dtypes
from symcli.errors import DataError, MXNetError
from symcli.files import replacing
from symcli.ndarray.array import NDArray
from symcli.ndarray.context import cpu
from symcli.shapes import prod

__all__ = ["load", "load_frombuffer", "save"]

_LIST = 0x112
_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_TYPES = {code: np.dtype(name).newbyteorder("<") for name, code in dtypes.CODES.items()}
_MOST_AXES = 32


def save(fname: str | os.PathLike[str], data: Any) -> None:
    """Write an NDArray, a list of them, or a dictionary from names to them; the whole file or nothing.

    Raises
    ------
    TypeError, ValueError
        If the data is none of these.
    MXNetError
        If the file cannot be written, or an array has the shape ().
    """
    if isinstance(data, NDArray):
        data = [data]
    if not isinstance(data, Mapping | list):
        raise ValueError(f"save: data is a {type(data).__name__}; needs an NDArray, or a list or a dict of them")
    names = list(data) if isinstance(data, Mapping) else []
    arrays = list(data.values()) if isinstance(data, Mapping) else data
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"save: the name {name!r} is a {type(name).__name__}; needs a text")
    for array in arrays:
        if not isinstance(array, NDArray):
            raise TypeError(f"save: got a {type(array).__name__} to save; needs an NDArray: nd.array(…)")
        if not array.ndim:
            raise MXNetError("save: the file format has no arrays of shape (); reshape it to (1,)")
    try:
        with replacing(fname) as file:
            _write(file, arrays, names)
    except OSError as error:
        raise DataError(f"{fname}: cannot be written: {error.strerror}", str(fname)) from None


def load(fname: str | os.PathLike[str]) -> list[NDArray] | dict[str, NDArray]:
    """Return the arrays of a file: a dictionary if they have names, else a list.

    Raises
    ------
    DataError
        If the file cannot be read or is damaged; carries path and offset.
    """
    path = os.fspath(fname)
    if not isinstance(path, str):
        raise TypeError(f"load: {fname!r} is a {type(fname).__name__}; needs a path as text")
    try:
        with open(path, "rb") as file:
            return _Reader(file, os.fstat(file.fileno()).st_size, path).read()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}", path) from None


def load_frombuffer(buf: bytes) -> list[NDArray] | dict[str, NDArray]:
    """Return the arrays of a file's bytes; see ``load``."""
    if not isinstance(buf, bytes | bytearray | memoryview):
        raise TypeError(f"load_frombuffer: got a {type(buf).__name__}; needs bytes")
    return _Reader(io.BytesIO(buf), len(buf), "<buffer>").read()


def _write(file: IO[bytes], arrays: list[NDArray], names: list[str]) -> None:
    file.write(struct.pack("<QQQ", _LIST, 0, len(arrays)))
    for array in arrays:
        file.write(struct.pack(f"<IiI{array.ndim}q", _V2, 0, array.ndim, *array.shape))
        code = dtypes.CODES[dtypes.name_of(array.dtype)]
        file.write(struct.pack("<iii", array.context.device_typeid, array.context.device_id, code))
        file.write(array._data.astype(_TYPES[code], copy=False).reshape(-1).view(np.uint8).data)
    file.write(struct.pack("<Q", len(names)))
    for name in names:
        text = name.encode()
        file.write(struct.pack("<Q", len(text)) + text)


class _Reader:
    """A file under the eyes of its reader; sizes are checked before memory is taken for them."""

    def __init__(self, file: IO[bytes], size: int, path: str):
        self._file, self._size, self._path, self._offset = file, size, path, 0

    def read(self) -> list[NDArray] | dict[str, NDArray]:
        magic, _ = self._numbers("QQ", "the head of the file")
        if magic != _LIST:
            self._offset = 0
            self._fail(f"begins with 0x{magic:x}; a .params file begins with 0x{_LIST:x}")
        (count,) = self._numbers("Q", "the number of arrays")
        self._require(count * 4, f"{count} arrays")
        arrays = [self._array(f"array {i + 1} of {count}") for i in range(count)]
        (names,) = self._numbers("Q", "the number of names")
        if names not in (0, count):
            self._fail(f"has {names} names for {count} arrays; needs one for each, or none")
        return {self._name(i): array for i, array in enumerate(arrays)} if names else arrays

    def _array(self, what: str) -> NDArray:
        (magic,) = self._numbers("I", what)
        if magic in (_V2, _V3):
            (storage,) = self._numbers("i", what)
            if storage:
                self._fail(f"{what} is sparse (storage type {storage}); needs a dense one: tostype('default')")
        rank = self._numbers("I", what)[0] if magic in (_V1, _V2, _V3) else magic
        if rank > _MOST_AXES or (rank == 0 and magic != _V3):
            self._fail(f"{what} has {rank} axes; needs 1 to {_MOST_AXES}")
        shape = self._numbers(f"{rank}{'q' if magic in (_V1, _V2, _V3) else 'I'}", what)
        if min(shape, default=0) < 0:
            self._fail(f"{what} has the shape {shape}; needs sizes of at least 0")
        _, _, code = self._numbers("iii", what)
        if code not in _TYPES:
            known = ", ".join(f"{number} {name}" for name, number in dtypes.CODES.items())
            self._fail(f"{what} has the element type {code}; types: {known}")
        size = prod(shape) * _TYPES[code].itemsize
        self._require(size, f"{what}, {dtypes.NAMES[code]} of shape {shape},")
        try:
            data = np.empty(shape, _TYPES[code])
        except ValueError:  # a size of 0 beside an absurd one
            self._fail(f"{what} has the shape {shape}, which no memory holds")
        self._file.readinto(data.reshape(-1).view(np.uint8))  # type: ignore[attr-defined]
        self._offset += size
        return NDArray(data.astype(dtypes.NAMES[code], copy=False), cpu())

    def _name(self, i: int) -> str:
        (size,) = self._numbers("Q", f"name {i + 1}")
        self._require(size, f"name {i + 1}")
        try:
            name = self._file.read(size).decode()
        except UnicodeDecodeError:
            self._fail(f"name {i + 1} is no UTF-8 text")
        self._offset += size
        return name

    def _numbers(self, form: str, what: str) -> tuple:
        size = struct.calcsize("<" + form)
        self._require(size, what)
        self._offset += size
        return struct.unpack("<" + form, self._file.read(size))

    def _require(self, size: int, what: str) -> None:
        left = self._size - self._offset
        if size > left:
            self._fail(f"ends within {what}: needs {size:,} bytes, {left:,} are left; copy the file again")

    def _fail(self, what: str) -> NoReturn:
        raise DataError(f"{self._path}: at byte {self._offset:,}: {what}", self._path, self._offset)
