"""PyTorch: eager, with channels last, or compiled; mode ``export`` writes ONNX for ONNX Runtime."""

import time

from timing import description, inputs, report

work = description()

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402, N812
import torch_networks  # noqa: E402

torch.set_num_threads(work["threads"])
torch.manual_seed(0)
arrays = {name: torch.from_numpy(array) for name, array in inputs(work).items()}
net, data = torch_networks.network(work["name"]), arrays["data"]
if "indices" in work:
    data = data.long()
momentum = work.get("momentum")

if work["mode"] == "channels_last":
    net, data = net.to(memory_format=torch.channels_last), data.to(memory_format=torch.channels_last)


def export():
    torch.onnx.export(net.eval(), data, work["onnx"], dynamo=False, opset_version=17)
    return time.time()


def loss_of(out):
    if "label" in arrays:
        return torch_networks.detection_loss(out, arrays["label"])
    return F.cross_entropy(out, arrays["softmax_label"].long())


def training():
    net.train()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=momentum)
    run = torch.compile(net) if work["mode"] == "compile" else net

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(run(data)).backward()
        optimizer.step()

    return step


def inference():
    net.eval()
    run = torch.compile(net) if work["mode"] == "compile" else net

    def step():
        with torch.inference_mode():
            run(data)

    return step


if work["mode"] == "export":
    export()
else:
    report(work, inference() if momentum is None else training())
