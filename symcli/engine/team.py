"""The team of threads that runs tapes.

The thread that calls ``Team.run`` is thread 0; the others are daemon threads that wait in compiled code without the
interpreter's lock, spinning for about a millisecond and then asleep on a lock. Starting a tape costs 1.7 us while they
spin. A process that forks gets new threads in the child when it first needs them.
"""

import ctypes
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import numpy as np

from symcli.engine import cores, planes
from symcli.engine.tape import BLOCK, COUNT, PATIENCE, SLEEP, START, TAPE, aligned, post, run_tape, worker

__all__ = ["Team", "current", "for_device", "get", "using"]

_IDLE_PAUSES = 40_000  # about 1 ms
_BARRIER_PAUSES = 5_000  # about 50 us

_teams: "weakref.WeakSet[Team]" = weakref.WeakSet()


@lru_cache(None)
def _usleep() -> int:
    """Return the address of the C library's usleep; 0 where there is none, and threads only spin."""
    function = getattr(ctypes.CDLL(None), "usleep", None) if os.name == "posix" else None
    return (ctypes.cast(function, ctypes.c_void_p).value or 0) if function is not None else 0


class Team:
    """Threads that run one tape at a time.

    Parameters
    ----------
    threads : the caller's among them; no more than shares.
    shares : into how many parts the work of each instruction is divided; as many as threads if not given.

    Attributes
    ----------
    size : the shares. Sums over shares are the same for any number of threads, so a fixed number of shares gives the
        same bytes on machines of all sizes.
    """

    def __init__(self, threads: int, shares: int | None = None):
        self.size = shares or threads
        self.threads = min(threads, self.size)
        self._scratch: dict[int, np.ndarray] = {}
        self._reset()
        _teams.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._words = aligned(BLOCK, np.int64)
        self._block = self._words.__array_interface__["data"][0]
        self._words[SLEEP], self._words[PATIENCE] = _usleep(), _BARRIER_PAUSES
        self._generation = 0
        self._wake = [threading.Semaphore(0) for _ in range(self.threads)]
        self._asleep = [False] * self.threads
        self._started = False

    def scratch(self, size: int) -> np.ndarray:
        """Return uninitialised memory (shares, ``size`` floats or more) for the time of one instruction.

        A row is the same thread's always: lines that pass from core to core with each layer cost more than what a small
        one computes.
        """
        rounded = 1 << max(14, (size - 1).bit_length())
        if rounded not in self._scratch:
            self._scratch[rounded] = planes.guarded((self.size, rounded))
        return self._scratch[rounded]

    def _start(self) -> None:
        for thread in range(1, self.threads):
            threading.Thread(target=self._work, args=(thread,), name=f"symcli-{thread}", daemon=True).start()
        self._started = True

    def _work(self, thread: int) -> None:
        generation, block, words = 0, self._block, self._words  # words: keeps the block alive
        while words is self._words:
            generation = worker(block, thread, self.threads, self.size, generation, _IDLE_PAUSES)
            self._asleep[thread] = True
            if self._generation == generation:
                self._wake[thread].acquire()
            self._asleep[thread] = False

    def run(self, tape: int, count: int) -> None:
        """Run ``count`` instructions of the tape at an address; returns when all threads are done."""
        with self._lock:
            if self.threads > 1:
                if not self._started:
                    self._start()
                self._words[TAPE], self._words[COUNT] = tape, count
                self._generation += 1
                post(self._block + 8 * START, self._generation)
                for thread in range(1, self.threads):
                    if self._asleep[thread]:
                        self._wake[thread].release()
            run_tape(tape, count, 0, self.threads, self.size, self._block)


@lru_cache(None)
def get(threads: int, shares: int | None = None) -> Team:
    """Return the process's team of a size; those who share it take turns."""
    return Team(threads, shares)


class _Current(threading.local):
    team: Team | None = None


_current = _Current()


def for_device(devices: int = 1) -> Team:
    """Return a new team for one of some devices, of usable cores // devices."""
    return Team(cores.threads(devices), cores.shares())


def current() -> Team:
    """Return the team that instructions of this thread run on; of all usable cores unless ``using`` says otherwise."""
    return _current.team or get(cores.threads(), cores.shares())


@contextmanager
def using(team: Team) -> Iterator[None]:
    """Let instructions of this thread run on a team."""
    outer, _current.team = _current.team, team
    try:
        yield
    finally:
        _current.team = outer


def _after_fork() -> None:
    for team in _teams:
        team._reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
