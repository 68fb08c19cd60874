"""Programs as MXNet's users wrote them: ``symcli python`` runs them untouched, and they learn what MXNet 1.9.1 learns.

The bounds lie below what MXNet 1.9.1 reaches: 0.87, 0.95, perplexity 1.26, 0.83 after 64 steps on two devices, 0.86.
"""

from pathlib import Path

import numpy as np
import pytest

import symcli
from tests.cli.run import run

PROGRAMS = Path(__file__).parent / "mxnet"
DIGITS = Path(__file__).parents[2] / "datasets" / "digits" / "digits.npz"


@pytest.fixture
def as_mxnet(monkeypatch):
    """Let programs import mxnet in this process, as ``symcli python`` does, and forget it afterwards."""
    import sys

    before = dict(sys.modules), list(sys.meta_path), list(sys.path), list(sys.argv)
    yield
    sys.meta_path[:], sys.path[:], sys.argv[:] = before[1:]
    for name in [name for name in sys.modules if name.split(".")[0] == "mxnet"]:
        del sys.modules[name]


@pytest.mark.parametrize(("program", "least", "most"), [
    ("module_images.py", 0.82, 1.0), ("gluon_data.py", 0.92, 1.0), ("bucketing_lstm.py", 1.0, 1.5),
    ("two_devices.py", 0.55, 1.0), ("custom_softmax.py", 0.8, 1.0),
])  # fmt: skip
def test_program_runs_untouched_and_learns(program, least, most, as_mxnet, capsys):
    answer = run(capsys, "python", str(PROGRAMS / program), str(DIGITS))
    assert answer.code == 0, answer.err
    name, value = answer.out.split()[-2:]
    assert name in ("accuracy", "perplexity")
    assert least <= float(value) <= most


def test_two_devices_are_one(as_mxnet):
    """The same parameters on both devices, those of one device up to rounding."""
    from symcli.cli.mxnet_programs import install

    install()
    import runpy

    main = runpy.run_path(str(PROGRAMS / "two_devices.py"))["main"]
    _, two = main(str(DIGITS), 2, 1)
    _, one = main(str(DIGITS), 1, 1)
    for first, second, alone in zip(*two, one[0], strict=True):
        np.testing.assert_array_equal(first.asnumpy(), second.asnumpy())
        np.testing.assert_allclose(first.asnumpy(), alone.asnumpy(), 1e-2, 1e-3)
    assert symcli.cpu(1) == two[1][0].context
