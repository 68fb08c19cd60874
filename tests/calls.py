"""How much work is done, counted and not timed: the same on every machine, however busy."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["at_most"]


@contextmanager
def at_most(calls: int | None) -> Iterator[None]:
    """Allow so many calls inside the block, of functions in Python and in C; None: any number.

    Raises
    ------
    AssertionError
        As soon as one more is made.
    """
    made = 0

    def count(frame, event, argument):
        nonlocal made
        made += event.endswith("call")
        if made > calls:
            sys.setprofile(None)
            raise AssertionError(f"more than {calls:,} calls")

    before = sys.getprofile()
    sys.setprofile(count if calls is not None else before)
    try:
        yield
    finally:
        sys.setprofile(before)
