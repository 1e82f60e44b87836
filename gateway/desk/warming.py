"""What takes a second or more the first time, done before somebody waits for it."""

import logging

from crm import search, summarising
from crm.masking import masker
from gateway.desk.sidebar import scorer

log = logging.getLogger("gateway.desk")


def warm() -> None:
    """Load what masking, searching, summaries and offers need. For a thread of its own; nothing waits for it."""
    try:
        search.warm()
        masker().mask("warm", "en")
        summarising.warm()
        scorer().lines()
    except Exception:
        log.exception("the desk's helpers could not be loaded ahead")
