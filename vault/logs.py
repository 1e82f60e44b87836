"""One JSON line per log record, with nothing personal in it, for every process of ours."""

import json
import logging
import sys
import traceback
from datetime import datetime, timezone
from typing import Any

from vault.masking import mask_personal

_OURS = ("vault.", "crm.", "gateway.", "actions.", "bot.", "models.", "voice.")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class MaskedJsonFormatter(logging.Formatter):
    """A record as JSON: time, level, process, logger, event, extra fields, error.

    Messages and extra fields are masked by pattern. What patterns cannot see is left out: the text of captured
    warnings (Rasa puts what a customer typed into one) and of exceptions that are not ours keep only their type
    and place.
    """

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The JSON line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "event": _event(record),
        }
        line.update((name, _masked(value)) for name, value in vars(record).items() if name not in _STANDARD)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe_error(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=lambda value: type(value).__name__)


def configure_logging(process: str, level: int = logging.INFO) -> None:
    """Send every record, and every warning, of this process to standard error as masked JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskedJsonFormatter(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)


def describe_error(error: BaseException) -> dict[str, Any]:
    """Type and place of an error; its message only where the class is ours and so known to be clean."""
    described: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if type(error).__module__.startswith(_OURS):
        described["message"] = mask_personal(str(error))
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    described["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return described


def _event(record: logging.LogRecord) -> str:
    if record.name == "py.warnings":
        # "path:line: Category: text\n  source": the text may quote a customer, place and category cannot.
        return ":".join(record.getMessage().split(":")[:3]).split("\n")[0]
    try:
        return mask_personal(record.getMessage())
    except (TypeError, ValueError):
        return mask_personal(str(record.msg))


def _masked(value: object) -> object:
    if isinstance(value, str):
        return mask_personal(value)
    if isinstance(value, dict):
        return {str(key): _masked(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_masked(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return type(value).__name__
