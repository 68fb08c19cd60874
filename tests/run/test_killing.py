"""kill -9 at a handful of random moments; ``python -m tests.run.killing 50`` does it fifty times."""

from tests.run.files import bytes_of, train
from tests.run.killing import kill_and_resume


def test_a_killed_training_ends_in_the_same_bytes(tmp_path):
    (tmp_path / "killed").mkdir(), (tmp_path / "whole").mkdir()
    path, lines = kill_and_resume(tmp_path / "killed", 3, seed=1, epochs=100)
    assert 1 <= len(lines) <= 3
    assert bytes_of(path) == bytes_of(train(tmp_path / "whole", "train.epochs=100"))
