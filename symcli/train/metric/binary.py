"""Metrics of two classes, and of the table of classes against labels."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from symcli.errors import ShapeError
from symcli.params import param
from symcli.train.metric.base import AVERAGE, EvalMetric, pairs, register

__all__ = ["F1", "MCC", "PCC"]


class _Binary(EvalMetric):
    """A score of the counts of true and false, positive and negative. Classes are 0 and 1."""

    name: str = param("binary", doc="the name that is shown")
    output_names: tuple[str, ...] | None = param(None, doc="the outputs that are compared; None for all")
    label_names: tuple[str, ...] | None = param(None, doc="the labels that are compared; None for all")
    average: str = param("macro", choices=("macro", "micro"), doc=AVERAGE)

    _local: np.ndarray  # the counts that get returns, and those that get_global returns
    _global: np.ndarray

    def update(self, labels: Any, preds: Any) -> None:
        counts = sum(self._counts(labels, preds), np.zeros(4))
        if self.average == "macro":
            self._add(self._score(*counts), 1)
            return
        self._local, self._global = self._local + counts, self._global + counts
        self.num_inst, self.global_num_inst = self._local.sum(), self._global.sum()
        self.sum_metric = self._score(*self._local) * self.num_inst
        self.global_sum_metric = self._score(*self._global) * self.global_num_inst

    def _counts(self, labels: Any, preds: Any) -> Iterator[np.ndarray]:
        """Yield true positives, false positives, false negatives, true negatives of each output."""
        for label, pred in pairs(labels, preds):
            wanted = label.astype(np.int32).reshape(-1)
            if pred.ndim != 2 or len(pred) != wanted.size:
                raise ShapeError(f"{self.name}: labels {label.shape} for outputs {pred.shape}; needs (n,) and (n, 2)")
            if len(np.unique(wanted)) > 2:
                raise ShapeError(f"{self.name}: the labels have {len(np.unique(wanted))} classes; it compares two only")
            positive, chosen = wanted == 1, pred.argmax(1) == 1
            yield np.array([(chosen & positive).sum(), (chosen & ~positive).sum(), (~chosen & positive).sum(),
                            (~chosen & ~positive).sum()], np.float64)  # fmt: skip

    def _score(self, tp: float, fp: float, fn: float, tn: float) -> float:
        raise NotImplementedError(f"{type(self).__name__} does not say how it is computed: define _score")

    def reset(self) -> None:
        super().reset()
        self._local, self._global = np.zeros(4), np.zeros(4)

    def reset_local(self) -> None:
        super().reset_local()
        self._local = np.zeros(4)


@register
class F1(_Binary):
    """``2 * precision * recall / (precision + recall)``, precision tp / (tp + fp), recall tp / (tp + fn)."""

    name: str = param("f1", doc="the name that is shown")

    def _score(self, tp: float, fp: float, fn: float, tn: float) -> float:
        return 2 * tp / (2 * tp + fp + fn) if tp else 0.0


@register
class MCC(_Binary):
    """Matthews' correlation: ``(tp * tn - fp * fn) / sqrt((tp + fp) (tp + fn) (tn + fp) (tn + fn))``.

    Factors that are 0 are left out.
    """

    name: str = param("mcc", doc="the name that is shown")

    def _score(self, tp: float, fp: float, fn: float, tn: float) -> float:
        factors = [one for one in (tp + fp, tp + fn, tn + fp, tn + fn) if one]
        return (tp * tn - fp * fn) / math.sqrt(math.prod(factors))


@register
class PCC(EvalMetric):
    """Matthews' correlation for any number of classes: Pearson's of the table of classes against labels.

    NaN where all labels, or all outputs, are of one class.
    """

    name: str = param("pcc", doc="the name that is shown")

    _local: np.ndarray  # the table that get returns, and that which get_global returns
    _global: np.ndarray

    def update(self, labels: Any, preds: Any) -> None:
        for label, pred in pairs(labels, preds):
            wanted = label.astype(np.int64).reshape(-1)
            chosen = (pred if pred.shape == label.shape else pred.argmax(1)).astype(np.int64).reshape(-1)
            size = max(int(wanted.max()), int(chosen.max()), len(self._local) - 1) + 1
            table = np.zeros((size, size))
            np.add.at(table, (chosen, wanted), 1)
            self._local, self._global = (_sum(table, one) for one in (self._local, self._global))
        self.num_inst, self.global_num_inst = self.num_inst + 1, self.global_num_inst + 1
        self.sum_metric = _correlation(self._local) * self.num_inst
        self.global_sum_metric = _correlation(self._global) * self.global_num_inst

    def reset(self) -> None:
        super().reset()
        self._local, self._global = np.zeros((2, 2)), np.zeros((2, 2))

    def reset_local(self) -> None:
        super().reset_local()
        self._local = np.zeros((2, 2))


def _sum(larger: np.ndarray, smaller: np.ndarray) -> np.ndarray:
    size = max(len(larger), len(smaller))
    total = np.zeros((size, size))
    for table in (larger, smaller):
        total[: len(table), : len(table)] += table
    return total


def _correlation(table: np.ndarray) -> float:
    n, x, y = table.sum(), table.sum(axis=1), table.sum(axis=0)
    spread = (x * (n - x)).sum() * (y * (n - y)).sum()
    return float((table.diagonal() * n - x * y).sum() / math.sqrt(spread)) if spread else float("nan")
