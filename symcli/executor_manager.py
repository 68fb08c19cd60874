"""MXNet's ``mx.executor_manager``: the room ``symcli.train.own_loops`` under its public name."""

import sys

from symcli.train import own_loops as room
from symcli.train.own_loops import *  # what editors see

sys.modules[__name__] = room
