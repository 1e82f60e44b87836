"""What can go wrong with stored conversations. Messages never hold what was said."""


class TrackerStoreError(Exception):
    """Base of the tracker store's errors: the turn that met one must stop."""


class UnreadableConversation(TrackerStoreError):
    """A row does not open, belongs elsewhere, or is missing from the sequence."""


class ConcurrentTurn(TrackerStoreError):
    """Another process stored a turn of this conversation meanwhile: spread conversations by hash, one process each."""


class TrackerStoreUnavailable(TrackerStoreError):
    """The database does not answer: check `CARELINE_TRACKER_URL` and that the database runs."""
