"""The corpus' training traces: optimizers, schedulers, metrics, initializers, Module and executor runs."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import symcli as mx
from tests.corpus.cases import DATA, Case, arrays_of, index_of
from tests.corpus.compare import ATOL, RTOL, Mismatch, compare, to_numpy
from tests.corpus.run_ops import Arrays, array

TraceCase = Mapping[str, Any]


def cases() -> Iterator[Case]:
    for case in index_of("traces")["cases"]:
        file = DATA / "traces" / case["file"]
        yield Case("traces", case["group"], case["id"], check, (case, file), case["kind"] in ("module", "executor"))


def check(case: TraceCase, file: Path) -> None:
    arrays = arrays_of(file, case["id"])
    got = KINDS[case["kind"]](case, {key: value for key, value in arrays.items() if not key.startswith("=")})
    for key, want in arrays.items():
        if key.startswith("="):
            if key[1:] not in got:
                raise Mismatch(f"{key[1:]} missing")
            compare(key[1:], got[key[1:]], want, case.get("rtol", RTOL), case.get("atol", ATOL), dtype=False)


def run_optimizer(case: TraceCase, arrays: Arrays) -> dict[str, Any]:
    """Weights after every step."""
    options = dict(case["kwargs"])
    if case.get("scheduler"):
        options["lr_scheduler"] = scheduler(case["scheduler"])
    if case.get("param_idx2name"):
        options["param_idx2name"] = {int(key): name for key, name in case["param_idx2name"].items()}
    optimizer = mx.optimizer.create(case["optimizer"], **options)
    if case.get("lr_mult"):
        optimizer.set_lr_mult(case["lr_mult"])
    if case.get("wd_mult"):
        optimizer.set_wd_mult(case["wd_mult"])
    update = mx.optimizer.get_updater(optimizer)
    weights = [array(arrays[f"w/{i}"]) for i in range(case["n_weights"])]
    got = {}
    for step in range(case["steps"]):
        for i, weight in enumerate(weights):
            update(i, array(arrays[f"g/{step}/{i}"]), weight)
        got |= {f"after/{step}/{i}": to_numpy(weight) for i, weight in enumerate(weights)}
    return got


def scheduler(spec: Mapping[str, Any]) -> Any:
    return getattr(mx.lr_scheduler, spec["scheduler"])(**spec["kwargs"])


def run_scheduler(case: TraceCase, arrays: Arrays) -> dict[str, Any]:
    """The learning rate at each update number."""
    schedule = scheduler(case)
    if case.get("base_lr") is not None:
        schedule.base_lr = case["base_lr"]
    return {"lr": np.array([float(schedule(int(n))) for n in case["num_updates"]])}


def metric(spec: Mapping[str, Any]) -> Any:
    if spec["name"] != "composite":
        return mx.metric.create(spec["name"], **spec.get("kwargs", {}))
    composite = mx.metric.CompositeEvalMetric()
    for child in spec["children"]:
        composite.add(metric(child))
    return composite


def run_metric(case: TraceCase, arrays: Arrays) -> dict[str, Any]:
    """The value after each batch and after ``reset``."""
    measured, got = metric(case["metric"]), {}
    for batch in range(case["batches"]):
        labels, preds = ([array(arrays[f"{kind}/{batch}/{i}"]) for i in range(case["n_pairs"])]
                         for kind in ("label", "pred"))  # fmt: skip
        measured.update(labels, preds)
        names, values = measured.get()
        names, values = (names, values) if isinstance(names, list) else ([names], [values])
        if list(names) != case["names"]:
            raise Mismatch(f"metric names {names}, expected {case['names']}")
        got[f"value/{batch}"] = np.array([float(value) for value in values])
    measured.reset()
    values = measured.get()[1]
    got["value/reset"] = np.array([float(v) for v in (values if isinstance(values, list) else [values])])
    return got


def run_initializer(case: TraceCase, arrays: Arrays) -> dict[str, Any]:
    """Exact values; of random ones their range and moments."""
    initializer = getattr(mx.init, case["init"])(**case["kwargs"])
    filled = mx.nd.zeros(tuple(case["shape"]))
    attrs = case.get("attrs") if case.get("attrs") or case.get("as_default") else None
    initializer(mx.init.InitDesc(case["param_name"], attrs=attrs or {}), filled)
    values = to_numpy(filled).astype(np.float64)
    if case["property"] == "exact":
        return {"value": values}
    scale = float(arrays["scale"])
    largest, spread, centred = np.abs(values).max(), values.std(), abs(values.mean()) < 0.12 * scale
    if case["property"] == "uniform":  # U(-scale, scale)
        bounds = [largest <= scale * (1 + 1e-5), largest > 0.9 * scale]
        return {"ok": np.array([*bounds, abs(spread / (scale / np.sqrt(3)) - 1) < 0.12, centred])}
    if case["property"] == "gaussian":
        return {"ok": np.array([abs(spread / scale - 1) < 0.12, centred, largest > 2 * scale])}
    rows = values.reshape(len(values), -1) / scale  # orthogonal
    return {"gram": rows @ rows.T if rows.shape[0] <= rows.shape[1] else rows.T @ rows}


def run_module(case: TraceCase, arrays: Arrays) -> dict[str, Any]:
    """``mx.mod.Module`` training with fixed parameters and batches."""
    batches = mx.io.NDArrayIter({name: arrays[f"data/{name}"] for name in case["data_names"]},
                                {name: arrays[f"data/{name}"] for name in case["label_names"]},
                                batch_size=case["batch_size"], shuffle=False)  # fmt: skip
    module = mx.mod.Module(mx.sym.load_json(json.dumps(case["symbol"])), data_names=case["data_names"],
                           label_names=case["label_names"], context=mx.cpu())  # fmt: skip
    module.bind(data_shapes=batches.provide_data, label_shapes=batches.provide_label)
    module.init_params(arg_params=_prefixed(arrays, "arg/"), aux_params=_prefixed(arrays, "aux/"))
    options = dict(case["kwargs"])
    if case.get("scheduler"):
        options["lr_scheduler"] = scheduler(case["scheduler"])
    module.init_optimizer(kvstore=None, optimizer=case["optimizer"], optimizer_params=options)
    measured, values = metric(case["metric"]), []
    while len(values) < case["steps"]:
        batches.reset()
        measured.reset()
        for batch in batches:
            if len(values) == case["steps"]:
                break
            module.forward(batch, is_train=True)
            module.update_metric(measured, batch.label)
            module.backward()
            module.update()
            values.append(float(measured.get()[1]))
    got = {"metric": np.array(values)}
    for kind, params in zip(("final", "final_aux"), module.get_params(), strict=True):
        got |= {f"{kind}/{name}": to_numpy(value) for name, value in params.items()}
    batches.reset()
    module.forward(next(iter(batches)), is_train=False)
    return got | {"predict": to_numpy(module.get_outputs()[0])}


def _prefixed(arrays: Arrays, prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): array(value) for key, value in arrays.items() if key.startswith(prefix)}


def run_executor(case: TraceCase, arrays: Arrays) -> dict[str, Any]:
    """``simple_bind`` and an updater, without Module."""
    symbol = mx.sym.load_json(json.dumps(case["symbol"]))
    inputs, size = case["data_names"] + case["label_names"], case["batch_size"]
    names = symbol.list_arguments()
    params = [(i, name) for i, name in enumerate(names) if name not in inputs]
    executor = symbol.simple_bind(
        mx.cpu(),
        grad_req={name: "null" if name in inputs else "write" for name in names},
        **{name: (size, *arrays[f"data/{name}"].shape[1:]) for name in inputs},
    )
    executor.copy_params_from(_prefixed(arrays, "arg/"), _prefixed(arrays, "aux/"), allow_extra_params=True)
    optimizer = mx.optimizer.create(case["optimizer"], sym=symbol, **case["kwargs"], rescale_grad=1.0 / size,
                                    param_idx2name=dict(enumerate(names)))  # fmt: skip
    update = mx.optimizer.get_updater(optimizer)
    total, got = len(arrays[f"data/{inputs[0]}"]), {}
    for step in range(case["steps"]):
        start = step * size % total
        executor.forward(is_train=True, **{name: array(arrays[f"data/{name}"][start : start + size])
                                           for name in inputs})  # fmt: skip
        got[f"out/{step}"] = to_numpy(executor.outputs[0])
        executor.backward()
        for i, name in params:
            update(i, executor.grad_dict[name], executor.arg_dict[name])
    got |= {f"final/{name}": to_numpy(executor.arg_dict[name]) for _, name in params}
    return got | {f"final_aux/{name}": to_numpy(state) for name, state in executor.aux_dict.items()}


KINDS: dict[str, Callable[[TraceCase, Arrays], dict[str, Any]]] = {
    "optimizer": run_optimizer,
    "scheduler": run_scheduler,
    "metric": run_metric,
    "initializer": run_initializer,
    "module": run_module,
    "executor": run_executor,
}
