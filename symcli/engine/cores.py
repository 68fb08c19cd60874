"""How many cores this process may use, and how many threads the engine takes."""

import os
from pathlib import Path

from symcli import environment

__all__ = ["make_deterministic", "shares", "threads", "usable_cores"]

_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # quota and period of the control group, in microseconds


def usable_cores() -> int:
    """Return the number of cores that affinity and a control group's quota leave to this process."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, _, period = _QUOTA.read_text(encoding="ascii").partition(" ")
    except OSError:
        return usable
    return min(usable, max(1, int(quota) // int(period))) if quota.isdigit() else usable


def threads(devices: int = 1) -> int:
    """Return the number of threads of one device: usable cores // devices, or what the environment says."""
    return environment.num_threads() or max(1, usable_cores() // max(1, devices))


_FIXED_SHARES = 8
_deterministic: list[bool] = [False]


def make_deterministic(on: bool) -> None:
    """Let executors whose first step comes after this compute the same bytes with any number of threads, or not.

    The work of each instruction is divided into 8 shares then; more than 8 threads have nothing to do.
    """
    _deterministic[0] = on


def shares() -> int | None:
    """Return into how many shares work is divided; None for as many as there are threads."""
    return _FIXED_SHARES if _deterministic[0] else None
