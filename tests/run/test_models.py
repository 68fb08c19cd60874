"""Models that MXNet made go through the commands, and give what MXNet 1.9.1 gave (``tests/samples/models``)."""

import io
import json
import os
import re
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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
    transforms = ("--transform", "[]")
    result = run(
        capsys, "predict", str(model), str(folder / "in.npz"), "--npz", str(folder / "out.npz"), *transforms, *options
    )
    assert result.code == 0, result.err
    return np.load(folder / "out.npz")


def looked_at(capsys, model, shape, *outputs):
    """Ask infer-shape and summary about a model; its outputs have the given shapes."""
    shapes = run(capsys, "infer-shape", model, *shape, "--json")
    assert shapes.code == 0, shapes.err
    assert [one["shape"] for one in json.loads(shapes.out)["files"][0]["outputs"]] == [list(one) for one in outputs]
    table = run(capsys, "summary", model, *shape)
    assert table.code == 0 and "FLOPs forward" in table.out, table.err


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_what_mxnet_says(name, tmp_path, capsys):
    prefix, data, output = MODELS[name]
    recorded = np.load(SAMPLES / Path(prefix).parent / "recorded.npz")
    shape = f"data={','.join(map(str, recorded[data].shape))}"
    for model in (f"{SAMPLES / prefix}-symbol.json", str(SAMPLES / prefix)):
        looked_at(capsys, model, ("--shape", shape), recorded[output].shape)
    made = asked(capsys, SAMPLES / prefix, recorded[data], tmp_path)
    key = next(key for key in made.files if key != "inputs")
    np.testing.assert_allclose(made[key], recorded[output], 1e-4, 1e-4)


@pytest.mark.parametrize(("net", "epoch"), [("det1", 1), ("det2", 1)])
def test_mtcnn_is_what_mxnet_says(net, epoch, tmp_path, capsys):
    recorded = np.load(SAMPLES / "mtcnn" / "recorded.npz")
    images = recorded["image"] if net == "det1" else recorded["crops"]
    data = (np.atleast_3d(images).reshape(-1, *images.shape[-3:]).transpose(0, 3, 1, 2).astype("float32") - 127.5) / 128
    model = f"{SAMPLES / 'mtcnn' / net}:{epoch}"
    known = [recorded[name].shape for name in recorded.files if name.startswith(net)]  # in the order of the outputs
    looked_at(capsys, model, ("--shape", f"data={','.join(map(str, data.shape))}"), *known)
    made = asked(capsys, model, data, tmp_path)
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
    (tmp_path / "preprocess.yaml").write_text("transforms: [{to_tensor: {max_value: 255}}]\n")
    evil = tarfile.TarInfo("../../outside.params")
    evil.size = 4
    link = tarfile.TarInfo("link.params")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    path = archive(tmp_path / "model.tar.gz", {
        "./resnet-symbol.json": folder / "resnet-symbol.json", "resnet-0000.params": folder / "resnet-0000.params",
        "synset.txt": tmp_path / "synset.txt", "preprocess.yaml": tmp_path / "preprocess.yaml",
    }, [(evil, b"evil"), (link, b"")])  # fmt: skip
    model = open_model(str(path))
    assert model.name == f"{path}: resnet-0000.params" and model.classes[9] == "class 9"
    assert model.declared == f"preprocess.yaml in {path}" and model.preprocessing is not None
    assert not (tmp_path.parent.parent / "outside.params").exists()
    recorded = np.load(folder / "recorded.npz")
    made = asked(capsys, path, recorded["data"], tmp_path)
    np.testing.assert_allclose(made[made.files[1]], recorded["output"], 1e-4, 1e-4)


SAGEMAKER = SAMPLES / "models" / "sagemaker"


def forms(name, folder):
    """Return what one model is called: its archive, the folder that this unpacks to, the prefix in it, and an epoch."""
    path = SAGEMAKER / f"{name}.tar.gz"
    with tarfile.open(path) as stored:
        stored.extractall(folder / "unpacked")
    prefix = str(next((folder / "unpacked").glob("*-symbol.json"))).removesuffix("-symbol.json")
    epoch = int(re.search(r"-(\d+)\.params", " ".join(os.listdir(folder / "unpacked")))[1])
    return [str(path), str(folder / "unpacked"), prefix, f"{prefix}:{epoch}", f"{prefix}-{epoch:04d}.params"]


def picture(folder, name):
    recorded = np.load(SAGEMAKER / "recorded.npz")
    Image.fromarray(recorded[f"{name}_image"]).resize((64, 64), Image.Resampling.NEAREST).save(folder / "image.png")
    return str(folder / "image.png"), recorded


def test_image_classification_of_sagemaker(tmp_path, capsys):
    image, recorded = picture(tmp_path, "classification")  # twice the size: model-shapes.json says what it becomes
    models = forms("classification", tmp_path)
    (tmp_path / "unpacked" / "synset.txt").write_text("ant\nbee\ncat\ndog\neel\n")
    for model in models:
        looked_at(capsys, model, (), (1, 5))
        for command in (["plot", model], ["convert", model, "-"], ["time", model, "--seconds", "0.01"]):
            answer = run(capsys, *command)
            assert answer.code == 0 and answer.out, answer.err
        bound = run(capsys, "bind", model)
        assert bound.code == 0 and "filled from the seed: data, softmax_label" in bound.err
        answer = run(capsys, "predict", model, image, "--json", "--top-k", "5")
        (one,) = json.loads(answer.out)["predictions"]
        found = [label["probability"] for label in sorted(one["classes"], key=lambda label: label["number"])]
        np.testing.assert_allclose(found, recorded["classification"][0], 1e-4, 1e-4)
        assert one["classes"][0]["class"] == ("1" if model.endswith(".gz") else "bee")
    assert "resize (size [32, 32])" in answer.err and "not declared but for the size" in answer.err


