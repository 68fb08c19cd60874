"""No result depends on what memory held before: every block that is allocated begins as NaN, Numba's and C's too.

A library that is loaded before all others fills what ``malloc`` and its like return with bytes of 0xFF, which are NaN
as numbers of any precision; zeros that are asked for (``calloc``) stay zeros.
"""

import os
import shutil
import subprocess
import sys

import pytest

FILLER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
void *malloc(size_t n) {
  static void *(*next)(size_t);
  if (!next) next = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
  void *p = next(n);
  if (p && n >= 64) memset(p, 0xFF, n);
  return p;
}
int posix_memalign(void **p, size_t a, size_t n) {
  static int (*next)(void **, size_t, size_t);
  if (!next) next = (int (*)(void **, size_t, size_t))dlsym(RTLD_NEXT, "posix_memalign");
  int failed = next(p, a, n);
  if (!failed) memset(*p, 0xFF, n);
  return failed;
}
void *aligned_alloc(size_t a, size_t n) {
  static void *(*next)(size_t, size_t);
  if (!next) next = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "aligned_alloc");
  void *p = next(a, n);
  if (p) memset(p, 0xFF, n);
  return p;
}
"""

# Images through convolution, BatchNorm, Dropout and dense layers; words through Embedding and a recurrence. Odd sizes.
PROGRAM = """
import hashlib
import numpy as np
import symcli as mx

assert np.isnan(np.empty(1000, np.float32)).all() == bool(FILLED)

def images():
    net = mx.sym.Variable("data")
    for filters in (5, 9):
        net = mx.sym.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=filters)
        net = mx.sym.Activation(mx.sym.BatchNorm(net, fix_gamma=False), act_type="relu")
        net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = mx.sym.Activation(mx.sym.FullyConnected(net, num_hidden=37), act_type="relu")
    net = mx.sym.FullyConnected(mx.sym.Dropout(net, p=0.5), num_hidden=11)
    return mx.sym.SoftmaxOutput(net, name="softmax"), {"data": (7, 3, 13, 13)}

def words():
    net = mx.sym.Embedding(mx.sym.Variable("data"), input_dim=19, output_dim=13)
    cell = mx.rnn.SequentialRNNCell()
    for i in range(2):
        cell.add(mx.rnn.LSTMCell(17, prefix=f"l{i}_"))
        cell.add(mx.rnn.DropoutCell(0.3, prefix=f"d{i}_"))
    outputs, _ = cell.unroll(5, inputs=net, merge_outputs=True, layout="NTC")
    net = mx.sym.FullyConnected(mx.sym.reshape(outputs, shape=(-1, 17)), num_hidden=19)
    return mx.sym.SoftmaxOutput(net, name="softmax"), {"data": (3, 5)}

for make in (images, words):
    for mode in ("engine", "replay", "interpreter"):
        for request in ("write", "null"):
            mx.random.seed(3)
            with mx.name.NameManager():
                symbol, shapes = make()
            executor = symbol.simple_bind(mx.cpu(), grad_req=request, **shapes)
            executor.mode = mode
            for i, (name, array) in enumerate(executor.arg_dict.items()):
                drawn = np.cos(np.arange(array.size) * 1.3 + i).reshape(array.shape)
                whole = name == "softmax_label" or (make is words and name == "data")
                array[:] = np.abs(drawn * 10).astype(int) % 10 if whole else drawn * 0.3
            for name, array in executor.aux_dict.items():
                array[:] = float(name.endswith("var"))
            found = [one.asnumpy() for one in executor.forward(is_train=request == "write")]
            if request == "write":
                executor.backward()
                found += [one.asnumpy() for one in executor.grad_arrays]
            assert all(np.isfinite(one).all() for one in found), (make, mode, request)
            print(make.__name__, mode, request, hashlib.sha256(b"".join(map(np.ndarray.tobytes, found))).hexdigest())
"""


COMPILERS = [found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))]


@pytest.mark.slow
@pytest.mark.parametrize("compiler", COMPILERS[:1] if sys.platform.startswith("linux") else [])
def test_memory_that_begins_as_nan_changes_nothing(tmp_path, compiler):
    (tmp_path / "filler.c").write_text(FILLER)
    library = tmp_path / "filler.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, tmp_path / "filler.c", "-ldl"], check=True)
    said = []
    for filled in (False, True):
        environment = {**os.environ, "SYMCLI_NUM_THREADS": "1", **({"LD_PRELOAD": str(library)} if filled else {})}
        program = PROGRAM.replace("FILLED", str(filled))
        said.append(subprocess.run([sys.executable, "-c", program], env=environment, text=True, capture_output=True))
        assert said[-1].returncode == 0, said[-1].stderr
    assert len(said[0].stdout.splitlines()) == 12 and said[0].stdout == said[1].stdout
