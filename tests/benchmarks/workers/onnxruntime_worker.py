"""ONNX Runtime: inference of what PyTorch exported."""

from timing import description, inputs, report

work = description()

import onnxruntime  # noqa: E402

options = onnxruntime.SessionOptions()
options.intra_op_num_threads, options.inter_op_num_threads = work["threads"], 1
session = onnxruntime.InferenceSession(work["onnx"], options, providers=["CPUExecutionProvider"])
feed = {session.get_inputs()[0].name: inputs(work)["data"]}
report(work, lambda: session.run(None, feed))
