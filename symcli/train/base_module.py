"""What all modules share: training, scoring and prediction over batches (``python/mxnet/module/base_module.py``)."""

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from symcli.data import DataBatch, DataDesc, DataIter
from symcli.errors import DataError, MXNetError, ParamError, suggest
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray, array, load, save
from symcli.train import loop
from symcli.train import metric as metrics
from symcli.train.checkpoint import BatchEndParam, join_params, split_params
from symcli.train.initializer import Uniform

__all__ = ["BaseModule", "check_inputs", "described"]

Params = Mapping[str, NDArray]
Callbacks = Callable[..., Any] | Sequence[Callable[..., Any]] | None


class BaseModule:
    """A network that can be bound, trained and asked. Children say how: ``bind``, ``forward``, ``update`` and so on.

    Attributes
    ----------
    binded, params_initialized, optimizer_initialized : what has been done so far.
    for_training, inputs_need_grad : what it is bound for.
    """

    def __init__(self, logger: Any = logging):
        self.logger = logger
        self.binded = self.params_initialized = self.optimizer_initialized = False
        self.for_training = self.inputs_need_grad = False
        self._symbol: Symbol | None = None

    @property
    def symbol(self) -> Any:
        """The network."""
        return self._symbol

    def _require(self, what: str, **states: str) -> None:
        for state, remedy in states.items():
            if not getattr(self, state):
                raise MXNetError(f"{what}: the module is not ready; call {remedy} first")

    # ---- whole runs

    def forward_backward(self, data_batch: Any) -> None:
        """Compute outputs and gradients of a training batch."""
        self.forward(data_batch, is_train=True)
        self.backward()

    def fit(self, train_data: Any, eval_data: Any = None, eval_metric: Any = "acc",
            epoch_end_callback: Callbacks = None, batch_end_callback: Callbacks = None, kvstore: Any = "local",
            optimizer: Any = "sgd", optimizer_params: Any = (("learning_rate", 0.01),),
            eval_end_callback: Callbacks = None, eval_batch_end_callback: Callbacks = None,
            initializer: Any = Uniform(0.01), arg_params: Params | None = None,  # noqa: B008
            aux_params: Params | None = None, allow_missing: bool = False, force_rebind: bool = False,
            force_init: bool = False, begin_epoch: int = 0, num_epoch: int | None = None,
            validation_metric: Any = None, monitor: Any = None, sparse_row_id_fn: Any = None) -> None:  # fmt: skip
        """Bind, initialise and train; log the metric of each epoch.

        Parameters
        ----------
        train_data, eval_data : iterators over batches.
        epoch_end_callback : called with epoch, symbol, arguments, states.
        batch_end_callback, eval_end_callback, eval_batch_end_callback : called with a ``BatchEndParam``.
        arg_params, aux_params : start values; ``initializer`` fills what is not there if ``allow_missing``.
        num_epoch : the epoch to stop before, counted from 0 as ``begin_epoch`` is.
        validation_metric : the metric of ``eval_data``; by default ``eval_metric``.

        Raises
        ------
        MXNetError
            If ``num_epoch`` is not given.
        """
        if num_epoch is None:
            raise MXNetError("fit: the number of epochs is not given; say num_epoch=…")
        self.bind(train_data.provide_data, train_data.provide_label, for_training=True, force_rebind=force_rebind)
        if monitor is not None:
            self.install_monitor(monitor)
        if force_init or arg_params or aux_params or not self.params_initialized:
            self.init_params(initializer, arg_params, aux_params, allow_missing, force_init)
        self.init_optimizer(kvstore, optimizer, optimizer_params)
        progress = loop.fit(
            self, train_data, num_epoch, begin_epoch, eval_metric, eval_data, validation_metric, monitor
        )
        for step in progress:
            if step.event == "batch":
                _call(batch_end_callback, self, step)
            elif step.event == "evaluation batch":
                _call(eval_batch_end_callback, self, step)
            elif step.event == "evaluation":
                _call(eval_end_callback, self, step)
                self._log(step, "Validation")
            else:
                self._end_epoch(step, epoch_end_callback)

    def _end_epoch(self, step: loop.Progress, callbacks: Callbacks) -> None:
        self._log(step, "Train")
        self.logger.info("Epoch[%d] Time cost=%.3f", step.epoch, step.seconds)
        arguments, states = self.get_params()
        self.set_params(arguments, states)  # auxiliary states of several contexts become their mean
        for callback in _listed(callbacks):
            callback(step.epoch, self.symbol, arguments, states)

    def _log(self, step: loop.Progress, what: str) -> None:
        for name, value in step.values:
            self.logger.info("Epoch[%d] %s-%s=%f", step.epoch, what, name, value)

    def score(self, eval_data: Any, eval_metric: Any, num_batch: int | None = None,
              batch_end_callback: Callbacks = None, score_end_callback: Callbacks = None, reset: bool = True,
              epoch: int = 0, sparse_row_id_fn: Any = None) -> list[tuple[str, float]]:  # fmt: skip
        """Return name and value of a metric over data, or over its first ``num_batch`` batches."""
        self._require("score", binded="bind", params_initialized="init_params")
        values: list[tuple[str, float]] = []
        for step in loop.evaluate(self, eval_data, eval_metric, num_batch, reset, epoch):
            ended = step.event == "evaluation"
            _call(score_end_callback if ended else batch_end_callback, self, step)
            values = list(step.values)
        return values

    def iter_predict(self, eval_data: Any, num_batch: int | None = None, reset: bool = True,
                     sparse_row_id_fn: Any = None) -> Iterator[tuple[list[NDArray], int, Any]]:  # fmt: skip
        """Yield the outputs of each batch without its padding, its number, and the batch."""
        self._require("predict", binded="bind", params_initialized="init_params")
        if reset:
            eval_data.reset()
        for nbatch, batch in enumerate(islice(eval_data, num_batch)):
            self.prepare(batch, sparse_row_id_fn)
            self.forward(batch, is_train=False)
            pad = batch.pad or 0
            yield [out[: out.shape[0] - pad] for out in self.get_outputs()], nbatch, batch

    def predict(self, eval_data: Any, num_batch: int | None = None, merge_batches: bool = True, reset: bool = True,
                always_output_list: bool = False, sparse_row_id_fn: Any = None) -> Any:  # fmt: skip
        """Return the outputs for data: an array, NumPy's too, or an iterator over batches.

        Returns
        -------
        The output of all examples; a list of them for several outputs, or with ``always_output_list``; a list of
        lists of each batch's with ``merge_batches=False``.

        Raises
        ------
        DataError
            If the data is of another kind, or the batches have different numbers of outputs.
        """
        if isinstance(eval_data, np.ndarray | NDArray):
            self._require("predict", binded="bind", params_initialized="init_params")
            self.forward(DataBatch([eval_data if isinstance(eval_data, NDArray) else array(eval_data)]), is_train=False)
            return self.get_outputs()[0]
        if not isinstance(eval_data, DataIter):
            raise ParamError(f"predict: the data is a {type(eval_data).__name__}; needs an array or a DataIter")
        batches = [[out.copy() for out in outputs] for outputs, _, _ in self.iter_predict(eval_data, num_batch, reset)]
        if not batches or not merge_batches:
            return batches
        if len({len(outputs) for outputs in batches}) > 1:
            raise DataError("predict: the batches have different numbers of outputs; ask with merge_batches=False")
        merged = [NDArray(np.concatenate([one._data for one in parts]), parts[0].context)
                  for parts in zip(*batches, strict=True)]  # fmt: skip
        return merged[0] if len(merged) == 1 and not always_output_list else merged

    # ---- parameters

    def set_params(self, arg_params: Params, aux_params: Params, allow_missing: bool = False, force_init: bool = True,
                   allow_extra: bool = False) -> None:  # fmt: skip
        """Take over parameters and states."""
        self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)

    def save_params(self, fname: str) -> None:
        """Write a ``.params`` file."""
        save(fname, join_params(*self.get_params()))

    def load_params(self, fname: str) -> None:
        """Take over the parameters of a ``.params`` file."""
        self.set_params(*split_params(load(fname), fname))

    # ---- what children define

    def _undefined(self, name: str) -> NotImplementedError:
        return NotImplementedError(
            f"{type(self).__name__} defines no {name}; a child of BaseModule needs one: see Module"
        )

    def prepare(self, data_batch: Any, sparse_row_id_fn: Any = None) -> None:
        """Get ready for a batch before it is computed."""
        if sparse_row_id_fn is not None:
            warnings.warn("sparse_row_id_fn is not called: there are no sparse parameters", UserWarning, stacklevel=2)

    @property
    def data_names(self) -> list[str]:
        """The names of the inputs."""
        raise self._undefined("data_names")

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        raise self._undefined("output_names")

    @property
    def data_shapes(self) -> list[DataDesc]:
        """The descriptions of the inputs."""
        raise self._undefined("data_shapes")

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """The descriptions of the labels."""
        raise self._undefined("label_shapes")

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Name and shape of each output."""
        raise self._undefined("output_shapes")

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True,
             inputs_need_grad: bool = False, force_rebind: bool = False, shared_module: Any = None,
             grad_req: Any = "write") -> None:  # fmt: skip
        """Make executors for inputs of these shapes."""
        raise self._undefined("bind")

    def init_params(self, initializer: Any = Uniform(0.01), arg_params: Params | None = None,  # noqa: B008
                    aux_params: Params | None = None, allow_missing: bool = False, force_init: bool = False,
                    allow_extra: bool = False) -> None:  # fmt: skip
        """Fill parameters and states."""
        raise self._undefined("init_params")

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return parameters and states."""
        raise self._undefined("get_params")

    def init_optimizer(self, kvstore: Any = "local", optimizer: Any = "sgd",
                       optimizer_params: Any = (("learning_rate", 0.01),),
                       force_init: bool = False) -> None:  # fmt: skip
        """Make the optimizer that ``update`` uses."""
        raise self._undefined("init_optimizer")

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch."""
        raise self._undefined("forward")

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients."""
        raise self._undefined("backward")

    def update(self) -> None:
        """Let the optimizer change the parameters by the gradients."""
        raise self._undefined("update")

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the outputs."""
        raise self._undefined("get_outputs")

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the inputs."""
        raise self._undefined("get_input_grads")

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the states kept between batches: none, where a module says nothing else."""
        self._require("get_states", binded="bind", params_initialized="init_params")
        return []

    def set_states(self, states: Any = None, value: float | None = None) -> None:
        """Set the states kept between batches; raise ``MXNetError``, as there are none."""
        self._require("set_states", binded="bind", params_initialized="init_params")
        if states or value:
            raise MXNetError(f"set_states: {type(self).__name__} keeps no states between batches; give none")

    def update_metric(self, eval_metric: metrics.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Update a metric by the outputs and these labels."""
        raise self._undefined("update_metric")

    def install_monitor(self, mon: Any) -> None:
        """Let a monitor watch the executors."""
        raise self._undefined("install_monitor")


