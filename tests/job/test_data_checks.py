"""Data against network: what does not fit is said before the first step, at its place."""

import numpy as np
import pytest
from PIL import Image

from symcli.job.data_checks import check_data
from symcli.job.job import load_job
from tests.job.files import digits_job

IMAGES = """\
network:
  inputs: {data: [batch, 3, 8, 8], softmax_label: [batch]}
  graph:
    softmax:
      - Flatten
      - FullyConnected: {name: fc, num_hidden: 2}
      - SoftmaxOutput
data:
  train: {image_folder: train}
  valid: {image_folder: valid}
  transforms: {all: [to_tensor]}
train: {batch_size: 4}
"""


def checked(path, *overrides):
    job = load_job(path, list(overrides))
    inputs = check_data(job, {name: pick.make().open() for name, pick in job.formats().items()})
    return inputs, [(f"{one.place.line}:{one.place.column}", one.message, one.help) for one in job.findings], job


@pytest.fixture
def images(tmp_path):
    """Return a job on a folder of images of two classes."""
    for split in ("train", "valid"):
        for name in ("cat", "dog"):
            (tmp_path / split / name).mkdir(parents=True)
            Image.new("RGB", (8, 8)).save(tmp_path / split / name / "0.png")
    (tmp_path / "job.yaml").write_text(IMAGES)
    return str(tmp_path / "job.yaml")


def test_data_that_fit_tell_what_to_bind(tmp_path):
    inputs, findings, _ = checked(digits_job(tmp_path))
    assert findings == []
    assert [(one.name, one.shape) for one in inputs.data] == [("data", (20, 1, 8, 8))]
    assert [(one.name, one.shape) for one in inputs.label] == [("softmax_label", (20,))]
    assert inputs.arrays == {"data": "images", "softmax_label": "labels"}


@pytest.mark.parametrize(
    ("shape", "transforms", "batch", "help"),
    [
        ("[batch, 1, 28, 28]", "to_tensor", "(20, 1, 8, 8)",
         "{resize: [28, 28]} in data.transforms, or change the input's shape"),
        ("[batch, 1, 8, 8]", "", "(20, 8, 8)", "data.transforms: {all: [to_tensor]} puts channels first"),
        ("[batch, 3, 8, 8]", "to_tensor", "(20, 1, 8, 8)",
         "image_folder: {flag: 0} reads grey images, {flag: 1} colours; or change the input's shape"),
        ("[64, 1, 8, 8]", "to_tensor", "(20, 1, 8, 8)",
         "train.batch_size: 64, or a word in place of 64 in the input's shape"),
    ],
)  # fmt: skip
def test_shapes_that_differ(tmp_path, shape, transforms, batch, help):
    inputs, findings, job = checked(digits_job(tmp_path, shape, transforms))
    message = f"a batch of images is {batch} after data.transforms; the input data is ({shape[1:-1]})"
    assert inputs is None and findings == [("8:3", f"data.train: {message}", help)]
    assert "declared at" in job.findings.render()


def test_labels_beyond_the_classes(tmp_path):
    inputs, findings, job = checked(digits_job(tmp_path), "vars.classes=5")
    message = f"labels of {tmp_path}/digits.npz go to 9; SoftmaxOutput 'softmax' tells 5 classes apart, 0 to 4"
    assert inputs is None and findings == [("8:3", f"data.train: {message}", "fc: num_hidden: 10")]
    assert f"their number is set at {tmp_path}/job.yaml:6:" in job.findings.render()


def test_labels_that_number_no_classes(tmp_path):
    path = digits_job(tmp_path)
    np.savez(tmp_path / "digits.npz", images=np.zeros((3, 8, 8)), labels=np.array([0.5, -1, 2]))
    _, findings, _ = checked(path)
    message = f"labels of {tmp_path}/digits.npz are -1 to 2; SoftmaxOutput 'softmax' needs whole numbers from 0 to 9"
    assert [one[1] for one in findings] == [f"data.train: {message}"]


def test_arrays_for_inputs(tmp_path):
    path = digits_job(tmp_path)
    _, findings, _ = checked(path, "data.train.npz.label=[]")
    assert [one[1:] for one in findings] == [(
        "data.train has 0 label arrays (none) for 1 label inputs of the network (softmax_label)",
        "name the arrays in the data format, the inputs in the network",
    )]  # fmt: skip
    _, findings, _ = checked(path, "data.train.npz.data=[images, labels]")
    assert "2 data arrays (images, labels) for 1 data inputs" in findings[0][1]


def test_transforms_that_do_not_fit(tmp_path):
    _, findings, _ = checked(digits_job(tmp_path, transforms="{normalize: {mean: [1, 2], std: 1}}"))
    assert findings[0][0] == "9:3" and "normalize: mean has 2 numbers for the array (8, 8)" in findings[0][1]


def test_examples_that_fill_no_batch(tmp_path):
    path = digits_job(tmp_path, examples=10)
    assert checked(path)[1] == []
    _, findings, _ = checked(path, "data.last_batch_handle=discard")
    assert "has 10 examples, which fill no batch of 20" in findings[0][1] and findings[0][2] == "train.batch_size: 10"


def test_shapes_in_conflict_inside_the_network(tmp_path):
    path = digits_job(tmp_path, shape="[batch, channels, rows, 9]", transforms="to_tensor")
    assert checked(path)[0] is None


def test_folders_of_images(images, tmp_path):
    inputs, findings, _ = checked(images)
    assert findings == [] and inputs.data[0].shape == (4, 3, 8, 8)


def test_classes_of_folders_against_the_network(images, tmp_path):
    _, findings, _ = checked(images, "network.graph.softmax.1.FullyConnected.num_hidden=3")
    assert findings[0][1] == (
        f"data.train: {tmp_path}/train has 2 classes; SoftmaxOutput 'softmax' tells 3 apart"
    ) and findings[0][2] == "fc: num_hidden: 2"  # fmt: skip


def test_classes_that_differ_between_splits(images, tmp_path):
    (tmp_path / "valid" / "cat").rename(tmp_path / "valid" / "cow")
    _, findings, _ = checked(images)
    assert [one[1] for one in findings] == [
        f"data.valid: {tmp_path}/valid has other classes than {tmp_path}/train: cat, cow"
    ]


def test_image_that_cannot_be_read(images, tmp_path):
    (tmp_path / "train" / "cat" / "0.png").write_bytes(b"no image")
    _, findings, _ = checked(images)
    assert findings[0][0] == "9:3" and f"data.train: {tmp_path}/train/cat/0.png: " in findings[0][1]


def test_a_variable_with_attributes_is_no_input(images):
    """What stands under the network's ``variables:`` has a place in the file too."""
    with open(images, "w") as file:
        file.write(IMAGES.replace("SoftmaxOutput\n", "SoftmaxOutput\n  variables: {fc_weight: {init: zero}}\n"))
    inputs, findings, _ = checked(images)
    assert findings == [] and [one.name for one in inputs.data] == ["data"]
