"""A disk that fails: at every open, write, fsync and rename of a checkpoint. The old one stays, the exit code is 4."""

import errno
import os
import resource
import shutil
import tempfile
from types import SimpleNamespace

import pytest

import symcli.files
import symcli.run.folder
from symcli.cli.console import report
from symcli.errors import DataError
from symcli.run.checkpoint import newest
from symcli.run.start import resume
from tests.run.files import bytes_of, go_on, train


class Disk:
    """Stands before the calls of files.py; lets the call number ``fails`` fail, and counts them."""

    def __init__(self, monkeypatch, fails=None, code=errno.EIO):
        self.calls, self.fails, self.code = [], fails, code
        names = ("chmod", "fsync", "replace", "open", "close")
        calls = {name: self._failing(name, getattr(os, name)) for name in names if name != "close"}
        disk = SimpleNamespace(**{**vars(os), **calls, "fdopen": self._fdopen})
        monkeypatch.setattr(symcli.files, "os", disk)
        monkeypatch.setattr(symcli.files, "tempfile", SimpleNamespace(
            mkstemp=self._failing("mkstemp", tempfile.mkstemp)))  # fmt: skip
        monkeypatch.setattr(symcli.run.folder, "os", disk)

    def _failing(self, name, call):
        def checked(*args, **kwargs):
            self.calls.append(name)
            if len(self.calls) - 1 == self.fails:
                raise OSError(self.code, os.strerror(self.code), *map(str, args[:1]))
            return call(*args, **kwargs)

        return checked

    def _fdopen(self, *args):
        file = os.fdopen(*args)
        return _File(file, self._failing("write", file.write), self._failing("flush", file.flush))


class _File:
    def __init__(self, file, write, flush):
        self._file, self.write, self.flush, self.fileno = file, write, flush, file.fileno

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """Return a run that was interrupted in its second epoch, and one that was not."""
    folder = tmp_path_factory.mktemp("begun")
    (folder / "a").mkdir(), (folder / "b").mkdir()
    return train(folder / "a", batches=9), train(folder / "b")


def interesting(calls):
    """Return the numbers of calls; of several writes of a file the first and the last."""
    return [i for i, name in enumerate(calls) if name != "write" or calls[i - 1] != "write" or calls[i + 1] != "write"]


def epoch(path, disk):
    """Resume a run to the end of the epoch, on a disk of its own; return the calls of the disk."""
    training, _ = resume(str(path))
    failing = disk()
    try:
        for event in training.run():
            if getattr(event, "best", None) is not None:
                return failing.calls.copy()
    finally:
        training.folder.unlock()
    raise AssertionError("the epoch was not saved")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
def test_every_call_that_fails(begun, code, tmp_path, monkeypatch):
    begun, whole = begun
    shutil.copytree(begun, tmp_path / "counted")
    with monkeypatch.context() as patch:
        calls = epoch(tmp_path / "counted", lambda: Disk(patch))
    assert {"mkstemp", "write", "flush", "fsync", "chmod", "replace", "open"} == set(calls)
    for number in interesting(calls):
        path = tmp_path / str(number)
        shutil.copytree(begun, path)
        before = bytes_of(path)
        with monkeypatch.context() as patch, pytest.raises((OSError, DataError)) as raised:
            epoch(path, lambda fails=number, patch=patch: Disk(patch, fails, code))
        assert report(raised.value) == 4 and os.strerror(code) in str(raised.value), (number, calls[number])
        after = bytes_of(path)
        assert all(after[name] == before[name] for name in before if name.endswith((".params", ".state")))
        assert newest(path)[1] == []
        if number % 4 == 0:
            assert bytes_of(go_on(path)) == bytes_of(whole), (number, calls[number])
        shutil.rmtree(path)


def test_a_system_that_lets_no_more_be_written(begun, tmp_path):
    """The real thing beside the stand-in: the system itself refuses a file's bytes beyond a limit."""
    begun, whole = begun
    shutil.copytree(begun, tmp_path / "run")
    before = bytes_of(tmp_path / "run")
    training, _ = resume(str(tmp_path / "run"))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        with pytest.raises((OSError, DataError)) as raised:
            list(training.run())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert report(raised.value) == 4 and os.strerror(errno.EFBIG) in str(raised.value)
    after = bytes_of(tmp_path / "run")
    assert all(after[name] == before[name] for name in before if name.startswith("model"))
    assert bytes_of(go_on(tmp_path / "run")) == bytes_of(whole)
