"""The corpus' ``.params`` files (byte for byte), checkpoints and symbol files of old versions."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import symcli as mx
from tests.corpus.cases import DATA, Case, index_of
from tests.corpus.compare import Mismatch, compare, compare_json, plain, plain_shapes, to_numpy
from tests.corpus.run_ops import array

FOLDER = DATA / "params"


def cases() -> Iterator[Case]:
    index = index_of("params")
    for case in index["cases"]:
        checks = [check_damaged] if case["kind"] == "error" else [check_load]
        if case["kind"] == "file":
            checks += [check_frombuffer, check_save]
        for check in checks:
            what = check.__name__.removeprefix("check_")
            yield Case("params", case["group"], f"{case['id']}-{what}", check, (case,))
    for case in index.get("checkpoints", []):
        yield Case("params", "checkpoint", case["id"], check_checkpoint, (case,))
    for case in index.get("legacy_symbols", []):
        yield Case("params", "legacy_symbol", case["id"], check_legacy, (case,))


def stored(file: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / file) as arrays:
        return dict(arrays)


def recorded(case: Mapping[str, Any]) -> list[tuple[str, np.ndarray]]:
    arrays = stored(case["expect"])
    return [(key, arrays[str(i)]) for i, key in enumerate(case["keys"])]


def match(case: Mapping[str, Any], loaded: Any) -> None:
    expected = recorded(case)
    if case["container"] == "dict":
        if not isinstance(loaded, dict) or sorted(loaded) != sorted(key for key, _ in expected):
            raise Mismatch(f"expected a dict of {case['keys']}, got {loaded!r}")
        for key, want in expected:
            compare(key, to_numpy(loaded[key]), want, 0, 0)
    else:
        if not isinstance(loaded, list) or len(loaded) != len(expected):
            raise Mismatch(f"expected a list of {len(expected)} arrays, got {loaded!r}")
        for i, (_, want) in enumerate(expected):
            compare(f"[{i}]", to_numpy(loaded[i]), want, 0, 0)


def check_load(case: Mapping[str, Any]) -> None:
    match(case, mx.nd.load(str(FOLDER / case["file"])))


def check_frombuffer(case: Mapping[str, Any]) -> None:
    match(case, mx.nd.load_frombuffer((FOLDER / case["file"]).read_bytes()))


def check_save(case: Mapping[str, Any]) -> None:
    expected = recorded(case)
    arrays = [array(value) for _, value in expected]
    data = dict(zip((key for key, _ in expected), arrays, strict=True)) if case["container"] == "dict" else arrays
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "saved.params"
        mx.nd.save(str(path), data)
        got = path.read_bytes()
    if not case.get("dict_order_free") and got != (FOLDER / case["file"]).read_bytes():
        raise Mismatch("the saved bytes differ from MXNet's")


def check_damaged(case: Mapping[str, Any]) -> None:
    try:
        mx.nd.load(str(FOLDER / case["file"]))
    except Exception as error:
        classes = [cls.__name__ for cls in type(error).__mro__]
        if not set(case["accept_errors"]) & set(classes):
            raise Mismatch(f"raised {classes[0]} ({error}), expected one of {case['accept_errors']}") from None
        return
    raise Mismatch("no error for a damaged file")


def check_checkpoint(case: Mapping[str, Any]) -> None:
    symbol, arg_params, aux_params = mx.model.load_checkpoint(str(FOLDER / case["prefix"]), case["epoch"])
    values = stored(case["expect"])
    for kind, params in (("arg", arg_params), ("aux", aux_params)):
        expected = {key.removeprefix(f"{kind}:"): want for key, want in values.items() if key.startswith(f"{kind}:")}
        if set(params) != set(expected):
            raise Mismatch(f"{kind} names {sorted(params)}, expected {sorted(expected)}")
        for name, want in expected.items():
            compare(name, to_numpy(params[name]), want, 0, 0)
    if "in:data" in values:
        executor = symbol.simple_bind(mx.cpu(), grad_req="null", data=values["in:data"].shape)
        executor.copy_params_from(arg_params, aux_params, allow_extra_params=True)
        executor.forward(is_train=False, data=array(values["in:data"]))
        compare("output", to_numpy(executor.outputs[0]), values["out:0"])


def check_legacy(case: Mapping[str, Any]) -> None:
    symbol = mx.sym.load(str(FOLDER / case["file"]))
    got = {
        "arguments": symbol.list_arguments(),
        "outputs": symbol.list_outputs(),
        "aux": symbol.list_auxiliary_states(),
        "attr_dict": plain(symbol.attr_dict()),
    }
    if case.get("known"):
        shapes = symbol.infer_shape(**{key: tuple(shape) for key, shape in case["known"].items()})
        keys = ("arg_shapes", "out_shapes", "aux_shapes")
        got |= {key: plain_shapes(found) for key, found in zip(keys, shapes, strict=True)}
    compare_json("legacy", got, case["expect"])
