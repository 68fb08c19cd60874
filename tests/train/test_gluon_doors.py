"""What stands behind mx.gluon: batches over devices, losses, saved networks."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

import symcli as mx
from symcli import autograd, gluon
from symcli.errors import DataError, MXNetError, ParamError

MODELS = Path(__file__).parents[1] / "samples" / "models"


def test_batches_are_split_over_devices():
    data = mx.nd.arange(10).reshape((5, 2))
    with pytest.raises(ValueError, match="5 examples along axis 0 give no 2 equal parts"):
        gluon.utils.split_and_load(data, [mx.cpu(0), mx.cpu(1)])
    parts = gluon.utils.split_and_load(data, [mx.cpu(0), mx.cpu(1)], even_split=False)
    assert [(part.shape, part.context) for part in parts] == [((3, 2), mx.cpu(0)), ((2, 2), mx.cpu(1))]
    assert [part.shape for part in gluon.utils.split_data(data, 2, batch_axis=1)] == [(5, 1), (5, 1)]
    assert gluon.utils.split_and_load(np.ones((2, 2)), [mx.cpu(1)])[0].context == mx.cpu(1)
    with pytest.raises(ValueError, match="too few for 6 parts"):
        gluon.utils.split_data(data, 6, even_split=False)


def test_norms_are_clipped_together():
    arrays = [mx.nd.array([3.0]), mx.nd.array([4.0])]
    assert gluon.utils.clip_global_norm(arrays, 1.0) == pytest.approx(5)
    np.testing.assert_allclose([one.asscalar() for one in arrays], [0.6, 0.8], 1e-5)
    assert gluon.utils.clip_global_norm(arrays, 2.0) == pytest.approx(1)
    with pytest.raises(MXNetError, match="the norm is nan"):
        gluon.utils.clip_global_norm([mx.nd.array([np.nan])], 1)


def test_nothing_is_downloaded(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    found = gluon.utils.download("https://example.org/a.txt", str(tmp_path), sha1_hash=hashlib.sha1(b"a").hexdigest())
    assert found == str(tmp_path / "a.txt") and gluon.utils.check_sha1(found, hashlib.sha1(b"a").hexdigest())
    with pytest.raises(MXNetError, match=r"downloads nothing; get https://example\.org/b\.txt"):
        gluon.utils.download("https://example.org/b.txt", str(tmp_path))


# What MXNet 1.9.1 computes of PRED with LABEL, or with CLASSES for the softmax; each value an example's.
PRED = [[1.0, -2.0, 0.5], [0.2, 0.3, -0.7]]
LABEL = [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]
LOSSES = {
    "L2Loss()": None, "L1Loss()": None, "SigmoidBCELoss()": None, "HuberLoss(rho=0.5)": None, "HingeLoss()": None,
    "LogisticLoss(label_format='binary')": None, "KLDivLoss(from_logits=False)": None,
    "SoftmaxCELoss(sparse_label=False)": None, "SoftmaxCELoss()": None,
}  # fmt: skip


def test_losses_are_mxnets():
    recorded = np.load(Path(__file__).parent / "samples" / "losses.npz")
    for text in LOSSES:
        loss = eval(f"gluon.loss.{text}")
        label = mx.nd.array([0, 2] if text == "SoftmaxCELoss()" else LABEL)
        np.testing.assert_allclose(loss(mx.nd.array(PRED), label).asnumpy(), recorded[text], 1e-5, 1e-6)
        symbol = loss(mx.sym.Variable("p"), mx.sym.Variable("l"))
        (found,) = symbol.eval(p=mx.nd.array(PRED), l=label)
        np.testing.assert_allclose(found.asnumpy(), recorded[text], 1e-5, 1e-6)
    weighted = gluon.loss.L1Loss(weight=2)(mx.nd.array(PRED), mx.nd.array(LABEL), mx.nd.array([[0.0], [1.0]]))
    np.testing.assert_allclose(weighted.asnumpy(), [0, 2 * recorded["L1Loss()"][1]], 1e-5)
    with pytest.raises(ParamError, match="needs signed or binary"):
        gluon.loss.LogisticLoss(label_format="other")


def test_a_saved_network_is_called():
    folder = MODELS / "gluon-resnet"
    recorded = np.load(folder / "recorded.npz")
    net = gluon.SymbolBlock.imports(str(folder / "resnet-symbol.json"), ["data"], str(folder / "resnet-0000.params"))
    data = mx.nd.array(recorded["data"])
    np.testing.assert_allclose(net(data).asnumpy(), recorded["output"], 1e-4, 1e-4)
    with autograd.record(train_mode=False):
        output = net(data)
        loss = (output * output).sum()
    np.testing.assert_allclose(output.asnumpy(), recorded["output"], 1e-4, 1e-4)
    loss.backward()
    weight = net.params["resnetv10_dense0_weight"]
    before = weight.data().asnumpy()
    assert np.abs(weight.grad().asnumpy()).max() > 0
    weight.set_data(weight.data() - 0.1 * weight.grad())
    assert not np.allclose(net(data).asnumpy(), recorded["output"], 1e-3, 1e-3)
    weight.set_data(before)
    np.testing.assert_allclose(net(data).asnumpy(), recorded["output"], 1e-4, 1e-4)
    with pytest.raises(MXNetError, match="has no gradient"):
        net.params["resnetv10_stage1_batchnorm0_running_mean"].grad()


def test_a_saved_network_is_written_and_mistakes_are_told(tmp_path):
    folder = MODELS / "embedding"
    files = str(folder / "model-symbol.json"), ["data"]
    net = gluon.SymbolBlock.imports(*files, str(folder / "half-0000.params"))
    recorded = np.load(folder / "recorded.npz")
    symbol, params = net.export(str(tmp_path / "again"), 3)
    again = gluon.SymbolBlock.imports(symbol, "data", params)
    np.testing.assert_allclose(again(mx.nd.array(recorded["data"])).asnumpy(), recorded["half"], 1e-4, 1e-4)
    net.save_parameters(str(tmp_path / "p.params"))
    assert set(mx.nd.load(str(tmp_path / "p.params"))) == set(net.collect_params())
    with pytest.raises(DataError, match="the parameters lack conv0_weight"):
        gluon.SymbolBlock.imports(*files)
    with pytest.raises(ParamError, match="the network has no input 'dota'"):
        gluon.SymbolBlock.imports(files[0], "dota", params)
    with pytest.raises(TypeError, match="got 2 arrays; needs data"):
        net(mx.nd.ones(1), mx.nd.ones(1))


def test_losses_of_pairs_counts_and_sequences_are_mxnets():
    """Values and the gradients of the first input, as MXNet 1.9.1 computes them from what is recorded beside them."""
    with np.load(Path(__file__).parent / "samples" / "losses_of_pairs.npz") as recorded:
        cases = sorted({name.rsplit("/", 1)[0] for name in recorded.files})
        assert {text.partition("(")[0] for text in cases} == {
            "CTCLoss", "CosineEmbeddingLoss", "PoissonNLLLoss", "SDMLLoss", "SquaredHingeLoss", "TripletLoss"
        }  # fmt: skip
        for text in cases:
            count = sum(name.startswith(f"{text}/in") for name in recorded.files)
            given = [mx.nd.array(recorded[f"{text}/in{i}"]) for i in range(count)]
            given[0].attach_grad()
            with autograd.record():
                loss = eval(f"gluon.loss.{text}")(*given)
            loss.backward()
            assert loss.shape == recorded[f"{text}/out"].shape
            np.testing.assert_allclose(loss.asnumpy(), recorded[f"{text}/out"], 1e-4, 1e-5)
            if f"{text}/grad" in recorded.files:  # where MXNet does not refuse to
                np.testing.assert_allclose(given[0].grad.asnumpy(), recorded[f"{text}/grad"], 1e-4, 1e-5)


def test_losses_of_pairs_in_graphs_and_in_words():
    a, b, c = (mx.sym.Variable(name) for name in "abc")
    arrays = {"a": mx.nd.ones((2, 3)), "b": mx.nd.zeros((2, 3)), "c": mx.nd.ones((2,))}
    loss = gluon.loss.CosineEmbeddingLoss()(a, b, c).bind(mx.cpu(), arrays).forward()[0]
    np.testing.assert_allclose(loss.asnumpy(), [[1], [1]])
    with pytest.raises(TypeError, match="SDMLLoss takes arrays"):
        gluon.loss.SDMLLoss()(a, b)
    with pytest.raises(ValueError, match=r"x1 is \(2, 3\), x2 \(2,\)"):
        gluon.loss.SDMLLoss()(arrays["a"], arrays["c"])
    with pytest.raises(ParamError, match="layout='NCT'; needs NTC or TNC"):
        gluon.loss.CTCLoss(layout="NCT")


def test_blocks_are_types_to_ask_of_and_to_derive_from():
    assert isinstance(gluon.loss.L2Loss(), gluon.HybridBlock) and issubclass(gluon.SymbolBlock, gluon.Block)

    class Net(gluon.HybridBlock):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)

    with pytest.raises(mx.MXNetError, match="Net: Gluon's networks of layers are not built; use"):
        Net(prefix="net_")
