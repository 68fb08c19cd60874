"""MXNet's ``mx.profiler``: how long operators take, as a trace for ``chrome://tracing`` or a table.

While it runs, graphs run step by step, so that each can be timed: what the engine joins is one step. That costs what
starting each step by itself does; ``symcli time`` has the whole passes beside it. Source: ``python/mxnet/profiler.py``.
"""

import json
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from symcli.errors import MXNetError, suggest
from symcli.files import replacing
from symcli.ndarray import watch

__all__ = [
    "Counter", "Domain", "Event", "Frame", "Marker", "Task", "dump", "dump_profile", "dumps", "pause",
    "profiler_set_config", "profiler_set_state", "resume", "set_config", "set_state",
]  # fmt: skip

OPTIONS = {
    "filename": "profile.json", "profile_all": False, "profile_symbolic": True, "profile_imperative": True,
    "profile_memory": True, "profile_api": True, "aggregate_stats": False, "continuous_dump": False,
    "contiguous_dump": False, "dump_period": 1.0, "profile_process": "worker",
}  # fmt: skip
SORTS: dict[str, Callable[[list[float]], float]] = {
    "total": sum, "avg": lambda times: sum(times) / len(times), "min": min, "max": max, "count": len,
}  # fmt: skip


@dataclass
class _Profile:
    options: dict[str, Any] = field(default_factory=lambda: dict(OPTIONS))
    runs: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)
    times: dict[tuple[str, str], list[float]] = field(default_factory=dict)  # (kind, name) -> milliseconds
    origin: float = field(default_factory=time.perf_counter)

    def told(self, name: str, kind: str, start: float, end: float) -> None:
        wanted = "profile_imperative" if kind == "imperative" else "profile_symbolic"
        if kind in ("imperative", "forward", "backward") and not (self.options[wanted] or self.options["profile_all"]):
            return
        self.event("X", name, kind, start, dur=(end - start) * 1e6)
        self.times.setdefault((kind, name), []).append((end - start) * 1e3)

    def event(self, phase: str, name: str, kind: str, at: float, **more: Any) -> None:
        self.events.append({"name": name, "cat": kind, "ph": phase, "ts": (at - self.origin) * 1e6, "pid": os.getpid(),
                            "tid": threading.get_native_id(), **more})  # fmt: skip


_profile = _Profile()


def set_config(**kwargs: Any) -> None:
    """Say what is profiled and where it is written: ``filename``, ``profile_all``, ``aggregate_stats``, and so on.

    Raises
    ------
    MXNetError
        If there is no option of a name.
    """
    for name in kwargs:
        if name not in OPTIONS:
            hint = suggest(name, OPTIONS) or f"options: {', '.join(OPTIONS)}"
            raise MXNetError(f"profiler.set_config: there is no option {name!r}; {hint}")
    _profile.options.update(kwargs)


def set_state(state: str = "stop", profile_process: str = "worker") -> None:
    """Begin (``run``) or end (``stop``) profiling.

    Raises
    ------
    MXNetError
        If the state is neither.
    """
    if state not in ("run", "stop"):
        raise MXNetError(f"profiler.set_state: {state!r} is no state; needs run or stop")
    _profile.runs = state == "run"
    watch.told = _profile.told if _profile.runs else None


def pause(profile_process: str = "worker") -> None:
    """Leave out what runs until ``resume``."""
    watch.told = None


def resume(profile_process: str = "worker") -> None:
    """Go on after ``pause``."""
    watch.told = _profile.told if _profile.runs else None


