"""MXNet's ``mx.metric``: the room ``symcli.train.metric`` under its public name."""

import sys

from symcli.train import metric as room
from symcli.train.metric import *  # what editors see

sys.modules[__name__] = room
