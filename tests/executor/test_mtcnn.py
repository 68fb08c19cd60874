"""MTCNN's networks, trained and saved in MXNet: the same answers here, to 1e-4."""

from pathlib import Path

import numpy as np
import pytest

import symcli as mx
from symcli.environment import MODES

FOLDER = Path(__file__).parents[1] / "samples" / "mtcnn"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "pixels"), [("det1", "image"), ("det2", "crops")])
def test_mtcnn_gives_what_mxnet_gives(name, pixels, mode):
    recorded = np.load(FOLDER / "recorded.npz")
    images = recorded[pixels].reshape(-1, *recorded[pixels].shape[-3:])
    data = ((images.astype(np.float32) - 127.5) * 0.0078125).transpose(0, 3, 1, 2)
    symbol, arguments, states = mx.model.load_checkpoint(str(FOLDER / name), 1)
    executor = symbol.simple_bind(mx.cpu(), grad_req="null", data=data.shape)
    executor.mode = mode
    executor.copy_params_from(arguments, states)
    executor.forward(data=data)
    for output, value in executor.output_dict.items():
        np.testing.assert_allclose(value.asnumpy(), recorded[f"{name}/{output}"], 1e-4, 1e-4)
