"""Metrics made of others, of a function, and of the output itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symcli.errors import MXNetError, ParamError
from symcli.ndarray import NDArray
from symcli.params import param
from symcli.train.metric.base import EvalMetric, alias, check_label_shapes, find, numbers, register

__all__ = ["Caffe", "CompositeEvalMetric", "CustomMetric", "Loss", "Torch", "create", "np"]


def create(metric: Any, *args: Any, **kwargs: Any) -> EvalMetric:
    """Return the metric of a name, a function ``f(label, pred)``, a list of either; a metric itself is returned.

    Raises
    ------
    ParamError
        If there is none of this name (a ``ValueError`` too).
    """
    if callable(metric):
        return CustomMetric(metric, *args, **kwargs)
    if isinstance(metric, list | tuple):
        return CompositeEvalMetric([create(one, *args, **kwargs) for one in metric])
    return find(metric, *args, **kwargs)


@register
@alias("composite")
class CompositeEvalMetric(EvalMetric):
    """Several metrics, updated together; names and values are lists."""

    def __init__(self, metrics: Sequence[Any] | None = None, name: str = "composite",
                 output_names: Sequence[str] | None = None, label_names: Sequence[str] | None = None):  # fmt: skip
        self.metrics = [create(one) for one in metrics or ()]
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def add(self, metric: Any) -> None:
        """Add a metric, or the metric of a name."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> EvalMetric:
        """Return one of the metrics.

        Raises
        ------
        ParamError
            If there is none of this number.
        """
        if not -len(self.metrics) <= index < len(self.metrics):
            raise ParamError(f"composite: no metric {index}; it has {len(self.metrics)}, counted from 0")
        return self.metrics[index]

    def update_dict(  # MXNet's names, here in the plural
        self, labels: Mapping[str, NDArray], preds: Mapping[str, NDArray]
    ) -> None:
        if self.label_names is not None:
            labels = {name: array for name, array in labels.items() if name in self.label_names}
        if self.output_names is not None:
            preds = {name: array for name, array in preds.items() if name in self.output_names}
        for metric in self.metrics:
            metric.update_dict(labels, preds)

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        for metric in self.metrics:
            metric.update(labels, preds)

    def remarks(self) -> list[str]:
        return [line for metric in self.metrics for line in metric.remarks()]

    def reset(self) -> None:
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[list[str], list[float]]:
        return _unzipped(pair for metric in self.metrics for pair in metric.get_name_value())

    def get_global(self) -> tuple[list[str], list[float]]:
        return _unzipped(pair for metric in self.metrics for pair in metric.get_global_name_value())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "metrics": [metric.get_config() for metric in self.metrics]}


def _unzipped(pairs: Any) -> tuple[list[str], list[float]]:
    listed = list(pairs)
    return [name for name, _ in listed], [value for _, value in listed]


@register
class Loss(EvalMetric):
    """The mean of the outputs' entries: for networks whose output is a loss."""

    name: str = param("loss", doc="the name that is shown")

    def update(self, labels: Any, preds: Any) -> None:
        for pred in [preds] if isinstance(preds, NDArray) else preds:
            values = numbers(pred)
            self._add(float(values.sum(dtype="float64")), values.size)


@register
class Torch(Loss):
    """The same as Loss; an old name."""

    name: str = param("torch", doc="the name that is shown")


@register
class Caffe(Loss):
    """The same as Loss; an old name."""

    name: str = param("caffe", doc="the name that is shown")


@register
class CustomMetric(EvalMetric):
    """A function ``f(label, pred)`` of NumPy arrays that returns a number, or a sum and a count."""

    def __init__(self, feval: Callable[..., Any], name: str | None = None, allow_extra_outputs: bool = False,
                 output_names: Sequence[str] | None = None, label_names: Sequence[str] | None = None):  # fmt: skip
        name = name or str(getattr(feval, "__name__", type(feval).__name__))
        super().__init__(f"custom({name})" if "<" in name else name, output_names, label_names, feval=feval,
                         allow_extra_outputs=allow_extra_outputs, has_global_stats=True)  # fmt: skip
        self._feval, self._allow_extra_outputs = feval, allow_extra_outputs

    def update(self, labels: Any, preds: Any) -> None:
        if not self._allow_extra_outputs:
            labels, preds = check_label_shapes(labels, preds, True)
        for label, pred in zip(labels, preds, strict=False):
            result = self._feval(label.asnumpy(), pred.asnumpy())
            self._add(*(result if isinstance(result, tuple) else (result, 1)))

    def get_config(self) -> dict[str, Any]:
        raise MXNetError(f"{self.name}: a metric of a function has no config; derive a class from EvalMetric")


def np(numpy_feval: Callable[..., Any], name: str | None = None, allow_extra_outputs: bool = False) -> CustomMetric:
    """Return the metric of a function ``f(label, pred)`` of NumPy arrays."""
    if not callable(numpy_feval):
        raise ParamError(f"metric.np: a {type(numpy_feval).__name__} is no function of label and pred")
    return CustomMetric(numpy_feval, name, allow_extra_outputs)
