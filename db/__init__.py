"""What is remembered, and where? Everything about the database; tables and charts are in README.md."""

from db.backups import backup
from db.checks import check
from db.engine import place
from db.lock import single_daemon
from db.schema import is_fresh, upgrade
from db.store import SqlStore, open_store

__all__ = ["SqlStore", "backup", "check", "is_fresh", "open_store", "place", "single_daemon", "upgrade"]
