"""``LibSVMIter``: batches of rows written as ``label index:value …``. Source: ``src/io/iter_libsvm.cc``."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from symcli import dtypes
from symcli.data.file_iterator import ArraysIter
from symcli.errors import DataError, ParamError
from symcli.shapes import prod

__all__ = ["LibSVMIter"]


class LibSVMIter(ArraysIter):
    """Batches of sparse rows; here they are dense, as ``tostype("default")`` makes them: there are no sparse arrays.

    Parameters
    ----------
    data_libsvm : the file; of each line the numbers before the first ``index:value`` are labels, indices count from 0.
    data_shape : how many values a row has, ``(1000,)``.
    label_libsvm, label_shape : a second file of rows that are the labels; by default those in the first.
    """

    def __init__(self, data_libsvm: str, data_shape: int | Sequence[int], batch_size: int, label_libsvm: str = "NULL",
                 label_shape: int | Sequence[int] = (1,), round_batch: bool = True, num_parts: int = 1,
                 part_index: int = 0, data_name: str = "data", label_name: str = "softmax_label",
                 dtype: Any = "float32", **kwargs: Any):  # fmt: skip
        known = {"prefetch_buffer", "ctx", "storage_type", "num_threads"}
        if set(kwargs) - known:
            unknown = ", ".join(sorted(set(kwargs) - known))
            raise ParamError(f"LibSVMIter has no parameter {unknown}; parameters: data_libsvm, data_shape, …")
        size, width = (prod((one,) if isinstance(one, int) else tuple(one)) for one in (data_shape, label_shape))
        data, label = _read(data_libsvm, size)
        separate = label_libsvm not in ("NULL", None, "")
        if separate:
            label, _ = _read(label_libsvm, width)
            if len(label) != len(data):
                raise DataError(f"{label_libsvm}: has {len(label)} rows; {data_libsvm} has {len(data)}", label_libsvm)
        elif label.shape[1] < width:
            raise DataError(
                f"{data_libsvm}: has {label.shape[1]} labels a row; label_shape asks for {width}", data_libsvm
            )
        label = label[:, :width]
        label = label.reshape(-1) if width == 1 and not separate else label
        super().__init__(data.astype(dtypes.name_of(dtype)), label, batch_size, data_name, label_name,
                         round_batch=round_batch, num_parts=num_parts, part_index=part_index)  # fmt: skip


def _read(path: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows (n, size) and the labels before them (n, k)."""
    rows: list[dict[int, float]] = []
    labels: list[list[float]] = []
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                words = line.partition("#")[0].split()
                if not words:
                    continue
                pairs = [word.split(":") for word in words if ":" in word]
                rows.append({int(index): float(value) for index, value in pairs})
                labels.append([float(word) for word in words if ":" not in word])
                if rows[-1] and not 0 <= min(rows[-1]) <= max(rows[-1]) < size:
                    raise DataError(f"{path}:{number}: has the index {max(rows[-1])}; data_shape says {size} values, "
                                    "and indices count from 0", path)  # fmt: skip
    except ValueError as error:
        raise DataError(f"{path}:{len(rows) + 1}: {error}; needs lines as 1 0:0.5 7:1.25", path) from None
    except OSError as error:
        raise DataError(f"{os.fspath(path)}: cannot be read: {error.strerror}", path) from None
    if len({len(one) for one in labels}) > 1:
        raise DataError(f"{path}: its rows have different numbers of labels", path)
    data = np.zeros((len(rows), size), np.float32)
    for i, row in enumerate(rows):
        data[i, list(row)] = list(row.values())
    return data, np.array(labels, np.float32).reshape(len(rows), -1)
