"""How many threads the engine takes."""

import os

import pytest

from symcli.engine import cores


@pytest.mark.parametrize(
    ("quota", "expected"), [("50000 100000", 1), ("300000 100000", 3), ("max 100000", 8), ("900000 100000", 8)]
)
def test_control_group_limits_cores(quota, expected, monkeypatch, tmp_path):
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(cores, "_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    assert cores.usable_cores() == expected


@pytest.mark.parametrize(
    ("environment", "devices", "expected"),
    [({}, 1, 8), ({}, 3, 2), ({}, 20, 1), ({"OMP_NUM_THREADS": "3,2"}, 1, 3), ({"OMP_NUM_THREADS": "4"}, 2, 4),
     ({"SYMCLI_NUM_THREADS": "2", "OMP_NUM_THREADS": "4"}, 1, 2), ({"SYMCLI_NUM_THREADS": "4,2"}, 1, 4),
     ({"SYMCLI_NUM_THREADS": "", "OMP_NUM_THREADS": "4"}, 1, 4), ({"OMP_NUM_THREADS": "many"}, 1, 8),
     ({"OMP_NUM_THREADS": "0"}, 1, 8)],
)  # fmt: skip
def test_threads_of_a_device(environment, devices, expected, monkeypatch):
    for name in ("SYMCLI_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cores, "usable_cores", lambda: 8)
    assert cores.threads(devices) == expected


@pytest.mark.parametrize("value", ["many", "0", "-1", "2.5", "²"])
def test_a_number_of_threads_that_is_none_is_refused(value, monkeypatch):
    monkeypatch.setenv("SYMCLI_NUM_THREADS", value)
    with pytest.raises(ValueError, match=f"SYMCLI_NUM_THREADS is '{value}'; needs a whole number from 1 up"):
        cores.threads()
