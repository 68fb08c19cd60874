"""The programs of arrays and gradients give the tutorials' values; so do the lines for those who come from PyTorch."""

import ast
import doctest
import re

import numpy as np
import pytest

from symcli import nd
from tests.house.source import ROOT
from tests.tutorials import autograd, indexing, lenet_nd, metrics, tensor_math


def agree(found, wanted):
    """Compare arrays with nested lists, or with tuples, which are shapes."""
    if isinstance(found, nd.NDArray):
        found = found.asnumpy()
    if isinstance(found, np.ndarray) and isinstance(wanted, tuple):
        assert found.shape == wanted
    elif isinstance(found, list | tuple):
        assert len(found) == len(wanted)
        for one, value in zip(found, wanted, strict=True):
            agree(one, value)
    elif wanted is None:
        assert found is None
    else:
        np.testing.assert_allclose(found, wanted, 1e-4, 1e-6)
        assert np.shape(found) == np.shape(wanted)


def test_autograd():
    agree(autograd.gradient(), [[4, 8], [12, 16]])
    agree(autograd.control_flow(), [[-512], [1024, 0]])
    agree(autograd.head_gradient(), [40, 8, 1.2])
    agree(autograd.accumulation(), [[3, 4], [8, 10], [0, 0]])
    agree(autograd.straight_through(), [[0, 1.5, 3], [3, 3, 3]])
    agree(autograd.linear_regression(), [[[2], [-3.4]], [4.2]])


def test_dropout_drops_while_recording_in_training_mode():
    before, recorded, predicting = autograd.modes()
    assert before == predicting == 1 and abs(recorded - 0.5) < 0.02


def test_indexing():
    assert indexing.shapes() == ((1, 2), (2,), (4,), (3,), (2, 2), (3, 4, 1))
    low, high = [4, 5, 6, 7], [8, 9, 10, 11]
    agree(indexing.rows(), [[low, high], [high, [0, 1, 2, 3], high]])
    agree(indexing.elements(), [[1, 6], [6], 6])
    agree(indexing.steps(), [[3, 2, 1, 0], [11, 10, 9, 8]])
    agree(indexing.views(), [[0, 0, 0, 0], [low]])
    agree(indexing.writing(), [[1, 2, 3, 10], [0, 0, 5, 0], [0, 0, 5, 0]])
    agree(indexing.picking(), [[0, 7, 9], [high, [0, 1, 2, 3]], [[1, 2], [5, 6], [9, 10]]])


def test_tensor_mathematics():
    agree(tensor_math.ranges(), [[1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]], [[1, 2], [3, 4], [5, 6]],
                                 [0, 0.25, 0.5, 0.75]])  # fmt: skip
    agree(tensor_math.functions(), [[1, 0.5, -1], [1, 0.5, -1], [1, 2.718282], [2, 3]])
    agree(tensor_math.remainders(), [[2.5, 0.5, 1], [-0.5, -2.5, -2], [2.5, -2.5, 1], [2.5, -2.5, 3], [3, -1]])
    agree(tensor_math.powers(), [[1, 4, 9], [2, 4, 8], [1, 4, 27], [1, 0.5, 1 / 3]])
    agree(tensor_math.bounds(), [[-1, 0.5, 1], [0, 0.5, 2], [0, 0.5, 3], [-2, 0.5, 2]])
    agree(tensor_math.broadcasting(), [[[0, 1, 2], [10, 11, 12]], [[1, 0, 0], [0, 1, 0]], [[0, 0, 1]]])
    agree(tensor_math.reductions(), [[15], [1.5, 2.5, 3.5], [2, 5], [2, 2], [7.416198]])
    agree(tensor_math.products(), [[[5, 14], [14, 50]], (2, 1, 2), [[0, 1, 4], [9, 16, 25]]])
    written, same = tensor_math.in_place()
    agree(written, [[2, 2], [2, 2]])
    assert same


def test_metrics():
    assert metrics.detector() == (("accuracy", pytest.approx(5 / 6)), ("mae", pytest.approx(0.20964317)))
    assert metrics.classifier() == {
        "accuracy": pytest.approx(2 / 3), "top_k_accuracy_2": 1, "cross-entropy": pytest.approx(0.5945971)
    }  # fmt: skip
    before, value, after = metrics.resetting()
    assert np.isnan(before) and value == 2 and np.isnan(after)


def test_lenet_from_arrays_lowers_its_loss():
    digits = np.load(lenet_nd.DIGITS)
    images, labels = nd.array(digits["images"][:32, None] / 16), nd.array(digits["labels"][:32])
    params = lenet_nd.parameters()
    losses = [lenet_nd.step(params, images, labels, 0.1) for _ in range(8)]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.slow
def test_lenet_from_arrays_learns_the_digits():
    assert lenet_nd.main(epochs=5) >= 0.93


def test_lines_beside_pytorch():
    text = (ROOT / "docs/pytorch.md").read_text()
    names: dict = {}
    rows = 0
    for piece in re.finditer(r"^```python\n(.*?)^```|^\| `[^\n]*\|$", text, re.MULTILINE | re.DOTALL):
        if piece[1] is not None:
            said: list[str] = []
            test = doctest.DocTestParser().get_doctest(piece[1], names, "pytorch.md", None, 0)
            runner = doctest.DocTestRunner()
            test.globs = names
            runner.run(test, out=said.append, clear_globs=False)
            assert not runner.failures, "".join(said)
            continue
        cells = [cell.strip() for cell in piece[0].strip("|").split(" | ")]
        if len(cells) < 3:
            continue
        line, wanted = (cell.split("`")[1] for cell in cells[1:])
        rows += 1
        try:
            agree(eval(line, names), ast.literal_eval(wanted))
        except Exception as error:
            raise AssertionError(f"docs/pytorch.md: {line}: {error}") from error
    assert rows > 50
