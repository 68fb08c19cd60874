"""What a job picks from: the kinds of optimizers, schedules, initializers, metrics, data formats and transforms."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import symcli.data.box_transforms  # registers its transforms
from symcli.data.formats import FORMATS as _FORMATS
from symcli.data.transforms import TRANSFORMS as _TRANSFORMS
from symcli.detect.metric import METRICS as _OF_DETECTORS
from symcli.params import Param, declared
from symcli.spec.source import Place
from symcli.train import initializer, lr_scheduler, metric, optimizer
from symcli.train.registry import get_registry

__all__ = [
    "FORMATS", "INITIALIZERS", "IN_EPOCHS", "METRICS", "OPTIMIZERS", "SCHEDULES", "TRANSFORMS", "FormatPick",
    "InitializerPick", "Kinds", "MetricPick", "OptimizerPick", "Pick", "SchedulePick", "TransformPick", "spelled",
]  # fmt: skip


def spelled(word: str) -> str:
    """Return a name as it is looked up: lower case, hyphens as underscores."""
    return word.strip().lower().replace("-", "_")


class Kinds:
    """The kinds of one thing: classes with declared parameters, by name.

    Parameters
    ----------
    what : the thing, for messages: "an optimizer" without its article.
    names : classes by all their names; the first name of a class is the one that is printed.
    """

    def __init__(self, what: str, names: Mapping[str, type]):
        self.what = what
        self.classes: dict[str, type] = {}
        for name, cls in names.items():
            if cls not in self.classes.values():
                self.classes[name] = cls
        self._names = {spelled(name): cls for name, cls in names.items()}

    def find(self, word: str) -> str | None:
        """Return the kind that a word names, None if there is none."""
        cls = self._names.get(spelled(word))
        return next((name for name, one in self.classes.items() if one is cls), None)

    def words(self, kind: str) -> list[str]:
        """Return all the ways a kind is written, its own name first."""
        names = [name for name, cls in self._names.items() if cls is self.classes[kind]]
        both = [*names, *(name.replace("_", "-") for name in names)]
        return list(dict.fromkeys([kind, *both]))

    def params(self, kind: str) -> dict[str, Param]:
        """Return the parameters that a job may give, those of the class itself before inherited ones."""
        cls = self.classes[kind]
        known = declared(cls)
        own = [name for name in inspect.get_annotations(cls) if name in known]
        return {name: known[name] for name in [*own, *(name for name in known if name not in own)]}


class _Optimizers(Kinds):
    """Optimizers; Module divides gradients by the batch size unless a job says otherwise."""

    def params(self, kind: str) -> dict[str, Param]:
        found = super().params(kind)
        del found["begin_num_update"]
        rate, scale = found["learning_rate"], found["rescale_grad"]
        found["learning_rate"] = rate._replace(default=self.classes[kind]().lr)
        found["rescale_grad"] = scale._replace(type=float | None, default=None,
                                               doc=f"{scale.doc}; by default 1 / batch size")  # fmt: skip
        return found


# An option that counts updates -> the same in epochs.
IN_EPOCHS = {"warmup_steps": "warmup_epochs", "step": "step_epochs", "max_update": "max_epochs"}
_LENGTHS = {"max_epochs": "; by default the run's length"}


class _Schedules(Kinds):
    """Schedules of the learning rate; lengths are numbers of updates, or of epochs."""

    def params(self, kind: str) -> dict[str, Param]:
        found: dict[str, Param] = {}
        for name, one in super().params(kind).items():
            if name in IN_EPOCHS:
                many = one.type == tuple[int, ...]
                bounds = {"ge": None if one.required else 0, "gt": 0 if one.required else None, "le": 1e6, "lt": None}
                epochs = IN_EPOCHS[name]
                doc = f"as {name}, but in epochs{_LENGTHS.get(epochs, '')}"
                found[epochs] = Param(epochs, tuple[float, ...] | None if many else float | None, None, bounds, (), doc)
            if name in IN_EPOCHS or name == "base_lr":
                doc = f"{one.doc}; by default the optimizer's" if name == "base_lr" else one.doc
                one = one._replace(type=one.type | None, default=None, doc=doc)
            found[name] = one
        return found


def _named(base: type, leave_out: tuple[str, ...] = (), ending: str = "") -> dict[str, type]:
    """Return the registered classes, first by their own names without an ending."""
    found = {name: cls for name, cls in get_registry(base).items() if name not in leave_out}
    own = {cls.__name__.lower().removesuffix(ending): cls for cls in found.values()}
    words = {re.sub("(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower().removesuffix(f"_{ending}"): cls
             for cls in found.values()}  # fmt: skip
    return {**own, **found, **words}


def _metrics() -> dict[str, type]:
    no_kinds = metric.CompositeEvalMetric, metric.CustomMetric, metric.Torch, metric.Caffe
    found = {name: cls for name, cls in get_registry(metric.EvalMetric).items() if "name" in declared(cls)
             and not issubclass(cls, no_kinds)}  # fmt: skip
    found |= {cls.__name__.lower(): cls for cls in _OF_DETECTORS}
    return {**{declared(cls)["name"].default: cls for cls in found.values()}, **found}


OPTIMIZERS = _Optimizers("optimizer", _named(optimizer.Optimizer, ("test", "ccsgd")))
SCHEDULES = _Schedules("lr_scheduler", _named(lr_scheduler.LRScheduler, ending="scheduler"))
INITIALIZERS = Kinds("initializer", _named(initializer.Initializer))
METRICS = Kinds("metric", _metrics())
FORMATS = Kinds("data format", _FORMATS)
TRANSFORMS = Kinds("transform", _TRANSFORMS)


@dataclass(eq=False)
class Pick:
    """One kind with the parameters that a job gives it.

    Attributes
    ----------
    kind : its name in ``kinds``.
    values : the given parameters.
    place, places : where the kind and its parameters stand.
    """

    kind: str
    values: dict[str, Any]
    place: Place
    places: dict[str, Place] = field(default_factory=dict)

    kinds: ClassVar[Kinds]

    def make(self, **more: Any) -> Any:
        """Return the object; ``more`` are further parameters.

        Raises
        ------
        ParamError
            If the parameters contradict each other.
        """
        given = {name: value for name, value in self.values.items() if value is not None}
        return self.kinds.classes[self.kind](**{**given, **more})

    def check(self) -> None:
        """Make the object once.

        Raises
        ------
        ParamError
            If the parameters contradict each other.
        """
        self.make()

    def place_of(self, message: str) -> Place:
        """Return where the parameter stands that a message names, ``step=3 is …``, else the pick's place."""
        return next((place for name, place in self.places.items() if f"{name}=" in message), self.place)


class OptimizerPick(Pick):
    """A picked optimizer."""

    kinds = OPTIMIZERS

    @property
    def learning_rate(self) -> float:
        """The learning rate, given or the optimizer's own."""
        given = self.values.get("learning_rate")
        return self.kinds.params(self.kind)["learning_rate"].default if given is None else given


class SchedulePick(Pick):
    """A picked schedule of the learning rate, which is made when the length of an epoch is known."""

    kinds = SCHEDULES

    def check(self) -> None:
        """Leave that to ``make_schedule``."""


class InitializerPick(Pick):
    """A picked initializer."""

    kinds = INITIALIZERS


class MetricPick(Pick):
    """A picked metric."""

    kinds = METRICS


class FormatPick(Pick):
    """A picked data format."""

    kinds = FORMATS


class TransformPick(Pick):
    """A picked transform."""

    kinds = TRANSFORMS
