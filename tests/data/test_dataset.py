"""Data sets, samplers and the loader, as MXNet's gluon.data has them."""

import warnings

import numpy as np
import pytest
from PIL import Image

import symcli as mx
from symcli.errors import DataError

data = mx.gluon.data


def batches(loader):
    return [[part.asnumpy().tolist() for part in batch] for batch in loader]


def pairs(count):
    return data.ArrayDataset(np.arange(2 * count, dtype="float32").reshape(count, 2), np.arange(count))


@pytest.mark.parametrize(
    ("last_batch", "first", "second"),
    [("keep", [2, 2, 1], [2, 2, 1]), ("discard", [2, 2], [2, 2]), ("rollover", [2, 2], [2, 2, 2])],
)
def test_last_batch(last_batch, first, second):
    loader = data.DataLoader(pairs(5), batch_size=2, last_batch=last_batch)
    for sizes in (first, second):
        assert len(loader) == len(sizes)
        assert [len(batch[1]) for batch in batches(loader)] == sizes


def test_threads_keep_the_order():
    plain, threaded = (batches(data.DataLoader(pairs(20), 3, num_workers=n)) for n in (0, 3))
    assert plain == threaded


def test_shuffle_follows_the_seed_of_numpy():
    draws = []
    for _ in range(2):
        np.random.seed(3)
        draws.append(batches(data.DataLoader(pairs(8), 8, shuffle=True)))
    assert draws[0] == draws[1]
    assert sorted(draws[0][0][1]) == list(range(8))
    assert draws[0][0][1] != list(range(8))


def test_batches_keep_types():
    batch = next(iter(data.DataLoader(data.ArrayDataset(np.zeros((2, 3), "uint8"), mx.nd.ones((2,))), 2)))
    assert [part.dtype for part in batch] == [np.uint8, np.float32]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "DataLoader: batch_size is missing; give it, or a batch_sampler"),
        (
            {"batch_size": 2, "shuffle": True, "sampler": data.SequentialSampler(4)},
            "DataLoader: shuffle and sampler both say the order; give one of them",
        ),
        (
            {"batch_size": 2, "batch_sampler": [[0]]},
            "DataLoader: batch_size, shuffle, sampler and last_batch go without batch_sampler",
        ),
        ({"batch_size": 2, "last_batch": "drop"}, "last_batch is 'drop'; needs keep, discard or rollover"),
    ],
)
def test_loader_says_what_contradicts(options, message):
    with pytest.raises(ValueError) as error:
        data.DataLoader(pairs(4), **options)
    assert str(error.value) == message


def test_transforms_and_choices():
    numbers = data.SimpleDataset([1, 2, 3, 4, 5])
    assert list(numbers.transform(lambda x: x * 10)) == [10, 20, 30, 40, 50]
    assert list(numbers.filter(lambda x: x % 2)) == [1, 3, 5]
    assert [list(numbers.shard(2, i)) for i in range(2)] == [[1, 2, 3], [4, 5]]
    assert list(numbers.take(2)) == [1, 2]
    assert list(numbers.sample(data.SequentialSampler(2, start=3))) == [4, 5]
    assert list(data.FilterSampler(lambda x: x > 3, numbers)) == [3, 4]
    first = data.SimpleDataset([(1, "a"), (2, "b")]).transform_first(lambda x: -x, lazy=False)
    assert list(first) == [(-1, "a"), (-2, "b")]
    with pytest.raises(ValueError, match="shard 2 of 2: the index runs from 0 to 1"):
        numbers.shard(2, 2)


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="the arrays have lengths 2, 3; needs one length"):
        data.ArrayDataset([1, 2], [1, 2, 3])


@pytest.fixture
def folder(tmp_path):
    for name, colour in (("dog", (0, 0, 255)), ("cat", (255, 0, 0))):
        (tmp_path / name).mkdir()
        Image.new("RGB", (4, 2), colour).save(tmp_path / name / "1.png")
    Image.new("RGBA", (3, 3), (0, 0, 0, 0)).save(tmp_path / "cat" / "2.png")
    return tmp_path


def test_image_folder_reads_classes_in_order(folder):
    images = data.vision.ImageFolderDataset(str(folder))
    assert images.synsets == ["cat", "dog"]
    assert [label for _, label in images.items] == [0, 0, 1]
    image, label = images[2]
    assert (image.shape, image.dtype, label) == ((2, 4, 3), np.uint8, 1)
    assert image.asnumpy()[0, 0].tolist() == [0, 0, 255]
    assert (images[1][0].asnumpy() == 255).all()  # what is transparent is white
    assert data.vision.ImageFolderDataset(str(folder), flag=0)[0][0].shape == (2, 4, 1)


def test_image_folder_warns_of_what_it_leaves_out(folder):
    (folder / "notes.txt").touch()
    (folder / "dog" / "notes.txt").touch()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        images = data.vision.ImageFolderDataset(str(folder))
    assert ["classes are folders" in str(one.message) for one in warned] == [False, True]
    assert len(images) == 3


def test_a_broken_image_is_named(folder):
    (folder / "cat" / "3.jpg").write_bytes(b"no image")
    images = data.vision.ImageFolderDataset(str(folder))
    with pytest.raises(DataError, match=r"3\.jpg: it is in no known image format; needs an image that can be read"):
        images[2]
    with pytest.raises(DataError, match="needs a folder with one folder a class"):
        data.vision.ImageFolderDataset(str(folder / "nowhere"))
