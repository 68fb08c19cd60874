"""Module: a symbol with its executors, parameters and optimizer (``python/mxnet/module/module.py``)."""

import logging
import warnings
from collections.abc import Sequence
from typing import Any

from symcli.data import DataDesc
from symcli.errors import MXNetError, ParamError, ShapeError, suggest
from symcli.executor.group import DataParallelExecutorGroup, add_up, spread
from symcli.files import replacing
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray, zeros
from symcli.ndarray.context import Context, cpu
from symcli.train import metric as metrics
from symcli.train import optimizer as optimizers
from symcli.train.base_module import BaseModule, Params, check_inputs, described
from symcli.train.checkpoint import load_checkpoint, params_path, states_path
from symcli.train.initializer import InitDesc, Uniform

__all__ = ["BaseModule", "Module"]


class Module(BaseModule):
    """A symbol that is bound, trained and asked, on one context or split over several.

    Parameters
    ----------
    data_names, label_names : the arguments that batches fill; all others are parameters.
    context : a device or several, each of which takes its part of every batch.
    work_load_list : the contexts' shares of a batch, in proportion; by default equal.
    fixed_param_names : parameters that are not trained.
    state_names : arguments that are neither: they stay 0 until ``set_states``.

    Raises
    ------
    ParamError
        If a name is no argument of the symbol (a ``ValueError`` too); for labels a warning.
    """

    def __init__(self, symbol: Symbol, data_names: Sequence[str] | None = ("data",),
                 label_names: Sequence[str] | None = ("softmax_label",), logger: Any = logging,
                 context: Context | Sequence[Context] | None = None, work_load_list: Sequence[float] | None = None,
                 fixed_param_names: Sequence[str] | None = None, state_names: Sequence[str] | None = None,
                 group2ctxs: Any = None, compression_params: Any = None):  # fmt: skip
        super().__init__(logger)
        contexts = cpu() if context is None else context
        self._context = [contexts] if isinstance(contexts, Context) else list(contexts)
        self._work_load_list = list(work_load_list or [1] * len(self._context))
        if len(self._work_load_list) != len(self._context):
            raise ParamError(f"Module: {len(self._work_load_list)} workloads for {len(self._context)} contexts; "
                             "give one for each")  # fmt: skip
        self._symbol: Symbol = symbol
        self._data_names, self._label_names, self._state_names, self._fixed_param_names = (
            list(names or ()) for names in (data_names, label_names, state_names, fixed_param_names)
        )
        for kind, names in (("data", self._data_names), ("label", self._label_names), ("state", self._state_names),
                            ("fixed_param", self._fixed_param_names)):  # fmt: skip
            check_inputs(symbol, kind, names)
        inputs = {*self._data_names, *self._label_names, *self._state_names}
        self._param_names = [name for name in symbol.list_arguments() if name not in inputs]
        self._aux_names, self._output_names = symbol.list_auxiliary_states(), symbol.list_outputs()
        self._arg_params: dict[str, NDArray] = {}
        self._aux_params: dict[str, NDArray] = {}
        self._params_dirty = False  # whether the executors' parameters are newer than these
        self._optimizer: optimizers.Optimizer | None = None
        self._updater: optimizers.Updater | None = None
        self._sums: list[NDArray] = []  # gradients added up over contexts
        self._preload_opt_states: str | None = None
        self._exec_group: DataParallelExecutorGroup | None = None
        self._data_shapes: list[DataDesc] = []
        self._label_shapes: list[DataDesc] | None = None

    @property
    def _group(self) -> DataParallelExecutorGroup:
        if self._exec_group is None:
            raise MXNetError("the module has no executors yet; call bind first")
        return self._exec_group

    # ---- files

    @staticmethod
    def load(prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any) -> "Module":
        """Return a module of saved symbol and parameters; the other arguments go to ``Module``."""
        symbol, arguments, states = load_checkpoint(prefix, epoch)
        module = Module(symbol, **kwargs)
        module._arg_params, module._aux_params, module.params_initialized = arguments, states, True
        if load_optimizer_states:
            module._preload_opt_states = states_path(prefix, epoch)
        return module

    def save_checkpoint(self, prefix: str, epoch: int, save_optimizer_states: bool = False,
                        remove_amp_cast: bool = True) -> None:  # fmt: skip
        """Write symbol and parameters, and the optimizer's states to ``prefix-<epoch>.states`` if asked."""
        self._symbol.save(f"{prefix}-symbol.json", remove_amp_cast)
        self.save_params(params_path(prefix, epoch))
        logging.info('Saved checkpoint to "%s"', params_path(prefix, epoch))
        if save_optimizer_states:
            self.save_optimizer_states(states_path(prefix, epoch))
            logging.info('Saved optimizer state to "%s"', states_path(prefix, epoch))

    def save_optimizer_states(self, fname: str) -> None:
        """Write what the optimizer keeps of each parameter."""
        with replacing(fname) as file:
            file.write(self._installed("save_optimizer_states").get_states())

    def load_optimizer_states(self, fname: str) -> None:
        """Take up what ``save_optimizer_states`` wrote."""
        with open(fname, "rb") as file:
            self._installed("load_optimizer_states").set_states(file.read())

    def _installed(self, what: str) -> optimizers.Updater:
        if self._updater is None:
            raise MXNetError(f"{what}: the module has no optimizer; call init_optimizer first")
        return self._updater

    # ---- names and shapes

    @property
    def data_names(self) -> list[str]:
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        """The names of the labels."""
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        return self._output_names

    @property
    def data_shapes(self) -> list[DataDesc]:
        self._require("data_shapes", binded="bind")
        return self._data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        self._require("label_shapes", binded="bind")
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        return self._group.get_output_shapes()

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True,
             inputs_need_grad: bool = False, force_rebind: bool = False, shared_module: "Module | None" = None,
             grad_req: Any = "write") -> None:  # fmt: skip
        """Make the executors.

        Parameters
        ----------
        data_shapes, label_shapes : descriptions, or pairs of name and shape, as ``provide_data`` of an iterator.
        shared_module : a bound module whose parameters and optimizer are used in place of own ones.
        grad_req : "write", "add" or "null", for all parameters, as a list of all arguments, or by name.

        Raises
        ------
        ParamError, MXNetError
            If the names are not those of the module, or the shapes do not fit the network.
        """
        if force_rebind:
            self.binded, self._exec_group = False, None
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if inputs_need_grad and not for_training:
            raise MXNetError("bind: gradients of inputs are asked for without training; set for_training=True")
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._data_shapes = described("data", self._data_names, data_shapes)
        self._label_shapes = described("label", self._label_names, label_shapes)
        if shared_module is not None:
            shared_module._require("bind: shared_module", binded="bind", params_initialized="init_params")
        self._exec_group = DataParallelExecutorGroup(
            self._symbol, self._context, self._work_load_list, self._data_shapes, self._label_shapes,
            self._param_names, for_training, inputs_need_grad, shared_module._group if shared_module else None,
            self.logger, self._fixed_param_names, grad_req, self._state_names,
        )  # fmt: skip
        if shared_module is not None:
            self._arg_params, self._aux_params = shared_module._arg_params, shared_module._aux_params
            self.params_initialized = True
        elif self.params_initialized:
            self._group.set_params(self._arg_params, self._aux_params)
        else:
            self._arg_params = _zeros_like(self._param_names, self._group.param_arrays)
            self._aux_params = _zeros_like(self._aux_names, self._group.aux_arrays)
        if shared_module is not None and shared_module.optimizer_initialized:
            self.borrow_optimizer(shared_module)
        self.binded = True

    def reshape(self, data_shapes: Any, label_shapes: Any = None) -> None:
        """Go over to other input shapes; the parameters stay."""
        self._require("reshape", binded="bind")
        data = described("data", self._data_names, data_shapes)
        label = described("label", self._label_names, label_shapes)
        self._group.reshape(data, label)
        self._data_shapes, self._label_shapes = data, label

    # ---- parameters

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return copies of parameters and states; the next call after an update writes to the same arrays."""
        self._require("get_params", params_initialized="init_params")
        if self._params_dirty:
            self._group.get_params(self._arg_params, self._aux_params)
            self._params_dirty = False
        return self._arg_params, self._aux_params

    def init_params(self, initializer: Any = Uniform(0.01), arg_params: Params | None = None,  # noqa: B008
                    aux_params: Params | None = None, allow_missing: bool = False, force_init: bool = False,
                    allow_extra: bool = False) -> None:  # fmt: skip
        """Fill parameters and states, in the order of their names.

        Parameters
        ----------
        arg_params, aux_params : values by name; with ``allow_missing`` the initializer fills what is not there.
        force_init : fill them again though they are filled.
        allow_extra : accepted, as are values of names that the network does not have.

        Raises
        ------
        MXNetError
            If a value is missing.
        ShapeError
            If one has another shape.
        """
        if self.params_initialized and not force_init:
            warnings.warn("init_params: the parameters are initialised; say force_init=True to do it again",
                          UserWarning, stacklevel=2)  # fmt: skip
            return
        self._require("init_params", binded="bind")
        attributes = self._symbol.attr_dict()
        for own, given in ((self._arg_params, arg_params), (self._aux_params, aux_params)):
            for name, array in sorted(own.items()):
                if given is not None and name in given:
                    if given[name].shape != array.shape:
                        raise ShapeError(f"init_params: {name} is {given[name].shape}; the network needs {array.shape}")
                    if given[name] is not array:
                        array[:] = given[name]
                elif given is not None and not allow_missing:
                    raise MXNetError(f"init_params: {name} is not presented; {suggest(name, given) or 'give it'}, "
                                     "or say allow_missing=True to initialise it")  # fmt: skip
                elif initializer is not None:
                    initializer(InitDesc(name, attributes.get(name)), array)
        self.params_initialized, self._params_dirty = True, False
        self._group.set_params(self._arg_params, self._aux_params)

    def set_params(self, arg_params: Params, aux_params: Params | None, allow_missing: bool = False,
                   force_init: bool = True, allow_extra: bool = False) -> None:  # fmt: skip
        """Take over parameters and states; with ``allow_missing`` the others stay as they are."""
        if not allow_missing:
            self.init_params(None, arg_params, aux_params, False, force_init, allow_extra)
        elif self.params_initialized and not force_init:
            warnings.warn("set_params: the parameters are initialised; say force_init=True to change them",
                          UserWarning, stacklevel=2)  # fmt: skip
        else:
            self._group.set_params(arg_params, aux_params, allow_extra)
            self._params_dirty = self.params_initialized = True

    # ---- the optimizer

    def init_optimizer(self, kvstore: Any = "local", optimizer: Any = "sgd",
                       optimizer_params: Any = (("learning_rate", 0.01),),
                       force_init: bool = False) -> None:  # fmt: skip
        """Make the optimizer, of a name and parameters or as given.

        Gradients are divided by the batch size, unless ``rescale_grad`` says otherwise. Gradients of several
        contexts are always summed, whatever ``kvstore`` says; of MXNet's kinds it may be none across machines.

        Raises
        ------
        MXNetError
            If ``kvstore`` is one across machines.
        """
        self._require("init_optimizer", binded="bind", params_initialized="init_params")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring...")
            return
        if "dist" in str(getattr(kvstore, "type", kvstore)):
            raise MXNetError(f"init_optimizer: kvstore={kvstore!r} is one across machines; use 'local'")
        rescale = 1.0 / self._group.batch_size if self._group.batch_size else 1.0
        names = dict(enumerate(self._param_names))
        if isinstance(optimizer, str):
            values = {"rescale_grad": rescale, **dict(optimizer_params)}
            optimizer = optimizers.create(optimizer, sym=self._symbol, param_idx2name=names, **values)
        elif not isinstance(optimizer, optimizers.Optimizer):
            raise ParamError(
                f"init_optimizer: a {type(optimizer).__name__} is no optimizer; give a name or an Optimizer"
            )
        elif optimizer.rescale_grad != rescale:
            warnings.warn(f"init_optimizer: the optimizer's rescale_grad is {optimizer.rescale_grad}, "
                          f"not 1 / batch size = {rescale}", UserWarning, stacklevel=2)  # fmt: skip
        optimizer.idx2name = optimizer.idx2name or names
        self._optimizer, self._updater = optimizer, optimizers.get_updater(optimizer)
        self.optimizer_initialized = True
        if self._preload_opt_states is not None:
            self.load_optimizer_states(self._preload_opt_states)
            self._preload_opt_states = None

    def borrow_optimizer(self, shared_module: "Module") -> None:
        """Use another module's optimizer and its states."""
        shared_module._require("borrow_optimizer", optimizer_initialized="init_optimizer")
        self._optimizer, self._updater = shared_module._optimizer, shared_module._updater
        self.optimizer_initialized = True

    def update(self) -> None:
        """Change the parameters by their gradients, summed over the contexts."""
        self._require("update", binded="bind", params_initialized="init_params", optimizer_initialized="init_optimizer")
        self._params_dirty = True
        group = self._group
        trained, weights, gradients = group.trained
        if len(group.execs) == 1:
            self._installed("update")(trained, gradients, weights)
            return
        sums = self._summed([group.grad_arrays[i] for i in trained])
        self._installed("update")(trained, sums, weights)
        for i, weight in zip(trained, weights, strict=True):
            spread(weight, group.param_arrays[i][1:])

    def _summed(self, gradients: Sequence[Sequence[NDArray]]) -> list[NDArray]:
        if not self._sums:
            self._sums = [zeros(parts[0].shape, parts[0].context, parts[0].dtype) for parts in gradients]
        for total, parts in zip(self._sums, gradients, strict=True):
            add_up(parts, total)
        return self._sums

    # ---- running

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch; one of other shapes than the last reshapes the module.

        ``is_train`` is by default whether the module is bound for training.
        """
        self._require("forward", binded="bind", params_initialized="init_params")
        shapes = [tuple(one.shape) for one in data_batch.data]
        if shapes != [tuple(desc.shape) for desc in self._data_shapes]:
            label = getattr(data_batch, "label", None)
            data_shapes = getattr(data_batch, "provide_data", None) or [
                DataDesc(desc.name, shape, desc.dtype, desc.layout)
                for desc, shape in zip(self._data_shapes, shapes, strict=True)
            ]
            label_shapes = getattr(data_batch, "provide_label", None) or [
                DataDesc(desc.name, one.shape, desc.dtype, desc.layout)
                for desc, one in zip(self._label_shapes or (), label or (), strict=False)
            ]
            data_shapes = described("data", self._data_names, data_shapes)
            self._group.reshape(data_shapes, label_shapes or None)
            self._data_shapes, self._label_shapes = data_shapes, label_shapes or self._label_shapes
        self._group.forward(data_batch, is_train)

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients; ``out_grads`` are those of the outputs, which losses do not need."""
        self._require("backward", binded="bind", params_initialized="init_params")
        self._group.backward(out_grads)

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the outputs of the last forward, joined over the contexts or as a list of each one's."""
        self._require("get_outputs", binded="bind", params_initialized="init_params")
        return self._group.get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the data, for a module bound with ``inputs_need_grad``."""
        self._require("get_input_grads", binded="bind", params_initialized="init_params")
        return self._group.get_input_grads(merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list[list[NDArray]]:
        """Return for each of ``state_names`` the array of each context; ask with ``merge_multi_context=False``."""
        return self._group.get_states(merge_multi_context)

    def set_states(self, states: Any = None, value: float | None = None) -> None:
        """Set the states, to arrays in the form of ``get_states``, or all to a number."""
        self._group.set_states(states, value)

    def update_metric(self, eval_metric: metrics.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Update a metric by the outputs and these labels, which with ``pre_sliced`` are a list of each context's."""
        self._group.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a monitor watch all executors."""
        self._group.install_monitor(mon)


def _zeros_like(names: Sequence[str], arrays: Sequence[Sequence[NDArray]]) -> dict[str, NDArray]:
    return {name: zeros(block[0].shape, dtype=block[0].dtype) for name, block in zip(names, arrays, strict=True)}
