"""Sentences in buckets."""

import numpy as np
import pytest

from symcli.data.sentences import BucketSentenceIter, encode_sentences


def test_words_are_numbered_as_they_come():
    encoded, vocab = encode_sentences([["a", "b"], ["b", "c", "a"]], start_label=1, invalid_label=0)
    assert encoded == [[1, 2], [2, 3, 1]]
    assert vocab == {"\n": 0, "a": 1, "b": 2, "c": 3}


def test_unknown_words_need_a_token():
    with pytest.raises(ValueError, match="'z' is not in vocab; give an unknown_token"):
        encode_sentences([["z"]], vocab={"a": 0})
    assert encode_sentences([["z", "a"]], vocab={"a": 0, "?": 7}, unknown_token="?")[0] == [[7, 0]]


@pytest.mark.parametrize("layout", ["NT", "TN"])
def test_labels_are_the_next_words(layout):
    np.random.seed(0)
    sentences = [[1, 2, 3], [4, 5], [6, 7, 8], [1, 1], [2, 2]]
    batches = list(BucketSentenceIter(sentences, 2, buckets=[2, 3], invalid_label=0, layout=layout))
    assert sorted(batch.bucket_key for batch in batches) == [2, 3]
    for batch in batches:
        words, following = (part[0].asnumpy() for part in (batch.data, batch.label))
        assert batch.provide_data[0].shape == words.shape
        words, following = (words, following) if layout == "NT" else (words.T, following.T)
        assert words.shape == (2, batch.bucket_key)
        np.testing.assert_array_equal(following[:, :-1], words[:, 1:])
        assert not following[:, -1].any()


def test_long_sentences_are_left_out_and_counted(caplog):
    batches = BucketSentenceIter([[1, 2], [3, 4], [1, 2, 3]], 2, buckets=[2])
    assert len(list(batches)) == 1
    assert "1 sentences are longer than the largest bucket" in caplog.text
    with pytest.raises(ValueError, match="layout is 'NC'"):
        BucketSentenceIter([[1]], 1, layout="NC")
