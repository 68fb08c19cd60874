"""What goes between data and training: a batch, and the description of its arrays."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from symcli.ndarray import NDArray

__all__ = ["DataBatch", "DataDesc"]


class _NameAndShape(NamedTuple):
    name: str
    shape: tuple[int, ...]


class DataDesc(_NameAndShape):
    """The name and shape of an array, a pair, with its type and layout.

    The place of ``N`` in the layout is the batch axis; a layout without ``N`` has none.
    """

    dtype: Any
    layout: str

    def __new__(cls, name: str, shape: Sequence[int], dtype: Any = np.float32, layout: str = "NCHW") -> "DataDesc":
        desc = super().__new__(cls, name, shape)  # type: ignore[arg-type]
        desc.dtype, desc.layout = dtype, layout
        return desc

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    def __reduce__(self) -> tuple:
        return DataDesc, (self.name, self.shape, self.dtype, self.layout)

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """Return the axis along which a batch is split, -1 for none; without a layout it is the first."""
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(shapes: Sequence[tuple], types: Sequence[tuple] | Mapping[str, Any] | None) -> list["DataDesc"]:
        """Return the descriptions of pairs of name and shape, and pairs of name and type."""
        dtypes = dict(types or {})
        return [DataDesc(name, shape, dtypes[name]) if dtypes else DataDesc(name, shape) for name, shape in shapes]


class DataBatch:
    """A batch of examples.

    Attributes
    ----------
    data, label : lists of arrays.
    pad : how many examples at the end are there only to fill the batch.
    index : the numbers of the examples.
    provide_data, provide_label : descriptions of the arrays, where they differ from what was bound.
    """

    def __init__(self, data: Sequence[NDArray] | None, label: Sequence[NDArray] | None = None, pad: int | None = None,
                 index: Any = None, bucket_key: Any = None, provide_data: Sequence[DataDesc] | None = None,
                 provide_label: Sequence[DataDesc] | None = None):  # fmt: skip
        for what, arrays in (("data", data), ("label", label)):
            if not isinstance(arrays, list | tuple | None):
                raise TypeError(f"DataBatch: {what} is a {type(arrays).__name__}; needs a list of NDArrays")
        self.data, self.label, self.pad, self.index = data, label, pad, index
        self.bucket_key, self.provide_data, self.provide_label = bucket_key, provide_data, provide_label

    def __str__(self) -> str:
        data, label = ([one.shape for one in arrays] if arrays else None for arrays in (self.data, self.label))
        return f"{type(self).__name__}: data shapes: {data} label shapes: {label}"
