"""MXNet's ``mx.test_utils``: the room ``symcli.train.testing`` under its public name."""

import sys

from symcli.train import testing as room
from symcli.train.testing import *  # what editors see

sys.modules[__name__] = room
