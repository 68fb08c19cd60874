"""Reads with MXNet what symcli wrote, and prints what it found; run by ``check.py``, without symcli."""

import hashlib
import json
import sys

import mxnet as mx
import numpy as np


def digest(data):
    return hashlib.sha256(data).hexdigest()


def records(prefix):
    """Return id, label and digest of the bytes of every record, by the index."""
    file = mx.recordio.MXIndexedRecordIO(f"{prefix}.idx", f"{prefix}.rec", "r")
    found = []
    for key in file.keys:
        header, data = mx.recordio.unpack(file.read_idx(key))
        found.append([int(header.id), np.atleast_1d(header.label).tolist(), digest(data)])
    return found


def images(prefix, shape, batch_size):
    """Return labels and pixel sums of what ImageRecordIter makes of the images."""
    data = mx.io.ImageRecordIter(path_imgrec=f"{prefix}.rec", path_imgidx=f"{prefix}.idx", data_shape=shape,
                                 batch_size=batch_size, shuffle=False, preprocess_threads=1)  # fmt: skip
    labels, sums = [], []
    for batch in data:
        kept = batch_size - batch.pad
        labels += batch.label[0].asnumpy()[:kept].tolist()
        sums += batch.data[0].asnumpy()[:kept].astype("float64").sum((1, 2, 3)).tolist()
    return {"labels": labels, "sums": sums}


def arrays(path):
    found = mx.nd.load(path)
    named = found if isinstance(found, dict) else {str(i): one for i, one in enumerate(found)}
    return {name: [one.asnumpy().dtype.name, list(one.shape), digest(one.asnumpy().tobytes())]
            for name, one in named.items()}  # fmt: skip


def outputs(prefix, epoch, data):
    symbol, arguments, states = mx.model.load_checkpoint(prefix, epoch)
    given = np.load(data)["data"]
    executor = symbol.simple_bind(mx.cpu(), grad_req="null", data=given.shape)
    executor.copy_params_from(arguments, states, allow_extra_params=True)
    return executor.forward(is_train=False, data=mx.nd.array(given))[0].asnumpy().tolist()


asked = json.loads(sys.argv[1])
sys.stdout.write(json.dumps({
    "records": records(asked["records"]),
    "images": images(asked["images"], (3, 8, 8), 4),
    "image_records": records(asked["images"]),
    "arrays": {path: arrays(path) for path in asked["arrays"]},
    "outputs": outputs(asked["prefix"], 2, asked["data"]),
}))  # fmt: skip
