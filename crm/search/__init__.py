"""Messages found by their words, which the database knows only as keyed tokens."""

from crm.search.find import MessageHit, search
from crm.search.index import add, reindex, renew
from crm.search.tokens import tokens_of, warm

__all__ = ["MessageHit", "add", "reindex", "renew", "search", "tokens_of", "warm"]
