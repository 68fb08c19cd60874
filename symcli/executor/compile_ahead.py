"""A second process that compiles what a first step needs, beside the first: LLVM works on one kernel at a time in each.

It is started when kernels are missing from the cache, is given the names of all that the step will call, compiles them
from the last to the first, and ends. The two meet somewhere: who comes second finds the kernel in the cache, or waits
for the lock on it. Nothing depends on it; where it cannot be started, or is killed, the first compiles all itself.
"""

import atexit
import base64
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from symcli.engine import cores
from symcli.kernels import cache, jit

__all__ = ["Call", "start", "stop"]

Call = tuple[Callable[..., Any], tuple]
Named = tuple[str, str, Any]  # module, name of the kernel in it, types of the arguments of a plain one

FEWEST = 8  # missing kernels that it is started for: to load Python and Numba takes as long as to compile four
_started: list[tuple[int, subprocess.Popen]] = []  # by which process, and the last one


def start(calls: Iterable[Call]) -> bool:
    """Start the second process for these calls in their order, unless it is of no use; return whether it was."""
    named = _named(calls)
    if len(named) < FEWEST or min(cores.usable_cores(), cores.threads()) < 2 or _runs() or not _can_start():
        return False
    package = Path(__file__).parents[2]  # as working directory, so that no module of the user's is taken for another
    apart: dict[str, Any] = {"start_new_session": True}  # Ctrl-C is for the first
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    environment = {**os.environ, "SYMCLI_CACHE_DIR": str(cache.directory().parent.absolute())}
    try:
        process = subprocess.Popen([sys.executable, "-m", "symcli.executor.compile_ahead"], cwd=package,
                                   env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, **apart)  # fmt: skip
    except (OSError, ValueError):
        return False
    _started[:] = [(os.getpid(), process)]
    if process.stdin is not None:
        with suppress(OSError):  # it has ended already
            process.stdin.write(base64.b64encode(pickle.dumps(named[::-1])) + b"\n")
            process.stdin.flush()
    return True


@atexit.register
def stop() -> None:
    """End the second process, if it still runs and was started by this one."""
    if _started and _started[0][0] == os.getpid():
        process = _started.pop()[1]
        process.kill()
        process.wait()
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()


def _runs() -> bool:
    """Return whether it runs; one that has ended leaves nothing behind after this."""
    if _started and _started[0][0] == os.getpid():
        if _started[0][1].poll() is None:
            return True
        stop()
    return False


def _can_start() -> bool:
    """Return whether ``sys.executable`` is Python, not a program that Python is a part of."""
    name = Path(sys.executable or "").stem.lower()
    return name.startswith("python") and not getattr(sys, "frozen", False)


def _named(calls: Iterable[Call]) -> list[Named]:
    """Return the names of kernels that are missing here, each once; what has none is left to the first process."""
    found: dict[tuple, Named] = {}
    for function, arguments in calls:
        body = getattr(function, "body", None) or getattr(function, "py_func", None)
        if body is None:
            continue
        module, name = body.__module__, body.__qualname__
        if getattr(getattr(sys.modules.get(module), name, None), "run", None) is not function:
            continue
        types = None if hasattr(function, "body") else jit.types_of(arguments)
        if not jit.is_kept(body):
            found[module, name, types] = module, name, types
    return list(found.values())


def _compile(named: Iterable[Named], first: int) -> None:
    for module, name, types in named:
        if os.getppid() != first:  # it has ended, but another process that it forked holds its end of the pipe
            return
        with suppress(Exception):  # the first process will meet it, and say so
            function = getattr(import_module(module), name).run
            if types is None:
                _ = function.address
            else:
                function.compile(types)


def _end_with_the_first() -> None:
    """End at once when the first process does, however that happens: its end of the pipe is closed then."""
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Compile the kernels whose names come in."""
    first = os.getppid()
    line = sys.stdin.buffer.readline()
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    if line:
        _compile(pickle.loads(base64.b64decode(line)), first)
    os._exit(0)


if __name__ == "__main__":
    main()
