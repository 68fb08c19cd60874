"""MXNet's ``mx.module``: the room ``symcli.train.modules`` under its public name."""

import sys

from symcli.train import modules as room
from symcli.train.modules import *  # what editors see

sys.modules[__name__] = room
