"""Images a second that ImageRecordIter makes of records, here and in MXNet, with one thread and with two.

    python -m tests.benchmarks.records [MXNET_PYTHON]

4,000 JPEGs of 32 × 32 pixels, cut to 28 × 28, and 400 of 256 × 256, cut to 224 × 224; cut at random, mirrored,
normalised. An epoch is read first, then two are timed.
"""

import os
import subprocess
import sys
import tempfile
import time

KINDS = {"32": (4000, 28), "256": (400, 224)}


def write(folder):
    """Write the records: smooth pictures, as photos are."""
    import numpy as np
    from PIL import Image

    from symcli import recordio

    draw = np.random.RandomState(0)
    for name, (count, _) in KINDS.items():
        file = recordio.MXIndexedRecordIO(f"{folder}/{name}.idx", f"{folder}/{name}.rec", "w")
        for i in range(count):
            small = Image.fromarray(draw.randint(0, 256, (16, 16, 3)).astype("uint8"))
            pixels = np.asarray(small.resize((int(name), int(name)), Image.Resampling.BICUBIC))
            header = recordio.IRHeader(0, float(i % 10), i, 0)
            file.write_idx(i, recordio.pack_img(header, pixels, quality=90, img_fmt=".jpg"))
        file.close()


def measure(mx, folder, whose):
    for name, (_, side) in KINDS.items():
        for threads in (1, 2):
            batches = mx.io.ImageRecordIter(
                path_imgrec=f"{folder}/{name}.rec", path_imgidx=f"{folder}/{name}.idx", data_shape=(3, side, side),
                batch_size=100, shuffle=True, preprocess_threads=threads, rand_crop=True, rand_mirror=True, mean_r=123,
                mean_g=117, mean_b=104, std_r=58, std_g=57, std_b=57,
            )  # fmt: skip

            def epoch(batches=batches):
                seen = 0
                for batch in batches:
                    batch.data[0].wait_to_read()
                    seen += 100 - batch.pad
                batches.reset()
                return seen

            epoch()
            begin = time.perf_counter()
            seen = epoch() + epoch()
            rate = seen / (time.perf_counter() - begin)
            sys.stdout.write(f"{whose}  {name} x {name}  {threads} threads  {rate:8,.0f} images/s\n")


if __name__ == "__main__":
    if len(sys.argv) == 3:  # called by itself, in MXNet's Python
        import mxnet

        measure(mxnet, sys.argv[2], "MXNet ")
    else:
        import symcli

        with tempfile.TemporaryDirectory() as made:
            write(made)
            measure(symcli, made, "symcli")
            if len(sys.argv) == 2:
                plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
                subprocess.run([sys.argv[1], __file__, "--read", made], env=plain, check=True)
