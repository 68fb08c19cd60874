"""MXNet's ``mx.optimizer``: the room ``symcli.train.optimizer`` under its public name."""

import sys

from symcli.train import optimizer as room
from symcli.train.optimizer import *  # what editors see

sys.modules[__name__] = room
