"""What ``import mxnet`` finds first in a process that a program under ``symcli python`` started: symcli itself."""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

if find_spec("symcli") is None:  # run from a clone, and the process stands in another folder
    sys.path.append(str(Path(__file__).parents[3]))
import_module("symcli.cli.mxnet_programs").install()
import_module("mxnet")  # which takes the place of this module
