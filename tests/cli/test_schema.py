"""``symcli schema``: it accepts every file that symcli accepts here, and rejects what editors should mark."""

import json
import re

import jsonschema
import pytest
import yaml

from symcli.job.schema import job_schema, network_schema
from tests.cli.run import run
from tests.job.files import ROOT

# Cascades name networks for `symcli detect`; they are neither jobs nor networks.
CONFIGS = [path for path in sorted(ROOT.glob("configs/**/*.yaml")) if "cascades" not in path.parts]
JOB = """\
network: {inputs: {data: [batch, 4], softmax_label: [batch]}, graph: {softmax: [{FullyConnected: 3}, SoftmaxOutput]}}
data: {train: {csv: data.csv}, transforms: {all: [{normalize: {mean: 0, std: [1, 2, 3, 4]}}]}}
train: {epochs: 3, optimizer: sgd, metrics: [accuracy, cross-entropy]}
"""


class Core(yaml.SafeLoader):
    """Reads YAML as editors do, by the core schema of YAML 1.2: ``1e-3`` is a number, ``no`` a text."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


@pytest.fixture(scope="module")
def job():
    return jsonschema.Draft7Validator(job_schema())


def errors(validator, text):
    return list(validator.iter_errors(yaml.load(text, Core)))


@pytest.mark.parametrize("kind", ["job", "network"])
def test_schema_is_valid_draft_07(capsys, kind):
    answer = run(capsys, "schema", kind)
    found = json.loads(answer.out)
    assert answer.code == 0 and found["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(found)
    assert answer.out == run(capsys, "schema", kind).out


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("loader", [Core, yaml.SafeLoader, yaml.BaseLoader], ids=["1.2", "1.1", "texts"])
def test_files_of_the_repository_are_accepted(job, path, loader):
    assert not list(job.iter_errors(yaml.load(path.read_text(), loader)))


@pytest.mark.parametrize("path", [path for path in CONFIGS if "networks" in path.parts], ids=lambda path: path.stem)
def test_networks_are_accepted_by_the_schema_of_networks(path):
    assert not errors(jsonschema.Draft7Validator(network_schema()), path.read_text())


# Those on CIFAR-10 need data that are downloaded.
DIGITS = [path for path in CONFIGS if path.stem.startswith("digits")]


@pytest.mark.parametrize("path", DIGITS, ids=lambda path: path.stem)
def test_resolved_jobs_are_accepted(capsys, job, path):
    assert not errors(job, run(capsys, "config", str(path)).out)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("epochs: 3", "epochs: $epochs"),
        ("epochs: 3", "epochs: '3'"),
        ("optimizer: sgd", "optimizer: {SGD: {learning_rate: 1e-3, wd: '${rate / 2}'}}".replace("SGD", "sgd")),
        ("optimizer: sgd", "optimizer: {adam: }"),
        ("optimizer: sgd", "lr_scheduler: none"),
        ("metrics: [accuracy, cross-entropy]", "metrics: top-k-accuracy"),
        ("{FullyConnected: 3}", "{FullyConnected: {num_hidden: 3, no_bias: 1, name: fc, attr: {__mood__: 1}}}"),
        ("{FullyConnected: 3}", "'relu(_ + 1)', {Convolution: {kernel: '(3, 3)', num_filter: $n}}"),
        ("{FullyConnected: 3}", "{Concat: {data: [a, b + 1]}}, {Dropout: 0.5}, {Flatten: }"),
    ],
)
def test_other_ways_to_write_are_accepted(job, old, new):
    assert old in JOB and errors(job, JOB) == []
    assert errors(job, JOB.replace(old, new)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("epochs: 3", "epochs: 0"),
        ("epochs: 3", "epochs: 2.5"),
        ("epochs: 3", "epochs: many"),
        ("epochs: 3", "epoch: 3"),
        ("optimizer: sgd", "optimizer: sdg"),
        ("optimizer: sgd", "optimizer: {sgd: {momentm: 0.9}}"),
        ("optimizer: sgd", "optimizer: {sgd: {learning_rate: -1}}"),
        ("optimizer: sgd", "optimizer: {sgd: {}, adam: {}}"),
        ("normalize: {mean: 0, std", "normalize: {std"),
        ("csv: data.csv", "csvv: data.csv"),
        ("data: {train", "dta: {train"),
        ("{FullyConnected: 3}", "{FullyConected: 3}"),
        ("{FullyConnected: 3}", "{FullyConnected: {num_hiden: 3}}"),
        ("{FullyConnected: 3}", "{FullyConnected: {no_bias: true}}"),
        ("{FullyConnected: 3}", "{FullyConnected: 0}"),
        ("{FullyConnected: 3}", "{Activation: rleu}"),
        ("{FullyConnected: 3}", "{FullyConnected: 3, Flatten: }"),
        ("data: [batch, 4]", "data: [batch, 0]"),
        ("data: [batch, 4]", "data: {shap: [batch, 4]}"),
        ("inputs: {", "input: {"),
    ],
)
def test_mistakes_are_rejected(job, old, new):
    assert old in JOB
    assert errors(job, JOB.replace(old, new))


def test_blocks_are_called_where_there_can_be_some(job):
    call = JOB.replace("{FullyConnected: 3}", "{dense: {units: 3}}")
    assert errors(job, call)
    assert not errors(job, call.replace("inputs:", "blocks: {dense: {graph: {out: data}}}, inputs:"))
    assert not errors(job, f"base: common.yaml\n{call}")


def test_network_schema_has_no_job(capsys):
    assert errors(jsonschema.Draft7Validator(network_schema()), JOB)
