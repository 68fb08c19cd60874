"""Fine-tuning: what a run begins with of another model's parameters, and which of them stay as they are."""

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from symcli.errors import MXNetError, suggest
from symcli.graph.symbol import Symbol
from symcli.job.data_checks import Inputs
from symcli.job.job import Job
from symcli.ndarray import NDArray
from symcli.run.archive import ENDINGS
from symcli.run.model import read_parameters
from symcli.run.model_files import model_files

__all__ = ["Start", "fixed_names", "start_of"]

Start = tuple[dict[str, NDArray], dict[str, NDArray]]


def fixed_names(job: Job) -> list[str]:
    """Return the parameters that a job does not train."""
    tuning = job.train.fine_tune
    return _matching(job.network.symbol.list_arguments(), tuning.freeze) if tuning is not None else []


def start_of(job: Job, inputs: Inputs) -> Start | None:
    """Return arguments and states that a job begins with; None if it begins anew.

    Raises
    ------
    SpecError
        If the file is not the network's but for what the job names: every parameter that is missing, surplus or of
        another shape is listed.
    """
    tuning = job.train.fine_tune
    if tuning is None:
        return None
    symbol = job.network.symbol
    try:
        arguments, states = _read(tuning.params, symbol)
    except MXNetError as error:
        _report(job, "params", str(error))
        raise  # reported: not reached
    shapes = {one.name: tuple(one.shape) for one in (*inputs.data, *inputs.label)}
    inferred = symbol.infer_shape(**{name: shape for name, shape in shapes.items() if name in symbol.list_arguments()})
    needed = {
        name: tuple(shape)
        for names, found in ((symbol.list_arguments(), inferred[0]), (symbol.list_auxiliary_states(), inferred[2]))
        for name, shape in zip(names, found or (), strict=True) if name not in shapes
    }  # fmt: skip
    for option, patterns, names in (
        ("new", tuning.new, needed),
        ("freeze", tuning.freeze, needed),
        ("unused", tuning.unused, {**arguments, **states}),
    ):
        for pattern in patterns:
            if not _matching(names, [pattern]):
                _report(job, option, f"{pattern!r} matches no parameter; {suggest(pattern, names) or _listed(names)}")
    new, unused = set(_matching(needed, tuning.new)), set(_matching({**arguments, **states}, tuning.unused))
    taken = {name: one for name, one in {**arguments, **states}.items() if name not in new | unused}
    faults = _faults(needed, taken, new)
    if faults:
        _report(job, "params", f"the parameters of {tuning.params} are not the network's", "\n".join(faults))
    job.findings.raise_if_any()
    state_names = set(symbol.list_auxiliary_states())
    return ({name: one for name, one in taken.items() if name not in state_names},
            {name: one for name, one in taken.items() if name in state_names})  # fmt: skip


def _faults(needed: dict[str, tuple[int, ...]], taken: dict[str, NDArray], new: set[str]) -> list[str]:
    missing = [name for name in needed if name not in taken and name not in new]
    surplus = [name for name in taken if name not in needed]
    other = [f"{name} is {tuple(taken[name].shape)}, needs {shape}" for name, shape in needed.items()
             if name in taken and tuple(taken[name].shape) != shape]  # fmt: skip
    faults = [f"missing: {', '.join(missing)}"] if missing else []
    faults += [f"surplus: {', '.join(surplus)}"] if surplus else []
    faults += [f"of another shape: {'; '.join(other)}"] if other else []
    if faults:
        faults.append("name what begins anew under train.fine_tune.new, what is left out under unused, as fc1_*")
    return faults


def _report(job: Job, option: str, message: str, help: str = "") -> None:
    where = f"train.fine_tune.{option}"
    place = job.places.get(where, job.places["train.fine_tune"])
    job.findings.report("SYM705", place, f"{where}: {message}", help.replace("\n", "\n         "))
    if option == "params":
        job.findings.raise_if_any()


def _read(path: str, symbol: Symbol) -> Start:
    """Return arguments and states of a ``.params`` file or a model; float16 as float32."""
    if os.path.isfile(path) and not path.endswith(ENDINGS):
        found = read_parameters(path, symbol)
    else:
        with model_files(path) as files:
            found = read_parameters(files.params(), symbol)
    for params in found:
        for name, one in params.items():
            if one.dtype.__name__ == "float16":
                params[name] = one.astype("float32")
    return found


def _matching(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    return f"parameters: {', '.join(found[:12])}" + (", …" if len(found) > 12 else "")
