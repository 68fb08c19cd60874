"""The recipes of CONTRIBUTING.md work: their blocks are put into the files they name, in a process of their own."""

import json
import re
import subprocess
import sys

from tests.house.source import ROOT

PROGRAM = """
import importlib, json, sys
import numpy as np

for module, file in json.load(sys.stdin):
    room = importlib.import_module(module)
    exec(compile(open(file).read(), file, "exec"), vars(room))

import symcli as mx
from tests import check
from tests.ops import rows_unary

check.check_operator(rows_unary.ROWS[-1])

w, m = np.array([1.0, -2.0, 3.0]), np.zeros(3)
weight, state = mx.nd.array(w), None
optimizer = mx.optimizer.create("lion", learning_rate=0.1, wd=0.01)
update = mx.optimizer.get_updater(optimizer)
for step in range(3):
    g = np.array([0.5, -1.0, 0.25]) * (step - 1)
    update(0, mx.nd.array(g), weight)
    w -= 0.1 * (np.sign(0.9 * m + 0.1 * g) + 0.01 * w)
    m = 0.99 * m + 0.01 * g
np.testing.assert_allclose(weight.asnumpy(), w, 1e-5)
"""


def test_recipes_work(tmp_path):
    places = []
    for number, block in enumerate(
        re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    ):
        path = block.splitlines()[0].removeprefix("# ")
        assert (ROOT / path).exists(), f"CONTRIBUTING.md names {path}"
        file = tmp_path / f"block{number}.py"
        file.write_text(block)
        places.append((path.removesuffix(".py").replace("/", "."), str(file)))
    assert len(places) == 6
    result = subprocess.run([sys.executable, "-c", PROGRAM], input=json.dumps(places), capture_output=True, text=True,
                            cwd=ROOT)  # fmt: skip
    assert result.returncode == 0, result.stderr
