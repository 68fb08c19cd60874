"""A run of training: from a job to steps, checkpoints and results, as a generator of what has happened."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from symcli.data import DataBatch
from symcli.data.batches import Batches
from symcli.engine import cores
from symcli.errors import DivergedError
from symcli.job.checks import is_better
from symcli.job.data_checks import Inputs
from symcli.job.job import Job
from symcli.ndarray import load, random
from symcli.ndarray.context import cpu
from symcli.run import checkpoint
from symcli.run.checkpoint import Checkpoint, Position
from symcli.run.curves import curves_svg
from symcli.run.divergence import all_finite, diverged, diverged_parameter
from symcli.run.fine_tuning import Start, fixed_names
from symcli.run.folder import Folder
from symcli.train import loop
from symcli.train.checkpoint import join_params, split_params
from symcli.train.module import Module
from symcli.train.state import metric_state, restore_metric, restore_updater, updater_state

__all__ = ["Ended", "Event", "Saved", "Training"]

BETWEEN_DRAWINGS = 5.0  # seconds

Data = Mapping[str, Batches]
Event: TypeAlias = "loop.Progress | Saved | Ended"


@dataclass(frozen=True)
class Saved:
    """A checkpoint was written; ``best`` tells whether it is the best so far."""

    position: Position
    best: bool


@dataclass(frozen=True)
class Ended:
    """The run has ended: all its epochs are done, it stopped early, or was interrupted and saved where it stood."""

    how: Literal["finished", "stopped early", "interrupted"]
    position: Position


@dataclass
class Training:
    """A job that is being trained in a run's folder.

    Parameters
    ----------
    data : the batches of ``train`` and, if there are any, ``valid``.
    begin : the checkpoint to go on from; None to begin.
    start : arguments and states to begin with, where not all begin anew.
    made_up : whether the data are synthetic.
    warning : what is to be said before it begins.

    Attributes
    ----------
    history : the values of each complete epoch.
    best : number (counted from 1), metric and value of the best epoch so far.
    tested : the values of its checkpoint on ``test``, once that was evaluated.
    """

    job: Job
    folder: Folder
    inputs: Inputs
    data: Data
    begin: Checkpoint | None = None
    made_up: bool = False
    start: Start | None = None
    warning: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Any] | None = None
    tested: dict[str, float] | None = None
    _drawn: float = 0.0
    _waited: int = 0  # epochs since early stopping saw a better value
    _watched: float = float("nan")

    def __post_init__(self) -> None:
        train = self.job.train
        random.seed(train.seed)
        cores.make_deterministic(train.deterministic)
        classes = self.data["train"].examples.classes
        self.metric = self.job.metric(classes, training="valid" in self.data)
        self._validation_metric = self.job.metric(classes)
        self.module = Module(
            self.job.network.symbol, [one.name for one in self.inputs.data], [one.name for one in self.inputs.label],
            context=[cpu(i) for i in range(train.devices)], fixed_param_names=fixed_names(self.job),
        )  # fmt: skip
        self.module.bind(self.inputs.data, self.inputs.label)
        name, values = self.job.optimizer(len(self.data["train"]))
        if self.begin is None:
            arguments, states = self.start or (None, None)
            self.module.init_params(self.job.initializer(), arguments, states, allow_missing=True)
            self.module.init_optimizer(optimizer=name, optimizer_params=values)
            self.position = Position(0)
        else:
            self.module.init_params(None, *split_params(load(self.begin.params), str(self.begin.params)))
            self.module.init_optimizer(optimizer=name, optimizer_params=values)
            self._restore(self.begin)
        self._keys = self._read_keys()

    # ---- running

    def run(self, interrupted: Callable[[], bool] = lambda: False) -> Generator[Event]:
        """Train to the end; yield after each batch, epoch, evaluation and checkpoint, last how it ended.

        ``interrupted`` is asked after each batch; if so, the run is saved where it stands.

        Raises
        ------
        DivergedError
            If an output, or a parameter at the end of an epoch, is not finite. Nothing is saved then.
        DataError
            If an example cannot be read, or a checkpoint cannot be written.
        """
        how = "interrupted"
        try:
            for event in self._steps(interrupted):
                if isinstance(event, Ended):
                    how = event.how
                    self._draw()
                    self.folder.note(status=how, best=self.best)
                yield event
        except Exception as error:
            how = "diverged" if isinstance(error, DivergedError) else "failed"
            raise
        finally:
            with suppress(OSError):  # a full disk is told by what failed first
                self.folder.note(status=how)
            self.folder.unlock()

    def _steps(self, interrupted: Callable[[], bool]) -> Generator[Event]:
        train = self.job.train
        self._settle()
        if self._stops():
            yield Ended("stopped early", self.position)
            return
        self.data["train"].seek(*self.position)
        steps = loop.fit(
            self.module, self.data["train"], train.epochs, self.position.epoch, self.metric, self.data.get("valid"),
            self._validation_metric, begin_batch=self.position.batch or None, before_update=self._check_outputs,
            count_pad=False,
        )  # fmt: skip
        values: dict[str, dict[str, float]] = {}
        last = "evaluation" if "valid" in self.data else "epoch"
        for step in steps:
            if step.event == "batch":
                self.position, self._keys = Position(step.epoch, step.nbatch + 1), self._read_keys()
            elif not step.event.endswith("batch"):
                values["train" if step.event == "epoch" else "valid"] = _plain(step.values)
            yield step
            if step.event.endswith("batch") and interrupted():
                self._write(self.position)
                yield Saved(self.position, False)
                yield Ended("interrupted", self.position)
                return
            if step.event == last:
                yield from self._end_epoch(values)
                values = {}
                if self._stops():
                    yield Ended("stopped early", self.position)
                    return
        yield Ended("finished", self.position)

    def _check_outputs(self, batch: DataBatch) -> None:
        group = self.module._group
        if all(all_finite(output._data) for one in group.execs for output in one.outputs):
            return
        raise diverged(self.job, self.module, batch, self.position, self.data["train"].examples)

    def _end_epoch(self, values: dict[str, dict[str, float]]) -> Generator[Saved]:
        """Note an epoch's values, and save it if it is its turn or the best."""
        self.position = Position(self.position.epoch + 1)
        if self.job.train.devices > 1:  # auxiliary states of the devices become their mean
            self.module.set_params(*self.module.get_params())
        self._keys = self._read_keys()
        optimizer = self.module._installed("training").optimizer
        for name, one in join_params(*self.module.get_params()).items():
            if not all_finite(one._data):
                rate = optimizer.learning_rate or 0.0
                raise diverged_parameter(name.partition(":")[2], one._data, self.position.epoch, rate)
        self.history.append({"epoch": self.position.epoch, **values, "learning_rate": optimizer.learning_rate})
        better = self._judge(values.get("valid", values["train"]))
        self.folder.add_metrics(self.history[-1])
        if time.monotonic() - self._drawn > BETWEEN_DRAWINGS:
            self._draw()
        train = self.job.train
        ends = self.position.epoch == train.epochs or self._stops()
        if better or ends or self.position.epoch % train.checkpoint.every == 0:
            self._write(self.position)
            self._settle()
            yield Saved(self.position, better)

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        if self.history:
            title = f"{self.job.name}, run {self.folder.path.name}"
            self.folder.write("curves.svg", curves_svg(self.history, title, self.best))

    def _judge(self, values: Mapping[str, float]) -> bool:
        """Compare an epoch with the best so far, and count for early stopping."""
        chosen, stopping = self.job.train.checkpoint.best, self.job.train.early_stopping
        if stopping is not None and stopping.metric is not None:
            value = values[stopping.metric]
            if self._watched != self._watched or is_better(stopping.metric, value, self._watched, stopping.min_delta):
                self._watched, self._waited = value, 0
            else:
                self._waited += 1
        if chosen is None:
            return False
        value = values[chosen]
        if self.best is not None and not is_better(chosen, value, self.best["value"]):
            return False
        self.best = {"epoch": self.position.epoch, "metric": chosen, "value": value}
        return True

    def _stops(self) -> bool:
        stopping = self.job.train.early_stopping
        return stopping is not None and self._waited >= stopping.patience

    # ---- state

    def _read_keys(self) -> list[list[int]]:
        return [one._key.tolist() for one in self.module._group.execs]

    def _write(self, position: Position) -> None:
        plain, arrays = updater_state(self.module._installed("training"))
        state = {
            "epoch": position.epoch, "batch": position.batch, "keys": self._keys, "random": random.snapshot(),
            "updates": plain, "metric": metric_state(self.metric) if position.batch else [], "history": self.history,
            "best": self.best, "watched": self._watched, "waited": self._waited,
        }  # fmt: skip
        if position.batch and len(self.module._group.execs) > 1:
            for name, block in zip(self.module._aux_names, self.module._group.aux_arrays, strict=True):
                arrays |= {f"aux:{i}:{name}": one for i, one in enumerate(block)}
        checkpoint.write(self.folder.path, position, join_params(*self.module.get_params()), state, arrays)

    def _restore(self, begin: Checkpoint) -> None:
        state = begin.state
        self.position = begin.position
        restore_updater(self.module._installed("training"), state["updates"], begin.arrays)
        if state["metric"]:
            restore_metric(self.metric, state["metric"])
        self.history, self.best = state["history"], state["best"]
        self._watched, self._waited = state["watched"], state["waited"]
        for one, key in zip(self.module._group.execs, state["keys"], strict=True):
            one._key[:] = np.array(key, np.uint64)
        for name, block in zip(self.module._aux_names, self.module._group.aux_arrays, strict=True):
            for i, array in enumerate(block):
                if f"aux:{i}:{name}" in begin.arrays:
                    array[:] = begin.arrays[f"aux:{i}:{name}"]
        random.restore(state["random"])

    def _settle(self) -> None:
        """Bring the other files in line with the newest checkpoint, wherever the run was cut off."""
        best = self.best["epoch"] if self.best else 0
        if self.best:
            self.folder.write_json("best.json", {**self.best, "params": f"{Position(best).name}.params"})
        found = [one for one in checkpoint.checkpoints(self.folder.path) if one <= self.position]
        whole = [one.epoch for one in found if not one.batch]
        kept = {Position(epoch) for epoch in (best, *whole[-self.job.train.checkpoint.keep :])} | {self.position}
        for one in set(found) - kept:
            checkpoint.remove(self.folder.path, one)


def _plain(values: Any) -> dict[str, float]:
    return {name: float(value) for name, value in values}
