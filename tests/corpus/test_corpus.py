"""Behaviour recorded from MXNet 1.9.1, case by case; what runs graphs is run in all modes of the executor."""

from collections import Counter

import pytest

from tests.corpus import run_ops, run_params, run_shapes, run_traces

CASES = [*run_ops.cases(), *run_shapes.cases(), *run_params.cases(), *run_traces.cases()]


def test_cases_are_all_collected():
    assert Counter(case.section for case in CASES) == {"ops": 876, "shapes": 337, "params": 73, "traces": 126}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_recorded(case):
    case.check(*case.arguments)


@pytest.mark.parametrize("case", [case for case in CASES if case.executes], ids=str)
@pytest.mark.parametrize("mode", ["replay", "interpreter"])
def test_recorded_without_the_engine(case, mode, monkeypatch):
    monkeypatch.setenv("SYMCLI_EXECUTOR", mode)
    case.check(*case.arguments)
