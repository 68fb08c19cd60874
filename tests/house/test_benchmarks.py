"""The benchmarks' workloads are networks that check, and their table says what the results say."""

import json

import pytest

from tests.benchmarks.run import WORKLOADS, described, table


@pytest.mark.parametrize("name", WORKLOADS)
def test_workloads_are_networks_with_known_shapes(name):
    work, symbol = described(name)
    assert work["inputs"] and all(size > 0 for shape in work["inputs"].values() for size in shape)
    assert set(work["inputs"]) <= set(symbol.list_inputs())


def test_table_compares_with_the_best_mode_of_the_best_peer(tmp_path):
    def line(library, mode, median):
        return json.dumps({"workload": "W1", "library": library, "mode": mode, "threads": 2, "median_ms": median,
                           "peak_mb": 100 * median, "first_step_s": median})  # fmt: skip

    lines = [line("symcli", "module", 1), line("torch", "eager", 5), line("torch", "compile", 2),
             line("mxnet", "symbol", 3), line("symcli", "module", 2), line("torch", "compile", 3)]  # fmt: skip
    (tmp_path / "results.jsonl").write_text("\n".join(lines))
    assert table(tmp_path / "results.jsonl").splitlines()[2] == (
        "| W1 | MLP 784-256-128-10, batch 64, training | 2 | 2.5 (compile) | 3 (symbol) |  | 1.5 | 1.75 | 1.62 | 2 "
        "| 300 / 300 / - / 200 | 1.00 |"
    )
