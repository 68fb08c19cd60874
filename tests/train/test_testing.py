"""mx.test_utils: checks that pass and checks that fail."""

import os

import numpy as np
import pytest

import symcli as mx
from symcli import test_utils as check
from symcli.errors import MXNetError


def product():
    return mx.sym.Variable("a") * mx.sym.Variable("b")


def test_equal_and_almost_equal():
    a = np.array([1.0, 2.0, np.nan], "float32")
    assert check.same(mx.nd.ones(2), np.ones(2)) and not check.same(np.ones(2), np.zeros(2))
    assert check.almost_equal(a, a, equal_nan=True) and not check.almost_equal(a, a)
    assert check.almost_equal_ignore_nan(a, a)
    assert not check.almost_equal(np.ones(2), np.ones((1, 2)), use_broadcast=False)
    check.assert_almost_equal(np.float32([1, 1000]), np.float32([1.0005, 1000.05]))
    check.assert_almost_equal(np.float16([1]), np.float32([1.05]))
    check.assert_almost_equal_ignore_nan(a, mx.nd.array([1, 2, 3]))
    with pytest.raises(AssertionError, match=r"left and right differ by .* in 1 of 2 elements, most at \(1,\): .*5"):
        check.assert_almost_equal(np.float32([1, 2]), np.float32([1, 5]), names=("left", "right"))
    with pytest.raises(AssertionError, match=r"a is \(2,\), b \(1, 2\); needs one shape"):
        check.assert_almost_equal(np.ones(2), np.ones((1, 2)), use_broadcast=False)
    assert check.find_max_violation(np.float32([1, 2]), np.float32([1, 5]))[0] == (1,)
    assert check.same_array(*(lambda one: (one, one[0:1]))(mx.nd.ones(3)))


def test_forward_and_backward():
    place = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
    check.check_symbolic_forward(product(), place, [np.array([3.0, 8.0])])
    check.check_symbolic_forward(product(), list(place.values()), [np.array([3.0, 8.0])])
    with pytest.raises(AssertionError, match=r"EXPECTED_.* and FORWARD_"):
        check.check_symbolic_forward(product(), place, [np.array([3.0, 9.0])])
    grads = {"a": np.array([3.0, 8.0]), "b": np.array([1.0, 4.0])}
    check.check_symbolic_backward(product(), place, [np.array([1.0, 2.0])], grads)
    check.check_symbolic_backward(product(), place, [np.array([1.0, 2.0])], grads, grad_req="add")
    check.check_symbolic_backward(product(), place, [mx.nd.array([1.0, 2.0])], {"a": grads["a"]})
    with pytest.raises(AssertionError, match="EXPECTED_b and BACKWARD_b"):
        check.check_symbolic_backward(product(), place, [np.array([1.0, 2.0])], {**grads, "b": np.zeros(2)})
    assert check.simple_forward(product(), **place).tolist() == [3, 8]
    with pytest.raises(ValueError, match="the locations are a; the symbol has a, b"):
        check.check_symbolic_forward(product(), {"a": np.ones(1)}, [np.ones(1)])


def test_numeric_gradients():
    np.random.seed(0)
    data = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(mx.sym.tanh(data), num_hidden=3, name="fc")
    place = [check.random_arrays(shape) for shape in ((2, 4), (3, 4), (3,))]
    check.check_numeric_gradient(net, place, rtol=1e-2, atol=1e-3)
    check.check_numeric_gradient(net, place, grad_nodes={"data": "add", "fc_weight": "null"}, rtol=1e-2, atol=1e-3)
    wrong = mx.sym.FullyConnected(mx.sym.BlockGrad(mx.sym.tanh(data)), num_hidden=3, name="fc")
    with pytest.raises(AssertionError, match="NUMERICAL_data and BACKWARD_data"):
        check.check_numeric_gradient(wrong, place, rtol=1e-2, atol=1e-3)
    norm = mx.sym.BatchNorm(data, fix_gamma=False, name="bn")
    check.check_numeric_gradient(norm, {"data": place[0], "bn_gamma": np.ones(4), "bn_beta": np.zeros(4)},
                                 [np.zeros(4), np.ones(4)], numeric_eps=1e-2, rtol=0.05, atol=0.02)  # fmt: skip


def test_devices_agree():
    contexts = [{"ctx": mx.cpu(i), "a": (2, 3), "b": (2, 3)} for i in range(2)]
    assert len(check.check_consistency(product(), contexts)) == 3
    assert check.check_speed(product(), {"a": np.ones(3), "b": np.ones(3)}, N=2) > 0


def test_small_things():
    np.random.seed(0)
    assert check.rand_ndarray((2, 3)).shape == (2, 3) and len(check.rand_shape_nd(4)) == 4
    assert max(check.rand_shape_3d(2, 2, 2)) <= 2 and len(check.rand_shape_2d()) == 2
    assert check.np_reduce(np.ones((2, 3, 4)), (0, 2), True, np.sum).tolist() == [[[8.0]] * 3]
    assert check.default_context() == mx.cpu() and check.default_dtype() is np.float32
    check.assert_exception(lambda: 1 / 0, ZeroDivisionError)
    with pytest.raises(AssertionError, match="raised no KeyError"):
        check.assert_exception(lambda: None, KeyError)
    tried = []

    @check.retry(3)
    def sometimes():
        tried.append(1)
        assert len(tried) == 3

    sometimes()
    with pytest.raises(MXNetError, match="no sparse arrays"):
        check.rand_ndarray((2, 3), "csr")


