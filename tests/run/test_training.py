"""Runs: what they leave, and that a resumed one ends in the bytes of one that was never interrupted."""

import json

import numpy as np
import pytest

import symcli as mx
from symcli.engine import cores
from symcli.errors import DataError, DivergedError
from symcli.job.job import load_job
from symcli.run import start
from symcli.run.start import begin, resume
from tests.run.files import DIGITS, bytes_of, go_on, job_file, train


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a run that was never interrupted."""
    return train(tmp_path_factory.mktemp("whole"))


def test_what_stands_in_a_run(whole):
    best = json.loads((whole / "best.json").read_text())
    assert best["metric"] == "accuracy" and best["params"] == f"model-{best['epoch']:04d}.params"
    kept = {best["epoch"], 3, 4}
    assert {one.name for one in whole.glob("model-0*")} == {
        f"model-{epoch:04d}{ending}" for epoch in kept for ending in (".params", ".state")
    }
    assert {one.name for one in whole.iterdir()} - {one.name for one in whole.glob("model-0*")} == {
        "best.json", "curves.svg", "job.yaml", "metrics.jsonl", "model-symbol.json", "preprocess.yaml", "run.json",
        "synset.txt",
    }  # fmt: skip
    assert (whole / "synset.txt").read_text() == "".join(f"{i}\n" for i in range(10))
    lines = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4]
    assert list(lines[0]["train"]) == list(lines[0]["valid"]) == ["accuracy", "cross-entropy"]
    assert lines[best["epoch"] - 1]["valid"]["accuracy"] == max(line["valid"]["accuracy"] for line in lines)
    assert json.loads((whole / "run.json").read_text())["status"] == "finished"


def test_the_checkpoint_is_mxnets(whole):
    symbol, arguments, states = mx.model.load_checkpoint(str(whole / "model"), 4)
    assert set(arguments) == {"fc1_weight", "fc1_bias", "bn_gamma", "bn_beta", "fc2_weight", "fc2_bias"}
    assert set(states) == {"bn_moving_mean", "bn_moving_var"} and symbol.list_outputs() == ["softmax_output"]


def test_runs_are_never_reused(tmp_path, whole):
    first, second = train(tmp_path, "train.epochs=2"), train(tmp_path, "train.epochs=2")
    assert (first.name, second.name) == ("1", "2") and bytes_of(first) == bytes_of(second)


# 5 batches an epoch and 2 of evaluation: in the middle, at the last batch, in the evaluation, at its end, later.
@pytest.mark.parametrize("batches", [1, 3, 5, 6, 7, 11, 20])
def test_resume_is_exact_wherever_the_run_was_cut(tmp_path, whole, batches):
    path = train(tmp_path, batches=batches)
    assert json.loads((path / "run.json").read_text())["status"] == "interrupted"
    assert go_on(path) == path
    assert bytes_of(path) == bytes_of(whole)
    assert (path / "best.json").read_bytes() == (whole / "best.json").read_bytes()


@pytest.mark.parametrize("override", ["train.devices=2", "data.last_batch_handle=roll_over", "data.threads=4"])
def test_resume_is_exact_with_any_options(tmp_path, override):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    whole, cut = train(tmp_path / "a", override), train(tmp_path / "b", override, batches=9)
    assert bytes_of(go_on(cut)) == bytes_of(whole)


def test_resume_of_resumes_is_exact(tmp_path, whole):
    path = train(tmp_path, batches=2)
    for batches in (1, 1, 4, 9):
        go_on(path, batches)
    assert bytes_of(go_on(path)) == bytes_of(whole)


@pytest.mark.parametrize("optimizer", ["sgd: {momentum: 0.9}", "nadam", "sgld", "lars: {momentum: 0.9}", "ftml"])
def test_every_optimizers_state_is_kept(tmp_path, optimizer):
    override = f"train.optimizer={{{optimizer}}}" if ":" in optimizer else f"train.optimizer={optimizer}"
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    overrides = (override, "train.lr_scheduler.cosine.warmup_epochs=0")
    whole, cut = train(tmp_path / "a", *overrides), train(tmp_path / "b", *overrides, batches=9)
    assert bytes_of(go_on(cut)) == bytes_of(whole)


@pytest.mark.parametrize("metrics", ["[f1, mcc]", "pcc", "[perplexity: {ignore_label: 0}, accuracy]"])
def test_every_metrics_sums_are_kept(tmp_path, metrics):
    classes = ["network.graph.softmax.5.FullyConnected.num_hidden=2", "data.train.npz.label=two",
               "data.valid.npz.label=two"]  # fmt: skip
    overrides = [f"train.metrics={metrics}", "train.checkpoint.best="]
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    if metrics[1] != "p":
        with np.load(load_job(job_file(tmp_path)).data.train.values["path"]) as file:
            np.savez(tmp_path / "two.npz", images=file["images"], two=file["labels"] % 2)
        overrides += classes + [f"data.{split}.npz.path={tmp_path / 'two.npz'}" for split in ("train", "valid")]
    whole, cut = train(tmp_path / "a", *overrides), train(tmp_path / "b", *overrides, batches=10)
    assert bytes_of(go_on(cut)) == bytes_of(whole)


def test_a_broken_newest_checkpoint_falls_back(tmp_path, whole):
    path = train(tmp_path, batches=19)  # in the third epoch
    (newest,) = path.glob("model-0002-*.params")
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    training, broken = resume(str(path))
    assert broken == [f"{newest}: its bytes are not those that were saved; {newest.stem}.state names their hash"]
    list(training.run())
    assert bytes_of(path) == bytes_of(whole)


def test_a_checkpoint_that_cannot_be_read_is_not_taken_for_broken(tmp_path, monkeypatch):
    path = train(tmp_path, batches=9)
    before = bytes_of(path)

    def refused(_):
        raise PermissionError(13, "Permission denied", "model-0001-0002.params")

    with monkeypatch.context() as patch, pytest.raises(DataError, match="cannot be read: Permission denied"):
        patch.setattr("symcli.run.checkpoint._hash", refused)
        resume(str(path))
    assert bytes_of(path) == before


def test_metrics_that_are_no_numbers_are_none(tmp_path):
    path = train(tmp_path, "train.metrics=pearsonr", "train.checkpoint.best=pearsonr", "train.epochs=2",
                 "network.graph.softmax.6=LinearRegressionOutput", "network.inputs.softmax_label=[batch, 10]",
                 "data.train.npz.label=wide", "data.valid.npz.label=wide", *wide(tmp_path))  # fmt: skip
    for line in (path / "metrics.jsonl").read_text().splitlines():
        assert json.loads(line, parse_constant=pytest.fail)["valid"] == {"pearsonr": None}


def wide(folder):
    """Return overrides for labels that are all alike, so that nothing correlates with them."""
    with np.load(DIGITS) as file:
        np.savez(folder / "wide.npz", images=file["images"], wide=np.ones((1797, 10), np.float32))
    return [f"data.{split}.npz.path={folder / 'wide.npz'}" for split in ("train", "valid")]


def test_a_finished_run_resumes_to_itself(tmp_path, whole):
    path = train(tmp_path)
    before = bytes_of(path)
    assert bytes_of(go_on(path)) == before == bytes_of(whole)


def test_what_cannot_be_resumed(tmp_path):
    with pytest.raises(DataError, match=r"is no run: there is no .*job.yaml; give a folder that train made"):
        resume(str(tmp_path))
    path = train(tmp_path, batches=2)
    first, _ = resume(str(path))
    with pytest.raises(DataError, match="another process trains this run"):
        resume(str(path))
    list(first.run())


def test_early_stopping_stops_and_stays_stopped(tmp_path):
    path = train(
        tmp_path, "train.epochs=30", "train.early_stopping.patience=2", "train.optimizer={sgd: {learning_rate: 0}}"
    )
    assert json.loads((path / "run.json").read_text())["status"] == "stopped early"
    before = bytes_of(path)
    assert len(before["metrics.jsonl"].splitlines()) == 3
    assert bytes_of(go_on(path)) == before


def test_checkpoints_come_when_it_is_their_turn_and_for_the_best(tmp_path):
    path = train(tmp_path, "train.checkpoint={every: 3, keep: 9, best: accuracy}")
    best = [json.loads(line)["valid"]["accuracy"] for line in (path / "metrics.jsonl").read_text().splitlines()]
    rising = {i + 1 for i, value in enumerate(best) if value > max(best[:i], default=-1)}
    assert {int(one.stem[6:]) for one in path.glob("model-*.state")} == rising | {3, 4}


def test_not_finite_stops_before_the_update_and_saves_nothing(tmp_path):
    path = train(tmp_path, batches=9)
    saved = bytes_of(path)
    training, _ = resume(str(path))
    training.module._group.param_arrays[0][0][:] = float("nan")
    with pytest.raises(DivergedError) as raised:
        list(training.run())
    assert str(raised.value).splitlines()[:3] == [
        "epoch 2, batch 3: softmax_output is not finite; training stops, and nothing is saved",
        "  before: the parameter fc1_weight: 1024 NaN of 1,024 elements",
        f"  first: fc1 (FullyConnected): 512 NaN of 512 elements, at {path}/job.yaml:7:9",
    ]
    assert bytes_of(path) == saved
    assert json.loads((path / "run.json").read_text())["status"] == "diverged"


def test_the_examples_that_are_not_finite_are_named(tmp_path):
    with np.load(DIGITS) as file:
        images, labels = file["images"][:40] + np.float32(1), file["labels"][:40]
    images[17, 3, 3] = 0
    np.savez(tmp_path / "odd.npz", images=images, labels=labels)
    overrides = [
        f"data.train.npz={{path: {tmp_path / 'odd.npz'}, data: images, label: labels}}",
        "data.transforms.train=[]",
        "network.graph.softmax.0=log(data)",
        "network.graph.softmax.3=relu(_) * 0",
    ]
    training = begin(load_job(job_file(tmp_path), overrides), str(tmp_path / "runs"))
    with pytest.raises(DivergedError) as raised:
        list(training.run())
    lines = str(raised.value).splitlines()
    assert lines[1].startswith("  first: softmax_log0 (log): 1 infinite of 2,048 elements, at --set network.graph")
    assert lines[3] == f"  examples: {tmp_path / 'odd.npz'}[17]"


def test_data_are_checked_before_a_folder_is_made(tmp_path):
    job = load_job(job_file(tmp_path), ["network.graph.softmax.5.FullyConnected.num_hidden=7"])
    with pytest.raises(mx.MXNetError, match="tells 7 classes apart"):
        begin(job, str(tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


def test_a_deterministic_run_is_the_same_with_any_number_of_threads(tmp_path, monkeypatch):
    results = []
    for threads in ("1", "3"):
        monkeypatch.setenv("SYMCLI_NUM_THREADS", threads)
        results.append(bytes_of(train(tmp_path, "train.epochs=2", "train.deterministic=true")))
    cores.make_deterministic(False)
    assert results[0] == results[1]


def test_a_resumed_run_stays_what_it_is(tmp_path):
    path = train(tmp_path, batches=9)
    with pytest.raises(mx.MXNetError, match=r"goes on as it began; what may change: train\.epochs, "):
        resume(str(path), ["train.seed=4"])
    training, _ = resume(str(path), ["train.epochs=6", "data.threads=1"])
    list(training.run())
    assert len((path / "metrics.jsonl").read_text().splitlines()) == 6


def status(path):
    return json.loads((path / "run.json").read_text())["status"]


def test_a_run_that_cannot_begin_says_so_and_is_left_to_others(tmp_path, monkeypatch):
    job = load_job(job_file(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(start, "open_batches", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            start.begin(job, str(tmp_path / "runs"))
    path = tmp_path / "runs" / "small" / "1"
    assert status(path) == "failed" and not (path / ".lock").exists()
    again, _ = resume(str(path))
    again.folder.unlock()


def test_a_resume_that_fails_leaves_the_run_as_it_was(tmp_path, monkeypatch):
    path = train(tmp_path, batches=3)
    with monkeypatch.context() as patch:
        patch.setattr(start, "open_batches", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            resume(str(path))
    assert status(path) == "interrupted" and not (path / ".lock").exists()
    assert status(go_on(path)) == "finished"
