"""What a fresh process loads, and that every public name is the room it stands for."""

import importlib
import json
import subprocess
import sys

import pytest

import symcli

NETWORK = """
import symcli as mx
net = mx.sym.Variable('data')
net = mx.sym.Convolution(net, kernel=(3, 3), num_filter=8)
net = mx.sym.Activation(mx.sym.BatchNorm(net), act_type='relu')
net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type='max')
net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=10), name='softmax')
assert net.infer_shape(data=(4, 3, 32, 32))[1] == [(4, 10)]
"""
REPORT = "\nimport sys, json; sys.stdout.write(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"


def loaded(program: str) -> set[str]:
    """Return the top-level packages that a fresh process has loaded after a program."""
    result = subprocess.run([sys.executable, "-c", program + REPORT], capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout.splitlines()[-1]))


def test_import_loads_nothing_heavy():
    assert not loaded("import symcli") & {"numpy", "numba", "click", "yaml", "tqdm", "PIL"}


def test_shape_inference_loads_no_arrays():
    assert not loaded(NETWORK) & {"numpy", "numba", "click"}


def test_binding_loads_numpy_but_no_numba_until_a_kernel_needs_it():
    program = "import symcli as mx\nmx.sym.Variable('a').simple_bind(mx.cpu(), a=(2,)).forward()"
    found = loaded(program)
    assert "numpy" in found and not found & {"numba", "llvmlite"}


def test_help_loads_click_alone():
    run = "from symcli.cli import main\nimport contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    "
    found = loaded(run + "assert main(['--help']) == 0")
    assert "click" in found and not found & {"numpy", "numba", "yaml", "tqdm", "PIL", "platformdirs"}


SPEC = "{network: {inputs: {A: [10, 2]}, graph: {D: A / 10 + 1}}}"


