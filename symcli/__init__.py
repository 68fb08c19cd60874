"""symcli: symbolic graphs in the manner of MXNet 1.x, checked and run on the CPU.

``import symcli as mx`` runs a symbolic MXNet program. The names below are loaded when first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public module -> the room that it is.
_MODULES = {
    "attribute": "symcli.graph.attribute",
    "autograd": "symcli.executor.autograd",
    "base": "symcli.system.base",
    "callback": "symcli.train.callback",
    "context": "symcli.ndarray.context",
    "contrib": "symcli.contrib",
    "engine": "symcli.engine",
    "executor": "symcli.executor",
    "executor_manager": "symcli.train.own_loops",
    "gluon": "symcli.gluon",
    "image": "symcli.data.image",
    "img": "symcli.data.image",
    "init": "symcli.train.initializer",
    "initializer": "symcli.train.initializer",
    "io": "symcli.data",
    "kv": "symcli.train.kvstore",
    "kvstore": "symcli.train.kvstore",
    "libinfo": "symcli.system.paths",
    "log": "symcli.system.log",
    "lr_scheduler": "symcli.train.lr_scheduler",
    "metric": "symcli.train.metric",
    "mod": "symcli.train.modules",
    "model": "symcli.train.model",
    "module": "symcli.train.modules",
    "mon": "symcli.train.monitor",
    "monitor": "symcli.train.monitor",
    "name": "symcli.graph.name",
    "nd": "symcli.ndarray",
    "ndarray": "symcli.ndarray",
    "operator": "symcli.executor.custom_operator",
    "optimizer": "symcli.train.optimizer",
    "profiler": "symcli.system.profiler",
    "random": "symcli.ndarray.random",
    "recordio": "symcli.data.recordio",
    "registry": "symcli.train.registry",
    "rnd": "symcli.ndarray.random",
    "rnn": "symcli.rnn",
    "runtime": "symcli.system.features",
    "sym": "symcli.graph.symbol",
    "symbol": "symcli.graph.symbol",
    "test_utils": "symcli.train.testing",
    "util": "symcli.system.numpy_mode",
    "visualization": "symcli.graph.visualization",
    "viz": "symcli.graph.visualization",
}
_NAMES = {
    "AttrScope": "symcli.graph.attribute",
    "Context": "symcli.ndarray.context",
    "Executor": "symcli.executor",
    "MXNetError": "symcli.errors",
    "NDArray": "symcli.ndarray",
    "Symbol": "symcli.graph.symbol",
    "cpu": "symcli.ndarray.context",
    "cpu_pinned": "symcli.ndarray.context",
    "current_context": "symcli.ndarray.context",
    "gpu": "symcli.ndarray.context",
    "is_np_array": "symcli.system.numpy_mode",
    "is_np_shape": "symcli.system.numpy_mode",
    "np_array": "symcli.system.numpy_mode",
    "np_shape": "symcli.system.numpy_mode",
    "num_gpus": "symcli.ndarray.context",
    "set_np_shape": "symcli.system.numpy_mode",
}
# What MXNet has besides, and what to use in its place.
_INSTEAD = {
    **dict.fromkeys(("np", "npx", "numpy", "numpy_extension", "use_np"), "mx.nd and mx.sym: there is no NumPy mode"),
    "error": "mx.base.MXNetError",
    "library": "mx.operator.CustomOp: operators are written in Python",
    "notebook": "mx.callback.LogValidationMetricsCallback, or symcli plot RUN",
    "onnx": "symcli convert, which knows MXNet's files and specs",
    "rtc": "mx.operator.CustomOp: there is no CUDA",
    "th": "mx.sym and mx.nd",
    "torch": "mx.sym and mx.nd",
    "tvmop": "mx.sym and mx.nd",
}

if TYPE_CHECKING:
    import symcli.train.callback as callback
    import symcli.train.model as model
    import symcli.train.modules as mod
    import symcli.train.modules as module
    from symcli import contrib as contrib
    from symcli import data as io
    from symcli import engine as engine
    from symcli import gluon as gluon
    from symcli import nd as nd
    from symcli import symbol as sym
    from symcli import symbol as symbol
    from symcli.data import image as image
    from symcli.data import image as img
    from symcli.data import recordio as recordio
    from symcli.errors import MXNetError as MXNetError
    from symcli.executor import Executor as Executor
    from symcli.executor import autograd as autograd
    from symcli.executor import custom_operator as operator
    from symcli.graph import attribute as attribute
    from symcli.graph import name as name
    from symcli.graph import visualization as visualization
    from symcli.graph import visualization as viz
    from symcli.graph.attribute import AttrScope as AttrScope
    from symcli.graph.symbol import Symbol as Symbol
    from symcli.ndarray import NDArray as NDArray
    from symcli.ndarray import context as context
    from symcli.ndarray import random as random
    from symcli.ndarray.context import Context as Context
    from symcli.ndarray.context import cpu as cpu
    from symcli.ndarray.context import current_context as current_context
    from symcli.ndarray.context import gpu as gpu
    from symcli.system import features as runtime
    from symcli.system import log as log
    from symcli.system import numpy_mode as util
    from symcli.system import paths as libinfo
    from symcli.system import profiler as profiler
    from symcli.train import initializer as init
    from symcli.train import initializer as initializer
    from symcli.train import kvstore as kv
    from symcli.train import kvstore as kvstore
    from symcli.train import lr_scheduler as lr_scheduler
    from symcli.train import metric as metric
    from symcli.train import monitor as mon
    from symcli.train import monitor as monitor
    from symcli.train import optimizer as optimizer
    from symcli.train import testing as test_utils


def __getattr__(public: str) -> Any:
    if public in _MODULES:
        found = importlib.import_module(_MODULES[public])
    elif public in _NAMES:
        found = getattr(importlib.import_module(_NAMES[public]), public)
    else:
        hint = f"; use {_INSTEAD[public]}" if public in _INSTEAD else ""
        raise AttributeError(f"module 'symcli' has no attribute {public!r}{hint}")
    globals()[public] = found
    return found


def __dir__() -> list[str]:
    return sorted({"__version__", *_MODULES, *_NAMES})
