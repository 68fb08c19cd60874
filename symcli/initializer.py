"""MXNet's ``mx.initializer``: the room ``symcli.train.initializer`` under its public name."""

import sys

from symcli.train import initializer as room
from symcli.train.initializer import *  # what editors see

sys.modules[__name__] = room
