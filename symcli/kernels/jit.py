"""Numba and the flags of the plain kernels, in one place.

``error_model='numpy'`` everywhere: with Python's, each float division tests for zero and no loop
vectorises (tanh 3.7 against 0.22 ns an element). ``fastmath`` is a chosen set: ``nnan`` and ``ninf``
would lose the NaN and infinities that users look for. ``reassoc`` vectorises sums (LayerNorm 6, BatchNorm's gradient 3,
matrix products 80 times as fast as without), but also turns (1 - f) v into v - f v, which is NaN for infinity: what
interpolates or updates is an ``ordered_kernel``.
"""

import hashlib
import logging
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import binding
from numba.core import event
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.ccallback import CFunc
from numba.core.sigutils import normalize_signature

from symcli.kernels import cache, processor
from symcli.kernels.kernel import Kernel

__all__ = ["callback", "function", "host", "is_kept", "kernel", "loop", "ordered_kernel", "types_of", "watched"]

# MXNet's tutorials set the root logger to DEBUG, and each kernel would log hundreds of lines.
for _library in ("numba", "filelock"):
    if logging.getLogger(_library).level == logging.NOTSET:
        logging.getLogger(_library).setLevel(logging.WARNING)

numba.config.CACHE_DIR = str(cache.directory())  # type: ignore[attr-defined]
processor.configure(numba.config, dict(binding.get_host_cpu_features()))

_FLAGS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc", "nsz"},
}


class _Files(IndexDataCacheFile):
    """Entries with a digest: an entry that a full disk or a crash has damaged must not be executed."""

    def _save_data(self, name: str, data: Any) -> None:
        content = self._dump(data)
        with self._open_for_write(self._data_path(name)) as file:
            file.write(hashlib.sha256(content).digest() + content)

    def _load_data(self, name: str) -> Any:
        content = Path(self._data_path(name)).read_bytes()
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            raise ValueError(f"{name} is damaged")
        return pickle.loads(content[32:])


class _Kept(FunctionCache):
    """Numba's cache on disk for processes side by side: who finds no entry compiles under a lock, damage is rebuilt."""

    def __init__(self, body: Callable[..., Any]):
        super().__init__(body)
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp())
        self._lock = cache.LockFile(Path(self._cache_path) / f"{self._impl.filename_base}.lock")

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found = self._load(sig, target_context)
        if found is None:
            if (tell := cache.on_missing.get()) is not None:
                tell()
            with suppress(OSError):
                self._impl.locator.ensure_cache_path()
            self._lock.acquire()
            found = self._load(sig, target_context)  # another process may have compiled it meanwhile
            if found is not None:
                self._lock.release()
        return found

    def _load(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # whatever a damaged file makes pickle raise
            with suppress(OSError):
                self._cache_file.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            if cache.unchanged():
                super().save_overload(sig, data)
            else:
                logging.getLogger("symcli").warning(
                    "The sources of symcli have changed since this process began, and it may run some of either; "
                    "start it again. The compiled kernel was not kept.")  # fmt: skip
        except OSError as error:  # as a full disk: the kernel is there all the same
            logging.getLogger("symcli").warning("A compiled kernel was not kept: %s", error)
        finally:
            self._lock.release()

    def is_there(self) -> bool:
        """Return whether the function was compiled for any types."""
        return Path(self._cache_file._index_path).exists()

    def release(self) -> None:
        """Let others compile what could not be compiled here."""
        self._lock.release()


def _kept(dispatcher: Any) -> Any:
    """Let a function that Numba will compile be kept on disk."""
    kept, compile_one = _Kept(dispatcher.py_func), dispatcher.compile

    def compile_and_release(signature: Any) -> Any:
        try:
            return compile_one(signature)
        finally:
            kept.release()

    dispatcher._cache, dispatcher.compile = kept, compile_and_release
    return dispatcher


class _Callback(CFunc):
    """A C function that is kept on disk."""

    def enable_caching(self) -> None:
        self._cache = _Kept(self.__wrapped__)

    def compile(self) -> None:
        try:
            super().compile()
        finally:
            self._cache.release()


class _Compiled(Kernel):
    """A compiled loop. Numba knows no float16: such arrays are computed in float32 and rounded back."""

    def __call__(self, *args: Any) -> None:
        if any(map(_is_half, args)):
            self.call(self._run_half, args)
        else:
            self.call(self.run, args)

    def _run_half(self, *args: Any) -> None:
        halves = [_is_half(arg) for arg in args]
        wide = [arg.astype(np.float32) if half else arg for arg, half in zip(args, halves, strict=True)]
        self.run(*wide)
        for arg, half, result in zip(args, halves, wide, strict=True):
            if half and arg.flags.writeable:
                np.copyto(arg, result, casting="unsafe")


def _is_half(arg: Any) -> bool:
    return isinstance(arg, np.ndarray | np.generic) and arg.dtype == np.float16


def ordered_kernel(loop: Callable[..., None]) -> Kernel:
    """Compile a loop that is computed as it is written: sums element after element, formulas without algebra."""
    return _Compiled(_kept(numba.njit(**{**_FLAGS, "fastmath": set()})(loop)), loop.__doc__)


def kernel(loop: Callable[..., None]) -> Kernel:
    """Compile a loop over arrays and numbers, once for each set of argument types, on its first call."""
    return _Compiled(_kept(numba.njit(**_FLAGS)(loop)), loop.__doc__)


def function(body: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of numbers that kernels of the same family call."""
    return _kept(numba.njit(**_FLAGS)(body))


def loop(signature: Any, body: Callable[..., Any], flags: Mapping[str, Any]) -> Any:
    """Compile a function now, for one signature; it runs without the interpreter's lock."""
    dispatcher = _kept(numba.njit(nogil=True, **flags)(body))
    dispatcher.compile(signature)
    dispatcher.disable_compile()
    return dispatcher


def callback(signature: Any, body: Callable[..., None], flags: Mapping[str, Any]) -> CFunc:
    """Compile a function now, with an address that other compiled code calls."""
    made = _Callback(body, normalize_signature(signature), locals={}, options=dict(flags))
    made.enable_caching()
    made.compile()
    return made


def is_kept(body: Callable[..., Any]) -> bool:
    """Return whether the cache holds a function, for whatever types."""
    return _Kept(body).is_there()


def types_of(arguments: tuple) -> tuple:
    """Return Numba's types of arguments, which a kernel is compiled for."""
    return tuple(map(numba.typeof, arguments))


@contextmanager
def watched(compiling: Callable[[str], None]) -> Iterator[None]:
    """Call ``compiling`` with the name of each kernel that has to be compiled, before that is done."""

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            compiling(event.data["dispatcher"].py_func.__name__)

        def on_end(self, event: Any) -> None:
            pass

    listener = Listener()
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)


def host() -> tuple[str, str, list[str]]:
    """Return LLVM's version, its name for this processor, and the processor's features."""
    features = binding.get_host_cpu_features()
    return (
        ".".join(map(str, binding.llvm_version_info)),
        binding.get_host_cpu_name(),
        sorted(name for name, has in features.items() if has),
    )
