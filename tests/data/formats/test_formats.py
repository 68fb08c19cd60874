"""Data formats, on the embedded digits: what they read, what they state, how broken files are answered."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from symcli.data.formats import FORMATS, Csv, ImageFolder, Mnist, Npz
from symcli.errors import DataError, ParamError
from symcli.params import declared
from tests.data.prepare.archives import png

DIGITS = Path(__file__).parents[3] / "datasets" / "digits" / "digits.npz"


@pytest.fixture(scope="module")
def digits():
    with np.load(DIGITS) as file:
        return file["images"][:20] * 15, file["labels"][:20]


def npz(**options):
    return Npz(path=str(DIGITS), data=("images",), label=("labels",), **options)


@pytest.mark.parametrize("cls", FORMATS.values(), ids=lambda cls: cls.name)
def test_every_format_documents_its_parameters(cls):
    assert cls.__doc__ and all(one.doc for one in declared(cls).values())


# ---- npz


def test_npz_states_shapes_and_classes():
    examples = npz().open()
    assert len(examples) == 1797 and examples.data == {"images": (8, 8)}
    assert examples.classes == tuple("0123456789")
    image, label = examples[4]
    assert image.shape == (8, 8) and image.dtype == np.uint8 and label == 4
    assert examples.name(4) == f"{DIGITS}[4]"


def test_take_and_skip_split_the_examples():
    train, test = npz(skip="4::5").open(), npz(take="4::5").open()
    assert (len(train), len(test)) == (1438, 359)
    assert [int(test[i][1]) for i in range(3)] == [4, 9, 4]
    assert len(npz(take=":10", skip="-1790:").open()) == 7
    assert len(npz(skip="3::10, 4::5").open()) == 1258 and len(npz(take="3::10,4::5").open()) == 539


def test_an_example_is_named_by_its_row_in_the_file():
    assert npz(take="4::5").open().name(2) == f"{DIGITS}[14]"
    assert npz(take="4::5").open().chosen(np.array([3, 1])).name(0) == f"{DIGITS}[19]"


def test_npz_with_labels_that_are_no_classes(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)), y=np.array([0.5, 1, 2]), z=np.zeros((3, 4)))
    examples = Npz(path=str(tmp_path / "a.npz"), data=("x", "z"), label=("y",)).open()
    assert examples.classes == () and [part.shape for part in examples.read(0)] == [(2,), (4,)]
    assert len(Npz(path=str(tmp_path / "a.npz"), data=("x",), label=()).open()[0]) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"take": "x"}, "take='x' is no slice; give start:stop:step, as 4::5"),
        ({"skip": "1:2:0"}, "skip='1:2:0' is no slice; give start:stop:step, as 4::5"),
        ({"data": ()}, "data=[] names no array; give one or more"),
    ],
)
def test_npz_options_that_do_not_fit(options, message):
    with pytest.raises(ParamError) as raised:
        Npz(**{"path": str(DIGITS), "data": ("images",), **options})
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "nowhere.npz"}, "nowhere.npz: No such file or directory; needs an .npz of plain arrays"),
        ({"data": ("image",)}, f"{DIGITS}: there is no array 'image'; did you mean 'images'?"),
        ({"take": "1800:"},
         f"{DIGITS}: there is no example: take=1800: and skip=0:0 leave none of 1797; needs one or more"),
    ],
)  # fmt: skip
def test_npz_that_cannot_be_read(options, message):
    read = {"path": str(DIGITS), "data": ("images",), "label": ("labels",), **options}
    with pytest.raises(DataError) as raised:
        Npz(**read).open()
    assert str(raised.value) == message and raised.value.path == read["path"]


def test_what_is_no_file_of_arrays(tmp_path):
    path = tmp_path / "a.npz"
    for content in (b"", b"hello", png(1)):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"a\.npz: is no file of arrays; write one with numpy\.savez$"):
            Npz(path=str(path)).open()
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"a\.npy: is a single array \(\.npy\); needs an \.npz"):
        Npz(path=str(tmp_path / "a.npy")).open()


def test_npz_that_is_broken(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(DIGITS.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"a\.npz: .*needs an \.npz of plain arrays"):
        Npz(path=str(path)).open()
    np.savez(path, data=np.zeros((3, 2)), label=np.zeros(4))
    with pytest.raises(DataError, match="numbers of examples differ: data 3, label 4; needs one number"):
        Npz(path=str(path)).open()
    np.savez(path, data=np.array(["a"]), label=np.zeros(1))
    with pytest.raises(DataError, match=r"data is <U1 \(1,\); needs numbers, the first axis the examples'"):
        Npz(path=str(path)).open()
    np.save(tmp_path / "b.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"is a single array \(\.npy\); needs an \.npz"):
        Npz(path=str(tmp_path / "b.npy")).open()


# ---- csv


def written(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text)
    return str(path)


def test_csv_of_digits(tmp_path, digits):
    images, labels = digits
    rows = [",".join(map(str, [label, *image.ravel()])) for image, label in zip(images, labels, strict=True)]
    path = written(tmp_path, "\n".join([",".join(["label", *(f"p{i}" for i in range(64))]), *rows]))
    examples = Csv(path=path, shape=(1, 8, 8)).open()
    assert examples.data == {"data": (1, 8, 8)} and examples.classes == tuple("0123456789")
    np.testing.assert_array_equal(examples.read(3)[0][0], images[3])
    np.testing.assert_array_equal(examples.labels["label"], labels)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a,b,kind\n1,2,cat\n3,4,ant\n", {"label": "kind"}),
        ("a,b,kind\n1,2,cat\n\n3,4,ant\n", {"label": "-1"}),
        ('1;2;"cat"\n3;4;"ant"\n', {"label": "2", "header": False, "delimiter": ";"}),
        ("kind\ta\tb\r\ncat\t1\t2\r\nant\t3\t4\r\n", {"label": "kind", "delimiter": "\t"}),
    ],
)
def test_csv_with_class_names(tmp_path, text, options):
    examples = Csv(path=written(tmp_path, text), **options).open()
    assert examples.classes == ("ant", "cat") and examples.labels["label"].tolist() == [1, 0]
    assert [examples.read(i)[0].tolist() for i in range(2)] == [[1, 2], [3, 4]]


def test_csv_without_labels(tmp_path):
    examples = Csv(path=written(tmp_path, "1,2\n3,4\n"), header=False, label="None").open()
    assert len(examples) == 2 and examples.labels == {} and len(examples[0]) == 1


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,label\n1,2\nx,3\n", {}, "{path}:3: column 0 is 'x'; needs a number"),
        ("a,label\n1,2\n3\n", {}, "{path}:3: 1 columns; needs 2, as the first line has"),
        ("a,lable\n1,2\n", {}, "{path}: there is no column 'label'; did you mean 'lable'?"),
        ("a,b\n1,2\n", {"label": "9"}, "{path}: there is no column '9'; columns: a, b"),
        ("", {}, "{path}: the first line is empty; needs a table"),
        ("a,label\n", {}, "{path}: there is no example: it is empty; needs one or more"),
        ("a,label\n1,2\n", {"shape": (1, 2)},
         "{path}: 1 columns of data do not fill the shape (1, 2); needs 2"),
    ],
)  # fmt: skip
def test_csv_that_cannot_be_read(tmp_path, text, options, message):
    path = written(tmp_path, text)
    with pytest.raises(DataError) as raised:
        Csv(path=path, **options).open()
    assert str(raised.value) == message.format(path=path) and raised.value.path == path


# ---- mnist


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype("u1").tobytes()


@pytest.mark.parametrize("zipped", [False, True])
def test_mnist_files(tmp_path, digits, zipped):
    images, labels = digits
    for name, array in (("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", labels)):
        data = idx(array)
        (tmp_path / (name + ".gz" * zipped)).write_bytes(gzip.compress(data) if zipped else data)
    examples = Mnist(path=str(tmp_path)).open()
    assert examples.data == {"data": (8, 8, 1)} and len(examples) == 20
    np.testing.assert_array_equal(examples.read(7)[0][:, :, 0], images[7])
    assert examples[7][1] == labels[7] and examples.classes == tuple("0123456789")
    with pytest.raises(DataError, match=r"there is no t10k-images-idx3-ubyte or t10k-images-idx3-ubyte\.gz"):
        Mnist(path=str(tmp_path), train=False).open()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04", r"begins with b'PK\\x03\\x04'; needs an idx file"),
        (idx(np.zeros((2, 3, 3)))[:-1], r"has 33 bytes; needs 34 for the shape \(2, 3, 3\): copy it again"),
        (gzip.compress(idx(np.zeros((2, 3, 3))), mtime=0)[:-9], r"needs a whole \.gz file: copy it again"),
        (idx(np.zeros(3)), r"images are \(3,\), labels \(2,\)"),
    ],
)
def test_mnist_that_is_broken(tmp_path, data, message):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(data)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(2)))
    with pytest.raises(DataError, match=message):
        Mnist(path=str(tmp_path)).open()


# ---- image_folder


@pytest.fixture
def folder(tmp_path, digits):
    """Return a folder of images of two classes; in ``b`` one is turned by its camera, one CMYK, one with alpha."""
    for name in ("b", "a", ".cache"):
        (tmp_path / name).mkdir()
    grey = [Image.fromarray(image).resize((16, 8), Image.Resampling.NEAREST) for image in digits[0]]
    grey[0].save(tmp_path / "a" / "0.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    grey[1].convert("RGB").save(tmp_path / "b" / "0.jpg", exif=turned, quality=95)
    grey[2].convert("CMYK").save(tmp_path / "b" / "1.jpeg", quality=95)
    grey[3].convert("RGBA").save(tmp_path / "b" / "2.PNG")
    (tmp_path / "b" / "Thumbs.db").write_bytes(b"no image")
    (tmp_path / "README.txt").write_text("no class")
    return tmp_path


def test_image_folder_reads_classes_in_sorted_order(folder):
    examples = ImageFolder(path=str(folder)).open()
    assert examples.classes == ("a", "b") and examples.labels["label"].tolist() == [0, 1, 1, 1]
    assert examples.data == {"data": (0, 0, 3)}
    assert [examples.read(i)[0].shape for i in range(4)] == [(8, 16, 3), (16, 8, 3), (8, 16, 3), (8, 16, 3)]
    assert examples.name(1).endswith("0.jpg")
    assert len(ImageFolder(path=str(folder), take="1:").open()) == 3


def test_image_folder_in_grey_and_of_one_size(folder, digits):
    examples = ImageFolder(path=str(folder), flag=0, size=(8,)).open()
    assert examples.data == {"data": (8, 8, 1)}
    for i in range(4):
        image, _ = examples[i]
        assert image.shape == (8, 8, 1) and image.dtype == np.uint8
    grey = ImageFolder(path=str(folder), flag=0).open()
    np.testing.assert_array_equal(grey.read(0)[0][:, ::2, 0], digits[0][0])
    np.testing.assert_array_equal(grey.read(3)[0][:, ::2, 0], digits[0][3])


def test_image_folder_that_is_broken(folder):
    (folder / "a" / "0.png").write_bytes(b"\x89PNG\r\n")
    examples = ImageFolder(path=str(folder)).open()
    with pytest.raises(DataError, match=r"a/0\.png: ") as raised:
        examples.read(0)
    assert raised.value.path == str(folder / "a" / "0.png")
    with pytest.raises(DataError, match="has no folders; needs one with images for each class"):
        ImageFolder(path=str(folder / "a")).open()
    with pytest.raises(DataError, match="No such file or directory; needs a folder with one folder a class"):
        ImageFolder(path=str(folder / "c")).open()
    with pytest.raises(ParamError, match="has 3 numbers"):
        ImageFolder(path=str(folder), size=(1, 2, 3))
