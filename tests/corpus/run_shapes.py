"""The corpus' cases of inference, names, attributes and small programs; errors by the class raised."""

import json
import traceback
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import symcli as mx
from tests.corpus.cases import Case, index_of
from tests.corpus.compare import Mismatch, compare_json, plain, plain_shapes


def cases() -> Iterator[Case]:
    for case in index_of("shapes")["cases"]:
        yield Case("shapes", case["group"], case["id"], check, (case,))


def check(case: Mapping[str, Any]) -> None:
    expected = case["expect"]
    try:
        got = run(case)
    except Exception as error:
        classes = [cls.__name__ for cls in type(error).__mro__]
        if "error" not in expected:
            raise Mismatch(f"raised {classes[0]}: {error}\n{traceback.format_exc()}") from None
        if not set(case["accept_errors"]) & set(classes):
            raise Mismatch(f"raised {classes[0]} ({error}), expected one of {case['accept_errors']}") from None
        return
    if "error" in expected:
        raise Mismatch(f"no error; expected {expected['error'][0]}: {expected['message'][-200:]}")
    compare_json("result", {key: value for key, value in got.items() if key in expected}, expected)


def run(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a case computes as plain data."""
    if case["kind"] == "code":
        names = {"mx": mx, "np": np, "json": json}
        with warnings.catch_warnings(), mx.name.NameManager(), mx.AttrScope():
            warnings.simplefilter("ignore")  # programs may warn, as those that infer too little do
            exec(compile(case["code"], f"<{case['id']}>", "exec"), names)
        return {"result": plain(names["result"])}
    symbol = mx.sym.load_json(json.dumps(case["symbol"]))
    if case["kind"] == "infer_type":
        found = symbol.infer_type(**{key: np.dtype(value[0]).type for key, value in case["known"].items()})
        return {key: None if types is None else [None if one is None else np.dtype(one).name for one in types]
                for key, types in zip(("arg", "out", "aux"), found, strict=True)}  # fmt: skip
    infer = symbol.infer_shape_partial if case["kind"] == "infer_shape_partial" else symbol.infer_shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = infer(**{key: tuple(shape) for key, shape in case["known"].items()})
    return {
        **{key: plain_shapes(shapes) for key, shapes in zip(("arg", "out", "aux"), found, strict=True)},
        "list_arguments": list(symbol.list_arguments()),
        "list_outputs": list(symbol.list_outputs()),
        "list_auxiliary_states": list(symbol.list_auxiliary_states()),
    }
