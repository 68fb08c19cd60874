"""Who is told how long each operator took: ``mx.profiler``, while it runs."""

from collections.abc import Callable

__all__ = ["Watch", "told"]

Watch = Callable[[str, str, float, float], None]  # the operator or node, the kind of work, start and end in seconds
told: Watch | None = None
