"""Curves as SVG."""

import xml.etree.ElementTree as ET

import pytest

from symcli.run.curves import _epochs, _ticks, curves_svg
from tests.cli.run import run
from tests.run.files import train

SVG = "{http://www.w3.org/2000/svg}"


def epochs(count):
    return [
        {"epoch": i, "train": {"accuracy": i / 10, "loss <1>": 1 / i}, "valid": {"accuracy": i / 20}}
        for i in range(1, count + 1)
    ]


def test_a_panel_for_each_metric_and_a_line_for_each_split():
    root = ET.fromstring(curves_svg(epochs(5), "a & b", {"epoch": 4, "metric": "accuracy", "value": 0.2}))
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert texts[0] == "a & b" and {"accuracy", "loss <1>", "train 0.5", "valid 0.25", "train 0.2", "best"} <= set(
        texts
    )
    lines = [one for one in root.iter(f"{SVG}path") if one.get("fill") == "none"]
    assert [len(one.get("d").split("L")) for one in lines] == [5, 5, 5]
    assert sum(one.get("stroke-dasharray") is not None for one in root.iter(f"{SVG}path")) == 1


ZEROS = [{"epoch": epoch, "train": {"loss": 0.0}} for epoch in (1, 2)]


@pytest.mark.parametrize("history", [[], epochs(1), [{"epoch": 1, "train": {"loss": None}}], ZEROS])
def test_little_to_draw(history):
    ET.fromstring(curves_svg(history, "run"))


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0.28, 1.0, [0.2, 0.4, 0.6, 0.8, 1.0]), (0.009, 2.16, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]),
     (3.0, 3.0, [1.0, 2.0, 3.0, 4.0, 5.0]), (-5, 1200, [-500.0, 0.0, 500.0, 1000.0, 1500.0])],
)  # fmt: skip
def test_ticks_are_round_and_span_the_values(low, high, ticks):
    assert _ticks(low, high, 5) == ticks


def test_epochs_on_the_axis():
    assert _epochs(1) == [1] and _epochs(3) == [1, 2, 3] and _epochs(20) == [1, 5, 10, 15, 20]
    assert _epochs(300) == [1, 50, 100, 150, 200, 250, 300]


def test_plot_draws_a_run(capsys, tmp_path):
    path = train(tmp_path, "train.epochs=2")
    drawn = (path / "curves.svg").read_text()
    assert run(capsys, "plot", str(path)).out == drawn
    assert run(capsys, "plot", str(path.parent), "-o", str(tmp_path / "out.svg")).code == 0
    assert (tmp_path / "out.svg").read_text() == drawn
    assert run(capsys, "plot", str(path), "-o", str(tmp_path / "out.dot")).code == 0
    assert (tmp_path / "out.dot").read_text().startswith("digraph ")  # the network: curves are drawn as SVG alone
    assert run(capsys, "plot", str(tmp_path)).code == 4
