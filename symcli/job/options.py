"""The sections of a job: each option declared once, for reading, bounds, suggestions, documents and the JSON Schema."""

from symcli.job.kinds import FormatPick, InitializerPick, MetricPick, OptimizerPick, SchedulePick, TransformPick
from symcli.params import ModelPath, Parameters, param

__all__ = ["Checkpoint", "Data", "EarlyStopping", "FineTune", "Train", "Transforms"]


class Transforms(Parameters):
    """What becomes of each example's array before it is part of a batch."""

    train: tuple[TransformPick, ...] = param((), doc="for training only, before those of all")
    all: tuple[TransformPick, ...] = param((), doc="for all data: training, validation, tests, prediction")


class Data(Parameters):
    """Where examples come from, and how they become batches."""

    train: FormatPick = param(doc="the examples that are trained on")
    valid: FormatPick | None = param(None, doc="the examples that are evaluated after each epoch")
    test: FormatPick | None = param(None, doc="the examples that `eval` takes")
    transforms: Transforms = param(None, doc="what becomes of each example's array")
    last_batch_handle: str = param("pad", choices=("pad", "discard", "roll_over"),
                                   doc="what becomes of training examples that fill no batch: pad from the beginning, "
                                   "discard, or roll over to the next epoch")  # fmt: skip
    threads: int = param(2, ge=1, doc="how many threads read and decode; the result does not depend on it")
    prefetch: int = param(4, ge=1, doc="how many batches are made ahead")
    cache: int = param(512, ge=0, doc="MiB of decoded images that are kept for the next epochs, of each split; 0: none")


class Checkpoint(Parameters):
    """What is kept of a run."""

    every: int = param(1, ge=1, doc="epochs between checkpoints")
    keep: int = param(3, ge=1, doc="how many checkpoints are kept, besides the best")
    best: str | None = param(None, doc="the metric that says which epoch is the best; by default the first")


class EarlyStopping(Parameters):
    """When a run ends before its time."""

    patience: int = param(ge=1, doc="how many epochs may pass without a better value")
    metric: str | None = param(None, doc="the metric that is watched; by default that of checkpoint.best")
    min_delta: float = param(0.0, ge=0, doc="by how much a better value is better at least")


class FineTune(Parameters):
    """What the network begins with of another model: all of its parameters, but for those that are named here."""

    params: ModelPath = param(doc="the .params file, or a model: a run, PREFIX[:EPOCH], a model.tar.gz")
    new: tuple[str, ...] = param((), doc="patterns of parameters that begin anew, as of another head: fc1_*")
    unused: tuple[str, ...] = param((), doc="patterns of the file's parameters that are left out")
    freeze: tuple[str, ...] = param((), doc="patterns of parameters that are not trained")


class Train(Parameters):
    """How the network is trained."""

    epochs: int = param(10, ge=1, doc="how often all examples are seen")
    batch_size: int = param(32, ge=1, doc="how many examples make one update")
    seed: int = param(0, ge=0, lt=10**9, doc="what all random choices follow from")
    optimizer: OptimizerPick = param("sgd", doc="what turns gradients into updates")
    lr_scheduler: SchedulePick | None = param(None, doc="how the learning rate changes; none keeps it")
    initializer: InitializerPick = param("xavier", doc="what parameters begin with")
    metrics: tuple[MetricPick, ...] = param(None, doc="what is measured; by default what suits the network's loss")
    checkpoint: Checkpoint = param(None, doc="what is kept of the run")
    early_stopping: EarlyStopping | None = param(None, doc="when the run ends before its time; none for never")
    fine_tune: FineTune | None = param(
        None, doc="which model's parameters the network begins with; none: it begins anew"
    )
    devices: int = param(1, ge=1, doc="over how many devices, parts of this CPU, each batch is split")
    deterministic: bool = param(False, doc="the same bytes for any number of threads, not only for the same number")