def check_inputs(symbol: Symbol, kind: str, names: Sequence[str], throw: bool | None = None) -> None:
    """Raise ``ParamError`` if a name is no argument of the symbol; unless ``throw`` says it, only warn of labels."""
    arguments = symbol.list_arguments()
    endings = ("_weight", "_bias", "_gamma", "_beta")
    inputs = arguments if kind == "fixed_param" else [name for name in arguments if not name.endswith(endings)]
    for name in names:
        if name not in arguments:
            message = (f"Module: {kind}_names has {name!r}, which is no argument of the symbol; "
                       f"{suggest(name, inputs)} inputs: {', '.join(inputs)}")  # fmt: skip
            if kind != "label" if throw is None else throw:
                raise ParamError(message)
            warnings.warn(message, UserWarning, stacklevel=3)


def described(kind: str, names: Sequence[str], pairs: Any) -> Any:
    """Return the descriptions of inputs; they must be those of the module, labels need not, and may be None."""
    found = None if pairs is None else [one if isinstance(one, DataDesc) else DataDesc(*one) for one in pairs]
    given = [one.name for one in found or ()]
    if sorted(names) != sorted(given):
        message = (f"bind: {kind}_shapes are of {', '.join(given) or 'nothing'}; the module's {kind}_names are "
                   f"{', '.join(names) or 'none'}: give one for each")  # fmt: skip
        if kind != "label":
            raise ParamError(message)
        warnings.warn(message, UserWarning, stacklevel=3)
    return found


