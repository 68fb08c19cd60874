"""MXNet's ``mx.kv``: the room ``symcli.train.kvstore`` under its public name."""

import sys

from symcli.train import kvstore as room
from symcli.train.kvstore import *  # what editors see

sys.modules[__name__] = room
