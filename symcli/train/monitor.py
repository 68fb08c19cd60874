"""Watching the arrays of executors: MXNet's ``mx.mon`` (``python/mxnet/monitor.py``)."""

import logging
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from symcli.executor import Executor
from symcli.ndarray import NDArray, array

__all__ = ["Monitor"]


class Monitor:
    """Computes a number of each output, parameter and state, every ``interval`` batches.

    Parameters
    ----------
    stat_func : from an array to an array or a list of them; by default the root of the mean square.
    pattern : the names that are watched, as ``re.match`` says.
    sort : list by name.
    monitor_all : watch the inputs of operators too.
    """

    def __init__(self, interval: int, stat_func: Callable[[NDArray], Any] | None = None, pattern: str = ".*",
                 sort: bool = False, monitor_all: bool = False):  # fmt: skip
        self.interval, self.stat_func, self.re_prog = interval, stat_func or _root_mean_square, re.compile(pattern)
        self.sort, self.monitor_all = sort, monitor_all
        self.activated, self.step = False, 0
        self.queue: list[tuple[int, str, Any]] = []
        self.exes: list[Executor] = []

    def install(self, exe: Executor) -> None:
        """Watch an executor."""
        exe.set_monitor_callback(self._observe, self.monitor_all)
        self.exes.append(exe)

    def _observe(self, name: str, value: NDArray) -> None:
        if self.activated and self.re_prog.match(name):
            self.queue.append((self.step, name, self.stat_func(value)))

    def tic(self) -> None:
        """Begin a batch; call it before forward."""
        if self.step % self.interval == 0:
            self.queue, self.activated = [], True
        self.step += 1

    def toc(self) -> list[tuple[int, str, str]]:
        """End a batch; return the number of the batch, name and text of each array, none between the intervals."""
        if not self.activated:
            return []
        for exe in self.exes:
            for name, value in (exe.arg_dict | exe.aux_dict).items():
                self._observe(name, value)
        self.activated = False
        found = sorted(self.queue, key=lambda row: row[1]) if self.sort else self.queue
        self.queue = []
        return [(step, name, _text(values)) for step, name, values in found]

    def toc_print(self) -> None:
        """End a batch; log what ``toc`` returns."""
        for step, name, text in self.toc():
            logging.info("Batch: %7d %-30s %s", step, name, text)


def _text(values: Any) -> str:
    listed = values if isinstance(values, list) else [values]
    return "".join(str(one.asscalar() if one.shape == (1,) else one.asnumpy()) + "\t" for one in listed)


def _root_mean_square(value: NDArray) -> NDArray:
    return array([np.sqrt(np.mean(np.square(value.asnumpy(), dtype=np.float64)))])
