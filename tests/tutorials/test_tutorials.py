"""The tutorials run and reach what they promise."""

import pytest

from tests.tutorials import lenet_digits


@pytest.mark.slow
def test_lenet_learns_the_digits():
    assert lenet_digits.main() >= 0.97
