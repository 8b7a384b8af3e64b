"""Which documents killed the processes that read them?"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from db.columns import storable
from db.models import quarantine
from db.store.part import StorePart


class QuarantineStore(StorePart):
    """The memory of documents that are not to be read again."""

    def strikes(self) -> Mapping[bytes, int]:
        """See `Quarantine.strikes`."""
        query = select(quarantine.c.digest, quarantine.c.kills).order_by(quarantine.c.last_at)
        with self.database.reading() as connection:
            return dict(connection.execute(query).all())

    def strike(self, digest: bytes, url: str, now: datetime) -> None:
        """See `Quarantine.strike`."""
        row = {"digest": digest, "url": url, "kills": 1, "first_at": now, "last_at": now}
        storable("quarantine", [row])
        with self.database.writing() as connection:
            dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
            again = {"kills": quarantine.c.kills + 1, "last_at": now}
            upsert = dialect.insert(quarantine).on_conflict_do_update(index_elements=["digest"], set_=again)
            connection.execute(upsert, row)
