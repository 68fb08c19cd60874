"""RecordIO: many records in one file, MXNet's ``mx.recordio`` (``python/mxnet/recordio.py``).

All numbers are little-endian uint32. A record is one part or several, each

    uint32  0xCED7230A
    uint32  kind in the upper 3 bits, number of bytes in the lower 29
    raw     the bytes, then zeros up to a multiple of 4

Kinds: 0 a whole record, 1 its first part, 2 one in the middle, 3 its last. A record is cut where it holds the first
word itself at a multiple of 4, which is left out there and put in again on reading, so that a reader finds the
next record in a damaged file. Source: ``dmlc-core/src/recordio.cc``.
"""

import multiprocessing
import numbers
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import IO, Any, NamedTuple, NoReturn

import numpy as np

from symcli.data.images import decoded, encoded
from symcli.errors import DataError, MXNetError, ParamError
from symcli.files import replacing
from symcli.ndarray import NDArray

__all__ = [
    "IRHeader", "MXIndexedRecordIO", "MXRecordIO", "RecordReader", "pack", "pack_img", "unpack", "unpack_img",
]  # fmt: skip

_MAGIC = 0xCED7230A
_MARK = struct.pack("<I", _MAGIC)
_PART = struct.Struct("<II")
_MOST_BYTES = (1 << 29) - 1
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
_HEADER = struct.Struct("<IfQQ")


