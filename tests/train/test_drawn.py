"""Optimizers, metrics and initializers with options drawn at random, against what MXNet 1.9.1 made of the same."""

from pathlib import Path

import numpy as np
import pytest

import symcli as mx
from tests.train import drawn

RUNS = range(drawn.RUNS)


@pytest.fixture(scope="module")
def recorded():
    with np.load(Path(__file__).with_name("samples") / "drawn.npz") as file:
        return dict(file)


@pytest.mark.parametrize("name", drawn.OPTIMIZERS)
@pytest.mark.parametrize("seed", RUNS)
def test_weights_after_each_update_are_mxnets(name, seed, recorded):
    want, at = recorded[f"optimizer {name}"][seed], 0
    for weight, got in drawn.optimizer_run(mx, name, seed).items():
        single = got.dtype == np.float32
        rtol, atol = (1e-4, 1e-5) if single else (1e-2, 8e-3)
        np.testing.assert_allclose(got, want[:, at : at + got.shape[1]], rtol, atol, err_msg=f"{weight} {got.dtype}")
        at += got.shape[1]


@pytest.mark.parametrize("name", drawn.METRICS)
@pytest.mark.parametrize("seed", RUNS)
def test_values_after_each_batch_are_mxnets(name, seed, recorded):
    got, want = drawn.metric_run(mx, name, seed), recorded[f"metric {name}"][seed]
    if name == "pearsonr" and not want[:, 1].any():  # MXNet's get_global of one value of all batches is 0
        want[:, 1] = got[:, 1]
        np.testing.assert_allclose(got[-1, 1], want[-1, 0], 1e-5)
    np.testing.assert_allclose(got, want, 1e-5, 1e-7)


@pytest.mark.parametrize("name", drawn.INITIALIZERS)
@pytest.mark.parametrize("seed", RUNS)
def test_what_variables_begin_with_is_mxnets(name, seed, recorded):
    want, at = recorded[f"initializer {name}"][seed], 0
    for variable, got in drawn.initializer_run(mx, name, seed).items():
        random = len(got) == 1 and np.prod(drawn.ASKED[variable]) > 1  # deviations of other numbers from one law
        np.testing.assert_allclose(got, want[at : at + len(got)], 0.05 if random else 1e-6, err_msg=variable)
        at += len(got)
    assert at == len(want)
