"""Networks drawn at random: whatever the engine makes of them, it computes what the plain operators do."""

import pytest

from tests.engine.random_networks import agrees


@pytest.mark.parametrize("seed", range(40))
def test_random_network(seed):
    agrees(seed)
