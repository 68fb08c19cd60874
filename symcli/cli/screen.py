"""How a run shows itself: a bar on a terminal, plain lines elsewhere, and the same lines in ``log.txt``."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from symcli.train.loop import Progress

__all__ = ["Screen", "values_text"]

_BAR = "{desc} {percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]{postfix}"


def values_text(values: Any) -> str:
    """Return metrics as they are shown: ``accuracy 0.9833, cross-entropy 0.0612``."""
    pairs = values.items() if isinstance(values, dict) else values
    return ", ".join(f"{name} {value:.4f}" if abs(value) < 1000 else f"{name} {value:.5g}" for name, value in pairs)


class Screen:
    """The screen of a command that works for a while.

    Parameters
    ----------
    quiet, verbose : say less, or more.
    bars : whether there may be bars; they need a terminal, too.
    log : also called with each line that is said.
    """

    def __init__(self, quiet: bool = False, verbose: bool = False, bars: bool = True,
                 log: Callable[[str], None] = lambda line: None):  # fmt: skip
        self.quiet, self.verbose, self.log = quiet, verbose, log
        self._bars = bars and not quiet and sys.stderr.isatty()
        self._bar: Any = None
        self._what: tuple[str, int] = ("", -1)
        self._next = 0.0  # when numbers are shown again, in seconds
        self._compiled = 0

    def say(self, line: str, detail: bool = False) -> None:
        """Show a line and log it; a ``detail`` is shown if more is asked for."""
        self.log(line)
        if not self.quiet and (self.verbose or not detail):
            if self._bar is not None:
                self._bar.clear()
            click.echo(line, err=True)

    def saving(self) -> None:
        """Say that a signal is obeyed; past the buffers, which the signal may have found in use."""
        if not self.quiet:
            line = "saving where it stands; Ctrl-C again stops at once, without saving\n"
            with suppress(OSError):  # nobody may be there to read it
                os.write(sys.stderr.fileno(), (line if self._bar is None else f"\n{line}").encode())

    def step(self, step: Progress, total: int, epochs: int, batch_size: int) -> None:
        """Show how far an epoch or evaluation has come."""
        if not self._bars:
            return
        if step.event in ("epoch", "evaluation"):
            self.close()
            return
        what = (step.event, step.epoch)
        if self._bar is None or what != self._what:
            self.close()
            title = f"epoch {step.epoch + 1}/{epochs}" if step.event == "batch" else "evaluation"
            self._open(title, total, step.nbatch)
            self._what = what
        self._bar.update(step.nbatch + 1 - self._bar.n)
        begin = time.monotonic()
        if begin > self._next:
            self._bar.set_postfix_str(self._postfix(step, batch_size), refresh=False)
            # Some metrics, as average precision, look at all they have seen: a tenth of the time at most is theirs.
            now = time.monotonic()
            self._next = now + max(0.2, 10 * (now - begin))

    def _postfix(self, step: Progress, batch_size: int) -> str:
        speed = f"{step.batches_a_second * batch_size:.0f} images/s" if step.seconds else ""
        waited = f"data {step.waited / step.seconds:.0%}" if step.seconds else ""
        return ", ".join(part for part in (values_text(step.metric.get_name_value()), speed, waited) if part)

    def count(self, done: int, total: int, title: str) -> None:
        """Show how many of some things are done."""
        if self._bars:
            if self._bar is None:
                self._open(title, total, 0)
            self._bar.update(done - self._bar.n)

    def _open(self, title: str, total: int | None, begun: int, form: str = _BAR) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, initial=begun, desc=title, leave=False, dynamic_ncols=True, bar_format=form)
        self._next = 0.0

    @staticmethod
    def epoch_line(step: Progress, epochs: int, batch_size: int) -> str:
        """Return what is said of an epoch."""
        speed = f"{step.seconds:.1f} s, {step.batches_a_second * batch_size:.0f} images/s"
        waited = f"data {step.waited / step.seconds:.0%}"
        return f"epoch {step.epoch + 1}/{epochs}  train {values_text(step.values)}  ({speed}, {waited})"

    @staticmethod
    def with_valid(line: str, step: Progress) -> str:
        """Return an epoch's line with the values of its evaluation before the times."""
        if step.event == "epoch":
            return line
        head, _, times = line.rpartition("  (")
        return f"{head}  valid {values_text(step.values)}  ({times}"

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    @contextmanager
    def compilation(self) -> Iterator[None]:
        """Show inside the block what kernels are compiled, so that nobody wonders what takes so long."""
        from symcli import kernels

        with kernels.jit.watched(self._compiling):
            yield

    def _compiling(self, name: str) -> None:
        self._compiled += 1
        if self._compiled == 1:
            self.say("compiling kernels that are not in the cache yet; the next run finds them there")
        if self._bars:
            if self._bar is None:
                self._open("compiling", None, 0, "{desc} {n_fmt} [{elapsed}]{postfix}")
            self._bar.set_postfix_str(name, refresh=False)
            self._bar.update(1)
        elif self.verbose:
            self.say(f"compiling {name}")
