"""Whether a job fits into memory: about what training needs, against what is free."""

import numpy as np

from symcli.executor.machine import memory
from symcli.graph.roles import roles
from symcli.job.data_checks import Inputs
from symcli.job.job import Job
from symcli.ndarray import zeros
from symcli.shapes import prod
from symcli.spec.source import Place
from symcli.train import optimizer

__all__ = ["check_memory", "needed_bytes"]

MARGIN = 2  # a lowered graph keeps fewer values than the plain one: by so much the estimate may be too large


def needed_bytes(job: Job, inputs: Inputs) -> tuple[int, int]:
    """Return about the bytes that training needs: those that do not depend on the batch size, and those that do.

    Parameters count with their gradients and the optimizer's states, outputs of nodes once.
    """
    inference = job.network.infer({one.name: tuple(one.shape) for one in (*inputs.data, *inputs.label)})
    role = roles(job.network.symbol._heads, [node for node in job.network.origins if node.op is None] or None)
    name, values = job.optimizer(1_000)
    kept = optimizer.create(name, **values).create_state(0, zeros((1,)))
    states = 0 if kept is None else len(kept) if isinstance(kept, tuple | list) else 1
    fixed = by_batch = 0
    for (node, _), shape in inference.known.items():
        size = 4 * prod(shape) if all(shape) else 0
        if role.get(node) in ("parameter", "state"):
            fixed += size * (2 + states if role[node] == "parameter" else 1)
        else:
            by_batch += size
    return fixed, by_batch


def check_memory(job: Job, inputs: Inputs) -> str:
    """Return what is said of a job that may not fit into memory, empty if it does; one that cannot is a finding."""
    _, free = memory()
    fixed, by_batch = needed_bytes(job, inputs)
    if free is None or fixed + by_batch <= free:
        return ""
    message = f"training needs about {_gigabytes(fixed + by_batch)} of memory; {_gigabytes(free)} are free"
    fitting = int(job.train.batch_size * (free - fixed) / by_batch) if by_batch else 0
    help = f"train.batch_size: {2 ** int(np.log2(fitting))}" if fitting >= 1 else "take a smaller network"
    if fixed + by_batch > MARGIN * free:
        place = job.places.get("train.batch_size", job.places.get("train", Place(job.file)))
        job.findings.report("SYM704", place, message, help)
    return f"{message}: if it stops here, {help}"


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"
