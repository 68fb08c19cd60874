"""A folder for ``PYTHONPATH``: in processes that a program starts, ``import mxnet`` gives symcli too."""
