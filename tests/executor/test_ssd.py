"""An SSD whose graph and parameters MXNet made: one training step gives MXNet's outputs and gradients, to 1e-4."""

from pathlib import Path

import numpy as np
import pytest

import symcli as mx
from symcli.environment import MODES

FOLDER = Path(__file__).parents[1] / "samples" / "ssd"


@pytest.mark.parametrize("mode", MODES)
def test_ssd_trains_as_in_mxnet(mode):
    with np.load(FOLDER / "recorded.npz") as stored:
        recorded = dict(stored)
    symbol = mx.sym.load(str(FOLDER / "ssd-symbol.json"))
    inputs = {name.removeprefix("in/"): array for name, array in recorded.items() if name.startswith("in/")}
    requests = {name: "null" if name in ("data", "label") else "write" for name in inputs}
    executor = symbol.simple_bind(mx.cpu(), grad_req=requests, data=inputs["data"].shape, label=inputs["label"].shape)
    executor.mode = mode
    executor.copy_params_from({name: mx.nd.array(array) for name, array in inputs.items()})
    for name, state in executor.aux_dict.items():
        state[:] = float(name.endswith("var"))
    executor.forward(is_train=True)
    executor.backward()
    gradients = {name: array for name, array in executor.grad_dict.items() if array is not None}
    for kind, arrays in (("out", executor.output_dict), ("grad", gradients), ("aux", executor.aux_dict)):
        assert {f"{kind}/{name}" for name in arrays} == {key for key in recorded if key.startswith(f"{kind}/")}
        for name, array in arrays.items():
            np.testing.assert_allclose(array.asnumpy(), recorded[f"{kind}/{name}"], 1e-4, 1e-5, err_msg=name)
