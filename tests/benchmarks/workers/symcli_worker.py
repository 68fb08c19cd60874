"""symcli: training through ``Module``, inference through an executor; mode ``fit`` times ``Module.fit``."""

import numpy as np
from timing import description, inputs, report

work = description()

import symcli as mx  # noqa: E402  the start of the process counts from before the import

arrays = inputs(work)
symbol = mx.sym.load(work["symbol"])
labels = [name for name in arrays if name.endswith("label")]
data = [name for name in arrays if name not in labels]
along = {"W6": {"data": "TN", "softmax_label": "T"}}.get(work["name"], {})


def described(names):
    return [mx.io.DataDesc(name, arrays[name].shape, layout=along.get(name, "NCHW")) for name in names]


def module():
    made = mx.mod.Module(symbol, data, labels)
    made.bind(described(data), described(labels))
    made.init_params(mx.init.Xavier())
    return made


OPTIMIZER = {"learning_rate": 1e-4, "momentum": work.get("momentum")}

if work.get("momentum") is None:
    bound = symbol.simple_bind(mx.cpu(), grad_req="null", **{name: array.shape for name, array in arrays.items()})
    initializer, attributes = mx.init.Xavier(), symbol.attr_dict()
    for name, array in {**bound.arg_dict, **bound.aux_dict}.items():
        if name in arrays:
            array[:] = arrays[name]
        else:
            initializer(mx.init.InitDesc(name, attributes.get(name)), array)
    report(work, lambda: bound.forward(is_train=False)[0].wait_to_read())
elif work["mode"] == "fit":
    BATCHES = 10
    many = {name: mx.nd.array(np.concatenate([array] * BATCHES)) for name, array in arrays.items()}
    batch = arrays[data[0]].shape[0]
    reader = mx.io.NDArrayIter({n: many[n] for n in data}, {n: many[n] for n in labels}, batch)
    trained = module()
    trained.init_optimizer(optimizer="sgd", optimizer_params=OPTIMIZER)

    def epoch():
        reader.reset()
        trained.fit(reader, num_epoch=1, optimizer="sgd", optimizer_params=OPTIMIZER, force_init=False)

    work["steps_at_once"] = BATCHES
    report(work, epoch)
else:
    trained = module()
    trained.init_optimizer(optimizer="sgd", optimizer_params=OPTIMIZER)
    batch = mx.io.DataBatch([mx.nd.array(arrays[n]) for n in data], [mx.nd.array(arrays[n]) for n in labels])

    def step():
        trained.forward_backward(batch)
        trained.update()

    report(work, step)
