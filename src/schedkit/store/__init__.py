"""The history: what the runner asks of it, and the SQLite file that keeps it."""

from schedkit.store.reader import SQLiteReader
from schedkit.store.store import Holder, Outcome, Query, Reader, Store

__all__ = ["Holder", "Outcome", "Query", "Reader", "SQLiteReader", "Store"]
