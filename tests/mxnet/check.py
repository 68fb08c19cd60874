"""MXNet reads the ``.rec``, ``.params`` and symbol files that symcli writes: ``python -m tests.mxnet.check PYTHON``.

PYTHON is one with MXNet 1.9.1 (CONTRIBUTING.md). The other direction, files that MXNet wrote, is tested in
every run: ``tests/data/test_recordio.py``, ``tests/run/test_models.py``.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
from PIL import Image

import symcli as mx
from symcli.cli import main as symcli

MAGIC = (0xCED7230A).to_bytes(4, "little")
RECORDS = [
    (0, 3.0, b"plain"), (7, [1.0, 2.5, -3.0], b"three labels"), (2**40, 0.0, b""),
    (4, 1.0, b"in parts " + MAGIC + b"abc" + MAGIC + MAGIC + b"0" * 8 + MAGIC),
    (5, [0.0, 5.0, 2.0, 0.1, 0.2, 0.8, 0.9], os.urandom(1001)),
]  # fmt: skip


def read(python, **asked):
    """Return what MXNet found in the files."""
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([python, str(Path(__file__).with_name("reader.py")), json.dumps(asked)],
                          capture_output=True, text=True, env=plain)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def digest(data):
    return hashlib.sha256(data).hexdigest()


def write_records(prefix):
    file = mx.recordio.MXIndexedRecordIO(f"{prefix}.idx", f"{prefix}.rec", "w")
    for number, (key, label, data) in enumerate(RECORDS):
        count = len(label) if isinstance(label, list) else 0
        file.write_idx(number, mx.recordio.pack(mx.recordio.IRHeader(count, label, key, 0), data))
    file.close()


def write_images(folder):
    """Pack PNGs of 8 x 8 pixels, two classes, by the command."""
    draw = np.random.RandomState(0)
    for label in range(2):
        (folder / "source" / "ab"[label]).mkdir(parents=True)
        for i in range(5):
            pixels = draw.randint(0, 256, (8, 8, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "source" / "ab"[label] / f"{i}.png")
    return sorted((folder / "source").rglob("*.png"))


def check(python, tmp_path):
    """Write files, and compare what MXNet finds in them; return what agreed."""
    write_records(tmp_path / "own")
    files = write_images(tmp_path)
    with redirect_stdout(io.StringIO()):
        code = symcli(["prepare-data", "recordio", str(tmp_path / "source"), str(tmp_path / "rec"), "-q"])
    assert code == 0
    (packed,) = (tmp_path / "rec").glob("*.rec")
    named = {name: mx.nd.array(np.arange(6).reshape(2, 3), dtype=name)
             for name in ("float32", "float64", "float16", "uint8", "int8", "int32", "int64")}  # fmt: skip
    mx.nd.save(str(tmp_path / "named.params"), named)
    mx.nd.save(str(tmp_path / "list.params"), [mx.nd.ones((3,)), mx.nd.zeros((1, 2))])
    hidden = mx.sym.BatchNorm(mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4), fix_gamma=False)
    hidden = mx.sym.Pooling(mx.sym.Activation(hidden, act_type="relu"), kernel=(2, 2), pool_type="max")
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(hidden, num_hidden=3), name="softmax")
    data = np.random.RandomState(1).normal(0, 1, (4, 3, 8, 8)).astype(np.float32)
    module = mx.mod.Module(net)
    module.fit(mx.io.NDArrayIter(data, np.array([0, 1, 2, 0]), 2), num_epoch=2,
               epoch_end_callback=mx.callback.do_checkpoint(str(tmp_path / "net"), 2))  # fmt: skip
    np.savez(tmp_path / "data.npz", data=data)
    expected = module.predict(mx.io.NDArrayIter(data, None, 2)).asnumpy()

    found = read(python, records=str(tmp_path / "own"), images=str(packed)[:-4], prefix=str(tmp_path / "net"),
                 data=str(tmp_path / "data.npz"),
                 arrays=[str(tmp_path / "named.params"), str(tmp_path / "list.params")])  # fmt: skip
    assert found["records"] == [
        [key, np.atleast_1d(np.float32(label)).tolist(), digest(data)] for key, label, data in RECORDS
    ]
    assert [one[2] for one in found["image_records"]] == [digest(path.read_bytes()) for path in files]
    labels = [float("ab".index(path.parent.name)) for path in files]
    assert found["images"]["labels"] == labels and [one[1] for one in found["image_records"]] == [
        [one] for one in labels
    ]
    sums = [float(np.asarray(Image.open(path)).astype("float64").sum()) for path in files]
    assert found["images"]["sums"] == sums
    first, second = found["arrays"].values()
    assert first == {name: [name, [2, 3], digest(one.asnumpy().tobytes())] for name, one in named.items()}
    assert second["0"][1] == [3] and second["1"][1] == [1, 2]
    np.testing.assert_allclose(found["outputs"], expected, 1e-4, 1e-5)
    return [f"{len(RECORDS)} records, one in parts, labels of 1, 3 and 7 numbers",
            f"{len(files)} images packed by prepare-data, read by ImageRecordIter",
            f"{len(first) + len(second)} arrays of .params files, {', '.join(named)}",
            "symbol and parameters of a trained network: the same outputs to 1e-4"]  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.mxnet.check MXNET_PYTHON")
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write("".join(f"MXNet reads {line}\n" for line in check(sys.argv[1], Path(folder))))
