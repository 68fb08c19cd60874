"""Metrics against their formulas."""

import importlib
import math

import numpy as np
import pytest

import symcli as mx
from symcli.train.registry import get_registry


def arrays(*values):
    return [mx.nd.array(value) for value in values]


PROBABILITIES = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.3, 0.4, 0.3]])
LABELS = np.array([1, 2, 2, 0])
CHOSEN = PROBABILITIES[np.arange(4), LABELS]


@pytest.mark.parametrize(("name", "kwargs", "wanted"), [
    ("acc", {}, 0.5),
    ("top_k_accuracy", {"top_k": 2}, 0.5),
    ("top_k_acc", {"top_k": 5}, 1.0),
    ("ce", {}, -np.log(CHOSEN).mean()),
    ("nll_loss", {}, -np.log(CHOSEN).mean()),
    ("perplexity", {"ignore_label": None}, math.exp(-np.log(CHOSEN).mean())),
    ("perplexity", {"ignore_label": 2}, math.exp(-np.log(CHOSEN[[0, 3]]).mean())),
    ("loss", {}, PROBABILITIES.mean()),
])  # fmt: skip
def test_metric_of_classes(name, kwargs, wanted):
    metric = mx.metric.create(name, **kwargs)
    metric.update(arrays(LABELS), arrays(PROBABILITIES))
    assert metric.get()[1] == pytest.approx(wanted, 1e-6)


@pytest.mark.parametrize(("name", "wanted"), [("mae", 1.0), ("mse", 5 / 3), ("rmse", math.sqrt(5 / 3))])
def test_metric_of_numbers(name, wanted):
    metric = mx.metric.create(name)
    metric.update(arrays([1, 2, 3]), arrays([[2], [0], [3]]))
    assert metric.get()[1] == pytest.approx(wanted, 1e-6)


def two_classes(tp, fp, fn, tn):
    preds = [[0.3, 0.7]] * (tp + fp) + [[0.7, 0.3]] * (fn + tn)
    return arrays([1] * tp + [0] * fp + [1] * fn + [0] * tn), arrays(preds)


@pytest.mark.parametrize(("name", "average", "wanted"), [
    ("f1", "macro", (2 * 3 / (2 * 3 + 3) + 0) / 2),
    ("f1", "micro", 2 * 3 / (2 * 3 + 5)),
    ("mcc", "macro", ((3 * 4 - 2) / math.sqrt(5 * 4 * 6 * 5) + 0) / 2),
    ("mcc", "micro", (3 * 4 - 6) / math.sqrt(5 * 6 * 6 * 7)),
])  # fmt: skip
def test_metric_of_two_classes(name, average, wanted):
    metric = mx.metric.create(name, average=average)
    metric.update(*two_classes(3, 2, 1, 4))
    metric.update(*two_classes(0, 0, 2, 0))
    assert metric.get()[1] == pytest.approx(wanted)


def test_f1_refuses_more_classes():
    with pytest.raises(ValueError, match="the labels have 3 classes"):
        mx.metric.F1().update(arrays([0, 1, 2]), arrays(np.eye(3)))


def test_pcc_is_mcc_for_two_classes_and_grows():
    pcc, mcc = mx.metric.PCC(), mx.metric.MCC(average="micro")
    for metric in (pcc, mcc):
        metric.update(*two_classes(3, 2, 1, 4))
    assert pcc.get()[1] == pytest.approx(mcc.get()[1])
    pcc.update(arrays([4]), arrays([[0, 0, 0, 0, 1]]))
    assert 0.5 < pcc.get()[1] < 1


def test_pearson_of_batches_and_of_all():
    rng = np.random.RandomState(0)
    x, y = rng.randn(2, 20)
    macro, micro = (mx.metric.create("pearsonr", average=average) for average in ("macro", "micro"))
    for metric in (macro, micro):
        for part in (slice(0, 8), slice(8, 20)):
            metric.update(arrays(x[part]), arrays(y[part]))
    parts = [np.corrcoef(x[:8], y[:8])[0, 1], np.corrcoef(x[8:], y[8:])[0, 1]]
    assert macro.get()[1] == pytest.approx(np.mean(parts), 1e-5)
    assert micro.get()[1] == pytest.approx(np.corrcoef(x, y)[0, 1], 1e-5)


def test_value_is_nan_before_the_first_update_and_after_reset():
    metric = mx.metric.create("acc")
    assert math.isnan(metric.get()[1])
    metric.update(arrays(LABELS), arrays(PROBABILITIES))
    metric.reset()
    assert math.isnan(metric.get()[1]) and math.isnan(metric.get_global()[1])


