"""Modules that compute in Python, as a loss at the end of a chain (``python/mxnet/module/python_module.py``)."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from symcli.errors import MXNetError, ParamError
from symcli.ndarray import NDArray, array
from symcli.train import metric as metrics
from symcli.train.base_module import BaseModule, Params
from symcli.train.initializer import Uniform

__all__ = ["PythonLossModule", "PythonModule"]


class PythonModule(BaseModule):
    """A module without parameters; a child defines ``forward``, ``backward``, ``get_outputs``, ``get_input_grads``
    and ``_compute_output_shapes``.
    """  # fmt: skip

    def __init__(self, data_names: Sequence[str], label_names: Sequence[str] | None, output_names: Sequence[str],
                 logger: Any = logging):  # fmt: skip
        super().__init__(logger)
        self._data_names, self._label_names = list(data_names), list(label_names or ())
        self._output_names = list(output_names)
        self._data_shapes: Any = None
        self._label_shapes: Any = None
        self._output_shapes: Any = None

    @property
    def data_names(self) -> list[str]:
        return self._data_names

    @property
    def output_names(self) -> list[str]:
        return self._output_names

    @property
    def data_shapes(self) -> Any:
        return self._data_shapes

    @property
    def label_shapes(self) -> Any:
        return self._label_shapes

    @property
    def output_shapes(self) -> Any:
        return self._output_shapes

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        return {}, {}

    def init_params(self, initializer: Any = Uniform(0.01), arg_params: Params | None = None,  # noqa: B008
                    aux_params: Params | None = None, allow_missing: bool = False, force_init: bool = False,
                    allow_extra: bool = False) -> None:  # fmt: skip
        self.params_initialized = True

    def init_optimizer(self, kvstore: Any = "local", optimizer: Any = "sgd",
                       optimizer_params: Any = (("learning_rate", 0.01),),
                       force_init: bool = False) -> None:  # fmt: skip
        self.optimizer_initialized = True

    def update(self) -> None:
        """Do nothing: there are no parameters."""

    def update_metric(self, eval_metric: metrics.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        if self._label_shapes is None:
            return
        if pre_sliced:
            raise MXNetError(f"{type(self).__name__}: takes whole labels only; ask with pre_sliced=False")
        eval_metric.update(labels, self.get_outputs())

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True,
             inputs_need_grad: bool = False, force_rebind: bool = False, shared_module: Any = None,
             grad_req: Any = "write") -> None:  # fmt: skip
        """Take up the shapes.

        Raises
        ------
        ParamError
            If they bear other names than the module's, or ``grad_req`` is not "write".
        """
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        who = type(self).__name__
        if grad_req != "write":
            raise ParamError(f"{who}: grad_req={grad_req!r}; a module in Python only writes gradients")
        for kind, names, shapes in (
            ("data", self._data_names, data_shapes),
            ("label", self._label_names, label_shapes),
        ):
            given = [one[0] for one in shapes or ()]
            if given != names and not (kind == "label" and shapes is None):
                raise ParamError(
                    f"{who}: {kind}_shapes are of {', '.join(given) or 'nothing'}; needs {', '.join(names)}"
                )
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._data_shapes, self._label_shapes = data_shapes, label_shapes
        self._output_shapes = self._compute_output_shapes()
        self.binded = True

    def _compute_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        raise self._undefined("_compute_output_shapes")


class PythonLossModule(PythonModule):
    """A loss in Python: its output is what comes in, ``grad_func(scores, labels)`` its gradient."""

    def __init__(self, name: str = "pyloss", data_names: Sequence[str] = ("data",),
                 label_names: Sequence[str] = ("softmax_label",), logger: Any = logging,
                 grad_func: Callable[[NDArray, NDArray], Any] | None = None):  # fmt: skip
        super().__init__(data_names, label_names, [name + "_output"], logger)
        if len(self._data_names) != 1 or len(self._label_names) != 1:
            raise ParamError("PythonLossModule: takes one array of scores and one of labels")
        if grad_func is not None and not callable(grad_func):
            raise ParamError(f"PythonLossModule: grad_func is a {type(grad_func).__name__}; needs a function")
        self._name, self._grad_func = name, grad_func
        self._scores: Any = None
        self._labels: Any = None
        self._scores_grad: Any = None

    def _compute_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(self._output_names[0], tuple(self._data_shapes[0][1]))]

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        self._scores = data_batch.data[0]
        if self.for_training if is_train is None else is_train:
            self._labels = data_batch.label[0]

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        return [self._scores]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradient of the scores; a loss is given none."""
        if out_grads is not None:
            raise MXNetError("PythonLossModule: a loss ends a chain and is given no gradients")
        self._backward_impl()

    def _backward_impl(self) -> None:
        if self._grad_func is None:
            raise self._undefined("_backward_impl, and has no grad_func")
        grad = self._grad_func(self._scores, self._labels)
        self._scores_grad = grad if isinstance(grad, NDArray) else array(grad)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        return [self._scores_grad]

    def install_monitor(self, mon: Any) -> None:
        """Do nothing: there is no executor."""
