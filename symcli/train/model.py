"""MXNet's ``mx.model``: models on disk, and ``FeedForward`` (``python/mxnet/model.py``)."""

from symcli.train.checkpoint import BatchEndParam, load_checkpoint, load_params, save_checkpoint
from symcli.train.feed_forward import FeedForward
from symcli.train.own_loops import _create_kvstore, _initialize_kvstore, _update_params, _update_params_on_kvstore

__all__ = [
    "BatchEndParam", "FeedForward", "_create_kvstore", "_initialize_kvstore", "_update_params",
    "_update_params_on_kvstore", "load_checkpoint", "load_params", "save_checkpoint",
]  # fmt: skip
