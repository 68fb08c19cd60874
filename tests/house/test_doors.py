"""What a fresh process loads, and that every public name is the room it stands for."""

import importlib
import json
import subprocess
import sys

import pytest

import symcli

NETWORK = """
import symcli as mx
net = mx.sym.Variable('data')
net = mx.sym.Convolution(net, kernel=(3, 3), num_filter=8)
net = mx.sym.Activation(mx.sym.BatchNorm(net), act_type='relu')
net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type='max')
net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=10), name='softmax')
assert net.infer_shape(data=(4, 3, 32, 32))[1] == [(4, 10)]
"""
REPORT = "\nimport sys, json; sys.stdout.write(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"


def loaded(program: str) -> set[str]:
    """Return the top-level packages that a fresh process has loaded after a program."""
    result = subprocess.run([sys.executable, "-c", program + REPORT], capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout.splitlines()[-1]))


def test_import_loads_nothing_heavy():
    assert not loaded("import symcli") & {"numpy", "numba", "click", "yaml", "tqdm", "PIL"}


def test_shape_inference_loads_no_arrays():
    assert not loaded(NETWORK) & {"numpy", "numba", "click"}


def test_binding_loads_numpy_but_no_numba_until_a_kernel_needs_it():
    program = "import symcli as mx\nmx.sym.Variable('a').simple_bind(mx.cpu(), a=(2,)).forward()"
    found = loaded(program)
    assert "numpy" in found and not found & {"numba", "llvmlite"}


def test_help_loads_click_alone():
    run = "from symcli.cli import main\nimport contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    "
    found = loaded(run + "assert main(['--help']) == 0")
    assert "click" in found and not found & {"numpy", "numba", "yaml", "tqdm", "PIL", "platformdirs"}


SPEC = "{network: {inputs: {A: [10, 2]}, graph: {D: A / 10 + 1}}}"


@pytest.mark.parametrize("arguments", [["ops", "FullyConnected"], ["infer-shape", "net.yaml"]], ids=str)
def test_commands_without_arrays_load_none(arguments, tmp_path, monkeypatch):
    (tmp_path / "net.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    run = "from symcli.cli import main\nimport contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    "
    assert not loaded(run + f"assert main({arguments}) == 0") & {"numpy", "numba"}


@pytest.mark.parametrize("public", sorted(symcli._MODULES))
def test_public_module_is_its_room(public):
    room = importlib.import_module(symcli._MODULES[public])
    assert importlib.import_module(f"symcli.{public}") is room
    assert getattr(symcli, public) is room


@pytest.mark.parametrize("public", sorted(symcli._MODULES))
def test_public_module_is_its_room_when_imported_first(public):
    same = f"symcli.{public} is sys.modules['symcli.{public}'] is sys.modules['{symcli._MODULES[public]}']"
    loaded(f"import sys, symcli.{public}\nassert {same}")


@pytest.mark.parametrize("public", sorted(symcli._NAMES))
def test_public_name_is_found(public):
    assert getattr(symcli, public) is getattr(importlib.import_module(symcli._NAMES[public]), public)
    assert public in dir(symcli)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'gluon2'"):
        _ = symcli.gluon2
