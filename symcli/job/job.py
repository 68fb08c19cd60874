"""Jobs: from a file to checked values, and to the objects that training is made of."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symcli.data.transforms import Transform
from symcli.errors import suggest
from symcli.job.checks import check_job, suited_metrics
from symcli.job.kinds import MetricPick, Pick
from symcli.job.options import Checkpoint, Data, EarlyStopping, Train
from symcli.job.reader import DEFAULT, Reader, default
from symcli.job.resolved import network_tree
from symcli.job.schedule import make_schedule
from symcli.params import declared
from symcli.spec.document import Document, read_document
from symcli.spec.expression import is_name
from symcli.spec.findings import BROKEN, Findings, TooMany
from symcli.spec.network import Network, network_of
from symcli.spec.scope import Definition, Scope
from symcli.spec.source import List, Map, Place, Text, Value
from symcli.train import metric as metrics

__all__ = ["JOB_KEYS", "Job", "load_job"]

JOB_KEYS = ("base", "vars", "network", "data", "train")


@dataclass
class Job:
    """What a job file says, checked.

    Attributes
    ----------
    name : what its runs are called: the file's name without its ending.
    data, train : its options.
    resolved : the whole job with defaults, each text with the place it comes from.
    places : where things stand, by their path: ``data.train``.
    """

    file: str
    name: str
    network: Network
    data: Data
    train: Train
    resolved: Map
    findings: Findings
    places: dict[str, Place]

    def optimizer(self, updates_per_epoch: int) -> tuple[str, dict[str, Any]]:
        """Return the optimizer's name and parameters as ``Module.init_optimizer`` takes them.

        Raises
        ------
        ParamError
            If the schedule of the learning rate does not fit the length of the run.
        """
        pick = self.train.optimizer
        given = {name: value for name, value in pick.values.items() if value is not None}
        given["learning_rate"] = pick.learning_rate
        if self.train.lr_scheduler is not None:
            schedule = make_schedule(self.train.lr_scheduler, pick.learning_rate, self.train.epochs, updates_per_epoch)
            given |= {"lr_scheduler": schedule, "learning_rate": schedule.base_lr}
        return pick.kinds.classes[pick.kind].__name__, given

    def initializer(self) -> Any:
        """Return the initializer."""
        return self.train.initializer.make()

    def metric(self, classes: Sequence[str] = (), training: bool = False) -> metrics.CompositeEvalMetric:
        """Return the metrics, as one.

        Parameters
        ----------
        classes : the names of the data's classes, for metrics that tell of each.
        training : leave out what is measured in evaluation only.
        """
        made = [pick.make() for pick in self.train.metrics]
        for one in made:
            one.set_classes(classes)
        return metrics.CompositeEvalMetric([one for one in made if not (training and one.evaluation_only)])

    def transforms(self, split: str) -> list[Transform]:
        """Return the transforms of a split: ``train``, or any other."""
        chosen = self.data.transforms
        return [pick.make() for pick in (chosen.train if split == "train" else ()) + chosen.all]

    def formats(self) -> dict[str, Pick]:
        """Return the data formats of the splits that the job has."""
        splits = {"train": self.data.train, "valid": self.data.valid, "test": self.data.test}
        return {name: pick for name, pick in splits.items() if pick is not None}


def load_job(path: str, overrides: list[str] | None = None, defines: Mapping[str, str] | None = None,
             findings: Findings | None = None, absent: bool = False) -> Job:  # fmt: skip
    """Return the job of a YAML or JSON file.

    Parameters
    ----------
    overrides : texts ``path.to.key=value`` that replace values of the file (``--set``).
    defines : values of vars and sizes by name (``-D``).
    absent : whether files of data that are not there are no mistake.

    Raises
    ------
    SpecError
        With all findings, if the file has mistakes.
    """
    findings = Findings() if findings is None else findings
    job = None
    try:
        document = read_document(path, overrides or [], findings)
        if document is not None:
            job = _read(document, dict(defines or {}), findings, absent)
    except TooMany:
        pass
    findings.raise_if_any()
    assert job is not None
    return job


def _read(document: Document, defines: dict[str, str], findings: Findings, absent: bool) -> Job | None:
    tree = _checked_tree(document, findings)
    if tree is None:
        return None
    sizes = _defined(tree, defines)
    network = network_of(document, findings, sizes)
    reader = Reader(findings, document, _vars(tree, findings), absent)
    places = {"network": tree.place, **_places(tree)}
    data, data_tree = reader.section(Data, tree.get("data"), "data", places.get("data", tree.place))
    train, train_tree = reader.section(Train, tree.get("train"), "train", places.get("train", tree.place))
    if "train.metrics" not in places:
        train = _with_metrics(train, train_tree, network, reader)
    check_job(train, network, findings, places)
    if findings or network is None:
        return None
    train = _with_defaults(train, train_tree)
    resolved = Map(tree.place, network_tree(document, network.name, sizes) | {"data": data_tree, "train": train_tree})
    name = os.path.splitext(os.path.basename(document.file))[0].strip("<>")
    return Job(document.file, name, network, data, train, resolved, findings, places)


def _checked_tree(document: Document, findings: Findings) -> Map | None:
    if document.symbol:
        name = os.path.basename(document.file)
        findings.report("SYM108", Place(document.file), "this is a network, not a job",
                        f"write a job with network: {{symbol: {name}}}")  # fmt: skip
        return None
    tree = findings.expect(document.tree, Map, "the file", "network: {…}, data: {…}, train: {…}")
    if tree is BROKEN:
        return None
    for key, text in tree.keys.items():
        if key not in JOB_KEYS:
            close = suggest(key, JOB_KEYS)
            meant = close.split("'")[1] if close else key
            if meant not in tree.items:  # go on as if it stood there
                tree.items[meant] = tree.items[key]
            findings.report("SYM107", text.place, f"a job has no key {key!r}",
                            f"{close}  keys: {', '.join(JOB_KEYS)}".strip())  # fmt: skip
    return tree


def _defined(tree: Map, defines: Mapping[str, str]) -> dict[str, str]:
    """Put what ``-D`` gives into the job's vars; return the rest, which are sizes."""
    section = tree.get("vars")
    known = section.items if isinstance(section, Map) else {}
    for name, text in defines.items():
        if name in known:
            known[name] = Text(Place(f"-D {name}={text}"), text)
    return {name: text for name, text in defines.items() if name not in known}


