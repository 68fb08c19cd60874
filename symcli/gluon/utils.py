"""MXNet's ``mx.gluon.utils``: batches and gradients over devices, which live in ``symcli.train``."""

from symcli.train.devices import check_sha1, clip_global_norm, download, split_and_load, split_data

__all__ = ["check_sha1", "clip_global_norm", "download", "split_and_load", "split_data"]
