"""MXNet's ``mx.registry``: the room ``symcli.train.registry`` under its public name."""

import sys

from symcli.train import registry as room
from symcli.train.registry import *  # what editors see

sys.modules[__name__] = room
