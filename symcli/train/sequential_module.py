"""SequentialModule: modules one after another (``python/mxnet/module/sequential_module.py``)."""

import copy
import logging
from typing import Any

from symcli.data import DataDesc
from symcli.errors import MXNetError, ParamError, suggest
from symcli.ndarray import NDArray
from symcli.train import metric as metrics
from symcli.train.base_module import BaseModule, Params
from symcli.train.initializer import Uniform

__all__ = ["SequentialModule"]


class SequentialModule(BaseModule):
    """Modules of which each takes the outputs of the one before as its data."""

    META_TAKE_LABELS = "take_labels"
    META_AUTO_WIRING = "auto_wiring"

    def __init__(self, logger: Any = logging):
        super().__init__(logger)
        self._modules: list[BaseModule] = []
        self._metas: list[dict[str, Any]] = []
        self._label_shapes: Any = None

    def add(self, module: BaseModule, **kwargs: Any) -> "SequentialModule":
        """Append a module; return this one, so that calls can be chained.

        Parameters
        ----------
        take_labels : whether it gets the labels.
        auto_wiring : whether the outputs before it take the names of its data, in order.

        Raises
        ------
        ParamError
            If an option is another.
        """
        known = (self.META_TAKE_LABELS, self.META_AUTO_WIRING)
        for name in kwargs:
            if name not in known:
                raise ParamError(
                    f"add: there is no option {name!r}; {suggest(name, known)} options: {', '.join(known)}"
                )
        self._modules.append(module)
        self._metas.append(kwargs)
        self.binded = self.params_initialized = self.optimizer_initialized = False
        return self

    def _all(self) -> list[BaseModule]:
        if not self._modules:
            raise MXNetError("SequentialModule: there is no module in it; add one")
        return self._modules

    @property
    def data_names(self) -> list[str]:
        return self._modules[0].data_names if self._modules else []

    @property
    def output_names(self) -> list[str]:
        return self._modules[-1].output_names if self._modules else []

    @property
    def data_shapes(self) -> Any:
        self._require("data_shapes", binded="bind")
        return self._all()[0].data_shapes

    @property
    def label_shapes(self) -> Any:
        self._require("label_shapes", binded="bind")
        return self._label_shapes

    @property
    def output_shapes(self) -> Any:
        self._require("output_shapes", binded="bind")
        return self._all()[-1].output_shapes

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return parameters and states of all modules."""
        self._require("get_params", params_initialized="init_params")
        arguments: dict[str, NDArray] = {}
        states: dict[str, NDArray] = {}
        for module in self._modules:
            more_arguments, more_states = module.get_params()
            arguments |= more_arguments
            states |= more_states
        return arguments, states

    def init_params(self, initializer: Any = Uniform(0.01), arg_params: Params | None = None,  # noqa: B008
                    aux_params: Params | None = None, allow_missing: bool = False, force_init: bool = False,
                    allow_extra: bool = False) -> None:  # fmt: skip
        """Fill parameters and states of all modules.

        Raises
        ------
        MXNetError
            If two modules have parameters of one name.
        """
        if self.params_initialized and not force_init:
            return
        self._require("init_params", binded="bind")
        known: dict[str, int] = {}
        for number, module in enumerate(self._all()):
            module.init_params(initializer, arg_params, aux_params, allow_missing, force_init, allow_extra)
            for name in [name for params in module.get_params() for name in params]:
                if known.setdefault(name, number) != number:
                    raise MXNetError(f"init_params: modules {known[name]} and {number} both have a parameter {name!r}; "
                                     "name their layers apart")  # fmt: skip
        self.params_initialized = True

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True,
             inputs_need_grad: bool = False, force_rebind: bool = False, shared_module: Any = None,
             grad_req: Any = "write") -> None:  # fmt: skip
        """Make the executors of all modules; the outputs of each give the shapes of the next."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if shared_module is not None:
            raise MXNetError("bind: a SequentialModule shares no other module's parameters; leave out shared_module")
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._label_shapes = label_shapes if any(meta.get(self.META_TAKE_LABELS) for meta in self._metas) else None
        shapes = data_shapes
        for number, (module, meta) in enumerate(zip(self._all(), self._metas, strict=True)):
            if meta.get(self.META_AUTO_WIRING):
                if len(module.data_names) != len(shapes):
                    raise MXNetError(f"bind: module {number} has the data {', '.join(module.data_names)}; "
                                     f"{len(shapes)} arrays come in")  # fmt: skip
                shapes = [(name, one[1]) for name, one in zip(module.data_names, shapes, strict=True)]
            labels = label_shapes if meta.get(self.META_TAKE_LABELS) else None
            needs = inputs_need_grad or (for_training and number > 0)
            module.bind(shapes, labels, for_training, needs, force_rebind, None, grad_req)
            shapes = module.output_shapes
        self.binded = True

    def init_optimizer(self, kvstore: Any = "local", optimizer: Any = "sgd",
                       optimizer_params: Any = (("learning_rate", 0.01),),
                       force_init: bool = False) -> None:  # fmt: skip
        """Make an optimizer for each module."""
        self._require("init_optimizer", binded="bind", params_initialized="init_params")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        for module in self._modules:
            module.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        self.optimizer_initialized = True

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs of all modules, one after another."""
        self._require("forward", binded="bind", params_initialized="init_params")
        batch = copy.copy(data_batch)
        for module in self._modules:
            module.forward(batch, is_train)
            batch.data = module.get_outputs()
            batch.provide_data = [DataDesc(name, shape) for name, shape in module.output_shapes]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients of all modules, from the last to the first."""
        for number, module in reversed(list(enumerate(self._all()))):
            module.backward(out_grads)
            if number:
                out_grads = module.get_input_grads()

    def update(self) -> None:
        self._require("update", binded="bind", params_initialized="init_params", optimizer_initialized="init_optimizer")
        for module in self._modules:
            module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        return self._all()[-1].get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        return self._all()[0].get_input_grads(merge_multi_context)

    def update_metric(self, eval_metric: metrics.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Update a metric by the outputs of the modules that take labels."""
        for module, meta in zip(self._all(), self._metas, strict=True):
            if meta.get(self.META_TAKE_LABELS):
                module.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        for module in self._all():
            module.install_monitor(mon)
