"""MXNet's ``mx.contrib``, as far as it is here: ``nd.contrib``, ``sym.contrib``, ``io`` and ``tensorboard``."""

from typing import NoReturn

from symcli.contrib import io, ndarray, symbol, tensorboard

__all__ = ["io", "nd", "ndarray", "sym", "symbol", "tensorboard"]

nd, sym = ndarray, symbol
_INSTEAD = {
    "autograd": "mx.autograd",
    "onnx": "symcli convert, which knows MXNet's files and specs; ONNX files are not read",
    "quantization": "the float32 model: quantized graphs are not built",
    "quant": "the float32 model: quantized graphs are not built",
    "text": "mx.rnn.encode_sentences and BucketSentenceIter",
}


def __getattr__(name: str) -> NoReturn:
    hint = f"; use {_INSTEAD[name]}" if name in _INSTEAD else f"; it has {', '.join(__all__)}"
    raise AttributeError(f"mx.contrib.{name} is not built{hint}")
