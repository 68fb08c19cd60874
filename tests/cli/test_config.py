"""``symcli config``: what it prints is a job with the same result, and where each value comes from."""

import json
import os

import pytest

from symcli.job.job import load_job
from tests.cli.run import run
from tests.job.files import ROOT, digits_job

JOB = """\
base: base/common.yaml
vars: {width: 8, rate: 0.1}
network:
  inputs: {data: [batch, 4], softmax_label: [batch]}
  blocks: {file: blocks.yaml}
  variables: {fc_weight: {init: {normal: {sigma: 0.01}}}}
  graph:
    hidden: dense(data, units=width) if width > 4 else data
    softmax: [{FullyConnected: {data: "hidden * 2 + 1", name: fc, num_hidden: "${width // 2}"}}, SoftmaxOutput]
data: {train: {csv: data.csv}}
train: {optimizer: {sgd: {learning_rate: $rate}}}
"""
FILES = {
    "job.yaml": JOB,
    "base/common.yaml": "data: {valid: {csv: {path: ../data.csv}}}\ntrain: {epochs: 3, lr_scheduler: cosine}\n",
    "blocks.yaml": "blocks: {dense: {params: {units: required}, graph: {out: [{FullyConnected: $units}]}}}\n",
    "data.csv": "a,b,c,d,label\n1,2,3,4,0\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def same_jobs(one, other):
    assert (one.data.threads, one.train.epochs, one.train.seed) == (
        other.data.threads,
        other.train.epochs,
        other.train.seed,
    )
    assert one.network.symbol.tojson() == other.network.symbol.tojson()
    assert one.network.with_sizes({}, {}) == other.network.with_sizes({}, {})
    name, params = one.optimizer(10)
    again, others = other.optimizer(10)
    schedule, third = params.pop("lr_scheduler"), others.pop("lr_scheduler")
    assert vars(schedule) == vars(third) and name == again and params == {key: others[key] for key in params}
    for split, pick in one.formats().items():
        first, second = pick.make(), other.formats()[split].make()
        assert os.path.samefile(first.path, second.path) and (first.label, first.take) == (second.label, second.take)


@pytest.mark.parametrize(
    "options",
    [[], ["-D", "width=16", "--set", "train.epochs=7"], ["-D", "batch=2"], ["--set", "train.seed=5"]],
    ids=str,
)
def test_what_is_printed_is_the_same_job(capsys, folder, options):
    answer = run(capsys, "config", "job.yaml", *options)
    assert answer.code == 0 and answer.err == ""
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "job.yaml").write_text(answer.out)
    again = run(capsys, "config", "elsewhere/job.yaml")
    assert again.out == answer.out and again.err == ""
    sets = [one for one in options if "." in one]
    defines = dict(one.split("=") for one in options if "=" in one and "." not in one)
    same_jobs(load_job("job.yaml", sets, defines), load_job("elsewhere/job.yaml"))


def test_network_of_another_file_keeps_its_sizes(capsys, folder):
    (folder / "child.yaml").write_text("network: {file: job.yaml}\ndata: {train: {csv: data.csv}}\n")
    answer = run(capsys, "config", "child.yaml", "-D", "batch=2")
    assert answer.out.startswith(f"vars: {{batch: 2}}\nnetwork: {{file: {folder}/job.yaml}}\n")
    (folder / "again.yaml").write_text(answer.out)
    network = load_job("again.yaml").network
    assert network.with_sizes({}, {})["data"] == (2, 4)


def test_origin_of_every_value(capsys, folder):
    answer = run(capsys, "config", "job.yaml", "--origin", "-D", "width=16", "--set", "train.batch_size=4")
    lines = {
        " ".join(line.split("#")[0].split()): line.split("#")[1].strip()
        for line in answer.out.splitlines()
        if "#" in line
    }
    assert lines["width: 16"] == "-D width=16"
    assert lines["rate: 0.1"] == "job.yaml:2"
    assert lines["hidden: dense(data, units=width) if width > 4 else data"] == "job.yaml:8"
    assert lines["epochs: 3"] == "base/common.yaml:2"
    assert lines["batch_size: 4"] == "--set train.batch_size=4"
    assert lines["learning_rate: 0.1"] == "job.yaml:11"
    assert lines["momentum: 0.0"] == "default"
    assert lines["cosine:"] == "base/common.yaml:2"
    assert lines["checkpoint: {every: 1, keep: 3, best: accuracy}"] == "default"
    (folder / "with.yaml").write_text(answer.out)
    (folder / "without.yaml").write_text(
        run(capsys, "config", "job.yaml", "-D", "width=16", "--set", "train.batch_size=4").out
    )
    same_jobs(load_job("with.yaml"), load_job("without.yaml"))


def test_json_has_no_paths_of_the_machine(capsys, folder):
    answer = run(capsys, "config", "job.yaml", "--json")
    found = json.loads(answer.out)
    assert list(found) == ["schema", "file", "job"] and str(folder) not in answer.out
    assert found["job"]["data"]["valid"]["csv"]["path"] == "data.csv"
    assert found["job"]["network"]["blocks"] == {"file": "blocks.yaml"}
    (folder / "job.json").write_text(json.dumps(found["job"]))
    same_jobs(load_job("job.yaml"), load_job("job.json"))
    absolute = json.loads(run(capsys, "config", "job.yaml", "--json", "--paths", "--origin").out)
    assert absolute["job"]["data"]["train"]["csv"]["path"] == str(folder / "data.csv")
    assert absolute["origins"]["train.epochs"] == "base/common.yaml:2"
    assert absolute["origins"]["train.optimizer.sgd.momentum"] == "default"


def test_findings_as_json(capsys, folder):
    answer = run(capsys, "config", "job.yaml", "--json", "--set", "train.epochs=none")
    assert answer.code == 1 and json.loads(answer.out)["findings"][0]["code"] == "SYM204"


def test_paths_goes_with_json(capsys, folder):
    answer = run(capsys, "config", "job.yaml", "--paths")
    assert answer.code == 2 and "--paths goes with --json" in answer.err


def test_symbol_json_as_network(capsys, tmp_path):
    path = digits_job(tmp_path)
    load_job(path).network.symbol.save(str(tmp_path / "net-symbol.json"))
    (tmp_path / "bare.yaml").write_text(
        "network: {symbol: net-symbol.json}\ndata: {train: {npz: {path: digits.npz, data: images, label: labels}}}\n"
    )
    answer = run(capsys, "config", str(tmp_path / "bare.yaml"))
    assert answer.code == 0 and f"network: {{symbol: {tmp_path}/net-symbol.json}}\n" in answer.out


@pytest.mark.parametrize("path", sorted(ROOT.glob("configs/jobs/*.yaml")), ids=lambda path: path.stem)
def test_jobs_of_the_repository(capsys, path, tmp_path):
    answer = run(capsys, "config", str(path))
    if "symcli prepare-data" in path.read_text():  # its data are downloaded and prepared first
        assert answer.code == 0 or "there is no '" in answer.err
        assert load_job(str(path), absent=True).data
        return
    assert answer.code == 0
    (tmp_path / path.name).write_text(answer.out)
    assert run(capsys, "config", str(tmp_path / path.name)).out == answer.out
