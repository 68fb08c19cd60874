"""Losses as functions of arrays or symbols: MXNet's ``gluon.loss`` (``python/mxnet/gluon/loss.py``)."""

import math
from typing import Any

from symcli import ndarray
from symcli.errors import ParamError
from symcli.graph import symbol
from symcli.ndarray import NDArray
from symcli.train.block import HybridBlock

__all__ = [
    "HingeLoss", "HuberLoss", "KLDivLoss", "L1Loss", "L2Loss", "LogisticLoss", "Loss", "PoissonNLLLoss",
    "SigmoidBCELoss", "SigmoidBinaryCrossEntropyLoss", "SoftmaxCELoss", "SoftmaxCrossEntropyLoss", "SquaredHingeLoss",
]  # fmt: skip


class Loss(HybridBlock):
    """A loss of each example: (predictions, labels, perhaps weights of the examples) -> (batch,).

    Parameters
    ----------
    weight : a factor of the loss; None for 1.
    batch_axis : the examples' axis; the mean is taken over all others.
    """

    def __init__(self, weight: float | None = None, batch_axis: int = 0):
        self._weight, self._batch_axis = weight, batch_axis

    def __call__(self, pred: Any, label: Any, sample_weight: Any = None, **kwargs: Any) -> Any:
        of: Any = ndarray if isinstance(pred, NDArray) else symbol
        loss = self.each(of, pred, label, **kwargs)
        if sample_weight is not None:
            loss = of.broadcast_mul(loss, sample_weight)
        if self._weight is not None:
            loss = loss * self._weight
        return self.reduce(of, loss)

    def reduce(self, of: Any, loss: Any) -> Any:
        """Return the loss of every example: the mean over all other axes."""
        return of.mean(loss, axis=self._batch_axis, exclude=True)

    def each(self, of: Any, pred: Any, label: Any) -> Any:
        """Return the loss of every element; ``of`` is ``nd`` or ``sym``."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: define each(of, pred, label)")

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Do nothing: there is no other way to run it."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: there are no parameters."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch_axis={self._batch_axis}, w={self._weight})"


class L2Loss(Loss):
    """(label - pred)^2 / 2."""

    def __init__(self, weight: float = 1.0, batch_axis: int = 0):
        super().__init__(weight, batch_axis)

    def each(self, of: Any, pred: Any, label: Any) -> Any:
        return of.square(of.reshape_like(label, pred) - pred) / 2


class L1Loss(Loss):
    """|label - pred|."""

    def each(self, of: Any, pred: Any, label: Any) -> Any:
        return of.abs(of.reshape_like(label, pred) - pred)


class SoftmaxCrossEntropyLoss(Loss):
    """-log softmax(pred)[label] along an axis.

    Parameters
    ----------
    sparse_label : labels are numbers of classes; else a probability for each class.
    from_logits : ``pred`` is log softmax already.
    """

    def __init__(self, axis: int = -1, sparse_label: bool = True, from_logits: bool = False,
                 weight: float | None = None, batch_axis: int = 0):  # fmt: skip
        super().__init__(weight, batch_axis)
        self._axis, self._sparse_label, self._from_logits = axis, sparse_label, from_logits

    def each(self, of: Any, pred: Any, label: Any) -> Any:
        logs = pred if self._from_logits else of.log_softmax(pred, axis=self._axis)
        if self._sparse_label:
            return -of.pick(logs, label, axis=self._axis, keepdims=True)
        return -of.sum(logs * of.reshape_like(label, logs), axis=self._axis, keepdims=True)


class SigmoidBinaryCrossEntropyLoss(Loss):
    """The cross-entropy of a label 0 or 1 and sigmoid(pred), or with ``from_sigmoid`` pred itself.

    ``pos_weight`` is a factor of the part of positive labels.
    """

    def __init__(self, from_sigmoid: bool = False, weight: float | None = None, batch_axis: int = 0):
        super().__init__(weight, batch_axis)
        self._from_sigmoid = from_sigmoid

    def each(self, of: Any, pred: Any, label: Any, pos_weight: Any = None) -> Any:
        label = of.reshape_like(label, pred)
        if not self._from_sigmoid:
            if pos_weight is None:
                return of.relu(pred) - pred * label + of.Activation(-of.abs(pred), act_type="softrelu")
            factor = 1 + of.broadcast_mul(pos_weight - 1, label)
            tail = of.Activation(-of.abs(pred), act_type="softrelu") + of.relu(-pred)
            return pred - pred * label + factor * tail
        eps = 1e-12
        positive = of.log(pred + eps) * label
        if pos_weight is not None:
            positive = of.broadcast_mul(positive, pos_weight)
        return -(positive + of.log(1.0 - pred + eps) * (1.0 - label))


class KLDivLoss(Loss):
    """label (log label - pred), ``pred`` being log probabilities; with ``from_logits=False`` it is made so."""

    def __init__(self, from_logits: bool = True, axis: int = -1, weight: float | None = None, batch_axis: int = 0):
        super().__init__(weight, batch_axis)
        self._from_logits, self._axis = from_logits, axis

    def each(self, of: Any, pred: Any, label: Any) -> Any:
        logs = pred if self._from_logits else of.log_softmax(pred, self._axis)
        return label * (of.log(label + 1e-12) - logs)

    def reduce(self, of: Any, loss: Any) -> Any:
        return of.sum(loss, axis=self._batch_axis, exclude=True)  # MXNet 1.9.1's, though its page says mean


class HuberLoss(Loss):
    """(label - pred)^2 / (2 rho) up to a distance of rho, |label - pred| - rho / 2 beyond."""

    def __init__(self, rho: float = 1.0, weight: float | None = None, batch_axis: int = 0):
        super().__init__(weight, batch_axis)
        self._rho = rho

    def each(self, of: Any, pred: Any, label: Any) -> Any:
        distance = of.abs(of.reshape_like(label, pred) - pred)
        return of.where(distance > self._rho, distance - 0.5 * self._rho, (0.5 / self._rho) * of.square(distance))


class HingeLoss(Loss):
    """max(0, margin - pred label), labels being -1 or 1."""

    def __init__(self, margin: float = 1.0, weight: float | None = None, batch_axis: int = 0):
        super().__init__(weight, batch_axis)
        self._margin = margin

    def each(self, of: Any, pred: Any, label: Any) -> Any:
        return of.relu(self._margin - pred * of.reshape_like(label, pred))


class SquaredHingeLoss(HingeLoss):
    """max(0, margin - pred label)^2, labels being -1 or 1."""

    def each(self, of: Any, pred: Any, label: Any) -> Any:
        return of.square(super().each(of, pred, label))


class PoissonNLLLoss(Loss):
    """The negative log-likelihood of counts; one number, the mean over all.

    e^pred - label pred, ``pred`` being the log of the expected count; with ``from_logits=False`` the count itself:
    pred - label log(pred + epsilon). ``compute_full`` adds Stirling's log label! where a label is above 1.
    """

    def __init__(self, weight: float | None = None, from_logits: bool = True, batch_axis: int = 0,
                 compute_full: bool = False):  # fmt: skip
        super().__init__(weight, batch_axis)
        self._from_logits, self._compute_full = from_logits, compute_full

    def each(self, of: Any, pred: Any, label: Any, epsilon: float = 1e-8) -> Any:
        label = of.reshape_like(label, pred)
        loss = of.exp(pred) - label * pred if self._from_logits else pred - label * of.log(pred + epsilon)
        if self._compute_full:
            stirling = label * of.log(label) - label + 0.5 * of.log(2 * math.pi * label)
            loss = loss + stirling * (label > 1)
        return loss

    def reduce(self, of: Any, loss: Any) -> Any:
        return of.mean(loss)


class LogisticLoss(Loss):
    """log(1 + e^(-pred label)), labels being -1 or 1 (``signed``), or 0 or 1 (``binary``)."""

    def __init__(self, weight: float | None = None, batch_axis: int = 0, label_format: str = "signed"):
        super().__init__(weight, batch_axis)
        if label_format not in ("signed", "binary"):
            raise ParamError(f"LogisticLoss: label_format={label_format!r}; needs signed or binary")
        self._label_format = label_format

    def each(self, of: Any, pred: Any, label: Any) -> Any:
        label = of.reshape_like(label, pred)
        if self._label_format == "signed":
            label = (label + 1.0) / 2.0
        return of.relu(pred) - pred * label + of.Activation(-of.abs(pred), act_type="softrelu")


SoftmaxCELoss = SoftmaxCrossEntropyLoss
SigmoidBCELoss = SigmoidBinaryCrossEntropyLoss
