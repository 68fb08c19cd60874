"""The second process that compiles in a cold start: it is used, changes nothing, may fail, and ends with the first."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symcli.executor import compile_ahead
from symcli.kernels import multibox

# Trains one step with a network of instructions and plain kernels; ``{change}`` is done once the second has begun.
PROGRAM = """
import hashlib, json, os, sys
import numpy as np
import symcli as mx
from symcli.engine import cores
from symcli.executor import compile_ahead
from symcli.kernels import cache

cores.usable_cores = lambda: 2
real, began = compile_ahead.start, []
sys.executable = {python!r}


def files(ending):
    return sorted(path.name for path in cache.directory().rglob("*." + ending))


def start(calls):
    began.append(real(calls))
    {change}
    return began[-1]


compile_ahead.start = start
net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), pad=(1, 1), num_filter=8, no_bias=True, name="conv")
net = mx.sym.Activation(mx.sym.BatchNorm(net, fix_gamma=False, name="norm"), act_type="relu")
net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
net = mx.sym.smooth_l1(mx.sym.FullyConnected(net, num_hidden=4, name="dense"), scalar=1.0)
net = mx.sym.SoftmaxOutput(net, name="softmax")
bound = net.simple_bind(mx.cpu(), data=(4, 3, 16, 16))
random = np.random.RandomState(0)
for array in bound.arg_arrays:
    array[:] = random.uniform(0.1, 1, array.shape)
bound.forward(is_train=True)
bound.backward()
text = b"".join(array.asnumpy().tobytes() for array in bound.grad_arrays)
compile_ahead.stop()
print(json.dumps({{"began": began, "index": files("nbi"), "code": len(files("nbc")), "known": globals().get("known"),
                  "gradients": hashlib.sha256(text).hexdigest()}}))
"""
WAIT = "compile_ahead._started[0][1].wait(); globals()['known'] = files('nbc')"
KILL = "compile_ahead._started[0][1].kill()"

pytestmark = pytest.mark.slow


def begin(folder: Path, change: str = "pass", python: str = sys.executable) -> subprocess.Popen:
    environment = {**os.environ, "SYMCLI_CACHE_DIR": str(folder), "SYMCLI_NUM_THREADS": "2"}
    return subprocess.Popen([sys.executable, "-c", PROGRAM.format(change=change, python=python)], env=environment,
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            start_new_session=True)  # fmt: skip


def run(folder: Path, change: str = "pass", python: str = sys.executable) -> dict:
    process = begin(folder, change, python)
    out, err = process.communicate()
    assert process.returncode == 0 and err == "", err
    return json.loads(out)


def test_it_compiles_what_the_first_needs_and_nothing_else(tmp_path):
    alone = run(tmp_path / "alone", python="/nowhere/python")
    assert alone["began"] == [False]
    waited = run(tmp_path / "waited", WAIT)
    assert waited["began"] == [True]
    assert len(waited["known"]) >= compile_ahead.FEWEST and any("smooth_l1" in name for name in waited["known"])
    assert {**waited, "began": 0, "known": 0} == {**alone, "began": 0, "known": 0}
    again = run(tmp_path / "waited")
    assert again["began"] == [] and again["code"] == waited["code"]  # nothing is missing, nothing begins


@pytest.mark.parametrize("change", [KILL, "pass"])
def test_killed_or_not_the_step_is_the_same(change, tmp_path):
    both = run(tmp_path, change)
    assert both["began"] == [True] and both["known"] is None
    assert run(tmp_path) == {**both, "began": []}


def test_one_that_fails_is_harmless(tmp_path):
    fails = tmp_path / "python"
    fails.write_text("#!/bin/sh\necho no; echo no >&2; exit 3\n")
    fails.chmod(0o755)
    assert run(tmp_path / "cache", python=str(fails))["began"] == [True]


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_first(kind, tmp_path):
    process = begin(tmp_path, "print(compile_ahead._started[0][1].pid, flush=True)")
    pid = int(process.stdout.readline())
    os.killpg(process.pid, kind)
    process.communicate()
    assert process.returncode != 0
    for _ in range(2000):  # tries, not seconds: all may be suspended meanwhile
        if not _runs(pid):
            return
        time.sleep(0.05)
    pytest.fail("the second process still runs")


def _runs(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return state != "" and not state.startswith("Z")


def test_nothing_begins_where_it_is_of_no_use(monkeypatch):
    calls = [(multibox.prior.run, (1.0,))]
    monkeypatch.setattr(compile_ahead.jit, "is_kept", lambda body: False)
    assert not compile_ahead.start(calls)  # one kernel
    monkeypatch.setattr(compile_ahead, "FEWEST", 1)
    monkeypatch.setattr(compile_ahead.cores, "usable_cores", lambda: 1)
    assert not compile_ahead.start(calls)
    monkeypatch.setattr(compile_ahead.cores, "usable_cores", lambda: 2)
    monkeypatch.setattr(compile_ahead.cores, "threads", lambda: 2)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not compile_ahead.start(calls)
