"""MXNet's ``mx.model``: models on disk, and ``FeedForward`` (``python/mxnet/model.py``)."""

from symcli.train.checkpoint import BatchEndParam, load_checkpoint, load_params, save_checkpoint
from symcli.train.feed_forward import FeedForward

__all__ = ["BatchEndParam", "FeedForward", "load_checkpoint", "load_params", "save_checkpoint"]
