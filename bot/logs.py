"""Rasa's several ways of logging, led into one masked stream."""

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog

from vault.logs import configure_logging

_QUIET = (
    "sanic.root",
    "sanic.access",
    "apscheduler",
    "matplotlib",
    "tensorflow",
    "h5py",
    "asyncio",
    "urllib3",
    "bm25s",
)


_SANIC = ("sanic.root", "sanic.error", "sanic.access")


def configure() -> None:
    """JSON lines on standard error; nothing a customer said in any of them. To be called again once there is an app."""
    configure_logging("rasa")
    logging.getLogger("py.warnings").addFilter(_no_deprecations)
    for name in _SANIC:
        # Importing Sanic's application gives these loggers handlers of their own, which mask nothing.
        logging.getLogger(name).handlers.clear()
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _event_only],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _no_deprecations(record: logging.LogRecord) -> bool:
    # Rasa's libraries are pinned: that their releases of today would differ helps nobody who reads this log. A filter
    # of the warnings module would not do, since Sanic resets those.
    return "DeprecationWarning" not in record.getMessage()


def _event_only(_logger: Any, _method: str, record: MutableMapping[str, Any]) -> str:
    """Only the event's name: Rasa's fields are the customer's words, slots and whole events."""
    return str(record.get("event_info") or record.get("event"))