class RecordReader:
    """The records of an open file, from wherever it is."""

    def __init__(self, path: str):
        self.path = path
        try:
            self._file: IO[bytes] = open(path, "rb")  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}", path) from None
        self.size = os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Close the file; also done when nothing holds the reader any more."""
        self._file.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def tell(self) -> int:
        """Return the byte at which the next record begins."""
        return self._file.tell()

    def seek(self, offset: int) -> None:
        """Go to a record by the byte at which it begins."""
        self._file.seek(offset)

    def read(self) -> bytes | None:
        """Return the next record, None at the end of the file.

        Raises
        ------
        DataError
            If there is no whole record here; carries path and offset.
        """
        parts = [data for _, data in self._parts(keep=True)]
        return _MARK.join(parts) if parts else None

    def offsets(self) -> Iterator[int]:
        """Yield where each record begins, from here to the end."""
        while True:
            begin = self.tell()
            if not sum(1 for _ in self._parts(keep=False)):
                return
            yield begin

    def _parts(self, keep: bool) -> Iterator[tuple[int, bytes]]:
        """Yield the kind and the bytes of each part of one record; nothing at the end of the file."""
        expected: tuple[int, ...] = (_WHOLE, _FIRST)
        while True:
            offset = self._file.tell()
            head = self._file.read(_PART.size)
            if not head and _WHOLE in expected:
                return
            if len(head) < _PART.size:
                self._fail(offset, f"ends within the head of a record: {len(head)} of {_PART.size} bytes are there")
            magic, word = _PART.unpack(head)
            kind, length = word >> 29, word & _MOST_BYTES
            if magic != _MAGIC:
                self._fail(offset, f"0x{magic:08X} stands where a record begins with 0x{_MAGIC:08X}")
            if kind not in expected:
                self._fail(offset, f"a part of kind {kind} stands where one of kind {' or '.join(map(str, expected))} "
                                   "belongs")  # fmt: skip
            padded = length + -length % 4
            left = self.size - offset - _PART.size
            if padded > left:
                self._fail(offset, f"ends within a record: it has {length:,} bytes, {left:,} are left")
            if keep:
                data = self._file.read(padded)[:length]
            else:
                data = b""
                self._file.seek(padded, os.SEEK_CUR)
            yield kind, data
            if kind in (_WHOLE, _LAST):
                return
            expected = (_MIDDLE, _LAST)

    def _fail(self, offset: int, what: str) -> NoReturn:
        raise DataError(f"{self.path}: at byte {offset:,}: {what}; the file is damaged or no .rec file: copy it again, "
                        "or write it anew", self.path, offset)  # fmt: skip


def _write(file: IO[bytes], record: bytes) -> None:
    begin = 0
    place = record.find(_MARK)
    while place >= 0:
        if place % 4:
            place = record.find(_MARK, place + 1)
            continue
        # A cut is at a multiple of 4, so what precedes it needs no padding.
        file.write(_PART.pack(_MAGIC, (_MIDDLE if begin else _FIRST) << 29 | place - begin))
        file.write(record[begin:place])
        begin = place + 4
        place = record.find(_MARK, begin)
    length = len(record) - begin
    file.write(_PART.pack(_MAGIC, (_LAST if begin else _WHOLE) << 29 | length))
    file.write(record[begin:] + bytes(-length % 4))


class MXRecordIO:
    """A file of records, read or written one after another.

    What is written takes the place of a file that is there when it is closed. A context manager too.

    Parameters
    ----------
    uri : the path.
    flag : "r" to read, "w" to write.

    Raises
    ------
    ValueError
        If the flag is another.
    DataError
        If the file cannot be opened.
    """

    def __init__(self, uri: str | os.PathLike[str], flag: str):
        self.uri, self.flag = os.fspath(uri), flag
        self.is_open = False
        self.open()

    def open(self) -> None:
        """Open the file again: to read from its beginning, or to write it anew."""
        if self.flag not in ("r", "w"):
            raise ValueError(f"{type(self).__name__}: flag is {self.flag!r}; needs 'r' to read or 'w' to write")
        self.writable = self.flag == "w"
        self.pid = multiprocessing.current_process().pid
        self._stack = ExitStack()
        if self.writable:
            self._writer = self._replacing(self.uri)
        else:
            self._reader = RecordReader(self.uri)
            self._stack.callback(self._reader.close)
        self.is_open = True

    def _replacing(self, path: str) -> IO[bytes]:
        try:
            return self._stack.enter_context(replacing(path))
        except OSError as error:
            raise DataError(f"{path}: cannot be written: {error.strerror}", path) from None

    def close(self) -> None:
        """Close the file; what was written is there from now on."""
        if self.is_open:
            self.is_open = False
            if self.pid == multiprocessing.current_process().pid:  # a forked process leaves the file to its parent
                self._stack.close()

    def reset(self) -> None:
        """Go back to the first record; a file that is written begins anew."""
        if self.is_open and self.writable:
            self._abandon()
        self.close()
        self.open()

    def _abandon(self) -> None:
        self.is_open = False
        try:
            with self._stack:
                raise _Abandoned
        except _Abandoned:
            pass

    def write(self, buf: bytes) -> None:
        """Append a record.

        Raises
        ------
        MXNetError
            If the file is not open for writing, or the record has 2^29 bytes or more.
        """
        self._ready("write", writing=True)
        if not isinstance(buf, bytes | bytearray | memoryview):
            raise TypeError(f"write: a record is a {type(buf).__name__}; needs bytes, as of text.encode()")
        if len(buf) > _MOST_BYTES:
            raise MXNetError(f"write: a record has {len(buf):,} bytes; the format holds up to {_MOST_BYTES:,}")
        _write(self._writer, bytes(buf))

    def read(self) -> bytes | None:
        """Return the next record, None after the last.

        Raises
        ------
        DataError
            If the file is damaged here; carries path and offset.
        """
        self._ready("read", writing=False)
        return self._reader.read()

    def tell(self) -> int:
        """Return the byte at which the next record begins."""
        return self._writer.tell() if self.writable else self._reader.tell()

    def _ready(self, what: str, writing: bool) -> None:
        if not self.is_open:
            raise MXNetError(f"{what}: {self.uri} is closed; open() it, or reset()")
        if self.writable != writing:
            raise MXNetError(f"{what}: {self.uri} is open to {'write' if self.writable else 'read'}; make another with "
                             f"flag {'w' if writing else 'r'!r}")  # fmt: skip
        if self.pid != multiprocessing.current_process().pid:
            if writing:
                raise RuntimeError(f"{what}: {self.uri} was opened by another process; open it in this one")
            self.is_open = False
            self.open()  # a file that is shared with another process has one position for both

    def __enter__(self) -> "MXRecordIO":
        return self

    def __exit__(self, error: Any, *_: Any) -> None:
        if error is not None and self.is_open and self.writable:
            self._abandon()
        self.close()

    def __del__(self) -> None:
        if getattr(self, "is_open", False):
            self.close()

    def __getstate__(self) -> dict[str, Any]:
        if self.writable and self.is_open:
            raise MXNetError(f"{self.uri} is being written, and cannot be pickled; close it first")
        hidden = ("_stack", "_reader", "_writer", "_index")
        return {name: value for name, value in vars(self).items() if name not in hidden}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        was_open, self.is_open = self.is_open, False
        if was_open:
            self.open()


class _Abandoned(Exception):
    """Ends a block so that the file it writes is dropped."""


class MXIndexedRecordIO(MXRecordIO):
    """A file of records with an index beside it, a line ``key <tab> offset`` for each, read in any order.

    Parameters
    ----------
    idx_path : the index.
    key_type : makes a key of its text.

    Attributes
    ----------
    idx : the offset of each key.
    keys : the keys in the order of the index.
    """

    def __init__(self, idx_path: str | os.PathLike[str], uri: str | os.PathLike[str], flag: str,
                 key_type: Callable[[str], Any] = int):  # fmt: skip
        self.idx_path, self.key_type = os.fspath(idx_path), key_type
        self.idx: dict[Any, int] = {}
        self.keys: list[Any] = []
        super().__init__(uri, flag)

    def open(self) -> None:
        super().open()
        self.idx, self.keys = {}, []
        if self.writable:
            self._index = self._replacing(self.idx_path)
            return
        for key, offset in read_index(self.idx_path, self.key_type):
            if key not in self.idx:
                self.keys.append(key)
            self.idx[key] = offset

    def seek(self, idx: Any) -> None:
        """Go to the record of a key.

        Raises
        ------
        KeyError
            If there is none.
        """
        self._ready("seek", writing=False)
        if idx not in self.idx:
            raise KeyError(f"{self.idx_path}: there is no record {idx!r}; it has {len(self.idx)} keys"
                           + (f", {self.keys[0]!r} to {self.keys[-1]!r}" if self.keys else ""))  # fmt: skip
        self._reader.seek(self.idx[idx])

    def read_idx(self, idx: Any) -> bytes | None:
        """Return the record of a key."""
        self.seek(idx)
        return self._reader.read()

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Append a record, and its key to the index."""
        self._ready("write_idx", writing=True)
        key, offset = self.key_type(idx), self.tell()
        self.write(buf)
        self._index.write(f"{key}\t{offset}\n".encode())
        self.idx[key] = offset
        self.keys.append(key)