@pytest.mark.parametrize("name", ["acc", "f1", "pcc", "pearsonr"])
def test_reset_local_leaves_the_global_value(name):
    metric = mx.metric.create(name, **({"average": "micro"} if name in ("f1", "pearsonr") else {}))
    if name == "pearsonr":
        metric.update(arrays([1, 2, 4]), arrays([1, 3, 4]))
    else:
        metric.update(*two_classes(3, 2, 1, 4))
    value = metric.get()[1]
    metric.reset_local()
    assert math.isnan(metric.get()[1]) and metric.get_global()[1] == pytest.approx(value)
    assert metric.get_global_name_value() == [(metric.name, metric.get_global()[1])]


def test_composite_lists_names_and_values():
    metric = mx.metric.create(["acc", mx.metric.TopKAccuracy(2), lambda label, pred: 7.0])
    metric.update(arrays(LABELS), arrays(PROBABILITIES))
    assert metric.get() == (["accuracy", "top_k_accuracy_2", "custom(<lambda>)"], [0.5, 0.5, 7.0])
    assert metric.get_metric(0).get()[1] == 0.5
    with pytest.raises(ValueError, match="no metric 3; it has 3"):
        metric.get_metric(3)


def test_update_dict_takes_the_named_outputs():
    metric = mx.metric.Accuracy(output_names=["b"], label_names=["y"])
    label, pred = mx.nd.array(LABELS), mx.nd.array(PROBABILITIES)
    metric.update_dict({"x": pred, "y": label}, {"a": label, "b": pred})
    assert metric.get()[1] == 0.5


def test_function_may_return_sum_and_count():
    metric = mx.metric.np(lambda label, pred: (float(pred.sum()), 4), name="mine")
    metric.update(arrays(LABELS), arrays(PROBABILITIES))
    assert metric.get() == ("mine", 1.0)
    with pytest.raises(mx.MXNetError, match="a metric of a function has no config"):
        metric.get_config()


@pytest.mark.parametrize("made", [mx.metric.Accuracy(axis=2, name="a"), mx.metric.TopKAccuracy(3),
                                  mx.metric.F1(average="micro"), mx.metric.Perplexity(None),
                                  mx.metric.create(["acc", "ce"])], ids=lambda one: type(one).__name__)  # fmt: skip
def test_config_makes_the_metric_again(made):
    again = mx.metric.create(made.get_config())
    assert type(again) is type(made) and again.get_config() == made.get_config()


def test_own_metric():
    class Largest(mx.metric.EvalMetric):
        def __init__(self):
            super().__init__("largest")

        def update(self, labels, preds):
            self.sum_metric = max(self.sum_metric, float(preds[0].asnumpy().max()))
            self.num_inst = 1

    metric = Largest()
    metric.update([], arrays(PROBABILITIES))
    assert metric.get() == metric.get_global() == ("largest", pytest.approx(0.7))


@pytest.mark.parametrize(("name", "label", "pred"), [
    ("acc", [1, 2, 3], PROBABILITIES),
    ("ce", [1, 2, 3], PROBABILITIES),
    ("mcc", [1, 0, 1], PROBABILITIES),
])  # fmt: skip
def test_labels_that_do_not_fit_are_value_errors(name, label, pred):
    with pytest.raises(ValueError, match=r"labels \(3,\) for outputs \(4, 3\)"):
        mx.metric.create(name).update(arrays(label), arrays(pred))


def test_a_label_for_each_output():
    with pytest.raises(ValueError, match="labels are 1, outputs 2"):
        mx.metric.create("acc").update(arrays(LABELS), arrays(PROBABILITIES, PROBABILITIES))


def test_names_do_not_hang_on_what_is_imported():
    for module in ("symcli.job.kinds", "symcli.detect.metric"):
        importlib.import_module(module)
    modules = {cls.__module__ for cls in get_registry(mx.metric.EvalMetric).values()}
    ours = {name for name in modules if name.startswith("symcli.")}
    assert ours == {name for name in modules if name.startswith("symcli.train.metric.")} != set()


def test_unknown_metric_and_top_1_are_value_errors():
    with pytest.raises(ValueError, match="there is no metric 'acuracy'; did you mean 'accuracy'"):
        mx.metric.create("acuracy")
    with pytest.raises(ValueError, match="top_k=1 is too small"):
        mx.metric.TopKAccuracy()
