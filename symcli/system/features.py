"""MXNet's ``mx.runtime``: what the library was built with (``python/mxnet/runtime.py``)."""

from collections import OrderedDict
from typing import NamedTuple

from symcli.executor.machine import machine

__all__ = ["Feature", "Features", "feature_list"]

# MXNet 1.9.1's features that are here in some form; those of the processor are asked for.
HERE = {"LAPACK", "OPENCV", "SIGNAL_HANDLER", "PROFILER"}
WIDTHS = {"CPU_SSE": 128, "CPU_SSE2": 128, "CPU_AVX": 256, "CPU_AVX2": 256}  # bits of a vector
KNOWN = (
    "CUDA CUDNN NCCL CUDA_RTC TENSORRT CPU_SSE CPU_SSE2 CPU_SSE3 CPU_SSE4_1 CPU_SSE4_2 CPU_SSE4A CPU_AVX"
    " CPU_AVX2 OPENMP SSE F16C JEMALLOC BLAS_OPEN BLAS_ATLAS BLAS_MKL BLAS_APPLE LAPACK MKLDNN OPENCV"
    " CAFFE PROFILER DIST_KVSTORE CXX14 INT64_TENSOR_SIZE SIGNAL_HANDLER DEBUG TVM_OP"
).split()


class Feature(NamedTuple):
    """A feature and whether it is there."""

    name: str
    enabled: bool

    def __repr__(self) -> str:
        return f"{'✔' if self.enabled else '✖'} {self.name}"


def feature_list() -> list[Feature]:
    """Return MXNet's features: images and linear algebra are here, GPUs and back ends of others are not."""
    bits = machine().vector_bits
    here = HERE | {name for name, least in WIDTHS.items() if bits >= least}
    return [Feature(name, name in here) for name in KNOWN]


class Features(OrderedDict[str, Feature]):
    """The features by name."""

    def __init__(self) -> None:
        super().__init__((one.name, one) for one in feature_list())

    def __repr__(self) -> str:
        return str(list(self.values()))

    def is_enabled(self, feature_name: str) -> bool:
        """Return whether a feature is there.

        Raises
        ------
        RuntimeError
            If MXNet has no feature of this name.
        """
        if feature_name.upper() not in self:
            raise RuntimeError(f"there is no feature {feature_name!r}; features: {', '.join(self)}")
        return self[feature_name.upper()].enabled
