"""The command line as a whole: help, version, exit codes, what each error looks like."""

import importlib
import os
import signal
import subprocess
import sys

import click
import pytest

import symcli
from symcli import cli
from symcli.errors import MXNetError
from tests.cli.run import run


@pytest.fixture
def failing(monkeypatch):
    """Return a function that makes ``symcli ops`` raise an error."""

    def fail(error: BaseException) -> None:
        @click.command()
        def ops() -> None:
            raise error

        monkeypatch.setattr(importlib.import_module("symcli.cli.ops"), "ops", ops)

    return fail


def test_version(capsys):
    assert run(capsys, "--version") == (0, f"symcli {symcli.__version__}\n", "")


def test_without_arguments_it_says_what_to_try(capsys):
    answer = run(capsys)
    assert answer.code == 0 and len(to_try(answer.out)) == 3


def to_try(text):
    return [line.strip() for line in text.splitlines() if line.startswith("  ")]


@pytest.mark.parametrize("line", to_try(cli.TO_TRY))
def test_what_to_try_works(line):
    program = f'symcli() {{ {sys.executable} -m symcli "$@"; }}\n{line}'
    result = subprocess.run(["bash", "-o", "pipefail", "-c", program], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "") and result.stdout


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_of_every_command(capsys, name):
    answer = run(capsys, name, "--help")
    assert answer.code == 0 and answer.out.startswith(f"Usage: symcli {name}")
    assert cli.COMMANDS[name][1] in run(capsys, "--help").out


def test_unknown_command_is_suggested(capsys):
    answer = run(capsys, "opps")
    assert answer.code == 2
    commands = ", ".join(cli.COMMANDS)
    assert answer.err.endswith(f"Error: there is no command 'opps'; did you mean 'ops'?  commands: {commands}\n")


def test_unknown_option_is_a_usage_error(capsys):
    answer = run(capsys, "ops", "--jsn")
    assert answer.code == 2 and "--json" in answer.err


def test_mxnet_error_is_its_message(capsys, failing):
    failing(MXNetError("fc1: something is wrong; do better"))
    assert run(capsys, "ops") == (1, "", "fc1: something is wrong; do better\n")


def test_file_that_is_not_there(capsys, failing):
    failing(FileNotFoundError(2, "No such file or directory", "net.json"))
    assert run(capsys, "ops") == (4, "", "net.json: No such file or directory\n")


def test_bug_leaves_its_traceback_in_the_log(capsys, failing, monkeypatch, tmp_path):
    log = tmp_path / "symcli.log"
    monkeypatch.setattr("symcli.cli.console.log_file", lambda: log)
    failing(KeyError("weight"))
    answer = run(capsys, "ops")
    assert answer.code == 70 and answer.out == ""
    assert answer.err == f"a bug in symcli: KeyError: 'weight'; its traceback is in {log}, please report it\n"
    assert "Traceback (most recent call last)" in log.read_text() and "KeyError: 'weight'" in log.read_text()


def test_log_file_is_somewhere_that_can_be_written():
    from symcli.cli.console import log_file

    assert os.access(log_file().parent, os.W_OK)


def test_interrupt_from_the_keyboard(capsys, failing):
    failing(KeyboardInterrupt())
    assert run(capsys, "ops").code == 130


def test_interrupt_of_a_process():
    program = (
        "import sys, time\nfrom symcli import cli\nimport symcli.cli.ops as room\nimport click\n"
        "room.ops = click.command()(lambda: (click.echo('up'), time.sleep(60)))\nsys.exit(cli.main(['ops']))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and errors.strip() == b""


def test_reader_that_closes_the_pipe():
    command = f"{sys.executable} -m symcli ops --markdown | head -1"
    result = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("# Operators\n", "")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [("SYMCLI_ISA", "8", "needs one of avx512, avx2, baseline, or leave it unset"),
     ("SYMCLI_EXECUTOR", "foo", "needs one of engine, replay, interpreter, or leave it unset"),
     ("SYMCLI_EXECUTOR", "reply", "needs one of engine, replay, interpreter, or leave it unset; "
      "did you mean 'replay'?"),
     ("SYMCLI_NUM_THREADS", "zero", "needs a whole number from 1 up, or leave it unset")],
)  # fmt: skip
@pytest.mark.parametrize("command", ["doctor", "train absent.yaml"])
def test_an_environment_variable_that_is_wrong(variable, value, message, command):
    result = subprocess.run([sys.executable, "-m", "symcli", *command.split()], capture_output=True, text=True,
                            env={**os.environ, variable: value})  # fmt: skip
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"Error: {variable} is {value!r}; {message}\n"


def test_an_error_without_a_file_says_what_the_system_says(capsys, failing):
    failing(OSError(28, "No space left on device"))
    assert run(capsys, "ops") == (4, "", "No space left on device\n")
