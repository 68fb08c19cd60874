"""Batches of examples: the same bytes with any number of threads and from any position on."""

import numpy as np
import pytest
from PIL import Image

from symcli.data.batch import DataDesc
from symcli.data.batches import Batches
from symcli.data.formats import ArrayExamples, ImageFolder
from symcli.data.transforms import TRANSFORMS
from symcli.errors import DataError

COUNT = 23


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(COUNT):
        path = tmp_path / "ab"[i % 2] / f"{i:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)).save(path)
    return tmp_path


def chain():
    crop = TRANSFORMS["random_crop"](size=(8,), pad=2)
    return [crop, TRANSFORMS["random_flip_left_right"](), TRANSFORMS["random_saturation"](saturation=0.4),
            TRANSFORMS["to_tensor"]()]  # fmt: skip


def batches(examples, size=5, transforms=(), **options):
    shape = (size, *(chain()[-1](examples.read(0)[0], None).shape if transforms else examples.data["data"]))
    return Batches(examples, [DataDesc("data", shape)], [DataDesc("softmax_label", (size,))],
                   {"data": "data", "softmax_label": "label"}, transforms, size,
                   **{"seed": 3, "shuffle": True, "training": True, **options})  # fmt: skip


def row(count=COUNT):
    return ArrayExamples("rows", {"data": np.arange(count, dtype=np.float32)[:, None]}, {"label": np.arange(count)})


def content(batch):
    parts = [batch.data[0].asnumpy(), batch.label[0].asnumpy(), batch.index]
    return batch.pad, *(part.tobytes() for part in parts)


def epochs(own, count=3):
    found = []
    for _ in range(count):
        found.append([content(batch) for batch in own])
        own.reset()
    return found


@pytest.mark.parametrize("cache", [0, 8 * 8 * 3 * 7, 1 << 20])
@pytest.mark.parametrize("last", ["pad", "discard", "roll_over"])
def test_same_bytes_with_any_number_of_threads(folder, last, cache):
    examples = ImageFolder(path=str(folder)).open()
    found = [
        epochs(batches(examples, transforms=chain(), threads=threads, prefetch=ahead, last_batch_handle=last,
                       cache=cache))
        for threads, ahead in ((1, 1), (2, 4), (4, 3))
    ]  # fmt: skip
    assert found[0] == found[1] == found[2]
    flat = [batch for epoch in found[0] for batch in epoch]
    assert len(set(flat)) == len(flat)


def test_any_position_is_gone_to(folder):
    own = batches(ImageFolder(path=str(folder)).open(), transforms=chain(), threads=4)
    whole = epochs(own)
    for epoch, number in ((2, 3), (0, 0), (1, 4), (0, 2)):
        own.seek(epoch, number)
        assert [content(batch) for batch in own] == whole[epoch][number:]
    own.reset()
    assert content(own.next()) == whole[1][0]


def test_evaluation_repeats_itself():
    own = batches(row(), shuffle=False, training=False)
    first, second = epochs(own, 2)
    assert first == second and [batch[0] for batch in first] == [0, 0, 0, 0, 2]


@pytest.mark.parametrize(
    ("last", "sizes"),
    [("pad", [5, 5, 5, 5]), ("discard", [4, 4, 4, 4]), ("roll_over", [4, 5, 4, 5])],
)
def test_last_batch(last, sizes):
    own = batches(row(), last_batch_handle=last)
    seen = []
    for size in sizes:
        epoch = list(own)
        assert len(epoch) == size and all(batch.data[0].shape == (5, 1) for batch in epoch)
        seen += [int(number) for batch in epoch for number in batch.index[: 5 - batch.pad]]
        own.reset()
    counts = np.bincount(seen, minlength=COUNT)
    if last == "pad":
        assert (counts == 4).all()
    if last == "roll_over":
        assert len(seen) == 90 and counts.min() >= 3 and counts.max() <= 4
    assert len(own) == sizes[0]


def test_roll_over_with_batches_longer_than_the_data():
    own = batches(row(4), size=10, shuffle=False, last_batch_handle="roll_over")
    found = []
    for epoch in range(6):
        own.seek(epoch)
        found.append([batch.index.tolist() for batch in own])
    assert found == [[], [], [[0, 1, 2, 3, 0, 1, 2, 3, 0, 1]], [], [[2, 3, 0, 1, 2, 3, 0, 1, 2, 3]], []]


def test_broken_image_is_named_and_the_rest_goes_on(folder):
    (folder / "a" / "04.png").write_bytes(b"no image")
    own = batches(ImageFolder(path=str(folder)).open(), shuffle=False, threads=2)
    with pytest.raises(DataError, match=r"04\.png: it is in no known image format"):
        list(own)
    assert len(list(own)) == 4


def test_images_are_decoded_once(folder, monkeypatch):
    examples = ImageFolder(path=str(folder)).open()
    own = batches(examples)
    first = epochs(own, 1)
    monkeypatch.setattr(type(examples), "read", None)
    own.seek(0)
    assert epochs(own, 1) == first and own.waited > 0


def test_types_of_arrays():
    examples = ArrayExamples("rows", {"data": np.arange(4, dtype=np.int16), "more": np.ones((4, 2))},
                             {"label": np.array([1, 0, 2, 1], np.int64)})  # fmt: skip
    own = Batches(examples, [DataDesc("b", (2, 2)), DataDesc("a", (2,))], [DataDesc("c", (2,), np.int32)],
                  {"a": "data", "b": "more", "c": "label"}, [], 2)  # fmt: skip
    batch = own.next()
    assert [one.dtype for one in batch.data + batch.label] == [np.float32, np.float32, np.int32]
    assert [one.asnumpy().tolist() for one in batch.data + batch.label] == [[[1, 1], [1, 1]], [0, 1], [1, 0]]
