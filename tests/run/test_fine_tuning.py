"""Fine-tuning: a job that begins with another run's parameters."""

import tarfile
from pathlib import Path

import numpy as np
import pytest

from symcli.errors import SpecError
from symcli.job.job import load_job
from symcli.ndarray import load, save
from symcli.run.start import begin, resume
from symcli.run.training import Ended
from tests.run.files import job_file, train

SHORT = ("train.epochs=1", "train.lr_scheduler=none")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Return the parameters of a short run of the small job."""
    path = train(tmp_path_factory.mktemp("base"), *SHORT)
    return Path(path) / "model-0001.params"


def tuned(folder, base, *overrides, network="fc1, num_hidden: 16"):
    """Train the small job for an epoch from parameters; return the parameters at the end and the run."""
    job = job_file(folder)
    text = Path(job).read_text().replace("fc1, num_hidden: 16", network)
    Path(job).write_text(text)
    given = [*SHORT, f"train.fine_tune.params={base}", *overrides]
    training = begin(load_job(job, given), str(folder / "r"))
    assert any(isinstance(event, Ended) for event in training.run())
    return load(f"{training.folder.prefix}-0001.params"), training


def test_what_is_frozen_stays_and_a_new_head_learns(base, tmp_path):
    start = load(base)
    found, training = tuned(tmp_path, base, "train.fine_tune.freeze=[fc1_*, bn_gamma]", "train.fine_tune.new=[fc2_*]")
    for name in ("arg:fc1_weight", "arg:fc1_bias", "arg:bn_gamma"):
        np.testing.assert_array_equal(found[name].asnumpy(), start[name].asnumpy())
    for name in ("arg:fc2_weight", "arg:bn_beta", "aux:bn_moving_mean"):
        assert not np.array_equal(found[name].asnumpy(), start[name].asnumpy())
    assert training.module._fixed_param_names == ["fc1_weight", "fc1_bias", "bn_gamma"]


def test_without_training_it_is_the_model(base, tmp_path):
    found, _ = tuned(tmp_path, base, "train.optimizer={sgd: {learning_rate: 0}}")
    start = load(base)
    for name in found:
        if name.startswith("arg:"):
            np.testing.assert_array_equal(found[name].asnumpy(), start[name].asnumpy())


@pytest.mark.parametrize("name", ["{run}", "{run}:1", "{run}/model", "{run}/model:1", "{jobs}", "{archive}"])
def test_it_begins_with_any_model(base, tmp_path, name):
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        for part in ("model-symbol.json", "model-0001.params"):
            archive.add(base.parent / part, part)
    model = name.format(run=base.parent, jobs=base.parent.parent, archive=tmp_path / "model.tar.gz")
    found, _ = tuned(tmp_path, model, "train.optimizer={sgd: {learning_rate: 0}}")
    np.testing.assert_array_equal(found["arg:fc1_weight"].asnumpy(), load(base)["arg:fc1_weight"].asnumpy())


def test_a_run_that_was_tuned_is_resumed(base, tmp_path):
    _, training = tuned(tmp_path, base, "train.fine_tune.freeze=[fc1_*]")
    again, _ = resume(str(training.folder.path), ["train.epochs=2"])
    list(again.run())
    found = load(f"{training.folder.prefix}-0002.params")
    np.testing.assert_array_equal(found["arg:fc1_weight"].asnumpy(), load(base)["arg:fc1_weight"].asnumpy())


def test_every_parameter_that_does_not_fit_is_listed(base, tmp_path):
    changed = load(base)
    changed["arg:fc9_weight"] = changed.pop("arg:fc2_weight")
    save(tmp_path / "other.params", changed)
    with pytest.raises(SpecError) as caught:
        tuned(tmp_path, tmp_path / "other.params", network="fc1, num_hidden: 8")
    text = str(caught.value)
    assert "SYM705" in text and "missing: fc2_weight\n" in text and "surplus: fc9_weight\n" in text
    assert "of another shape: fc1_weight is (16, 64), needs (8, 64); fc1_bias is (16,), needs (8,); bn_gamma" in text
    assert not (tmp_path / "r").exists()  # no folder of a run is left


def test_what_is_named_may_differ(base, tmp_path):
    changed = load(base)
    changed["arg:fc9_weight"] = changed.pop("arg:fc2_weight").astype("float16")
    save(tmp_path / "other.params", changed)
    tuned(tmp_path, tmp_path / "other.params", "train.fine_tune.new=[fc2_weight]", "train.fine_tune.unused=[fc9_*]")


@pytest.mark.parametrize(("override", "message"), [
    ("train.fine_tune.new=[fc3_*]", "train.fine_tune.new: 'fc3_*' matches no parameter"),
    ("train.fine_tune.freeze=[conv*]", "train.fine_tune.freeze: 'conv*' matches no parameter; parameters: fc1_weight"),
    ("train.fine_tune.unused=[x]", "train.fine_tune.unused: 'x' matches no parameter"),
    ("train.fine_tune.params=nowhere.params", "there is no "),
    (f"train.fine_tune.params={__file__}", "a .params file begins with"),
])  # fmt: skip
def test_mistakes_are_findings(base, tmp_path, override, message):
    with pytest.raises(SpecError) as caught:
        tuned(tmp_path, base, override)
    assert message in str(caught.value)
