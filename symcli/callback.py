"""MXNet's ``mx.callback``: the room ``symcli.train.callback`` under its public name."""

import sys

from symcli.train import callback as room
from symcli.train.callback import *  # what editors see

sys.modules[__name__] = room