# By these names programs with a module of their own import what stands above.


def _as_list(obj: Any) -> Any:
    """Return a list or tuple as it is, anything else in a list."""
    return obj if isinstance(obj, list | tuple) else [obj]


def _check_input_names(symbol: Symbol, names: Sequence[str], typename: str, throw: bool) -> None:
    """Raise ``ParamError``, a ``ValueError``, or only warn, if a name is no argument of a symbol."""
    check_inputs(symbol, typename, names, throw)


def _parse_data_desc(data_names: Sequence[str], label_names: Sequence[str], data_shapes: Any,
                     label_shapes: Any) -> tuple[Any, Any]:  # fmt: skip
    """Return shapes of data and labels as descriptions; raise ``ParamError`` if their names are others."""
    return described("data", data_names, data_shapes), described("label", label_names, label_shapes)


def _listed(callbacks: Callbacks) -> Sequence[Callable[..., Any]]:
    if callbacks is None:
        return ()
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]  # type: ignore[list-item]


def _call(callbacks: Callbacks, module: BaseModule, step: loop.Progress) -> None:
    """Call each with a ``BatchEndParam``; its ``locals`` bear the names of MXNet's loop."""
    found = _listed(callbacks)
    if found:
        names = {"self": module, "epoch": step.epoch, "nbatch": step.nbatch, "eval_metric": step.metric,
                 "data_batch": step.batch, "eval_batch": step.batch}  # fmt: skip
        param = BatchEndParam(step.epoch, step.nbatch, step.metric, names)
        for callback in found:
            callback(param)
