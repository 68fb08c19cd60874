"""The tutorials run and reach what they promise."""

import pytest

from tests.tutorials import lenet_digits, rnn


@pytest.mark.slow
def test_lenet_learns_the_digits():
    assert lenet_digits.main() >= 0.97


def test_recurrent_cells_learn_to_spell():
    assert rnn.main() < 1.2
