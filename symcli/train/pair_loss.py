"""Losses of pairs, triplets and sequences: the rest of MXNet's ``gluon.loss`` (``python/mxnet/gluon/loss.py``)."""

from typing import Any

from symcli import ndarray
from symcli.errors import ParamError
from symcli.graph import symbol
from symcli.ndarray import NDArray
from symcli.train.loss import KLDivLoss, Loss

__all__ = ["CTCLoss", "CosineEmbeddingLoss", "SDMLLoss", "TripletLoss"]


def _of(array: Any) -> Any:
    return ndarray if isinstance(array, NDArray) else symbol


class TripletLoss(Loss):
    """max(0, |positive - pred|^2 - |negative - pred|^2 + margin) of each example."""

    def __init__(self, margin: float = 1.0, weight: float | None = None, batch_axis: int = 0):
        super().__init__(weight, batch_axis)
        self._margin = margin

    def __call__(self, pred: Any, positive: Any, negative: Any) -> Any:  # type: ignore[override]
        of = _of(pred)
        near, far = (of.square(of.reshape_like(one, pred) - pred) for one in (positive, negative))
        loss = of.relu(of.sum(near - far, axis=self._batch_axis, exclude=True) + self._margin)
        return loss if self._weight is None else loss * self._weight


class CosineEmbeddingLoss(Loss):
    """1 - cos(input1, input2) of a pair with label 1, max(0, cos(input1, input2) - margin) of one with label -1.

    input1, input2 (batch, size); label (batch,); loss (batch, 1).
    """

    def __init__(self, weight: float | None = None, batch_axis: int = 0, margin: float = 0.0):
        super().__init__(weight, batch_axis)
        self._margin = margin

    def __call__(self, input1: Any, input2: Any, label: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        return super().__call__(input1, label, sample_weight, other=input2)

    def each(self, of: Any, pred: Any, label: Any, other: Any = None) -> Any:
        pred, label = of.reshape_like(pred, other), of.reshape(label, shape=(-1, 1))
        norms = of.norm(pred, axis=-1) * of.norm(other, axis=-1)
        cosine = of.reshape(of.sum(pred * other, axis=-1) / of.maximum(norms, 1e-12), shape=(-1, 1))
        return (1 - cosine) * (label == 1) + of.maximum((label == -1) * (cosine - self._margin), 0)

    def reduce(self, of: Any, loss: Any) -> Any:
        return loss


class SDMLLoss(Loss):
    """Smoothed deep metric learning: x1[i] belongs to x2[i], and to no other row of the batch.

    The Kullback-Leibler divergence of softmax(-distances) from the identity, smoothed. x1, x2 (batch, size).
    Bonadiman, Kumar and Mittal, Large Scale Question Paraphrase Retrieval with Smoothed Deep Metric Learning, 2019.
    """

    def __init__(self, smoothing_parameter: float = 0.3, weight: float = 1.0, batch_axis: int = 0):
        super().__init__(weight, batch_axis)
        self.smoothing_parameter = smoothing_parameter

    def __call__(self, x1: Any, x2: Any) -> Any:  # type: ignore[override]
        if not isinstance(x1, NDArray):
            raise TypeError("SDMLLoss takes arrays: in a graph the batch's size, which it needs, is not known")
        if x1.shape != x2.shape or x1.ndim != 2:
            raise ValueError(f"SDMLLoss: x1 is {x1.shape}, x2 {x2.shape}; needs two arrays of one shape (batch, size)")
        count = x1.shape[0]
        squares = ndarray.square(ndarray.broadcast_sub(x1.expand_dims(1), x2.expand_dims(0)))
        same = ndarray.eye(count, ctx=x1.context)
        labels = same * (1 - self.smoothing_parameter) + (1 - same) * self.smoothing_parameter / (count - 1)
        return KLDivLoss()(ndarray.log_softmax(-ndarray.sum(squares, axis=2), axis=1), labels)


class CTCLoss(Loss):
    """-log of the probability of a label sequence, summed over its alignments; the last class is the blank.

    pred (batch, time, classes), or with ``layout="TNC"`` time first; label (batch, length), -1 after its end.
    Graves et al., Connectionist Temporal Classification, 2006.
    """

    def __init__(self, layout: str = "NTC", label_layout: str = "NT", weight: float | None = None):
        for name, given, known in (("layout", layout, ("NTC", "TNC")), ("label_layout", label_layout, ("NT", "TN"))):
            if given not in known:
                raise ParamError(f"CTCLoss: {name}={given!r}; needs {' or '.join(known)}")
        super().__init__(weight, label_layout.find("N"))
        self._layout = layout

    def __call__(self, pred: Any, label: Any, pred_lengths: Any = None,  # type: ignore[override]
                 label_lengths: Any = None,
                 sample_weight: Any = None) -> Any:  # fmt: skip
        return super().__call__(pred, label, sample_weight, pred_lengths=pred_lengths, label_lengths=label_lengths)

    def each(self, of: Any, pred: Any, label: Any, pred_lengths: Any = None, label_lengths: Any = None) -> Any:
        pred = of.swapaxes(pred, 0, 1) if self._layout == "NTC" else pred
        label = of.swapaxes(label, 0, 1) if self._batch_axis == 1 else label
        lengths = {"data_lengths": pred_lengths, "label_lengths": label_lengths}
        given = {name: one for name, one in lengths.items() if one is not None}
        return of.CTCLoss(pred, label, **given, use_data_lengths=pred_lengths is not None,
                          use_label_lengths=label_lengths is not None, blank_label="last")  # fmt: skip

    def reduce(self, of: Any, loss: Any) -> Any:
        return loss
