"""Matrix products of all shapes of tiles, against float64; nothing outside C is written, or outside A and B read."""

import mmap

import numpy as np
import pytest

from symcli.engine import gemm, packed, team, transpose
from symcli.engine.jit import LANES

SIZES = [(1, 1, 1), (4, 16, 7), (13, 17, 1), (12, 32, 33), (25, 64, 129), (6, 10, 128), (3, 100, 5), (64, 33, 513),
         (100, 50, 1100), (256, 64, 784), (300, 200, 520), (1, 1000, 256), (1, 35, 70), (13, 200, 40),
         (7, 72, 9), (50, 104, 30), (9, 41, 8), (9, 52, 8), (9, 24, 8)]  # fmt: skip


def at_the_end(rows, columns):
    """Return an array that ends with a page, so that a read beyond it ends the process."""
    size = 4 * rows * columns
    pages = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
    memory = np.frombuffer(mmap.mmap(-1, pages), np.uint8)
    return memory[pages - size :].view(np.float32).reshape(rows, columns)


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    with team.using(team.get(request.param)):
        yield


@pytest.mark.parametrize("add", [0, 1])
@pytest.mark.parametrize(("m", "n", "k"), SIZES)
@pytest.mark.parametrize("transposed", [False, True])
def test_product(m, n, k, transposed, add, threads):
    rng = np.random.default_rng(m + n + k)
    a = rng.standard_normal((k, m) if transposed else (m, k)).astype(np.float32)
    b = at_the_end(k, n)
    b[:] = rng.standard_normal((k, n))
    c = np.full((m, n + 3), 2, np.float32)
    gemm.product(a, *((1, m) if transposed else (k, 1)), b, n, c, n + 3, m, n, k, add)
    want = (a.T if transposed else a).astype(np.float64) @ b + 2 * add
    np.testing.assert_allclose(c[:, :n], want, 1e-5, 2e-6 * np.sqrt(k) * 3)
    assert (c[:, n:] == 2).all()


@pytest.mark.parametrize("add", [0, 1])
@pytest.mark.parametrize(("m", "n", "k"), [*SIZES, (1200, 40, 520)])
def test_panel_product(m, n, k, add, threads):
    rng = np.random.default_rng(m + n + k)
    a, b = rng.standard_normal((m, k)).astype(np.float32), at_the_end(n, k)
    b[:] = rng.standard_normal((n, k))
    width = gemm.PANEL
    panels = at_the_end(-(-n // width) * k, width)
    panels[:] = np.nan
    transpose.panels(b, panels, n, k, width)
    c = np.full((m, n + 3), 2, np.float32)
    gemm.panel_product(a, k, 1, panels, c, n + 3, m, n, k, add)
    np.testing.assert_allclose(c[:, :n], a.astype(np.float64) @ b.T + 2 * add, 1e-5, 2e-6 * np.sqrt(k) * 3)
    assert (c[:, n:] == 2).all()


@pytest.mark.parametrize("add", [0, 1])
@pytest.mark.parametrize(("m", "n", "k"), SIZES)
def test_product_t(m, n, k, add, threads):
    rng = np.random.default_rng(m + n + k)
    a, b = at_the_end(m, k), at_the_end(n, k)
    a[:], b[:] = rng.standard_normal((m, k)), rng.standard_normal((n, k))
    c = np.full((m, n + 3), 2, np.float32)
    gemm.product_t(a, k, b, k, c, n + 3, m, n, k, add)
    np.testing.assert_allclose(c[:, :n], a.astype(np.float64) @ b.T + 2 * add, 1e-5, 2e-6 * np.sqrt(k) * 3)
    assert (c[:, n:] == 2).all()


def test_nan_of_a_row_stays_in_its_row():
    a, b, c = np.ones((5, 3), np.float32), np.ones((3, LANES + 1), np.float32), np.zeros((5, LANES + 1), np.float32)
    a[2] = np.nan
    gemm.product(a, 3, 1, b, LANES + 1, c, LANES + 1, 5, LANES + 1, 3, 0)
    assert np.isnan(c[2]).all() and (np.delete(c, 2, 0) == 3).all()


@pytest.mark.parametrize("add", [0, 1])
@pytest.mark.parametrize(
    ("m", "n", "k"), [(1, 1, 1), (13, 5, 3), (31, 40, 300), (200, 33, 30), (205, 17, 520), (41, 200, 20)]
)
@pytest.mark.parametrize("loss", [False, True])
def test_packed_product(m, n, k, loss, add, threads):
    rng = np.random.default_rng(m + n + k)
    a, b = at_the_end(k, m), at_the_end(k, n)
    a[:], b[:] = rng.standard_normal((k, m)), rng.standard_normal((k, n))
    factors, classes = rng.standard_normal(k).astype(np.float32), rng.integers(-1, m, k)
    c, sums = np.full((m, n), 2, np.float32), np.full(m, 3, np.float32)
    memory = np.full((team.current().size, packed.MEMORY), np.nan, np.float32)
    given = (factors, classes) if loss else (0, 0)
    packed.product(a, b, c, sums, *given, memory, m, n, k, add)
    d = a.astype(np.float64)
    if loss:
        d[np.arange(k), classes] -= classes >= 0
        d *= factors[:, None]
    np.testing.assert_allclose(c, d.T @ b + 2 * add, 1e-4, 2e-5 * np.sqrt(k))
    np.testing.assert_allclose(sums, d.sum(0) + 3 * add, 1e-4, 2e-5 * np.sqrt(k))
