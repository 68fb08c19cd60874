"""MXNet's ``mx.model``: the room ``symcli.train.checkpoint`` under its public name."""

import sys

from symcli.train import checkpoint as room
from symcli.train.checkpoint import *  # what editors see

sys.modules[__name__] = room
