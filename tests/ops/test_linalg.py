"""Linear algebra: what is refused, and the values that MXNet 1.9.1 gives where others would do."""

import numpy as np
import pytest

import symcli as mx
from symcli.errors import MXNetError

linalg = mx.nd.linalg


def given(rows):
    return mx.nd.array(np.array(rows, dtype=np.float32))


@pytest.mark.parametrize(
    ("call", "needs"),
    [
        (lambda: linalg.potrf(given([[1, 0], [0, -1]])), "not positive definite"),
        (lambda: linalg.potri(given([[2, 0], [1, 0]])), "0 on the diagonal"),
        (lambda: linalg.inverse(given([[1, 2], [2, 4]])), "singular"),
        (lambda: linalg.inverse(given([[1, 2, 3], [2, 4, 5]])), "different shapes"),
        (lambda: linalg.det(given([1, 2])), "2 or more axes"),
        (lambda: linalg.gelqf(given([[1], [2]])), "at least as many columns as rows"),
        (lambda: linalg.gemm2(given([[1, 2]]), given([[1, 2]])), "try transpose_a or transpose_b"),
        (lambda: linalg.gemm2(given([[1, 2]]), given([[1, 2]]), axis=-1), "another one for the rows"),
        (lambda: linalg.gemm2(given([[1, 2]]), given([[[1, 2]]])), "as many of both"),
        (lambda: linalg.extractdiag(given([[1, 2], [3, 4]]), offset=2), "needs -1 to 1"),
        (lambda: linalg.maketrian(given([1, 2, 3, 4, 5])), "1, 3, 6, 10"),
        (lambda: linalg.det(mx.nd.ones((2, 2), dtype="int32")), "float32 or float64"),
        (lambda: mx.nd.diag(given([[1, 2]]), axis1=1, axis2=-1), "needs two"),
        (lambda: mx.nd.diag(given([[1, 2]]), k=2), "needs 0 to 1"),
    ],
)
def test_wrong_matrices_are_refused(call, needs):
    with pytest.raises(MXNetError, match=needs):
        call()


def test_only_the_named_triangle_is_read():
    a, b = given([[2, np.nan], [0.5, 1]]), mx.nd.ones((2, 2))
    np.testing.assert_allclose(linalg.trsm(a, b).asnumpy(), [[0.5, 0.5], [0.75, 0.75]])
    np.testing.assert_allclose(linalg.trmm(a, b).asnumpy(), [[2, 2], [1.5, 1.5]])
    np.testing.assert_allclose(linalg.potrf(given([[4, 9], [1, 4.25]])).asnumpy(), [[2, 0], [0.5, 2]])


def test_zero_on_a_diagonal_solves_to_infinity():
    found = linalg.trsm(given([[2, 0], [0.5, 0]]), mx.nd.ones((2, 2))).asnumpy()
    np.testing.assert_array_equal(found, [[0.5, 0.5], [np.inf, np.inf]])


def test_term_of_no_weight_is_not_read():
    found = linalg.gemm(mx.nd.ones((2, 2)), mx.nd.ones((2, 2)), given([[np.nan, 1], [1, 1]]), beta=0)
    np.testing.assert_array_equal(found.asnumpy(), [[2, 2], [2, 2]])


def test_singular_matrix_has_logarithm_of_zero():
    sign, log = linalg.slogdet(given([[1, 2], [2, 4]]))
    assert sign.asscalar() == 0 and log.asscalar() == -np.inf


def test_gradient_of_equal_eigenvalues_is_large_and_finite():
    a = mx.sym.Variable("a")
    bound = mx.sym.linalg.syevd(a).bind(mx.cpu(), {"a": given([[2, 0], [0, 2]])}, {"a": mx.nd.zeros((2, 2))})
    bound.forward(is_train=True)
    bound.backward([given([[0.3, 0.7], [-0.2, 1.1]]), given([0.5, -1])])
    np.testing.assert_allclose(bound.grad_dict["a"].asnumpy(), [[0.5, -4.5e29], [-4.5e29, -1]], 1e-5)


def test_hidden_factors_stay_hidden():
    node = mx.sym.linalg.slogdet(mx.sym.Variable("a"), name="n")
    assert node.list_outputs() == ["n_output0", "n_output1"]
    assert mx.sym.linalg.det(mx.sym.Variable("a"), name="n").list_outputs() == ["n_output0"]
    assert '"node_row_ptr": [0, 1, 5]' in " ".join(node.tojson().split())
