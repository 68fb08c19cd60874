"""What this machine offers: limits of control groups, the kernel cache, processors by name."""

from pathlib import Path

import pytest

from symcli import kernels
from symcli.executor import machine


@pytest.fixture
def system(monkeypatch):
    """Return a function that sets what the files of the system hold."""

    def holds(**files):
        monkeypatch.setattr(machine, "_lines", lambda path: files.get(Path(path).name.replace(".", "_"), []))

    return holds


def test_control_group_limits_memory(system):
    meminfo = ["MemTotal:  1000 kB", "MemFree:  1 kB", "MemAvailable:  800 kB", "HugePages_Total:  0"]
    system(meminfo=meminfo)
    assert machine.memory() == (1000 * 1024, 800 * 1024)
    system(meminfo=meminfo, memory_max=["512000"], memory_current=["12000"])
    assert machine.memory() == (512000, 500000)
    system(meminfo=meminfo, memory_max=["max"], memory_current=["12000"])
    assert machine.memory() == (1000 * 1024, 800 * 1024)


def test_processor_bears_its_makers_name(system):
    system(cpuinfo=["processor\t: 0", "model name\t: Fast One: 3 GHz", "model name\t: Fast One: 3 GHz"])
    assert machine._processor() == "Fast One: 3 GHz"


def test_kernel_cache_counts_compiled_kernels(monkeypatch, tmp_path):
    monkeypatch.setattr(kernels.cache, "directory", lambda: tmp_path)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.1.nbc").write_bytes(b"12345")
    (tmp_path / "inner" / "a.nbi").write_bytes(b"123")
    assert machine.kernel_cache() == machine.Cache(str(tmp_path), 1, 8, True)


def test_widest_vectors_are_told(monkeypatch):
    monkeypatch.setattr(kernels.jit, "host", lambda: ("15.0", "znver3", ["avx2", "fma", "sse2"]))
    found = machine.machine()
    assert (found.vector_bits, found.features, found.llvm) == (256, ["fma", "avx2"], "15.0")
