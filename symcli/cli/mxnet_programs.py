"""Running programs that import mxnet: every import of it gives symcli's modules, the same objects."""

import importlib
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

__all__ = ["Absent", "InPlaceOfMXNet", "install", "run_code", "run_module", "run_script"]

FOREIGN, OWN, LIBRARY = "mxnet", "symcli", "symcli.libinfo"
# Holds an mxnet.py. Processes spawned by multiprocessing take sys.path, others PYTHONPATH; none has the finders.
PROCESSES = str(Path(__file__).with_name("processes"))

# Files of MXNet's that programs import by their own names: what is in them stands in the package around them.
_FILES = {
    "gluon": ("block", "parameter"),
    "gluon.data": ("dataloader", "dataset", "sampler"),
    "gluon.data.vision": ("datasets",),
    "image": ("detection", "image"),
    "io": ("io", "utils"),
    "kvstore": ("base", "kvstore"),
    "module": ("base_module", "bucketing_module", "executor_group", "module", "python_module", "sequential_module"),
    "ndarray": ("ndarray", "utils"),
    "optimizer": ("optimizer",),
    "rnn": ("io", "rnn", "rnn_cell"),
    "symbol": ("symbol",),
}


class InPlaceOfMXNet(MetaPathFinder, Loader):
    """Finds ``mxnet`` and ``mxnet.x`` before any installed package: they are a face of ``symcli``, and ``symcli.x``."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname != FOREIGN and not fullname.startswith(FOREIGN + "."):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        # For a submodule an empty one, until the real one takes its place.
        return Package(FOREIGN) if spec.name == FOREIGN else None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        own = _own(name[len(FOREIGN) + 1 :])
        if own not in sys.modules:
            __import__(own)  # unlike importlib.import_module it leaves no frame in tracebacks
        if isinstance(module, Package):
            module.__version__ = importlib.import_module(LIBRARY).__version__
            module.__name__ = OWN  # `from mxnet import onnx` then asks for symcli.onnx, and says what is there instead
        else:
            room = sys.modules[name] = sys.modules[own]
            _with_files(name[len(FOREIGN) + 1 :], room)


def _with_files(name: str, room: ModuleType) -> ModuleType:
    """Make a package of the room, with MXNet's files as attributes: mx.nd.ndarray.NDArray."""
    vars(room).setdefault("__path__", [])
    rooms = sys.modules[OWN]._MODULES
    for public, files in _FILES.items():
        if name == public or (name in rooms and rooms[name] == rooms.get(public)):  # mx.sym is mx.symbol
            vars(room).update(dict.fromkeys(set(files) - set(vars(room)), room))
    return room


def _own(name: str) -> str:
    """Return the name in symcli of MXNet's module ``name``, which may be a file or a namespace of operators."""
    room, _, last = name.rpartition(".")
    found = getattr(sys.modules[f"{FOREIGN}.{room}"], last, None) if room else None
    if isinstance(found, ModuleType):  # as module.base_module; or symbol.contrib, which is no file
        sys.modules[f"{OWN}.{name}"] = found
    elif last in _FILES.get(room, ()):
        name = room
    return f"{OWN}.{name}" if name else OWN


class Package(ModuleType):
    """``mxnet`` itself: symcli's names, but MXNet's version, which programs compare with the one they need."""

    __version__: str

    def __getattr__(self, name: str) -> Any:
        found = getattr(sys.modules[OWN], name)
        return _with_files(name, found) if name in sys.modules[OWN]._MODULES else found

    def __dir__(self) -> list[str]:
        return dir(sys.modules[OWN])


class Absent(MetaPathFinder):
    """Asked last: says which of MXNet's modules symcli does not have."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if not fullname.startswith(OWN + "."):
            return None
        room, _, last = fullname.rpartition(".")
        public = max((public for public, own in sys.modules[OWN]._MODULES.items() if own == room), default="", key=len)
        name = f"{public}.{last}" if public else fullname[len(OWN) + 1 :]
        try:
            getattr(sys.modules[room], last)
            words = ""
        except AttributeError as error:  # which knows what to use in its place
            words = str(error).partition("; use ")[2]
        hint = f"use {words}" if words else "it has " + ", ".join(sorted(sys.modules[OWN]._MODULES))
        raise ModuleNotFoundError(f"symcli has no module {name!r} (as mxnet.{name} is); {hint}",
                                  name=f"{FOREIGN}.{name}")  # fmt: skip


def install() -> None:
    """Let symcli stand for mxnet in this process from now on, and in those that it starts."""
    for name in [name for name in sys.modules if name == FOREIGN or name.startswith(FOREIGN + ".")]:
        del sys.modules[name]
    sys.meta_path.insert(0, InPlaceOfMXNet())
    sys.meta_path.append(Absent())
    if PROCESSES not in sys.path:
        sys.path.insert(1, PROCESSES)
    given = [part for part in (os.environ.get("PYTHONPATH"),) if part]
    if PROCESSES not in os.pathsep.join(given).split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join([PROCESSES, *given])


def run_script(path: str, arguments: Sequence[str]) -> int:
    """Run a program's file as ``python PATH ARGUMENTS…`` would, and return the exit code.

    Raises
    ------
    OSError
        If the file cannot be read.
    SystemExit
        If the program raises it.
    """
    if not os.path.isdir(path):
        with open(path, "rb"):
            pass
        _set_path(os.path.dirname(os.path.realpath(path)))
    sys.argv = [path, *arguments]
    return _run(lambda: runpy.run_path(path, run_name="__main__"))


def run_module(name: str, arguments: Sequence[str]) -> int:
    """Run a module as ``python -m NAME ARGUMENTS…`` would, and return the exit code."""
    _set_path(os.getcwd())
    sys.argv = [name, *arguments]
    return _run(lambda: runpy.run_module(name, run_name="__main__", alter_sys=True))


def run_code(code: str, arguments: Sequence[str], file: str = "<string>") -> int:
    """Run a program's text as ``python -c CODE ARGUMENTS…`` would, and return the exit code."""
    _set_path("")
    sys.argv = ["-c" if file == "<string>" else "-", *arguments]
    module = ModuleType("__main__")
    module.__dict__["__builtins__"] = __builtins__

    def run() -> None:
        sys.modules["__main__"] = module
        compiled: CodeType = compile(code, file, "exec")
        exec(compiled, module.__dict__)

    return _run(run)


def _set_path(folder: str) -> None:
    """Put the program's folder where Python puts it, in place of that of the symcli command."""
    if not sys.flags.safe_path:
        sys.path[0] = folder


def _run(program: Callable[[], Any]) -> int:
    install()
    try:
        program()
    except Exception as error:
        _show(error)
        return 1
    return 0


def _show(error: Exception) -> None:
    """Print a traceback as Python does, without the frames that ran the program and found its modules."""
    sys.stdout.flush()
    shown = traceback.TracebackException.from_exception(error)
    links: list[traceback.TracebackException | None] = [shown]
    for one in links:
        if one is not None:
            own = {__file__, runpy.__file__, "<frozen runpy>"}
            one.stack = traceback.StackSummary.from_list([frame for frame in one.stack if frame.filename not in own])
            links += [one.__cause__, one.__context__]
    print("".join(shown.format()), end="", file=sys.stderr)