@pytest.mark.parametrize("arguments", [["ops", "FullyConnected"], ["infer-shape", "net.yaml"]], ids=str)
def test_commands_without_arrays_load_none(arguments, tmp_path, monkeypatch):
    (tmp_path / "net.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    run = "from symcli.cli import main\nimport contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    "
    assert not loaded(run + f"assert main({arguments}) == 0") & {"numpy", "numba"}


@pytest.mark.parametrize("public", sorted(symcli._MODULES))
def test_public_module_is_its_room(public):
    room = importlib.import_module(symcli._MODULES[public])
    assert importlib.import_module(f"symcli.{public}") is room
    assert getattr(symcli, public) is room


@pytest.mark.parametrize("public", sorted(symcli._MODULES))
def test_public_module_is_its_room_when_imported_first(public):
    same = f"symcli.{public} is sys.modules['symcli.{public}'] is sys.modules['{symcli._MODULES[public]}']"
    loaded(f"import sys, symcli.{public}\nassert {same}")


@pytest.mark.parametrize("public", sorted(symcli._NAMES))
def test_public_name_is_found(public):
    assert getattr(symcli, public) is getattr(importlib.import_module(symcli._NAMES[public]), public)
    assert public in dir(symcli)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'gluon2'"):
        _ = symcli.gluon2


# Public names that MXNet 1.9.1 has in its modules, and symcli under the same dotted names.
DOORS = {
    "autograd": "Function NDArray Symbol backward get_symbol grad is_recording is_training mark_variables pause"
    " predict_mode record set_recording set_training train_mode",
    "callback": "LogValidationMetricsCallback ProgressBar Speedometer do_checkpoint log_train_metric"
    " module_checkpoint save_checkpoint",
    "contrib": "nd ndarray sym symbol",
    "contrib.io": "DataLoaderIter",
    "context": "Context cpu cpu_pinned current_context gpu gpu_memory_info num_gpus",
    "engine": "bulk set_bulk_size",
    "gluon.data": "ArrayDataset BatchSampler DataLoader Dataset FilterSampler RandomSampler RecordFileDataset Sampler"
    " SequentialSampler SimpleDataset",
    "gluon.data.vision": "CIFAR10 CIFAR100 FashionMNIST ImageFolderDataset ImageRecordDataset MNIST transforms",
    "gluon.data.vision.transforms": "Cast CenterCrop Compose CropResize Normalize RandomApply RandomBrightness"
    " RandomColorJitter RandomContrast RandomFlipLeftRight RandomFlipTopBottom RandomHue RandomLighting"
    " RandomResizedCrop RandomRotation RandomSaturation Resize Rotate ToTensor",
    "gluon.loss": "CTCLoss CosineEmbeddingLoss HingeLoss HuberLoss KLDivLoss L1Loss L2Loss LogisticLoss Loss"
    " PoissonNLLLoss SDMLLoss SigmoidBCELoss SigmoidBinaryCrossEntropyLoss SoftmaxCELoss SoftmaxCrossEntropyLoss"
    " SquaredHingeLoss TripletLoss",
    "gluon.utils": "check_sha1 clip_global_norm download split_and_load split_data",
    "image": "Augmenter BrightnessJitterAug CastAug CenterCropAug ColorJitterAug ColorNormalizeAug"
    " ContrastJitterAug CreateAugmenter ForceResizeAug HorizontalFlipAug HueJitterAug ImageIter"
    " LightingAug RandomCropAug RandomGrayAug RandomOrderAug RandomSizedCropAug ResizeAug"
    " SaturationJitterAug SequentialAug center_crop color_normalize fixed_crop imdecode imread imresize"
    " imrotate random_crop random_rotate random_size_crop resize_short scale_down",
    "init": "Bilinear Constant FusedRNN InitDesc Initializer LSTMBias Load MSRAPrelu Mixed NDArray Normal One"
    " Orthogonal Uniform Xavier Zero alias create load register",
    "io": "CSVIter DataBatch DataDesc DataIter ImageDetRecordIter ImageRecordInt8Iter ImageRecordIter"
    " ImageRecordIter_v1 ImageRecordUInt8Iter LibSVMIter MNISTIter NDArrayIter PrefetchingIter ResizeIter",
    "kv": "KVStore create",
    "lr_scheduler": "CosineScheduler FactorScheduler LRScheduler MultiFactorScheduler PolyScheduler",
    "libinfo": "find_include_path find_lib_path",
    "log": "CRITICAL DEBUG ERROR INFO NOTSET WARNING getLogger get_logger",
    "metric": "Accuracy CompositeEvalMetric CrossEntropy CustomMetric EvalMetric F1 Loss MAE MCC MSE"
    " NegativeLogLikelihood PCC PearsonCorrelation Perplexity RMSE TopKAccuracy alias check_label_shapes"
    " create np register",
    "mod": "BaseModule BucketingModule Module PythonLossModule PythonModule SequentialModule",
    "model": "BatchEndParam FeedForward load_checkpoint load_params save_checkpoint",
    "monitor": "Monitor NDArray",
    "name": "NameManager Prefix",
    "attribute": "AttrScope",
    "operator": "CustomOp CustomOpProp NDArray get_all_registered_operators register",
    "optimizer": "AdaDelta AdaGrad Adam Adamax DCASGD FTML Ftrl LAMB LARS NAG Nadam Optimizer RMSProp SGD SGLD Signum"
    " Test Updater ccSGD create get_updater register",
    "profiler": "Counter Domain Event Frame Marker Task dump dump_profile dumps pause profiler_set_config"
    " profiler_set_state resume set_config set_state",
    "random": "Context exponential gamma generalized_negative_binomial multinomial negative_binomial normal poisson"
    " randint randn seed shuffle uniform",
    "recordio": "IRHeader MXIndexedRecordIO MXRecordIO pack pack_img unpack unpack_img",
    "runtime": "Feature Features feature_list",
    "rnn": "BaseConvRNNCell BaseRNNCell BidirectionalCell BucketSentenceIter ConvGRUCell ConvLSTMCell ConvRNNCell"
    " DropoutCell FusedRNNCell GRUCell LSTMCell"
    " ModifierCell RNNCell RNNParams ResidualCell SequentialRNNCell ZoneoutCell do_rnn_checkpoint"
    " encode_sentences load_rnn_checkpoint rnn_unroll save_rnn_checkpoint",
    "test_utils": "Context Symbol almost_equal array assert_almost_equal assert_almost_equal_ignore_nan"
    " assert_exception check_consistency check_numeric_gradient check_speed check_symbolic_backward"
    " check_symbolic_forward current_context default_context default_dtype default_numeric_eps get_atol"
    " get_rtol list_gpus np_reduce numeric_grad rand_ndarray rand_shape_2d rand_shape_3d rand_shape_nd"
    " random_arrays random_sample retry same same_array set_default_context simple_forward",
    "util": "get_cuda_compute_capability get_gpu_count get_gpu_memory getenv is_np_array is_np_shape np_array"
    " np_shape reset_np set_np set_np_shape setenv use_np use_np_array use_np_shape",
    "viz": "Symbol print_summary",
}  # fmt: skip


@pytest.mark.parametrize("dotted", DOORS)
def test_doors_bear_mxnets_names(dotted):
    module = importlib.import_module(f"symcli.{dotted}")
    assert [name for name in DOORS[dotted].split() if not hasattr(module, name)] == []
    found = symcli
    for part in dotted.split("."):
        found = getattr(found, part)
    assert found is module
