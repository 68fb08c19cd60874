"""What this machine offers: versions, processor, memory, the cache of compiled kernels."""

import os
import platform
import subprocess
import tempfile
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from symcli import kernels
from symcli.engine import cores

__all__ = ["Cache", "Machine", "cache_key", "kernel_cache", "machine", "memory"]

# Feature of a processor -> the bits that one of its vectors holds, widest first.
_WIDTHS = {"avx512f": 512, "sve": 512, "avx2": 256, "avx": 256, "sse2": 128, "neon": 128}
_TELLING = ("fma", "avx", "avx2", "avx512f", "avx512bw", "avx512vnni", "avx512bf16", "avx512fp16", "amx-tile",
            "amx-bf16", "amx-int8", "neon", "sve")  # fmt: skip


@dataclass(frozen=True)
class Cache:
    """The directory of compiled kernels: how many there are, their bytes, and whether more can be written."""

    directory: str
    kernels: int
    bytes: int
    writable: bool


@dataclass
class Machine:
    """What this machine offers.

    Attributes
    ----------
    numpy, numba : versions; ``numba_error`` says why Numba does not load, empty if it does.
    vector_bits : how much one instruction works on, 0 if unknown.
    usable_cores : of ``cores``, as affinity and control groups allow.
    memory, free_memory : bytes, None if unknown.
    """

    python: str
    numpy: str
    blas: str
    numba: str
    llvm: str
    numba_error: str
    processor: str
    processor_kind: str
    vector_bits: int
    features: list[str]
    cores: int
    usable_cores: int
    memory: int | None
    free_memory: int | None
    cache: Cache = field(default_factory=lambda: kernel_cache())


def machine() -> Machine:
    """Return what this machine offers."""
    llvm, kind, failure = "", "", ""
    features: list[str] = []
    try:
        llvm, kind, features = kernels.jit.host()
    except Exception as error:  # whatever a broken installation raises is the answer here
        failure = f"{type(error).__name__}: {error}"
    total, free = memory()
    return Machine(
        python=f"{platform.python_version()} ({platform.python_implementation()})",
        numpy=metadata.version("numpy"),
        blas=_blas(),
        numba=metadata.version("numba"),
        llvm=llvm,
        numba_error=failure,
        processor=_processor() or kind,
        processor_kind=kind,
        vector_bits=max((_WIDTHS[one] for one in features if one in _WIDTHS), default=0),
        features=[one for one in _TELLING if one in features],
        cores=os.cpu_count() or 1,
        usable_cores=cores.usable_cores(),
        memory=total,
        free_memory=free,
    )


def kernel_cache() -> Cache:
    """Return the state of the kernel cache."""
    directory = kernels.cache.directory()
    files = [path for path in directory.rglob("*") if path.is_file()]
    try:
        with tempfile.TemporaryFile(dir=directory):
            writable = True
    except OSError:
        writable = False
    size = sum(path.stat().st_size for path in files)
    return Cache(str(directory), sum(path.suffix == ".nbc" for path in files), size, writable)


def cache_key() -> str:
    """Return a text that changes when compiled kernels cannot be used again: a key for a cache of CI."""
    _, kind, _ = kernels.jit.host()
    python = ".".join(platform.python_version_tuple()[:2])
    parts = (kernels.cache.key(), f"numba{metadata.version('numba')}", f"python{python}", platform.system(), kind)
    return "-".join(("symcli", *parts)).lower()


def _blas() -> str:
    import numpy as np

    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found['name']} {found['version']}"


def _processor() -> str:
    """Return the processor's name as its maker writes it, empty if nothing tells it."""
    lines = _lines("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    if names or platform.system() != "Darwin":
        return names[0] if names else platform.processor()
    asked = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True)
    return asked.stdout.strip()


def memory() -> tuple[int | None, int | None]:
    """Return the bytes of memory there are and that are free, as far as the system or a control group tells."""
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in _lines("/proc/meminfo") if "kB" in line}
    total, free = sizes.get("MemTotal"), sizes.get("MemAvailable")
    if total is None and hasattr(os, "sysconf"):
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    used = [int(line) for line in _lines("/sys/fs/cgroup/memory.current") if line.isdigit()]
    for line in _lines("/sys/fs/cgroup/memory.max"):
        if line.isdigit() and total is not None and int(line) < total:
            total = int(line)
            free = min(free if free is not None else total, total - sum(used))
    return total, free


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
