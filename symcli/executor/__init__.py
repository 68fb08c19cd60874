"""Running graphs: bind arrays to a symbol, run it forward and backward."""

from symcli.executor import control_flow
from symcli.executor.executor import Executor

__all__ = ["Executor"]
