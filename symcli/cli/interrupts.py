"""Ctrl-C and SIGTERM during training: the first asks for an end, a second one ends the process at once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Interrupts", "Overdue", "interruptible"]

PATIENCE = 4.0  # seconds that a step and the saving after it may take


class Overdue(BaseException):
    """The step that was running did not end in time, or there is nothing to save yet."""


class Interrupts:
    """What signal has come, 0 for none; while nothing can be saved yet, it ends the work at once.

    ``answer`` is called when the first one has come and the work goes on to save: inside the handler, wherever the
    program stands, so it may use nothing that it could have interrupted.
    """

    def __init__(self) -> None:
        self.signal = 0
        self.can_save = False
        self.answer: Callable[[], None] = lambda: None

    @property
    def exit_code(self) -> int:
        return 128 + self.signal

    def asked(self) -> bool:
        """Whether the work shall end."""
        return self.signal != 0

    def handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            os._exit(self.exit_code)
        self.signal = number
        if not self.can_save:
            raise Overdue
        self.answer()
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    def overdue(self, number: int, frame: FrameType | None) -> None:
        raise Overdue


@contextmanager
def interruptible() -> Iterator[Interrupts]:
    """Answer signals inside the block; afterwards they do what they did before."""
    found = Interrupts()
    handlers: dict[int, Any] = {signal.SIGINT: found.handle, signal.SIGTERM: found.handle}
    if hasattr(signal, "setitimer"):
        handlers[signal.SIGALRM] = found.overdue
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield found
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
