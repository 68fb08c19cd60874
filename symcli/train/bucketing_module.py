"""BucketingModule: one network unrolled to several lengths (``python/mxnet/module/bucketing_module.py``)."""

import logging
import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from symcli.errors import DataError, MXNetError, ParamError
from symcli.files import replacing
from symcli.graph import symbol as sym
from symcli.graph.name import NameManager
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray, array, load, save
from symcli.train.base_module import BaseModule, Params, check_inputs
from symcli.train.checkpoint import load_params, params_path, states_path
from symcli.train.initializer import Uniform
from symcli.train.module import Module

__all__ = ["BucketingModule"]

SymGen = Callable[[Any], tuple[Symbol, Sequence[str], Sequence[str]]]


def _of_current(name: str) -> Any:
    """Return a property, or method, that is the current bucket's own."""
    return property(lambda self: getattr(self._current, name), doc=f"The current bucket's ``{name}``; see ``Module``.")


class BucketingModule(BaseModule):
    """A module for each bucket that a batch names by its ``bucket_key``; all use one set of parameters.

    Parameters
    ----------
    sym_gen : returns symbol, names of data and names of labels for a bucket's key.
    default_bucket_key : the bucket that has all parameters, as the longest.
    others : as of ``Module``.

    Raises
    ------
    ParamError
        If there is no ``default_bucket_key``, or a name is no argument of its symbol.
    """

    def __init__(self, sym_gen: SymGen, default_bucket_key: Hashable = None, logger: Any = logging, context: Any = None,
                 work_load_list: Sequence[float] | None = None, fixed_param_names: Sequence[str] | None = None,
                 state_names: Sequence[str] | None = None, group2ctxs: Any = None,
                 compression_params: Any = None):  # fmt: skip
        super().__init__(logger)
        if default_bucket_key is None:
            raise ParamError("BucketingModule: there is no default_bucket_key; give the key of the largest bucket")
        self._sym_gen, self._default_bucket_key = sym_gen, default_bucket_key
        self._options: dict[str, Any] = {
            "logger": logger, "context": context, "work_load_list": work_load_list,
            "fixed_param_names": fixed_param_names, "state_names": state_names,
        }  # fmt: skip
        symbol, data_names, label_names = self._generated(default_bucket_key)
        for kind, names in (("data", data_names), ("label", label_names), ("state", state_names),
                            ("fixed_param", fixed_param_names)):  # fmt: skip
            check_inputs(symbol, kind, list(names or ()))
        self._buckets: dict[Any, Module] = {}
        self._curr_module: Module | None = None
        self._curr_bucket_key: Any = None
        self._params_dirty = False
        self._monitor: Any = None
        self._grad_req: Any = "write"

    def _generated(self, key: Any) -> tuple[Symbol, Sequence[str], Sequence[str]]:
        with NameManager():  # so that automatic names are those of every other bucket
            return self._sym_gen(key)

    def _made(self, key: Any, symbol: Symbol | None = None) -> Module:
        generated, data_names, label_names = self._generated(key)
        return Module(generated if symbol is None else symbol, data_names, label_names, **self._options)

    @property
    def _current(self) -> Module:
        if self._curr_module is None:
            raise MXNetError("the module has no executors yet; call bind first")
        return self._curr_module

    # ---- what is the current bucket's

    symbol = _of_current("symbol")
    data_shapes, label_shapes = _of_current("data_shapes"), _of_current("label_shapes")
    output_shapes = _of_current("output_shapes")
    backward, update_metric = _of_current("backward"), _of_current("update_metric")
    get_outputs, get_input_grads = _of_current("get_outputs"), _of_current("get_input_grads")
    get_states, set_states = _of_current("get_states"), _of_current("set_states")

    @property
    def data_names(self) -> list[str]:
        return self._current.data_names if self.binded else list(self._generated(self._default_bucket_key)[1])

    @property
    def output_names(self) -> list[str]:
        if self.binded:
            return self._current.output_names
        return self._generated(self._default_bucket_key)[0].list_outputs()

    # ---- buckets

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True,
             inputs_need_grad: bool = False, force_rebind: bool = False, shared_module: Any = None,
             grad_req: Any = "write") -> None:  # fmt: skip
        """Make the executors of the default bucket; those of others are made when a batch asks for them.

        Raises
        ------
        MXNetError
            If a ``shared_module`` is given, or the shapes do not fit the network.
        """
        params = self.get_params() if self.params_initialized else None
        if force_rebind:
            self.binded, self._buckets, self._curr_module = False, {}, None
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if shared_module is not None:
            raise MXNetError("bind: a BucketingModule shares no other module's parameters; leave out shared_module")
        self.for_training, self.inputs_need_grad, self._grad_req = for_training, inputs_need_grad, grad_req
        key = self._default_bucket_key
        module = self._buckets.setdefault(key, self._buckets.get(key) or self._made(key))
        module.bind(data_shapes, label_shapes, for_training, inputs_need_grad, grad_req=grad_req)
        self._curr_module, self._curr_bucket_key, self.binded = module, key, True
        if params is not None:
            self.set_params(*params)

    def switch_bucket(self, bucket_key: Any, data_shapes: Any, label_shapes: Any = None) -> None:
        """Go over to a bucket; its executors are made for these shapes if it has none.

        Raises
        ------
        MXNetError
            If the module is not bound, or a bucket needs a parameter that the default bucket does not have.
        """
        self._require("switch_bucket", binded="bind")
        module = self._buckets.setdefault(bucket_key, self._buckets.get(bucket_key) or self._made(bucket_key))
        if not module.binded:
            default = self._buckets[self._default_bucket_key]
            surplus = set(module._param_names) - set(default._param_names)
            if surplus:
                raise MXNetError(f"switch_bucket: the bucket {bucket_key!r} has parameters that the default bucket "
                                 f"{self._default_bucket_key!r} lacks: {', '.join(sorted(surplus))}; name layers alike "
                                 "in all buckets")  # fmt: skip
            module.bind(data_shapes, label_shapes, self.for_training, self.inputs_need_grad, shared_module=default,
                        grad_req=self._grad_req)  # fmt: skip
            if self._monitor is not None:
                module.install_monitor(self._monitor)
        if self.optimizer_initialized and not module.optimizer_initialized:
            module.borrow_optimizer(self._buckets[self._default_bucket_key])
        self._curr_module, self._curr_bucket_key = module, bucket_key

    def prepare(self, data_batch: Any, sparse_row_id_fn: Any = None) -> None:
        """Make the executors of a batch's bucket, if it has none; the current bucket stays."""
        self._require("prepare", binded="bind", params_initialized="init_params")
        current = self._curr_bucket_key
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._current.prepare(data_batch, sparse_row_id_fn)
        self.switch_bucket(current, None, None)

    # ---- parameters and optimizer

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return parameters and states."""
        self._require("get_params", params_initialized="init_params")
        self._current._params_dirty = self._params_dirty
        self._params_dirty = False
        return self._current.get_params()

    def init_params(self, initializer: Any = Uniform(0.01), arg_params: Params | None = None,  # noqa: B008
                    aux_params: Params | None = None, allow_missing: bool = False, force_init: bool = False,
                    allow_extra: bool = False) -> None:  # fmt: skip
        """Fill parameters and states; see ``Module``."""
        if self.params_initialized and not force_init:
            return
        self._require("init_params", binded="bind")
        self._current.init_params(initializer, arg_params, aux_params, allow_missing, force_init, allow_extra)
        self._params_dirty, self.params_initialized = False, True

    def set_params(self, arg_params: Params, aux_params: Params | None, allow_missing: bool = False,
                   force_init: bool = True, allow_extra: bool = False) -> None:  # fmt: skip
        """Take over parameters and states; with ``allow_missing`` the others stay as they are."""
        if not allow_missing:
            self.init_params(None, arg_params, aux_params, False, force_init, allow_extra)
        elif self.params_initialized and not force_init:
            warnings.warn("set_params: the parameters are initialised; say force_init=True to change them",
                          UserWarning, stacklevel=2)  # fmt: skip
        else:
            self._current.set_params(arg_params, aux_params, allow_missing, force_init, allow_extra)
            self._params_dirty = self.params_initialized = True

    def init_optimizer(self, kvstore: Any = "local", optimizer: Any = "sgd",
                       optimizer_params: Any = (("learning_rate", 0.01),),
                       force_init: bool = False) -> None:  # fmt: skip
        """Make the optimizer, which all buckets use."""
        self._require("init_optimizer", binded="bind", params_initialized="init_params")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        self._current.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        for module in self._buckets.values():
            if module is not self._current:
                module.borrow_optimizer(self._current)
        self.optimizer_initialized = True

    # ---- running

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Go over to a batch's bucket and compute its outputs."""
        self._require("forward", binded="bind", params_initialized="init_params")
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._current.forward(data_batch, is_train)

    def update(self) -> None:
        self._require("update", binded="bind", params_initialized="init_params", optimizer_initialized="init_optimizer")
        self._params_dirty = True
        self._current.update()

    def install_monitor(self, mon: Any) -> None:
        """Let a monitor watch the executors of all buckets, later ones too."""
        self._require("install_monitor", binded="bind")
        self._monitor = mon
        for module in self._buckets.values():
            module.install_monitor(mon)

    # ---- files

    def save_checkpoint(self, prefix: str, epoch: int, save_optimizer_states: bool = False,
                        remove_amp_cast: bool = False) -> None:  # fmt: skip
        """Write the parameters, the symbol of each bucket that was used, and their whole-number keys.

        They are ``prefix-<epoch>.params``, ``prefix-<key>-symbol.json`` and ``prefix.buckets``.
        """
        if not self._buckets:
            raise MXNetError("save_checkpoint: the module has no buckets yet; call bind first")
        self.save_params(params_path(prefix, epoch))
        for key in self._buckets:
            self._generated(key)[0].save(f"{prefix}-{key}-symbol.json", remove_amp_cast)
        save(f"{prefix}.buckets", array(np.array(list(self._buckets)), dtype="int32"))
        if save_optimizer_states:
            with replacing(states_path(prefix, epoch)) as file:
                file.write(self._current._installed("save_checkpoint").get_states())

    @staticmethod
    def load(prefix: str, epoch: int, sym_gen: SymGen | None = None, default_bucket_key: Any = None,
             **kwargs: Any) -> "BucketingModule":  # fmt: skip
        """Return a module of what ``save_checkpoint`` wrote; the other arguments go to ``BucketingModule``."""
        found = load(f"{prefix}.buckets")
        if not isinstance(found, list) or len(found) != 1:
            raise DataError(f"{prefix}.buckets: holds no list of buckets; save_checkpoint writes one")
        keys = [int(key) for key in found[0].asnumpy()]
        symbols = {key: sym.load(f"{prefix}-{key}-symbol.json") for key in keys}
        return BucketingModule.load_dict(symbols, sym_gen, default_bucket_key, *load_params(prefix, epoch), **kwargs)

    @staticmethod
    def load_dict(sym_dict: Mapping[Any, Symbol] | None = None, sym_gen: SymGen | None = None,
                  default_bucket_key: Any = None, arg_params: Params | None = None,
                  aux_params: Params | None = None, **kwargs: Any) -> "BucketingModule":  # fmt: skip
        """Return a module of each bucket's symbol and the parameters of all.

        Raises
        ------
        ParamError
            If a part is missing, or no symbol is that of the default bucket.
        """
        given = {"sym_dict": sym_dict, "sym_gen": sym_gen, "arg_params": arg_params, "aux_params": aux_params}
        missing = [name for name, value in given.items() if value is None]
        if missing:
            raise ParamError(f"BucketingModule.load_dict: there is no {', '.join(missing)}; give it")
        assert sym_dict is not None and sym_gen is not None
        module = BucketingModule(sym_gen, default_bucket_key, **kwargs)
        if default_bucket_key not in sym_dict:
            raise ParamError(f"BucketingModule: there is no symbol of the default bucket {default_bucket_key!r}; "
                             f"buckets: {', '.join(map(str, sym_dict))}")  # fmt: skip
        module._buckets = {key: module._made(key, symbol) for key, symbol in sym_dict.items()}
        current = module._buckets[default_bucket_key]
        current._arg_params, current._aux_params = dict(arg_params or {}), dict(aux_params or {})
        current.params_initialized = module.params_initialized = True
        module._curr_module, module._curr_bucket_key = current, default_bucket_key
        return module