def _vars(tree: Map, findings: Findings) -> Scope:
    """Return the job's vars, for ``$name`` in its options; what is wrong with them the network reports."""
    scope = Scope(findings)
    section = tree.get("vars")
    for key, value in section.items.items() if isinstance(section, Map) else ():
        if is_name(key):
            scope.define(section.keys[key], Definition("number", section.keys[key].place, value))  # type: ignore[union-attr]
    scope.incomplete = section is not None and not isinstance(section, Map)
    return scope


def _places(tree: Map, prefix: str = "") -> dict[str, Place]:
    """Return where texts stand, and the keys of all other values, by their path."""
    found = {}
    for key, text in tree.keys.items():
        value = tree.get(key)
        found[prefix + key] = value.place if isinstance(value, Text) else text.place
        if isinstance(value, Map):
            found |= _places(value, f"{prefix}{key}.")
    return found


def _with_metrics(train: Train, tree: Map, network: Network | None, reader: Reader) -> Train:
    """Return the options with the metrics that suit the network, in the tree too."""
    if network is None:
        return train.replaced(metrics=BROKEN)
    parts = [reader.pick(MetricPick, default(name), "train.metrics") for name in suited_metrics(network)]
    trees = [one for _, one in parts if one is not None]
    _put(tree, Train, "metrics", List(DEFAULT, trees))
    return train.replaced(metrics=tuple(pick for pick, _ in parts))


def _with_defaults(train: Train, tree: Map) -> Train:
    """Return the options with what follows from the metrics, in the tree too."""
    best = train.checkpoint.best or next((pick.make().name for pick in train.metrics), None)
    if best is None:
        return train
    stopping = train.early_stopping
    if train.checkpoint.best is None:
        _put(tree.items["checkpoint"], Checkpoint, "best", default(best))
    if stopping is not None and stopping.metric is None:
        stopping = stopping.replaced(metric=best)
        _put(tree.items["early_stopping"], EarlyStopping, "metric", default(best))
    return train.replaced(checkpoint=train.checkpoint.replaced(best=best), early_stopping=stopping)


def _put(tree: Value, cls: type, name: str, value: Value) -> None:
    """Put an option into the tree of its section, in the order of the class."""
    assert isinstance(tree, Map)
    items = {**tree.items, name: value}
    tree.items = {key: items[key] for key in declared(cls) if key in items}