def test_mnist_is_read_where_it_is(tmp_path, monkeypatch):
    import gzip
    import struct

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with pytest.raises(MXNetError, match=r"MNIST is not here, and symcli fetches nothing: put the four files"):
        mx.test_utils.get_mnist()
    (tmp_path / "data").mkdir()
    draw = np.random.RandomState(0)
    for begin, count in (("train", 6), ("t10k", 4)):
        images = struct.pack(">IIII", 2051, count, 28, 28) + draw.bytes(count * 784)
        labels = struct.pack(">II", 2049, count) + bytes(range(count))
        for what, data in (("images-idx3", images), ("labels-idx1", labels)):
            (tmp_path / "data" / f"{begin}-{what}-ubyte.gz").write_bytes(gzip.compress(data))
    found = mx.test_utils.get_mnist()
    assert found["train_data"].shape == (6, 1, 28, 28) and found["train_data"].dtype == np.float32
    assert found["test_label"].tolist() == [0, 1, 2, 3] and 0.9 < found["test_data"].max() <= 1
    train, test = mx.test_utils.get_mnist_iterator(2, (784,))
    assert train.provide_data[0].shape == (2, 784) and len(list(test)) == 2
    assert mx.test_utils.get_mnist_iterator(2, (1, 28, 28))[0].provide_data[0].shape == (2, 1, 28, 28)
    same = mx.test_utils.DummyIter(train)
    assert same.next() is same.next()
    with pytest.raises(MXNetError, match=r"symcli downloads nothing; get https://example\.org/a\.rec"):
        mx.test_utils.download("https://example.org/a.rec", dirname="data")
    mx.test_utils.assert_allclose(mx.nd.ones((2,)), np.ones(2))


def test_environment_comes_back(monkeypatch):
    monkeypatch.setenv("TESTS_ONE", "1")
    monkeypatch.delenv("TESTS_TWO", raising=False)
    with check.environment("TESTS_ONE", "2"):
        assert os.environ["TESTS_ONE"] == "2"
    with pytest.raises(KeyError), check.environment({"TESTS_ONE": None, "TESTS_TWO": "3"}):
        assert "TESTS_ONE" not in os.environ and os.environ["TESTS_TWO"] == "3"
        raise KeyError
    assert os.environ["TESTS_ONE"] == "1" and "TESTS_TWO" not in os.environ


def test_a_share_may_differ():
    a, b = np.ones(10), np.ones(10)
    b[0] = 2
    check.assert_almost_equal_with_err(a, b, etol=0.1 + 1e-9)
    for share in (0.05, None):
        with pytest.raises(AssertionError, match="in 1 of 10 elements"):
            check.assert_almost_equal_with_err(a, mx.nd.array(b), etol=share)
    assert check.get_tols(np.float16([1]), np.float32([1]), None, 0.5) == (1e-2, 0.5)
    check.compare_ndarray_tuple((mx.nd.ones(2), None), (mx.nd.ones(2), mx.nd.zeros(2)))


def test_generators():
    draw = np.random.RandomState(0)
    normal = lambda n: draw.normal(1, 2, n)  # noqa: E731
    assert check.mean_check(normal, 1, 2, 10000) and not check.mean_check(normal, 1.2, 2, 10000)
    assert check.var_check(normal, 2, 10000) and not check.var_check(normal, 2.2, 10000)
    buckets, probs = check.gen_buckets_probs_with_ppf(lambda p: 4 * p, 4)
    assert buckets == [(0, 1), (1, 2), (2, 3), (3, 4)] and probs == [0.25] * 4
    try:
        import scipy.stats  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match="pip install scipy"):
            check.chi_square_check(normal, buckets, probs)
        return
    found, observed, expected = check.chi_square_check(lambda n: draw.uniform(0, 4, n), buckets, probs, 1000)
    assert found > 0.01 and observed.sum() == 1000 and expected.tolist() == [250] * 4
    check.verify_generator(lambda n: draw.randint(0, 2, n), [0, 1], [0.5, 0.5], 1000)
    with pytest.raises(AssertionError, match="the samples are not distributed so"):
        check.verify_generator(lambda n: draw.randint(0, 2, n), [0, 1], [0.3, 0.7], 1000)


def test_arrays_for_tests():
    np.random.seed(0)
    one, two = check.random_uniform_arrays((2, 3), (), low=1, high=2)
    assert one.shape == (2, 3) and two.dtype == np.float32 and 1 <= one.min() <= one.max() < 2
    assert check.assign_each(one, lambda x: 2 * x).tolist() == (2 * one).tolist()
    assert check.assign_each2(one, one, max).tolist() == one.tolist()
    assert check.collapse_sum_like(np.ones((2, 3, 4)), (3, 1)).tolist() == [[8.0]] * 3
    assert check.create_2d_tensor(2, 3).asnumpy().tolist() == [[0] * 3, [1] * 3]
    assert check.create_vector(3).dtype == np.int64 and check.get_identity_mat_batch(2).shape == (2, 2, 2)
    assert np.isrealobj(np.linalg.eigvals(check.new_matrix_with_real_eigvals_nd((2, 3, 3))))
    matrix = check.new_sym_matrix_with_real_eigvals_nd((3, 4, 4))
    np.testing.assert_allclose(matrix, matrix.transpose(0, 2, 1), atol=1e-12)
    other = mx.sym.Variable("a") + mx.sym.Variable("b")
    assert check.same_symbol_structure(product(), product()) and not check.same_symbol_structure(product(), other)
    check.compare_optimizer(mx.optimizer.Adam(), mx.optimizer.Adam(), (2, 3), "float32")
    with pytest.raises(AssertionError):
        check.compare_optimizer(mx.optimizer.SGD(), mx.optimizer.Adam(), (2, 3), "float32", compare_states=False)
    with pytest.raises(MXNetError, match="rand_sparse_ndarray: there are no sparse arrays"):
        check.rand_sparse_ndarray((2, 3), "csr")
