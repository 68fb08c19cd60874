"""MXNet's ``mx.contrib``, as far as it is here: the operators of ``nd.contrib`` and ``sym.contrib``, and ``io``."""

from typing import NoReturn

from symcli.contrib import io, ndarray, symbol

__all__ = ["io", "nd", "ndarray", "sym", "symbol"]

nd, sym = ndarray, symbol
_INSTEAD = {
    "autograd": "mx.autograd",
    "onnx": "symcli convert, which knows MXNet's files and specs; ONNX files are not read",
    "quantization": "the float32 model: quantized graphs are not built",
    "quant": "the float32 model: quantized graphs are not built",
    "tensorboard": "symcli train, whose runs have metrics.jsonl and curves.svg",
    "text": "mx.rnn.encode_sentences and BucketSentenceIter",
}


def __getattr__(name: str) -> NoReturn:
    hint = f"; use {_INSTEAD[name]}" if name in _INSTEAD else f"; it has {', '.join(__all__)}"
    raise AttributeError(f"mx.contrib.{name} is not built{hint}")
