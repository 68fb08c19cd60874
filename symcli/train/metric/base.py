"""The base of all metrics: a running sum and what it is divided by."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy

from symcli.errors import ShapeError
from symcli.ndarray import NDArray
from symcli.params import param
from symcli.train.registry import Declared, get_alias_func, get_create_func, get_register_func

__all__ = ["AVERAGE", "EvalMetric", "alias", "check_label_shapes", "find", "numbers", "pairs", "register"]

Arrays = Sequence[NDArray]
AVERAGE = "macro: the mean of the batches' values; micro: one value of all batches together"


class EvalMetric(Declared):
    """A number computed batch by batch: ``sum_metric / num_inst``.

    A child defines ``update(labels, preds)``. Besides the sums since ``reset`` there are those that
    ``reset_local`` leaves alone; a training log resets the former, the epoch's result is of the latter.
    """

    name: str = param("", doc="the name that is shown")
    output_names: tuple[str, ...] | None = param(None, doc="the outputs that are compared; None for all")
    label_names: tuple[str, ...] | None = param(None, doc="the labels that are compared; None for all")

    if TYPE_CHECKING:  # children's constructors are made from their parameters

        def __init__(self, *args: Any, **kwargs: Any): ...
    else:

        def __init__(self, name, output_names=None, label_names=None, has_global_stats=False, **kwargs):
            self.name, self.output_names, self.label_names = str(name), output_names, label_names
            self._has_global_stats, self._kwargs = has_global_stats, kwargs
            self.reset()

    evaluation_only: ClassVar[bool] = False  # a job does not measure it while it trains
    _has_global_stats: bool
    _kwargs: dict[str, Any]

    def __post_init__(self) -> None:
        shared = ("name", "output_names", "label_names")
        self._kwargs = {name: getattr(self, name) for name in self._order if name not in shared}
        self._has_global_stats = True
        self.reset()

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """Return what ``create(**config)`` makes this metric from."""
        return {**self._kwargs, "metric": type(self).__name__, "name": self.name, "output_names": self.output_names,
                "label_names": self.label_names}  # fmt: skip

    def set_classes(self, names: Sequence[str]) -> None:
        """Tell the names of the classes; a metric that tells of each shows them."""

    def remarks(self) -> list[str]:
        """Return what should be known beside the values, a sentence each."""
        return []

    def update_dict(self, label: Mapping[str, NDArray], pred: Mapping[str, NDArray]) -> None:
        """Take a batch, labels and outputs by name."""
        self.update(
            [label[name] for name in (label if self.label_names is None else self.label_names)],
            [pred[name] for name in (pred if self.output_names is None else self.output_names)],
        )

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch, labels and outputs as lists."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is computed: define update")

    def _add(self, value: float, count: float) -> None:
        self.sum_metric += value
        self.global_sum_metric += value
        self.num_inst += count
        self.global_num_inst += count

    def reset(self) -> None:
        """Start afresh."""
        self.global_num_inst: float = 0
        self.global_sum_metric: float = 0.0
        self.num_inst: float = 0
        self.sum_metric: float = 0.0

    def reset_local(self) -> None:
        """Start afresh what ``get`` returns; leave what ``get_global`` returns."""
        self.num_inst, self.sum_metric = 0, 0.0

    def get(self) -> tuple[Any, Any]:
        """Return name and value, NaN before the first update; lists of them for several metrics together."""
        return self.name, self._value(self.sum_metric, self.num_inst)

    def get_global(self) -> tuple[Any, Any]:
        """Return name and value since ``reset``, whatever ``reset_local`` did meanwhile."""
        if not self._has_global_stats:
            return self.get()
        return self.name, self._value(self.global_sum_metric, self.global_num_inst)

    def _value(self, total: float, count: float) -> float:
        return total / count if count else float("nan")

    def get_name_value(self) -> list[tuple[str, float]]:
        """Return ``get`` as a list of pairs."""
        return _as_pairs(*self.get())

    def get_global_name_value(self) -> list[tuple[str, float]]:
        """Return ``get_global`` as a list of pairs."""
        return _as_pairs(*self.get_global())


def _as_pairs(name: Any, value: Any) -> list[tuple[str, float]]:
    names, values = (one if isinstance(one, list) else [one] for one in (name, value))
    return list(zip(names, values, strict=True))


register = get_register_func(EvalMetric, "metric")
alias = get_alias_func(EvalMetric, "metric")
find = get_create_func(EvalMetric, "metric")


def check_label_shapes(labels: Any, preds: Any, wrap: bool = False, shape: bool = False) -> tuple[Any, Any]:
    """Return labels and outputs, as lists with ``wrap``.

    Raises
    ------
    ShapeError
        If there are not as many of one as of the other; with ``shape``, if their shapes differ.
    """
    found = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if found[0] != found[1]:
        raise ShapeError(f"metric: labels are {found[0]}, outputs {found[1]}; needs one label for each output: "
                         "choose them by output_names and label_names")  # fmt: skip
    if wrap:
        labels, preds = ([one] if isinstance(one, NDArray) else one for one in (labels, preds))
    return labels, preds


def numbers(array: Any) -> numpy.ndarray:
    """Return an array's numbers, to be read only."""
    return array._data if isinstance(array, NDArray) else numpy.asarray(array)


def pairs(labels: Any, preds: Any) -> Iterator[tuple[numpy.ndarray, numpy.ndarray]]:
    """Yield the numbers of each label and its output, to be read only."""
    labels, preds = check_label_shapes(labels, preds, True)
    for label, pred in zip(labels, preds, strict=True):
        yield numbers(label), numbers(pred)
