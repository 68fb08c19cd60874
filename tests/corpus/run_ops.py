"""The corpus' operator cases: bind, forward, backward, and all arrays compared."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import symcli as mx
from tests.corpus.cases import DATA, Case, arrays_of, index_of
from tests.corpus.compare import ATOL, RTOL, Mismatch, compare, to_numpy

Arrays = Mapping[str, np.ndarray]


def cases() -> Iterator[Case]:
    for operator, entry in sorted(index_of("ops")["ops"].items()):
        for case in entry["cases"]:
            yield Case("ops", operator, case["id"], check, (case, DATA / "ops" / entry["file"]), executes=True)


def check(case: Mapping[str, Any], file: Any) -> None:
    arrays = arrays_of(file, case["id"])
    got = run(case, arrays)
    recorded = {key: array for key, array in arrays.items() if key.split("/")[0] in ("out", "grad", "aux_after")}
    for key, array in recorded.items():
        if key not in got:
            raise Mismatch(f"{key} missing")
        compare(key, got[key], array, case.get("rtol", RTOL), case.get("atol", ATOL))
    if set(got) - set(recorded):
        raise Mismatch(f"unexpected {sorted(set(got) - set(recorded))}")


def array(value: np.ndarray) -> Any:
    return mx.nd.array(value, dtype=value.dtype)


def run(case: Mapping[str, Any], arrays: Arrays) -> dict[str, np.ndarray]:
    """Return outputs, gradients and auxiliary states by the corpus' keys."""
    symbol = mx.sym.load_json(json.dumps(case["symbol"]))
    requests = case.get("grad_req") or {}
    args = {name: array(arrays[f"in/{name}"]) for name in case["args"]}
    states = {name: array(arrays[f"aux/{name}"]) for name in case["aux"]}
    gradients = {name: array(arrays[f"ginit/{name}"] if req == "add" else np.zeros_like(arrays[f"in/{name}"]))
                 for name, req in requests.items()}  # fmt: skip
    asked = {name: requests.get(name, "null") for name in case["args"]}
    executor = symbol.bind(mx.cpu(), args, gradients or None, asked, states)
    executor.forward(is_train=bool(case["is_train"]))
    got = {f"out/{i}": to_numpy(output) for i, output in enumerate(executor.outputs)}
    if requests:
        given = case.get("head") == "given"
        heads = [array(arrays[f"head/{i}"]) for i in range(len(executor.outputs))] if given else None
        for _ in range(case.get("backward_times", 1)):
            executor.backward(heads)
        got |= {f"grad/{name}": to_numpy(executor.grad_dict[name]) for name in requests}
    return got | {f"aux_after/{name}": to_numpy(executor.aux_dict[name]) for name in case["aux"]}
