"""Models that MXNet made go through the commands, and give what MXNet 1.9.1 gave (``tests/samples/models``)."""

import io
import json
import re
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from symcli.errors import DataError
from symcli.run.model import open_model
from tests.cli.run import run

SAMPLES = Path(__file__).parents[1] / "samples"
MODELS = {
    "gluon-resnet": ("models/gluon-resnet/resnet", "data", "output"),
    "embedding": ("models/embedding/model", "data", "output"),
    "ssd-deploy": ("models/ssd-deploy/deploy_ssd", "data", "output"),
}  # fmt: skip


def asked(capsys, model, data, folder, *options):
    """Return the arrays that ``symcli predict`` writes for an array of inputs."""
    np.savez(folder / "in.npz", data=data)
    transforms = ("--transforms", "[]")
    result = run(
        capsys, "predict", str(model), str(folder / "in.npz"), "--npz", str(folder / "out.npz"), *transforms, *options
    )
    assert result.code == 0, result.err
    return np.load(folder / "out.npz")


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_what_mxnet_says(name, tmp_path, capsys):
    prefix, data, output = MODELS[name]
    recorded = np.load(SAMPLES / Path(prefix).parent / "recorded.npz")
    shape = f"data={','.join(map(str, recorded[data].shape))}"
    symbol = f"{SAMPLES / prefix}-symbol.json"
    shapes = run(capsys, "infer-shape", symbol, "--shape", shape, "--json")
    assert shapes.code == 0, shapes.err
    (found,) = json.loads(shapes.out)["files"][0]["outputs"]
    assert found["shape"] == list(recorded[output].shape)
    assert run(capsys, "summary", symbol, "--shape", shape).code == 0
    made = asked(capsys, SAMPLES / prefix, recorded[data], tmp_path)
    key = next(key for key in made.files if key != "inputs")
    np.testing.assert_allclose(made[key], recorded[output], 1e-4, 1e-4)


@pytest.mark.parametrize(("net", "epoch"), [("det1", 1), ("det2", 1)])
def test_mtcnn_is_what_mxnet_says(net, epoch, tmp_path, capsys):
    recorded = np.load(SAMPLES / "mtcnn" / "recorded.npz")
    images = recorded["image"] if net == "det1" else recorded["crops"]
    data = (np.atleast_3d(images).reshape(-1, *images.shape[-3:]).transpose(0, 3, 1, 2).astype("float32") - 127.5) / 128
    made = asked(capsys, f"{SAMPLES / 'mtcnn' / net}:{epoch}", data, tmp_path)
    outputs = [key for key in made.files if key != "inputs"]
    assert len(outputs) == 2
    for key in outputs:
        np.testing.assert_allclose(made[key], recorded[f"{net}/{key}"], 1e-4, 1e-4)


def test_float16_parameters_run_as_float32(tmp_path, capsys):
    for name in ("half-0000.params", "model-symbol.json"):
        shutil.copy(SAMPLES / "models" / "embedding" / name, tmp_path / name.replace("model-", "half-"))
    recorded = np.load(SAMPLES / "models" / "embedding" / "recorded.npz")
    made = asked(capsys, tmp_path / "half", recorded["data"], tmp_path)
    np.testing.assert_allclose(made["fc1_output"], recorded["half"], 1e-4, 1e-4)


def test_features_are_the_outputs_of_a_node(tmp_path, capsys):
    recorded = np.load(SAMPLES / "models" / "embedding" / "recorded.npz")
    made = asked(capsys, SAMPLES / "models/embedding/model", recorded["data"], tmp_path, "--output", "stage1_unit2_bn3")
    np.testing.assert_allclose(made["stage1_unit2_bn3_output"], recorded["stage1"], 1e-4, 1e-4)


def archive(path, files, more=()):
    with tarfile.open(path, "w:gz") as made:
        for name, source in files.items():
            made.add(source, name)
        for member, data in more:
            made.addfile(member, io.BytesIO(data))
    return path


def test_an_archive_is_a_model(tmp_path, capsys):
    folder = SAMPLES / "models" / "gluon-resnet"
    (tmp_path / "synset.txt").write_text("".join(f"class {i}\n" for i in range(10)))
    (tmp_path / "preprocessing.yaml").write_text("transforms: [{to_tensor: {max_value: 255}}]\n")
    evil = tarfile.TarInfo("../../outside.params")
    evil.size = 4
    link = tarfile.TarInfo("link.params")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    path = archive(tmp_path / "model.tar.gz", {
        "./resnet-symbol.json": folder / "resnet-symbol.json", "resnet-0000.params": folder / "resnet-0000.params",
        "synset.txt": tmp_path / "synset.txt", "preprocessing.yaml": tmp_path / "preprocessing.yaml",
    }, [(evil, b"evil"), (link, b"")])  # fmt: skip
    model = open_model(str(path))
    assert model.name == f"{path}: resnet-0000.params" and model.classes[9] == "class 9"
    assert model.declared == f"preprocessing.yaml in {path}" and model.preprocessing is not None
    assert not (tmp_path.parent.parent / "outside.params").exists()
    recorded = np.load(folder / "recorded.npz")
    made = asked(capsys, path, recorded["data"], tmp_path)
    np.testing.assert_allclose(made[made.files[1]], recorded["output"], 1e-4, 1e-4)


def test_archives_without_a_model_are_told(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"no archive")
    with pytest.raises(
        DataError, match=r"a\.tar\.gz: cannot be read as an archive: it is none; needs a whole model\.tar\.gz"
    ):
        open_model(str(tmp_path / "a.tar.gz"))
    symbol = SAMPLES / "models/gluon-resnet/resnet-symbol.json"
    both = archive(tmp_path / "b.tar.gz", {"a-symbol.json": symbol, "b-symbol.json": symbol})
    with pytest.raises(DataError, match=r"needs one file NAME-symbol\.json; has a-symbol\.json, b-symbol\.json"):
        open_model(str(both))
    twice = archive(tmp_path / "c.tar.gz", {"x/a-symbol.json": symbol, "y/a-symbol.json": symbol})
    with pytest.raises(DataError, match=r"has two files a-symbol\.json"):
        open_model(str(twice))
    alone = archive(tmp_path / "d.tar.gz", {"a-symbol.json": symbol})
    with pytest.raises(DataError, match="there are no parameters beside"):
        open_model(str(alone))


@pytest.mark.parametrize(("operator", "words"), [
    ("_contrib_quantize_v2", "this is a quantized or fused graph: give the float32 model that it was made from"),
    ("_sg_mkldnn_conv", "this is a quantized or fused graph"),
    ("_npi_add", r"these are operators of mx\.np: export the model again"),
    ("Caffe", "all there are: symcli ops"),
])  # fmt: skip
def test_operators_that_are_not_there_are_refused_in_words(operator, words, tmp_path, capsys):
    graph = {"nodes": [{"op": "null", "name": "x", "inputs": []},
                       {"op": operator, "name": "a", "inputs": [[0, 0, 0]]},
                       {"op": "Absent", "name": "b", "inputs": [[1, 0, 0]]}],
             "arg_nodes": [0], "heads": [[2, 0, 0]]}  # fmt: skip
    (tmp_path / "a-symbol.json").write_text(json.dumps(graph))
    result = run(capsys, "infer-shape", str(tmp_path / "a-symbol.json"), "--shape", "x=1")
    assert result.code == 1
    assert "Absent (node 2 'b')" in result.out + result.err and f"{operator} (node 1 'a')" in result.out + result.err
    assert re.search(words, (result.out + result.err).replace("\n", " "))
