"""MXNet's ``mx.contrib.tensorboard``: metrics for TensorBoard (``python/mxnet/contrib/tensorboard.py``)."""

import importlib
from typing import Any

__all__ = ["LogMetricsCallback"]


class LogMetricsCallback:
    """Writes the metrics of each batch, or of each evaluation, for TensorBoard; the step is the epoch, as in MXNet.

    Parameters
    ----------
    logging_dir : the folder that ``tensorboard --logdir`` is told.
    prefix : stands before the metrics' names, with a hyphen.

    Raises
    ------
    ImportError
        If there is neither tensorboardX nor mxboard, which write such files.
    """

    def __init__(self, logging_dir: str, prefix: str | None = None):
        self.prefix = prefix
        self.summary_writer = _writer()(logging_dir)

    def __call__(self, param: Any) -> None:
        """Write what a ``BatchEndParam`` measures."""
        if param.eval_metric is None:
            return
        for name, value in param.eval_metric.get_name_value():
            tag = name if self.prefix is None else f"{self.prefix}-{name}"
            self.summary_writer.add_scalar(tag, value, global_step=param.epoch)


def _writer() -> Any:
    for package in ("tensorboardX", "mxboard"):
        try:
            return importlib.import_module(package).SummaryWriter
        except ImportError:
            continue
    raise ImportError("LogMetricsCallback: nothing here writes TensorBoard's files; pip install tensorboardX")
