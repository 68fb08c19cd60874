"""Images a second that the loader makes of 32 × 32 JPEGs: cut, mirrored and normalized, as CIFAR-10 is trained on.

    python tests/benchmarks/batches.py

The images are those of datasets/cifar10-tiny, ten times over. The first epoch decodes, the others find decoded images.
"""

import os
import tempfile
import time
import zipfile
from pathlib import Path

from symcli.data.batch import DataDesc
from symcli.data.batches import Batches
from symcli.data.folder import open_folder
from symcli.data.transforms import TRANSFORMS

ZIP = Path(__file__).parents[2] / "datasets" / "cifar10-tiny" / "train_tiny.zip"
SIZE, TIMES, EPOCHS = 128, 10, 5


def write_images(folder):
    os.makedirs(f"{folder}/class")
    with zipfile.ZipFile(ZIP) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            for again in range(TIMES):
                Path(folder, "class", f"{again}-{os.path.basename(name)}").write_bytes(data)


def seconds_of_an_epoch(batches):
    begin = time.perf_counter()
    for _ in batches:
        pass
    batches.reset()
    return time.perf_counter() - begin


def main():
    with tempfile.TemporaryDirectory() as folder:
        write_images(folder)
        examples = open_folder(folder)["all"]
        chain = [TRANSFORMS["random_crop"](size=(32,), pad=4), TRANSFORMS["random_flip_left_right"](),
                 TRANSFORMS["to_tensor"](), TRANSFORMS["normalize"](mean=(0.5,), std=(0.2,))]  # fmt: skip
        print("threads  decoding  afterwards   (images/s)")
        for threads in (1, 2, 4):
            batches = Batches(examples, [DataDesc("data", (SIZE, 3, 32, 32))], [DataDesc("label", (SIZE,))],
                              {"data": "data", "label": "label"}, chain, SIZE, 0, True, training=True,
                              threads=threads)  # fmt: skip
            next(batches)  # compiles
            batches.seek(0)
            batches._kept.clear()
            first, *others = (len(examples) / seconds_of_an_epoch(batches) for _ in range(EPOCHS))
            print(f"{threads:7}  {first:8,.0f}  {max(others):10,.0f}")


if __name__ == "__main__":
    main()
