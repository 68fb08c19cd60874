"""Metrics of numbers."""

from typing import Any

import numpy as np

from symcli.params import param
from symcli.train.metric.base import AVERAGE, EvalMetric, alias, check_label_shapes, pairs, register

__all__ = ["MAE", "MSE", "RMSE", "PearsonCorrelation"]


# Count, the two means, and the sums of squared and of mixed deviations from them.
Moments = tuple[int, float, float, float, float, float]
_NOTHING: Moments = (0, 0.0, 0.0, 0.0, 0.0, 0.0)


class _Difference(EvalMetric):
    """A mean over the entries of a batch; the result is the mean of the batches' values."""

    def update(self, labels: Any, preds: Any) -> None:
        for label, pred in pairs(labels, preds):
            self._add(float(self._distance(_column(label) - _column(pred))), 1)

    def _distance(self, difference: np.ndarray) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say how it is computed: define _distance")


def _column(array: np.ndarray) -> np.ndarray:
    return array[:, None] if array.ndim == 1 else array


@register
class MAE(_Difference):
    """The mean of ``|label - output|``, averaged over batches."""

    name: str = param("mae", doc="the name that is shown")

    def _distance(self, difference: np.ndarray) -> Any:
        return np.abs(difference).mean()


@register
class MSE(_Difference):
    """The mean of ``(label - output)^2``, averaged over batches."""

    name: str = param("mse", doc="the name that is shown")

    def _distance(self, difference: np.ndarray) -> Any:
        return np.square(difference).mean()


@register
class RMSE(_Difference):
    """The root of the mean of ``(label - output)^2`` in each batch, averaged over batches."""

    name: str = param("rmse", doc="the name that is shown")

    def _distance(self, difference: np.ndarray) -> Any:
        return np.sqrt(np.square(difference).mean())


@register
@alias("pearsonr")
class PearsonCorrelation(EvalMetric):
    """Pearson's correlation of labels and outputs."""

    name: str = param("pearsonr", doc="the name that is shown")
    output_names: tuple[str, ...] | None = param(None, doc="the outputs that are compared; None for all")
    label_names: tuple[str, ...] | None = param(None, doc="the labels that are compared; None for all")
    average: str = param("macro", choices=("macro", "micro"), doc=AVERAGE)

    _moments: Moments  # of all batches since reset

    def update(self, labels: Any, preds: Any) -> None:
        for label, pred in pairs(labels, preds):
            check_label_shapes(label, pred, False, True)
            x, y = (array.reshape(-1).astype(np.float64) for array in (label, pred))
            if self.average == "macro":
                with np.errstate(invalid="ignore"):  # values that are all alike correlate with nothing: NaN
                    self._add(float(np.corrcoef(y, x)[0, 1]), 1)
            else:
                self._moments = _merged(self._moments, x, y)
                self._add(0.0, 1)

    def reset(self) -> None:
        super().reset()
        self._moments = _NOTHING

    def _value(self, total: float, count: float) -> float:
        # As in MXNet, one value of all batches since reset, whatever reset_local did, once there is one.
        return _correlation(self._moments) if self.average == "micro" and count else super()._value(total, count)


def _merged(moments: Moments, x: np.ndarray, y: np.ndarray) -> Moments:
    """Add values to moments, without the loss of digits of plain sums of squares (Chan et al., 1979)."""
    n, mean_x, mean_y, xx, yy, xy = moments
    m, x0, y0 = x.size, float(x.mean()), float(y.mean())
    dx, dy, weight = x0 - mean_x, y0 - mean_y, n * m / (n + m)
    return (
        n + m,
        mean_x + dx * m / (n + m),
        mean_y + dy * m / (n + m),
        xx + float(np.square(x - x0).sum()) + dx * dx * weight,
        yy + float(np.square(y - y0).sum()) + dy * dy * weight,
        xy + float(((x - x0) * (y - y0)).sum()) + dx * dy * weight,
    )


def _correlation(moments: Moments) -> float:
    _, _, _, xx, yy, xy = moments
    return float(xy / np.sqrt(xx * yy)) if xx and yy else float("nan")