def test_eval_takes_an_archive_and_its_folder(tmp_path, capsys):
    """The labels are what MXNet says of each image, but for one: 3 of 4 are right."""
    recorded = np.load(SAGEMAKER / "recorded.npz")
    image, known = recorded["classification_image"], recorded["classification"][0]
    labels = np.full(4, known.argmax())
    labels[3] = known.argmin()
    np.savez(tmp_path / "data.npz", images=np.stack([image] * 4), labels=labels)
    (tmp_path / "job.yaml").write_text(
        "network: {inputs: {data: [batch, 3, 32, 32], softmax_label: [batch]},\n"
        "  graph: {softmax: [Flatten, {FullyConnected: {num_hidden: 5}}, SoftmaxOutput]}}\n"
        "data:\n"
        "  train: {npz: {path: data.npz, data: images, label: labels}}\n"
        "  valid: {npz: {path: data.npz, data: images, label: labels}}\n"
        "  transforms: {all: [{to_tensor: {max_value: 1}}]}\n"
        "train: {epochs: 1, batch_size: 2, metrics: [accuracy, cross-entropy]}\n"
    )
    expected = -np.log(known[labels.astype(int)]).mean()
    for model in forms("classification", tmp_path)[:2]:
        answer = run(capsys, "eval", model, "--job", str(tmp_path / "job.yaml"), "--json", "-q")
        assert answer.code == 0, answer.err
        found = json.loads(answer.out)
        assert found["model"].endswith("image-classification-0010.params") and found["split"] == "valid"
        assert found["metrics"]["accuracy"] == 0.75
        np.testing.assert_allclose(found["metrics"]["cross-entropy"], expected, 1e-4)
    answer = run(capsys, "eval", model)
    assert answer.code == 2 and "--job says what data and metrics to take" in answer.err


def test_object_detection_of_sagemaker(tmp_path, capsys):
    """Its network is in the form for training: losses, targets and a label."""
    image, recorded = picture(tmp_path, "detection")
    expected = recorded["detection"][0]
    np.testing.assert_array_equal(recorded["detection_in_training"][0], expected)
    expected = expected[(expected[:, 0] >= 0) & (expected[:, 1] > 0.5)]
    expected = expected[np.argsort(-expected[:, 1], kind="stable")]
    for model in forms("detection", tmp_path):
        looked_at(capsys, model, ("--shape", "label=1,2,5"), (1, 4, 816), (1, 3264), (1, 816), (1, 816, 6))
        answer = run(capsys, "detect", model, image, "--threshold", "0.5", "--json")
        assert answer.code == 0, answer.err
        found = json.loads(answer.out)["detections"]
        assert [one["category_id"] - 1 for one in found] == expected[:, 0].tolist()
        np.testing.assert_allclose([one["score"] for one in found], expected[:, 1], 1e-4, 1e-4)
        corners = np.array([one["bbox"] for one in found])
        corners[:, 2:] += corners[:, :2]
        np.testing.assert_allclose(corners / 64, expected[:, 2:].clip(0, 1), 1e-4, 1e-4)
        answer = run(capsys, "predict", model, image, "--npz", str(tmp_path / "out.npz"))
        assert answer.code == 0, answer.err
        np.testing.assert_allclose(np.load(tmp_path / "out.npz")["detection_output"], recorded["detection"], 1e-4, 1e-4)
    answer = run(capsys, "summary", model)
    assert answer.code == 1 and "or --shape label=1,10,10" in answer.err


def test_a_damaged_archive_is_told_by_its_own_name(tmp_path, capsys):
    symbol = SAMPLES / "models/gluon-resnet/resnet-symbol.json"
    (tmp_path / "broken").write_text(symbol.read_text().replace("Convolution", "Convulsion"))
    path = archive(tmp_path / "a.tar.gz", {"a-symbol.json": tmp_path / "broken"})
    answer = run(capsys, "summary", str(path))
    assert answer.code == 1 and answer.err.startswith(f"{path}: a-symbol.json: error[SYM604]")
    assert "symcli-" not in answer.err
    (tmp_path / "shapes").write_text("[{}]")
    path = archive(tmp_path / "b.tar.gz", {"a-symbol.json": symbol, "model-shapes.json": tmp_path / "shapes"})
    answer = run(capsys, "summary", str(path))
    assert answer.code == 1 and f"{path}: model-shapes.json: has no shapes; needs" in answer.err
    answer = run(capsys, "predict", str(SAMPLES), "a.png")
    assert answer.code == 1 and f"{SAMPLES}: is no run, and has no model" in answer.err


def test_arrays_pass_as_they_are_where_nothing_is_declared(tmp_path, capsys):
    recorded = np.load(SAMPLES / "models" / "embedding" / "recorded.npz")
    np.savez(tmp_path / "in.npz", data=recorded["data"])
    target = str(tmp_path / "out.npz")
    answer = run(capsys, "predict", str(SAMPLES / "models/embedding/model"), str(tmp_path / "in.npz"), "--npz", target)
    assert answer.code == 0, answer.err
    np.testing.assert_allclose(np.load(target)["fc1_output"], recorded["output"], 1e-4, 1e-4)


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
