"""``mx.model.FeedForward``, which ``Module`` replaced (``python/mxnet/model.py``): here it is a face of ``Module``."""

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symcli.data import DataIter, NDArrayIter, ResizeIter
from symcli.errors import MXNetError
from symcli.graph.symbol import Symbol
from symcli.ndarray import NDArray
from symcli.ndarray.context import Context
from symcli.train import initializer as init
from symcli.train import metric as metrics
from symcli.train.callback import LogValidationMetricsCallback
from symcli.train.checkpoint import load_checkpoint, save_checkpoint
from symcli.train.module import Module

__all__ = ["FeedForward"]

Params = Mapping[str, NDArray]


class FeedForward:
    """A network that is fitted to arrays or an iterator, and predicts.

    Parameters
    ----------
    symbol : the network; variables whose names end in ``data`` or ``label`` are its inputs.
    num_epoch : how many epochs ``fit`` trains.
    epoch_size : how many batches are an epoch; None for all of the data.
    numpy_batch_size : of the batches that are made of arrays.
    arg_params, aux_params : what it begins with.
    allow_extra_params : leave out parameters that the network does not have.
    kwargs : parameters of the optimizer: ``learning_rate=0.1``.
    """

    def __init__(self, symbol: Symbol, ctx: Context | Sequence[Context] | None = None, num_epoch: int | None = None,
                 epoch_size: int | None = None, optimizer: Any = "sgd", initializer: Any = None,
                 numpy_batch_size: int = 128, arg_params: Params | None = None, aux_params: Params | None = None,
                 allow_extra_params: bool = False, begin_epoch: int = 0, **kwargs: Any):  # fmt: skip
        if not isinstance(symbol, Symbol):
            raise MXNetError("FeedForward: a function that makes symbols is BucketingModule's: mx.mod.BucketingModule")
        warnings.warn("mxnet.model.FeedForward has been deprecated. Please use mxnet.mod.Module instead.",
                      DeprecationWarning, stacklevel=2)  # fmt: skip
        self.symbol, self.ctx, self.num_epoch, self.epoch_size = symbol, ctx, num_epoch, epoch_size
        self.optimizer, self.initializer = optimizer, initializer or init.Uniform(0.01)
        self.numpy_batch_size, self.begin_epoch, self.kwargs = numpy_batch_size, begin_epoch, dict(kwargs)
        self.arg_params, self.aux_params = arg_params, aux_params
        if allow_extra_params:
            names, states = symbol.list_arguments(), symbol.list_auxiliary_states()
            self.arg_params = {name: one for name, one in (arg_params or {}).items() if name in names}
            self.aux_params = {name: one for name, one in (aux_params or {}).items() if name in states}

    # ---- data

    def _iterator(self, data: Any, label: Any, is_train: bool) -> Any:
        if not isinstance(data, np.ndarray | NDArray):
            if not isinstance(data, DataIter):
                raise TypeError(f"FeedForward: the data are a {type(data).__name__}; needs a DataIter, an NDArray, or "
                                "a NumPy array")  # fmt: skip
            return data
        if label is None:
            if is_train:
                raise ValueError("FeedForward: y must be given where X is an array")
            label = np.zeros(data.shape[0], np.float32)
        label = label.asnumpy() if isinstance(label, NDArray) else np.asarray(label)
        if data.shape[0] != label.shape[0]:
            raise ValueError(f"FeedForward: {data.shape[0]} data and {label.shape[0]} labels; needs as many")
        if label.ndim == 2 and label.shape[1] == 1:
            label = label.reshape(-1)
        if label.ndim != 1:
            raise ValueError(f"FeedForward: labels are {label.shape}; needs a number for each example")
        size, name = min(data.shape[0], self.numpy_batch_size), self._label_name()
        if is_train:
            return NDArrayIter(data, label, size, shuffle=True, last_batch_handle="roll_over", label_name=name)
        return NDArrayIter(data, label, size, shuffle=False, label_name=name)

    def _label_name(self) -> str:
        labels = [name for name in self.symbol.list_arguments() if name.endswith("label")]
        return labels[0] if len(labels) == 1 else "softmax_label"

    def _validation(self, given: Any) -> Any:
        if isinstance(given, tuple | list) and len(given) == 2:
            data, label = (np.array(one) if isinstance(one, list) else one for one in given)
            return data if label is None and isinstance(data, DataIter) else self._iterator(data, label, True)
        return None if given is None else self._iterator(given, None, False)

    def _module(self, data: Any, for_training: bool) -> Module:
        arguments = self.symbol.list_arguments()
        labels = [one for one in data.provide_label or () if one[0] in arguments]
        module = Module(self.symbol, [one[0] for one in data.provide_data], [one[0] for one in labels],
                        context=self.ctx)  # fmt: skip
        if not for_training:
            if self.arg_params is None:
                raise MXNetError("FeedForward: there are no parameters yet; fit it, or load them")
            module.bind(data.provide_data, labels or None, for_training=False)
            module.set_params(self.arg_params, self.aux_params, allow_missing=False, allow_extra=True)
        return module

    # ---- what it does

    def fit(self, X: Any, y: Any = None, eval_data: Any = None, eval_metric: Any = "acc",
            epoch_end_callback: Any = None, batch_end_callback: Any = None, kvstore: Any = "local",
            logger: logging.Logger | None = None, work_load_list: Any = None, monitor: Any = None,
            eval_end_callback: Any = None, eval_batch_end_callback: Any = None) -> None:  # fmt: skip
        """Train; ``X`` is an iterator, or an array with labels ``y``; ``eval_data`` an iterator or a pair.

        Raises
        ------
        MXNetError
            If ``num_epoch`` was not given.
        """
        if self.num_epoch is None:
            raise MXNetError("FeedForward: needs num_epoch, how many epochs to train")
        data = self._iterator(X, y, is_train=True)
        if self.epoch_size is not None:
            data = ResizeIter(data, self.epoch_size, reset_internal=False)
        module = self._module(data, for_training=True)
        module.logger = logger or logging
        module.fit(data, self._validation(eval_data), eval_metric=eval_metric, epoch_end_callback=epoch_end_callback,
                   batch_end_callback=batch_end_callback, kvstore=kvstore, optimizer=self.optimizer,
                   optimizer_params=dict(self.kwargs), monitor=monitor, initializer=self.initializer,
                   eval_end_callback=eval_end_callback or LogValidationMetricsCallback(),
                   eval_batch_end_callback=eval_batch_end_callback, arg_params=self.arg_params,
                   aux_params=self.aux_params, allow_missing=True, begin_epoch=self.begin_epoch,
                   num_epoch=self.num_epoch)  # fmt: skip
        self.arg_params, self.aux_params = module.get_params()

    def predict(self, X: Any, num_batch: int | None = None, return_data: bool = False, reset: bool = True) -> Any:
        """Return the outputs as NumPy arrays, one or a list; with ``return_data`` also data and labels."""
        data = self._iterator(X, None, is_train=False)
        module = self._module(data, for_training=False)
        rows: list[list[np.ndarray]] = []
        for outputs, _, batch in module.iter_predict(data, num_batch, reset):
            kept = self._size(data) - (batch.pad or 0)
            more = [one[:kept] for one in (*batch.data, *(batch.label or ()))] if return_data else []
            rows.append([one.asnumpy() for one in (*outputs, *more)])
        joined = [np.concatenate(parts) for parts in zip(*rows, strict=True)]
        count, width = len(self.symbol.list_outputs()), len(data.provide_data)
        parts = [joined[:count], joined[count : count + width], joined[count + width :]]
        found = [one[0] if len(one) == 1 else one for one in parts]
        return tuple(found) if return_data else found[0]

    def _size(self, data: Any) -> int:
        return data.provide_data[0][1][0]

    def score(self, X: Any, eval_metric: Any = "acc", num_batch: int | None = None, batch_end_callback: Any = None,
              reset: bool = True) -> float:  # fmt: skip
        """Return a metric's value over an iterator."""
        data = self._iterator(X, None, is_train=False)
        metric = eval_metric if isinstance(eval_metric, metrics.EvalMetric) else metrics.create(eval_metric)
        self._module(data, for_training=False).score(data, metric, num_batch, batch_end_callback, reset=reset)
        return metric.get()[1]

    # ---- files

    def save(self, prefix: str, epoch: int | None = None, remove_amp_cast: bool = True) -> None:
        """Write ``prefix-symbol.json`` and ``prefix-<epoch>.params``; by default of the last epoch."""
        epoch = self.num_epoch if epoch is None else epoch
        if epoch is None or self.arg_params is None:
            raise MXNetError("FeedForward: nothing to save: needs parameters, and an epoch or num_epoch")
        save_checkpoint(prefix, epoch, self.symbol, self.arg_params, self.aux_params or {}, remove_amp_cast)

    @staticmethod
    def load(prefix: str, epoch: int, ctx: Any = None, **kwargs: Any) -> "FeedForward":
        """Return the model of two files, which goes on from this epoch."""
        symbol, arguments, states = load_checkpoint(prefix, epoch)
        return FeedForward(symbol, ctx=ctx, arg_params=arguments, aux_params=states, begin_epoch=epoch, **kwargs)

    @staticmethod
    def create(symbol: Symbol, X: Any, y: Any = None, ctx: Any = None, num_epoch: int | None = None,
               epoch_size: int | None = None, optimizer: Any = "sgd", initializer: Any = None, eval_data: Any = None,
               eval_metric: Any = "acc", epoch_end_callback: Callable[..., Any] | None = None,
               batch_end_callback: Callable[..., Any] | None = None, kvstore: Any = "local", logger: Any = None,
               work_load_list: Any = None, eval_end_callback: Any = None, eval_batch_end_callback: Any = None,
               **kwargs: Any) -> "FeedForward":  # fmt: skip
        """Return a model that was fitted at once."""
        model = FeedForward(symbol, ctx, num_epoch, epoch_size, optimizer, initializer, **kwargs)
        model.fit(X, y, eval_data, eval_metric, epoch_end_callback, batch_end_callback, kvstore, logger, work_load_list,
                  None, eval_end_callback, eval_batch_end_callback)  # fmt: skip
        return model
