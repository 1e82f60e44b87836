"""Conversations at rest: sealed, windowed, and never silently lost."""

from bot.tracker_store.errors import (
    ConcurrentTurn,
    TrackerStoreError,
    TrackerStoreUnavailable,
    UnreadableConversation,
)
from bot.tracker_store.store import SealedTrackerStore

__all__ = [
    "ConcurrentTurn",
    "SealedTrackerStore",
    "TrackerStoreError",
    "TrackerStoreUnavailable",
    "UnreadableConversation",
]
