"""The cache of compiled kernels: shared by processes and processors, rebuilt where damaged, pruned, never refused."""

import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from symcli.kernels import cache, jit

# Compiles one plain kernel and one function of the engine, and says how often each was found and compiled.
PROGRAM = """
import numpy as np
from symcli import kernels
from symcli.engine import tape
x = np.ones(2, np.float32); y = np.ones(2, np.float32)
kernels.loss.difference(x, x, 1.0, y)
stats = kernels.loss.difference.run.stats
words = np.zeros(1, np.int64); tape.post(words.ctypes.data, 7); assert words[0] == 7
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()), y[0])
"""


def start(folder: Path, **variables: str) -> subprocess.Popen:
    environment = {**os.environ, "SYMCLI_CACHE_DIR": str(folder), **variables}
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)  # fmt: skip


def said(process: subprocess.Popen) -> str:
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out.strip()


COMPILED, FOUND = "0 1 0.0", "1 0 0.0"


@pytest.mark.slow
def test_a_program_that_logs_everything_is_spared_the_compilers_log(tmp_path):
    verbose = "import logging; logging.basicConfig(level=logging.DEBUG)\n" + PROGRAM
    for expected in ("0 1 0.0\n", "1 0 0.0\n"):  # compiled, found
        result = subprocess.run([sys.executable, "-c", verbose], env={**os.environ, "SYMCLI_CACHE_DIR": str(tmp_path)},
                                text=True, capture_output=True)  # fmt: skip
        assert (result.returncode, result.stdout, result.stderr) == (0, expected, "")


def test_damaged_entries_are_rebuilt(tmp_path):
    assert said(start(tmp_path)) == COMPILED
    assert said(start(tmp_path)) == FOUND
    for ending in ("nbc", "nbi"):
        for path in tmp_path.rglob(f"*.{ending}"):
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 255
            path.write_bytes(content if ending == "nbc" else content[:-7])
        assert said(start(tmp_path)) == COMPILED
        assert said(start(tmp_path)) == FOUND


@pytest.mark.slow
def test_processes_that_start_together_compile_once(tmp_path):
    assert sorted(map(said, [start(tmp_path), start(tmp_path)])) == [COMPILED, FOUND]


@pytest.mark.slow
def test_processors_share_a_directory(tmp_path):
    assert said(start(tmp_path, SYMCLI_ISA="avx2")) == COMPILED
    one_for_all = platform.machine().lower() not in ("x86_64", "amd64")  # SYMCLI_ISA is about those
    assert said(start(tmp_path, SYMCLI_ISA="baseline")) == (FOUND if one_for_all else COMPILED)
    assert said(start(tmp_path, SYMCLI_ISA="avx2")) == FOUND
    assert said(start(tmp_path, SYMCLI_ISA="baseline")) == FOUND


@pytest.mark.slow
def test_where_nothing_can_be_written_a_temporary_directory_serves(tmp_path):
    (tmp_path / "file").touch()
    variables = {"TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "file")}
    assert said(start(tmp_path / "file" / "below", **variables)) == COMPILED
    (own,) = tmp_path.glob("symcli-*")
    assert own.stat().st_mode & 0o077 == 0
    assert said(start(tmp_path / "file" / "below", **variables)) == FOUND


def test_a_temporary_directory_of_another_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.tempfile, "tempdir", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"symcli-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    found = cache._temporary()
    assert found.name.startswith("symcli-") and not found.is_symlink() and (found / cache.key()).is_dir()


def test_directories_of_other_sources_are_deleted_when_unused(tmp_path):
    for name in ("0" * 16, "1" * 16, "2" * 16, "notes", "3" * 15):
        (tmp_path / name / "sub").mkdir(parents=True)
    month_ago = time.time() - 31 * cache.DAY
    for name in ("0" * 16, "2" * 16, "notes"):
        os.utime(tmp_path / name, (month_ago, month_ago))
    assert cache.prune(tmp_path, "2" * 16) == [tmp_path / ("0" * 16)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1" * 16, "2" * 16, "3" * 15, "notes"]


def test_key_is_a_hash_of_sources():
    assert re.fullmatch("[0-9a-f]{16}", cache.key())
    assert cache.directory().name == cache.key()


def _double(x, out):
    """out = 2 x."""
    for i in range(x.size):
        out[i] = 2 * x[i]


def test_what_is_compiled_after_the_sources_changed_is_not_kept(monkeypatch, caplog):
    assert cache.unchanged()
    monkeypatch.setattr(cache, "_hash", lambda: "of other sources")
    assert not cache.unchanged()
    out = np.zeros(3)
    jit.kernel(_double)(np.ones(3), out)
    assert out.tolist() == [2, 2, 2]
    assert "sources of symcli have changed" in caplog.text
    assert not list(cache.directory().rglob("test_kernel_cache._double-*.nbi"))


def test_a_lock_that_nobody_gives_back_is_waited_for_and_done_without(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.LockFile, "WAIT", 0.01)
    first, second = cache.LockFile(tmp_path / "a.lock"), cache.LockFile(tmp_path / "a.lock")
    first.acquire()
    second.acquire()
    assert second._lock is None
    second.release()
    first.release()
    second.acquire()
    assert second._lock is not None
    second.release()


EXPRESSION = """
import numpy as np
from symcli.engine.expression import expression
kernel = expression("1 1 v1;mul x0 s0;tanh v0")
x = np.ones(8, np.float32); y = np.zeros(8, np.float32)
kernel(x.size, x, y, 0.5)
compiled = kernel.run._compiled[1]
print(compiled.cache_hits, y[0].round(4))
"""


@pytest.mark.slow
def test_expressions_are_found_by_the_next_process(tmp_path):
    environment = {**os.environ, "SYMCLI_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", EXPRESSION]
    runs = [subprocess.run(command, env=environment, text=True, capture_output=True, check=True) for _ in range(2)]
    assert [one.stdout.split() for one in runs] == [["0", "0.4621"], ["1", "0.4621"]]
