"""Learning rate schedules."""

import math

import pytest

import symcli as mx
from symcli.params import from_texts
from symcli.train.registry import get_registry

lr = mx.lr_scheduler


def rates(schedule, count):
    return [schedule(i) for i in range(count)]


def test_factor_changes_after_each_step_and_stops():
    got = rates(lr.FactorScheduler(2, 0.1, 0.05, 1.0), 7)
    assert got == pytest.approx([1, 1, 1, 0.1, 0.1, 0.05, 0.05])


def test_factor_catches_up_where_training_resumes():
    assert lr.FactorScheduler(step=10, factor=0.5, base_lr=1.0)(35) == 0.125


def test_multi_factor_changes_after_its_steps():
    assert rates(lr.MultiFactorScheduler([1, 3], 0.5, 1.0), 6) == [1, 1, 0.5, 0.5, 0.25, 0.25]


def test_poly_and_cosine_end_at_final_lr():
    poly, cosine = lr.PolyScheduler(4, 1.0, 2, 0.2), lr.CosineScheduler(4, 1.0, 0.2)
    assert rates(poly, 6) == pytest.approx([0.2 + 0.8 * (1 - min(i, 4) / 4) ** 2 for i in range(6)])
    assert rates(cosine, 6) == pytest.approx([0.2 + 0.4 * (1 + math.cos(math.pi * min(i, 4) / 4)) for i in range(6)])


@pytest.mark.parametrize(("mode", "wanted"), [("linear", [0.1, 0.3, 0.5]), ("constant", [0.1, 0.1, 0.5])])
def test_warmup_comes_first(mode, wanted):
    schedule = lr.FactorScheduler(100, base_lr=0.5, warmup_steps=2, warmup_begin_lr=0.1, warmup_mode=mode)
    assert rates(schedule, 3) == pytest.approx(wanted)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: lr.FactorScheduler(0), "step=0 is too small"),
    (lambda: lr.FactorScheduler(1, 2.0), "factor=2.0 would raise"),
    (lambda: lr.MultiFactorScheduler([3, 2]), "does not rise"),
    (lambda: lr.MultiFactorScheduler([]), "lists no updates"),
    (lambda: lr.PolyScheduler(0), "max_update=0"),
    (lambda: lr.CosineScheduler(2.5), "max_update=2.5"),
    (lambda: lr.LRScheduler(0.1, warmup_begin_lr=0.2), "warmup_begin_lr=0.2 is above base_lr=0.1"),
    (lambda: lr.LRScheduler(0.1, warmup_steps=-1), "warmup_steps=-1 is negative"),
    (lambda: lr.LRScheduler(0.1, warmup_mode="sudden"), "warmup_mode='sudden'"),
])  # fmt: skip
def test_wrong_parameters_are_value_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_schedule_is_made_from_texts_by_name():
    schedule = from_texts(get_registry(lr.LRScheduler)["multifactorscheduler"], {"step": "(2, 4)"}, "schedule")
    assert schedule.step == (2, 4)
