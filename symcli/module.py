"""MXNet's ``mx.module``: the room ``symcli.train.module`` under its public name."""

import sys

from symcli.train import module as room
from symcli.train.module import *  # what editors see

sys.modules[__name__] = room
