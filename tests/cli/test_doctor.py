"""``symcli doctor``: what it lists, as text and JSON; the cache key; warming."""

import json
import re
from importlib import metadata

import pytest

import symcli
from symcli import kernels
from symcli.cli.doctor import EXTRAS
from symcli.executor.machine import Cache, Machine
from tests.cli.run import run
from tests.house.source import ROOT

MACHINE = Machine(
    python="3.12.1 (CPython)", numpy="2.1.0", blas="openblas 0.3", numba="0.61.0", llvm="15.0.7", numba_error="",
    processor="Some Processor", processor_kind="znver3", vector_bits=256, features=["fma", "avx2"], cores=8,
    usable_cores=4, memory=32 * 2**30, free_memory=None, cache=Cache("cache", 12, 3 * 2**20, True),
)  # fmt: skip
TEXT = f"""\
symcli        {symcli.__version__}
Python        3.12.1 (CPython)
NumPy         2.1.0, BLAS: openblas 0.3
Numba         0.61.0, LLVM 15.0.7
processor     Some Processor (znver3)
vectors       256 bits: fma, avx2
cores         4 usable of 8
memory        32.0 GiB, unknown free
kernel cache  cache, 12 kernels, 3.0 MiB
extras:
  plot         missing  curves of a run as pictures: pip install 'symcli[plot]'
  onnx         missing  networks from and to ONNX: pip install 'symcli[onnx]'
  mpi          missing  training on several machines: pip install 'symcli[mpi]'
  tensorboard  missing  curves in TensorBoard: pip install 'symcli[tensorboard]'
  graphviz     missing  networks as SVG: apt-get install graphviz
"""


@pytest.fixture
def described(monkeypatch):
    """A machine that is always the same, without any extra."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("symcli.executor.machine.machine", lambda: MACHINE)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)


def test_text(capsys, described):
    assert run(capsys, "doctor") == (0, TEXT, "")


def test_json(capsys, described):
    answer = json.loads(run(capsys, "doctor", "--json").out)
    assert list(answer) == ["schema", "symcli", "python", "numpy", "numba", "processor", "memory", "kernel_cache",
                            "extras"]  # fmt: skip
    assert answer["processor"] == {"name": "Some Processor", "kind": "znver3", "vector_bits": 256,
                                   "features": ["fma", "avx2"], "cores": 8, "usable_cores": 4}  # fmt: skip
    assert answer["extras"][0] == {"name": "plot", "package": "matplotlib", "present": False,
                                   "for": "curves of a run as pictures",
                                   "install": "pip install 'symcli[plot]'"}  # fmt: skip


def test_numba_that_does_not_load_is_said_and_exits_with_3(capsys, described, monkeypatch):
    def host():
        raise ImportError("Numba needs NumPy 2.0 or less")

    monkeypatch.undo()
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(kernels.jit, "host", host)
    answer = run(capsys, "doctor")
    assert answer.code == 3
    assert (
        "does not load: ImportError: Numba needs NumPy 2.0 or less; pip install --upgrade numba numpy\n" in answer.out
    )


def test_this_machine(capsys):
    answer = json.loads(run(capsys, "doctor", "--json").out)
    assert answer["numba"]["version"] == metadata.version("numba") and answer["numba"]["error"] == ""
    assert 1 <= answer["processor"]["usable_cores"] <= answer["processor"]["cores"]
    assert answer["kernel_cache"]["directory"] == str(kernels.cache.directory())


def test_cache_key_names_all_that_compiled_kernels_depend_on(capsys):
    answer = run(capsys, "doctor", "--cache-key")
    assert re.fullmatch(r"symcli-[0-9a-f]{16}-numba[\d.]+\w*-python3\.\d+-\w+-[\w.-]+\n", answer.out)
    assert kernels.cache.key() in answer.out and kernels.jit.host()[1].lower() in answer.out
    assert run(capsys, "doctor", "--cache-key") == answer


@pytest.mark.slow
def test_warming_compiles_once(capsys):
    run(capsys, "doctor", "--warm")
    answer = run(capsys, "doctor", "--warm")
    assert re.fullmatch(r"0 kernels compiled in \d+\.\d s; .+ holds \d+, [\d.]+ MiB\n", answer.out), answer.out


def test_extras_are_those_of_the_package():
    declared = (ROOT / "setup.cfg").read_text().split("[options.extras_require]")[1].split("\n[")[0]
    for extra, (module, _) in EXTRAS.items():
        assert f"\n{extra} = {module}>=" in declared


def test_two_answers_at_once_are_refused(capsys):
    answer = run(capsys, "doctor", "--json", "--warm")
    assert answer.code == 2 and "choose one" in answer.err
