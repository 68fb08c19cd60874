"""What training needs of memory, against what is free."""

import pytest

from symcli.errors import SpecError
from symcli.job.data_checks import check_data
from symcli.job.job import load_job
from symcli.run import memory
from symcli.run.start import begin, open_data
from tests.run.files import job_file


def checked(tmp_path, *overrides):
    job = load_job(job_file(tmp_path), list(overrides))
    return job, check_data(job, open_data(job))


def test_what_is_counted(tmp_path):
    parameters = 64 * 16 + 16 + 2 * 16 + 16 * 10 + 10
    outputs = 32 * (64 * 2 + 16 * 3 + 3 * 16 + 10 * 2 + 1)
    fixed, by_batch = memory.needed_bytes(*checked(tmp_path))
    assert fixed == 4 * (4 * parameters + 2 * 16)  # Adam: weight, gradient, two states; the moving averages
    assert by_batch == pytest.approx(4 * outputs, rel=0.2)
    assert memory.needed_bytes(*checked(tmp_path, "train.optimizer=sgd"))[0] == 4 * (2 * parameters + 2 * 16)
    doubled = memory.needed_bytes(*checked(tmp_path, "train.batch_size=64"))[1]
    assert doubled == pytest.approx(2 * by_batch, rel=0.01)


def test_too_large_a_batch_is_a_finding_at_its_place(tmp_path, monkeypatch):
    job, inputs = checked(tmp_path)
    fixed, by_batch = memory.needed_bytes(job, inputs)
    monkeypatch.setattr(memory, "memory", lambda: (0, fixed + by_batch))
    assert memory.check_memory(job, inputs) == ""
    monkeypatch.setattr(memory, "memory", lambda: (0, fixed + by_batch // 2))
    assert "are free: if it stops here, train.batch_size: 16" in memory.check_memory(job, inputs)
    assert not job.findings
    monkeypatch.setattr(memory, "memory", lambda: (0, fixed + by_batch // 16))
    with pytest.raises(
        SpecError, match=r"small.yaml:21:15: error\[SYM704\]: training needs about .*: 2$|batch_size: 2"
    ):
        begin(load_job(job_file(tmp_path)), str(tmp_path / "runs"))
