"""``symcli python``: programs that import mxnet, their arguments, exit codes and tracebacks.

Each runs in its own process, where mxnet stays what it was made.
"""

import subprocess
import sys

import pytest

import symcli

SAME = """
import sys
import mxnet
import mxnet as mx
import mxnet.symbol
import mxnet.symbol as sym
import symcli
from mxnet import nd, io
from mxnet.ndarray import NDArray
assert mxnet is mx and mx.nd is symcli.nd and sym is mxnet.symbol is symcli.symbol is symcli.sym
assert nd is symcli.nd and io is symcli.io and NDArray is symcli.nd.NDArray
assert sys.modules["mxnet.symbol"] is sys.modules["symcli.symbol"]
assert symcli.symbol.__spec__.name == symcli._MODULES["symbol"]
print(mx.sym.Variable("a").list_arguments())
"""


def python(*arguments, folder=None, text=None):
    """Return exit code, output and errors of ``symcli python ARGUMENTS``."""
    result = subprocess.run([sys.executable, "-m", "symcli", "python", *arguments], capture_output=True, text=True,
                            cwd=folder, input=text)  # fmt: skip
    return result.returncode, result.stdout, result.stderr


@pytest.fixture
def script(tmp_path):
    """Return a function that writes a program to a file."""

    def write(text, name="program.py"):
        (tmp_path / name).write_text(text)
        return name

    write.folder = tmp_path
    return write


def test_mxnet_is_symcli_module_for_module(script):
    assert python(script(SAME), folder=script.folder) == (0, "['a']\n", "")


def test_version_is_mxnets_and_symcli_keeps_its_own():
    code = "import mxnet, symcli; print(mxnet.__version__, mxnet.libinfo.__version__, symcli.__version__)"
    assert python("-c", code) == (0, f"1.9.1 1.9.1 {symcli.__version__}\n", "")


def test_package_answers_to_names_and_says_what_is_absent():
    code = "import mxnet as mx; print('sym' in dir(mx), mx.cpu()); mx.np"
    code, out, errors = python("-c", code)
    assert (code, out) == (1, "True cpu(0)\n") and "use mx.nd and mx.sym: there is no NumPy mode" in errors


FILES = """
import mxnet as mx
print(mx.sym.symbol.Symbol is mx.sym.Symbol, mx.nd.ndarray.NDArray is mx.nd.NDArray)
print(mx.io.io.DataBatch is mx.io.DataBatch)
from mxnet.module.base_module import BaseModule
from mxnet.module.executor_group import DataParallelExecutorGroup
from mxnet.executor_manager import _split_input_slice
assert _split_input_slice(10, [1, 1, 2]) == [slice(0, 2), slice(2, 4), slice(4, 10)]
from mxnet.ndarray.ndarray import NDArray
from mxnet.symbol.symbol import Symbol
from mxnet.rnn.rnn_cell import LSTMCell
from mxnet.optimizer.optimizer import SGD
from mxnet.gluon.data.dataset import ArrayDataset
import mxnet.ndarray.op as op, mxnet.symbol.contrib as contrib, mxnet.ndarray.random
print(BaseModule is mx.mod.BaseModule, op.exp is not None, contrib is mx.sym.contrib, LSTMCell is mx.rnn.LSTMCell)
"""


def test_names_of_mxnets_files_inside_its_packages():
    assert python("-c", FILES) == (0, "True True\nTrue\nTrue True True True\n", "")


def test_installed_mxnet_is_not_asked(script):
    (script.folder / "mxnet").mkdir()
    (script.folder / "mxnet" / "__init__.py").write_text("raise ImportError('the installed one')")
    assert python(script(SAME), folder=script.folder) == (0, "['a']\n", "")


def test_program_sees_its_arguments_name_and_folder(script):
    (script.folder / "sub").mkdir()
    program = script("import sys, beside; print(__name__, sys.argv, beside.x)", "sub/program.py")
    script("x = 5", "sub/beside.py")
    expected = f"__main__ ['{program}', '--help', '-m', 'a b'] 5\n"
    assert python(program, "--help", "-m", "a b", folder=script.folder) == (0, expected, "")


def test_module(script):
    script("import sys, mxnet; print(mxnet.__name__, __name__, sys.argv[1:])", "module.py")
    assert python("-m", "module", "-h", folder=script.folder) == (0, "symcli __main__ ['-h']\n", "")


def test_code_and_standard_input():
    code = "import sys, mxnet as mx; print(mx.sym.__name__, sys.argv)"
    assert python("-c", code, "-x") == (0, "symcli.graph.symbol ['-c', '-x']\n", "")
    assert python("-", "-x", text=code) == (0, "symcli.graph.symbol ['-', '-x']\n", "")


