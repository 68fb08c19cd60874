"""MXNet's ``mx.log``: loggers that write lines as glog does (``python/mxnet/log.py``)."""

import logging
import warnings
from logging import CRITICAL, DEBUG, ERROR, INFO, NOTSET, WARNING

__all__ = ["CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "WARNING", "getLogger", "get_logger"]


class _Line(logging.Formatter):
    """``W0505 00:29:47 3525 path:function:7] message``, the head coloured by level."""

    def __init__(self) -> None:
        super().__init__(datefmt="%m%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        colour = 31 if record.levelno >= WARNING else 32 if record.levelno >= INFO else 34
        letter = record.levelname[0] if record.levelno in (CRITICAL, ERROR, WARNING, INFO, DEBUG) else "U"
        self._style._fmt = (f"\x1b[{colour}m{letter}%(asctime)s %(process)d %(pathname)s:%(funcName)s:%(lineno)d]"
                            "\x1b[0m %(message)s")  # fmt: skip
        return super().format(record)


def get_logger(name: str | None = None, filename: str | None = None, filemode: str | None = None,
               level: int = WARNING) -> logging.Logger:  # fmt: skip
    """Return a logger; one that has a name gets a handler, once: a file, or standard error in MXNet's form."""
    logger = logging.getLogger(name)
    if name is not None and not getattr(logger, "_init_done", False):
        logger._init_done = True  # type: ignore[attr-defined]
        handler: logging.Handler
        if filename:
            handler = logging.FileHandler(filename, filemode or "a")
        else:
            handler = logging.StreamHandler()
            handler.setFormatter(_Line())
        logger.addHandler(handler)
        logger.setLevel(level)
    return logger


def getLogger(name: str | None = None, filename: str | None = None, filemode: str | None = None,
              level: int = WARNING) -> logging.Logger:  # fmt: skip
    """Return ``get_logger``'s; this name is deprecated in MXNet."""
    warnings.warn("getLogger is deprecated, Use get_logger instead.", DeprecationWarning, stacklevel=2)
    return get_logger(name, filename, filemode, level)
