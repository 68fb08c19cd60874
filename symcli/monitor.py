"""MXNet's ``mx.monitor``: the room ``symcli.train.monitor`` under its public name."""

import sys

from symcli.train import monitor as room
from symcli.train.monitor import *  # what editors see

sys.modules[__name__] = room
