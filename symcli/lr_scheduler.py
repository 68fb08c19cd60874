"""MXNet's ``mx.lr_scheduler``: the room ``symcli.train.lr_scheduler`` under its public name."""

import sys

from symcli.train import lr_scheduler as room
from symcli.train.lr_scheduler import *  # what editors see

sys.modules[__name__] = room