def read_index(path: str, key_type: Callable[[str], Any] = int) -> list[tuple[Any, int]]:
    """Return keys and offsets of an ``.idx`` file.

    Raises
    ------
    DataError
        If it cannot be read; the message names the line.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}", path) from None
    found = []
    for number, line in enumerate(lines, 1):
        key, tab, offset = line.strip().partition("\t")
        try:
            found.append((key_type(key), int(offset)))
        except ValueError:
            raise DataError(f"{path}:{number}: {line!r} is no line of an index; needs the key, a tab and the offset"
                            + ("" if tab else ": there is no tab"), path) from None  # fmt: skip
    return found


class IRHeader(NamedTuple):
    """What stands before an image in its record: ``pack`` and ``unpack`` take and give it.

    Attributes
    ----------
    flag : how many numbers the label has; 0 for the one that stands here.
    label : a number, or an array of them.
    id, id2 : the number of the example; the second is 0.
    """

    flag: int
    label: Any
    id: int
    id2: int


def pack(header: IRHeader | tuple, s: bytes) -> bytes:
    """Return header and bytes as one record; the flag is set as the label needs it.

    Raises
    ------
    ParamError
        If the header holds something else than numbers.
    """
    flag, label, number, second = header
    before = b""
    try:
        if isinstance(label, numbers.Number):
            flag = 0
        else:
            values = np.asarray(label.asnumpy() if isinstance(label, NDArray) else label, "<f4")
            before, flag, label = values.tobytes(), values.size, 0
        return _HEADER.pack(flag, float(label), int(number), int(second)) + before + s
    except (struct.error, TypeError, ValueError) as error:
        raise ParamError(f"pack: {header!r} is no header of a record ({error}); needs IRHeader(flag, label, id, id2) "
                         "with a label of numbers") from None  # fmt: skip


def unpack(s: bytes) -> tuple[IRHeader, bytes]:
    """Return header and bytes of a record.

    Raises
    ------
    DataError
        If it is shorter than its header says.
    """
    if len(s) < _HEADER.size:
        raise DataError(f"unpack: the record has {len(s)} bytes; its header alone has {_HEADER.size}")
    header = IRHeader(*_HEADER.unpack(s[: _HEADER.size]))
    s = s[_HEADER.size :]
    if header.flag:
        if len(s) < 4 * header.flag:
            raise DataError(f"unpack: the record's label has {header.flag:,} numbers, {len(s)} bytes are left; "
                            "it is damaged, or was packed by something else")  # fmt: skip
        header = header._replace(label=np.frombuffer(s, "<f4", header.flag))
        s = s[4 * header.flag :]
    return header, s


def pack_img(header: IRHeader | tuple, img: Any, quality: int = 95, img_fmt: str = ".jpg") -> bytes:
    """Return header and image as one record.

    Parameters
    ----------
    img : (H, W, 3), blue first as in OpenCV, or grey (H, W); uint8.
    quality : of JPEG, 1 to 100; of PNG how hard it is packed, 0 to 9.
    img_fmt : ``.jpg`` or ``.png``.
    """
    pixels = np.asarray(img.asnumpy() if isinstance(img, NDArray) else img)
    swapped = pixels[:, :, ::-1] if pixels.ndim == 3 and pixels.shape[2] == 3 else pixels
    return pack(header, encoded(swapped, quality, img_fmt))


def unpack_img(s: bytes, iscolor: int = -1) -> tuple[IRHeader, np.ndarray]:
    """Return header and image of a record, blue first as in OpenCV.

    ``iscolor`` 1 gives (H, W, 3), 0 grey (H, W), -1 whatever it is.

    Raises
    ------
    DataError
        If the record holds no image that can be read.
    """
    header, data = unpack(s)
    pixels = decoded(data, "the record's image", {0: "L", 1: "RGB"}.get(iscolor))
    return header, pixels[:, :, ::-1] if pixels.ndim == 3 and pixels.shape[2] == 3 else pixels