def dump(finished: bool = True, profile_process: str = "worker") -> None:
    """Write the trace to the file of ``set_config``; ``finished`` also ends profiling.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if finished:
        set_state("stop")
    head = {"name": "process_name", "ph": "M", "pid": os.getpid(), "args": {"name": "symcli"}}
    text = json.dumps({"traceEvents": [head, *_profile.events], "displayTimeUnit": "ms"}, indent=1)
    with replacing(_profile.options["filename"]) as file:
        file.write((text + "\n").encode())


def dumps(reset: bool = False, format: str = "table", sort_by: str = "total", ascending: bool = False) -> str:
    """Return counts and times of each operator, as a table or as JSON; needs ``set_config(aggregate_stats=True)``.

    Raises
    ------
    ValueError
        If ``format`` or ``sort_by`` is unknown.
    MXNetError
        If aggregate statistics were not asked for.
    """
    for name, given, known in (("format", format, ("table", "json")), ("sort_by", sort_by, tuple(SORTS))):
        if given not in known:
            raise ValueError(f"profiler.dumps: {name}={given!r}; needs one of {', '.join(known)}")
    if not _profile.options["aggregate_stats"]:
        raise MXNetError("profiler.dumps: nothing was added up; say set_config(aggregate_stats=True) first")
    kinds = sorted({kind for kind, _ in _profile.times})
    found = {kind: sorted(((name, times) for (of, name), times in _profile.times.items() if of == kind),
                          key=lambda row: SORTS[sort_by](row[1]), reverse=not ascending) for kind in kinds}  # fmt: skip
    if reset:
        _profile.times.clear()
    if format == "json":
        return json.dumps({"Time": {kind: {name: _numbers(times) for name, times in rows}
                                    for kind, rows in found.items()}}, indent=1)  # fmt: skip
    return "\nProfile Statistics:\n" + "".join(_table(kind, rows) for kind, rows in found.items())


def _numbers(times: list[float]) -> dict[str, float]:
    names = {"total": "Total", "avg": "Avg", "min": "Min", "max": "Max", "count": "Count"}
    return {names[name]: round(of(times), 4) for name, of in SORTS.items()}


def _table(kind: str, rows: Iterable[tuple[str, list[float]]]) -> str:
    titles = ("Total Count", "Time (ms)", "Min Time (ms)", "Max Time (ms)", "Avg Time (ms)")
    lines = [kind, "=" * 17, f"{'Name':<40}" + "".join(f"{title:>16}" for title in titles)]
    for name, times in rows:
        cells = (f"{len(times)}", *(f"{value:.4f}" for value in (sum(times), min(times), max(times),
                                                                 sum(times) / len(times))))  # fmt: skip
        lines.append(f"{name:<40}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines) + "\n\n"


def profiler_set_config(mode: str = "symbolic", filename: str = "profile.json") -> None:
    """Do what ``set_config`` does; this name is deprecated in MXNet."""
    warnings.warn("profiler_set_config() is deprecated; use set_config()", DeprecationWarning, stacklevel=2)
    set_config(profile_symbolic=True, profile_imperative=mode == "all", filename=filename)


def profiler_set_state(state: str = "stop") -> None:
    """Do what ``set_state`` does; this name is deprecated in MXNet."""
    warnings.warn("profiler_set_state() is deprecated; use set_state()", DeprecationWarning, stacklevel=2)
    set_state(state)


def dump_profile() -> None:
    """Do what ``dump`` does; this name is deprecated in MXNet."""
    warnings.warn("dump_profile() is deprecated; use dump()", DeprecationWarning, stacklevel=2)
    dump(True)


# ---- what a program marks itself


class Domain:
    """A name that a program's own marks share."""

    def __init__(self, name: str):
        self.name = name

    def __str__(self) -> str:
        return self.name

    def new_task(self, name: str) -> "Task":
        """Return a task of this domain."""
        return Task(self, name)

    def new_frame(self, name: str) -> "Frame":
        """Return a frame of this domain."""
        return Frame(self, name)

    def new_counter(self, name: str, value: float | None = None) -> "Counter":
        """Return a counter of this domain."""
        return Counter(self, name, value)

    def new_marker(self, name: str) -> "Marker":
        """Return a marker of this domain."""
        return Marker(self, name)


class Event:
    """A stretch of time with a name."""

    def __init__(self, name: str):
        self.name, self._kind, self._start = name, "event", 0.0

    def start(self) -> None:
        """Begin it."""
        self._start = time.perf_counter()

    def stop(self) -> None:
        """End it."""
        if watch.told is not None:
            watch.told(self.name, self._kind, self._start, time.perf_counter())

    def __enter__(self) -> "Event":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __str__(self) -> str:
        return self.name


class Task(Event):
    """A stretch of time that belongs to a domain."""

    def __init__(self, domain: Domain, name: str):
        super().__init__(name)
        self._kind = domain.name


class Frame(Task):
    """One of many stretches of a kind, as the frames of a video."""


class Counter:
    """A number that changes in time."""

    def __init__(self, domain: Domain, name: str, value: float | None = None):
        self.name, self._domain, self._value = name, domain, 0.0
        if value is not None:
            self.set_value(value)

    def set_value(self, value: float) -> None:
        """Make it this number."""
        self._value = value
        if watch.told is not None:
            _profile.event("C", self.name, self._domain.name, time.perf_counter(), args={self.name: value})

    def increment(self, delta: float = 1) -> None:
        """Add to it."""
        self.set_value(self._value + delta)

    def decrement(self, delta: float = 1) -> None:
        """Take from it."""
        self.set_value(self._value - delta)

    def __iadd__(self, delta: float) -> "Counter":
        self.increment(delta)
        return self

    def __isub__(self, delta: float) -> "Counter":
        self.decrement(delta)
        return self

    def __str__(self) -> str:
        return self.name


class Marker:
    """A point of time."""

    def __init__(self, domain: Domain, name: str):
        self.name, self._domain = name, domain

    def mark(self, scope: str = "process") -> None:
        """Note that it is now; ``scope`` is global, process, thread or task."""
        if watch.told is not None:
            _profile.event(
                "i",
                self.name,
                self._domain.name,
                time.perf_counter(),
                s={"global": "g", "process": "p"}.get(scope, "t"),
            )
