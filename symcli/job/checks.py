"""What must hold between the options of a job, before any data are read."""

from collections.abc import Mapping

from symcli.errors import ParamError, suggest
from symcli.executor.group import split
from symcli.graph.node import topological
from symcli.job.options import Train
from symcli.job.schedule import make_schedule
from symcli.ops import REGISTRY
from symcli.spec.findings import BROKEN, Findings
from symcli.spec.network import Network
from symcli.spec.source import Place

__all__ = ["check_job", "is_better", "suited_metrics"]

_OF_CLASSES = ("accuracy", "cross-entropy", "top_k_accuracy", "f1", "mcc", "pcc", "perplexity", "nll-loss")
_OF_NUMBERS = ("rmse", "mse", "mae", "pearsonr")
# A loss -> the metrics that make sense of its output; losses that are not here go with any.
_SUITED = {
    "SoftmaxOutput": _OF_CLASSES,
    "SVMOutput": ("accuracy", "top_k_accuracy", "f1", "mcc", "pcc"),
    "LinearRegressionOutput": _OF_NUMBERS,
    "MAERegressionOutput": ("mae", "rmse", "mse", "pearsonr"),
    "MakeLoss": ("loss",),
    "make_loss": ("loss",),
}
# What a job measures unless it says otherwise, of those that suit.
_FIRST = {"SoftmaxOutput": 2}
_RISING = ("accuracy", "top_k_accuracy", "f1", "mcc", "pcc", "pearsonr", "map", "anchor-accuracy")
# What a network with targets of anchors measures.
_OF_DETECTORS = ["class-loss", "box-loss", "map"]


def is_better(metric: str, new: float, old: float, min_delta: float = 0.0) -> bool:
    """Whether a metric's value is better than another by more than ``min_delta``; NaN is worse than anything."""
    rising = metric.startswith(_RISING)
    if old != old:
        return new == new
    return new - old > min_delta if rising else old - new > min_delta


def losses(network: Network) -> list[str]:
    """Return the operators of a network's outputs that are losses."""
    return [node.op.name for node, _ in network.symbol._heads if node.op is not None and node.op.is_loss]


def suited_metrics(network: Network) -> list[str]:
    """Return what is measured unless a job says otherwise."""
    if any(
        node.op is not None and node.op.name == "_contrib_MultiBoxTarget" for node in topological(network.symbol._heads)
    ):
        return _OF_DETECTORS
    found = losses(network)
    if len(set(found)) != 1 or found[0] not in _SUITED:
        return ["loss"] if not found else ["accuracy"]
    return list(_SUITED[found[0]][: _FIRST.get(found[0], 1)])


def check_job(train: Train, network: Network | None, findings: Findings, places: Mapping[str, Place]) -> None:
    """Add findings for options that contradict each other or the network; what is ``BROKEN`` is left out."""
    _check_schedule(train, findings)
    _check_devices(train, findings, places)
    if network is not None:
        _check_losses(train, network, findings, places)
    shown = [pick.make().name for pick in train.metrics or ()]
    watched = [("train.checkpoint.best", train.checkpoint.best if train.checkpoint else None)]
    if train.early_stopping:
        watched.append(("train.early_stopping.metric", train.early_stopping.metric))
    for where, name in watched:
        if name and name not in shown and train.metrics is not BROKEN:
            help = f"{suggest(name, shown)}  train.metrics: {', '.join(shown) or 'none'}".strip()
            findings.report("SYM701", places[where], f"{where} is {name!r}, which is not measured", help)


def _check_schedule(train: Train, findings: Findings) -> None:
    pick = train.lr_scheduler
    # Lengths in updates compare with those in epochs only when data are read.
    if not pick or not train.epochs or any(pick.values.get(name) for name in ("max_update", "warmup_steps")):
        return
    try:
        make_schedule(pick, train.optimizer.learning_rate if train.optimizer else 0.01, train.epochs, 1_000_000)
    except ParamError as error:
        findings.report("SYM701", pick.place_of(str(error)), f"train.lr_scheduler: {error}")


def _check_devices(train: Train, findings: Findings, places: Mapping[str, Place]) -> None:
    if train.devices is BROKEN or train.batch_size is BROKEN:
        return
    try:
        split(train.batch_size, [1] * train.devices)
    except ParamError:
        findings.report("SYM701", places["train.devices"], f"train.devices={train.devices}: a batch of "
                        f"{train.batch_size} leaves nothing for some of them", "fewer devices, or a larger "
                        "train.batch_size")  # fmt: skip


def _check_losses(train: Train, network: Network, findings: Findings, places: Mapping[str, Place]) -> None:
    found = losses(network)
    if not found:
        known = sorted({cls.name for cls in REGISTRY.values() if cls.is_loss and not cls.name.startswith("_")})
        findings.report("SYM701", places["network"], "no output of the network is a loss, so it cannot be trained",
                        f"end it with one of {', '.join(known)}")  # fmt: skip
    suited = _SUITED.get(found[0], ()) if len(set(found)) == 1 else ()
    for pick in train.metrics if suited and train.metrics else ():
        if pick.kind not in suited:
            findings.report("SYM701", pick.place, f"train.metrics: {pick.kind} does not go with {found[0]}",
                            f"those that do: {', '.join(suited)}")  # fmt: skip
