"""Metrics of class probabilities."""

import math
from typing import Any

import numpy as np

from symcli.errors import ParamError, ShapeError
from symcli.params import param
from symcli.train.metric.base import EvalMetric, alias, pairs, register

__all__ = ["Accuracy", "CrossEntropy", "NegativeLogLikelihood", "Perplexity", "TopKAccuracy"]

NAME = "the name that is shown"


@register
@alias("acc")
class Accuracy(EvalMetric):
    """The share of labels that equal the most probable class; outputs of the label's shape are classes themselves."""

    axis: int = param(1, doc="the axis of the classes")
    name: str = param("accuracy", doc=NAME)

    def update(self, labels: Any, preds: Any) -> None:
        for label, pred in pairs(labels, preds):
            classes = pred if pred.shape == label.shape else pred.argmax(self.axis)
            if classes.size != label.size:
                raise ShapeError(f"accuracy: labels {label.shape} for outputs {pred.shape}; needs one label for each "
                                 f"vector along axis {self.axis}")  # fmt: skip
            found = classes if classes is not pred else pred.astype(np.int32)
            right = np.count_nonzero(found.reshape(-1) == label.reshape(-1).astype(np.int32))
            self._add(int(right), label.size)


@register
@alias("top_k_accuracy", "top_k_acc")
class TopKAccuracy(EvalMetric):
    """The share of labels among the ``top_k`` most probable classes."""

    top_k: int = param(1, ge=1, doc="how many classes count, 2 or more")
    name: str = param("top_k_accuracy", doc=NAME)

    def __post_init__(self) -> None:
        if self.top_k <= 1:
            raise ParamError(f"top_k_accuracy: top_k={self.top_k} is too small; give 2 or more, or take accuracy")
        super().__post_init__()
        self.name += f"_{self.top_k}"

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "name": self.name.removesuffix(f"_{self.top_k}")}

    def update(self, labels: Any, preds: Any) -> None:
        for label, pred in pairs(labels, preds):
            if pred.ndim > 2 or len(label) != len(pred):
                raise ShapeError(
                    f"top_k_accuracy: labels {label.shape} for outputs {pred.shape}; needs (n,) and (n, k)"
                )
            wanted = label.astype(np.int32).reshape(len(label), -1)
            top = pred.astype(np.int32)[:, None] if pred.ndim == 1 else _largest(pred, self.top_k)
            self._add(int((top == wanted).sum()), len(label))


def _largest(pred: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of the largest entries of each row; all where there are no more."""
    if count >= pred.shape[1]:
        return np.broadcast_to(np.arange(pred.shape[1]), pred.shape)
    return np.argpartition(pred, -count)[:, -count:]


class _LogProbability(EvalMetric):
    """The mean of ``-log(p + eps)``, p the probability of the label's class."""

    eps: float = param(1e-12, ge=0, doc="added to the probability")

    def update(self, labels: Any, preds: Any) -> None:
        for label, pred in pairs(labels, preds):
            wanted = label.reshape(-1).astype(np.int64)
            if pred.ndim != 2 or wanted.size != len(pred):
                raise ShapeError(f"{self.name}: labels {label.shape} for outputs {pred.shape}; needs (n,) and (n, k)")
            probability = pred[np.arange(wanted.size), wanted]
            self._add(float(-np.log(probability + self.eps).sum()), wanted.size)


@register
@alias("ce")
class CrossEntropy(_LogProbability):
    """The mean of ``-log(p + eps)``, p the probability of the label's class."""

    eps: float = param(1e-12, ge=0, doc="added to the probability")
    name: str = param("cross-entropy", doc=NAME)


@register
@alias("nll_loss")
class NegativeLogLikelihood(_LogProbability):
    """The mean of ``-log(p + eps)``, p the probability of the label's class."""

    eps: float = param(1e-12, ge=0, doc="added to the probability")
    name: str = param("nll-loss", doc=NAME)


@register
class Perplexity(EvalMetric):
    """``exp`` of the mean of ``-log(max(p, 1e-10))``, p the probability of the label's class."""

    ignore_label: int | None = param(doc="the label that does not count; None to count all")
    axis: int = param(-1, doc="the axis of the classes")
    name: str = param("perplexity", doc=NAME)

    def update(self, labels: Any, preds: Any) -> None:
        for label, pred in pairs(labels, preds):
            if label.size * pred.shape[self.axis] != pred.size:
                raise ShapeError(f"perplexity: labels {label.shape} for outputs {pred.shape}; needs one label for each "
                                 f"vector along axis {self.axis}")  # fmt: skip
            rows = np.moveaxis(pred, self.axis, -1).reshape(-1, pred.shape[self.axis])
            flat = label.reshape(-1)
            classes = flat.astype(np.int64).clip(0, rows.shape[1] - 1)
            probability = np.maximum(rows[np.arange(flat.size), classes], 1e-10)
            counted = np.ones(flat.size, bool) if self.ignore_label is None else flat != self.ignore_label
            self._add(float(-np.log(probability[counted]).sum(dtype=np.float64)), int(counted.sum()))

    def _value(self, total: float, count: float) -> float:
        return math.exp(total / count) if count else float("nan")