@pytest.mark.parametrize(
    ("end", "code", "errors"),
    [("sys.exit(7)", 7, ""), ("sys.exit()", 0, ""), ("sys.exit('no data')", 1, "no data\n"), ("exit(3)", 3, "")],
)
def test_exit_codes_pass_through(end, code, errors):
    assert python("-c", f"import sys; {end}") == (code, "", errors)


def test_exception_shows_the_programs_own_traceback(script):
    program = script("import mxnet\ndef f():\n    raise ValueError('wrong')\nf()\n")
    assert python(program, folder=script.folder) == (
        1, "",
        'Traceback (most recent call last):\n  File "program.py", line 4, in <module>\n    f()\n'
        '  File "program.py", line 3, in f\n    raise ValueError(\'wrong\')\nValueError: wrong\n',
    )  # fmt: skip


def test_causes_are_shown_too():
    code = "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('x') from error"
    errors = python("-c", code)[2]
    assert "ZeroDivisionError: division by zero\n\nThe above exception was the direct cause" in errors
    assert errors.endswith("ValueError: x\n") and "mxnet_programs" not in errors and "runpy" not in errors


def test_syntax_error(script):
    code, out, errors = python(script("def f(:\n"), folder=script.folder)
    assert (code, out) == (1, "") and errors.startswith('  File "program.py", line 1\n    def f(:\n')


@pytest.mark.parametrize("line", ["import mxnet.onnx", "from mxnet import onnx", "from mxnet.onnx import mx2onnx"])
def test_module_that_symcli_lacks_is_named(line):
    code, out, errors = python("-c", line)
    assert (code, out) == (1, "")
    assert errors == (
        'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n'
        "ModuleNotFoundError: symcli has no module 'onnx' (as mxnet.onnx is); use symcli convert, which knows MXNet's "
        "files and specs\n"
    )


def test_modules_that_are_there_are_named_where_nothing_stands_for_one():
    code, out, errors = python("-c", "from mxnet.symbol import register")
    assert (code, out) == (1, "")
    assert errors.endswith("has no module 'symbol.register' (as mxnet.symbol.register is); it has "
                           f"{', '.join(sorted(symcli._MODULES))}\n")  # fmt: skip


def test_program_can_try_an_import():
    code = "try:\n    import mxnet.onnx\nexcept ImportError as error:\n    print(error.name)"
    assert python("-c", code) == (0, "mxnet.onnx\n", "")


PROCESSES = """
import multiprocessing, os, subprocess, sys
from concurrent.futures import ProcessPoolExecutor
import mxnet as mx

def name(x):
    import mxnet.symbol
    return mxnet.__name__, float(mx.nd.array([x]).asscalar())

if __name__ == "__main__":
    for method in ("spawn", "fork"):
        with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
            print(list(pool.map(name, [1.5])))
    show = "import mxnet.symbol as sym, mxnet; print(mxnet.__name__, sym.__name__)"
    sys.stdout.flush()
    os.mkdir("elsewhere")
    subprocess.run([sys.executable, "-c", show], check=True, cwd="elsewhere")
"""


def test_processes_that_a_program_starts_have_symcli_too(script):
    code, out, errors = python(script(PROCESSES), folder=script.folder)
    assert (code, errors) == (0, "")
    assert out == "[('symcli', 1.5)]\n[('symcli', 1.5)]\nsymcli symcli.graph.symbol\n"


def test_file_that_is_not_there():
    assert python("nowhere.py") == (4, "", "nowhere.py: No such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "Error: Missing argument 'SCRIPT|-m MODULE|-c CODE …'.\n"), (["-m"], "Error: -m needs a module after it\n"),
     (["-c"], "Error: -c needs a program as text after it\n"),
     (["-O", "x.py"], "Error: there is no option -O; -m MODULE and -c CODE are known, options of Python itself go "
                      "before: python -O -m symcli python …\n")],
)  # fmt: skip
def test_command_line_that_is_none(arguments, message):
    code, out, errors = python(*arguments)
    assert (code, out) == (2, "") and errors.endswith(message)


TRAINING = """
import mxnet as mx
import numpy as np
net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1)
net = mx.sym.LinearRegressionOutput(net, name="lin")
data = mx.io.NDArrayIter(np.eye(4, dtype="float32"), np.arange(4, dtype="float32"), 4, label_name="lin_label")
module = mx.mod.Module(net, label_names=["lin_label"])
module.fit(data, num_epoch=200, optimizer_params={"learning_rate": 1.0}, eval_metric="mse")
print(np.round(module.predict(data).asnumpy().ravel(), 2) + 0.0)
"""


def test_program_trains_a_network(script):
    code, out, errors = python(script(TRAINING), folder=script.folder)
    assert (code, out) == (0, "[0. 1. 2. 3.]\n"), errors
