"""How is each source, since when, and who was told?"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from db.codec import rhythm_to_bytes
from db.columns import Values, storable
from db.models import deliveries, episodes, feeds
from db.queries.health import episode, health_evidence
from db.statements import chunks, insert_new
from db.store.outbox import delivery_row
from db.store.part import StorePart
from monitor.domain.alerts import Delivery, Kind
from monitor.domain.health import RANK, Episode, Evidence, Health, HealthRecord

_LONGEST = 500
_NO_EPISODE = frozenset({Health.OK, Health.NEW})

_watched = update(feeds).where(feeds.c.id == bindparam("b_id")).values(watched_at=bindparam("b_at"))
_taught = update(feeds).where(feeds.c.id == bindparam("b_id")).values(rhythm=bindparam("b_rhythm"))
_ended = update(episodes).where(episodes.c.id == bindparam("b_id")).values(until=bindparam("b_until"))
_refreshed = (
    update(episodes).where(episodes.c.id == bindparam("b_id")).values(evidence=bindparam("b_evidence"))
)
_open = select(episodes).where(
    episodes.c.until.is_(None), episodes.c.feed_id.in_(bindparam("ids", expanding=True))
)


class HealthMemory(StorePart):
    """The health of sources, as `monitor.domain.watching.HealthStore` asks for it."""

    def unwatched(self, before: datetime, limit: int) -> list[str]:
        """See `HealthStore.unwatched`."""
        query = (
            select(feeds.c.id)
            .where(feeds.c.configured, or_(feeds.c.watched_at.is_(None), feeds.c.watched_at <= before))
            .order_by(feeds.c.watched_at.is_not(None), feeds.c.watched_at, feeds.c.id)
            .limit(limit)
        )
        with self.database.reading() as connection:
            return list(connection.execute(query).scalars())

    def health_evidence(self, feed_ids: Sequence[str], now: datetime) -> dict[str, Evidence]:
        """See `HealthStore.health_evidence`."""
        with self.database.reading() as connection:
            return health_evidence(connection, feed_ids, now)

    def record_health(self, records: Sequence[HealthRecord]) -> None:
        """See `HealthStore.record_health`."""
        if not records:
            return
        with self.database.writing() as connection:
            held: dict[tuple[str, Health], Episode] = {}
            for ids in chunks([record.feed_id for record in records]):
                for row in connection.execute(_open, {"ids": ids}):
                    found = episode(row)
                    held[found.feed_id, found.state] = found
            changes = _Changes(held)
            for record in records:
                changes.add(record)
            connection.execute(_watched, [{"b_id": r.feed_id, "b_at": r.at} for r in records])
            for statement, rows in (
                (_taught, changes.taught),
                (_ended, changes.ended),
                (_refreshed, changes.refreshed),
                (insert_new(connection, episodes), changes.over),
            ):
                if rows:
                    connection.execute(statement, rows)
            if changes.opened:
                dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
                added = dialect.insert(episodes)
                again = added.on_conflict_do_update(
                    index_elements=["feed_id", "state", "since"],
                    set_={"until": None, "evidence": added.excluded.evidence},
                )
                connection.execute(again, changes.opened)

    def episodes(self, since: datetime) -> list[Episode]:
        """See `HealthStore.episodes`."""
        query = (
            select(episodes)
            .join(feeds, feeds.c.id == episodes.c.feed_id)
            .where(feeds.c.configured, or_(episodes.c.until.is_(None), episodes.c.until >= since))
            .order_by(episodes.c.since, episodes.c.id)
        )
        with self.database.reading() as connection:
            return [episode(row) for row in connection.execute(query)]

    def record_notice(self, delivery: Delivery, told: Sequence[int], over: Sequence[int]) -> bool:
        """See `HealthStore.record_notice`."""
        row = delivery_row(delivery)
        with self.database.writing() as connection:
            added = insert_new(connection, deliveries).returning(deliveries.c.id)
            if connection.execute(added, row).scalar() is None:
                return False
            for column, numbers in (("told_at", told), ("over_told_at", over)):
                for chunk in chunks(numbers):
                    connection.execute(
                        update(episodes).where(episodes.c.id.in_(chunk)).values({column: delivery.created_at})
                    )
            return True

    def last_delivery(self, recipient_id: str, kind: Kind) -> tuple[str, datetime] | None:
        """See `HealthStore.last_delivery`."""
        query = (
            select(deliveries.c.occasion, deliveries.c.created_at)
            .where(deliveries.c.recipient_id == recipient_id, deliveries.c.kind == kind.value)
            .order_by(deliveries.c.created_at.desc(), deliveries.c.id.desc())
            .limit(1)
        )
        with self.database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.occasion, row.created_at)

    def sources_by_state(self) -> Mapping[str, int]:
        """See `HealthStore.sources_by_state`."""
        open_ones = (
            select(feeds.c.id, feeds.c.watched_at, episodes.c.state)
            .join(
                episodes,
                (episodes.c.feed_id == feeds.c.id) & episodes.c.until.is_(None),
                isouter=True,
            )
            .where(feeds.c.configured)
        )
        leading: dict[str, Health] = {}
        with self.database.reading() as connection:
            for row in connection.execute(open_ones):
                state = Health(row.state) if row.state else Health.OK if row.watched_at else Health.NEW
                before = leading.get(row.id, state)
                leading[row.id] = min(before, state, key=RANK.__getitem__)
        counts = dict.fromkeys((state.value for state in Health if state is not Health.UNHEARD), 0)
        for state in leading.values():
            counts[state.value] += 1
        return counts


class _Changes:
    """What looks at feeds change, by statement."""

    def __init__(self, held: Mapping[tuple[str, Health], Episode]) -> None:
        self._held = held
        self.opened: list[Values] = []
        self.over: list[Values] = []
        self.ended: list[Values] = []
        self.refreshed: list[Values] = []
        self.taught: list[Values] = []

    def add(self, record: HealthRecord) -> None:
        """Add one look. A state whose beginning is told anew goes on under the beginning that is stored."""
        findings = {f.state: f for f in record.findings if f.state not in _NO_EPISODE}
        for (feed_id, state), known in self._held.items():
            if feed_id == record.feed_id and state not in findings:
                self.ended.append({"b_id": known.id, "b_until": record.at})
        for state, finding in findings.items():
            evidence = finding.evidence[:_LONGEST]
            held = self._held.get((record.feed_id, state))
            if held is None:
                self.opened += _rows(record.feed_id, state, finding.since, None, evidence)
            elif held.evidence != evidence:
                self.refreshed += storable("episodes", [{"b_id": held.id, "b_evidence": evidence}])
        if record.away is not None:
            away = record.away
            self.over += _rows(away.feed_id, away.state, away.since, away.until, away.evidence)
        if record.rhythm is not None:
            self.taught.append({"b_id": record.feed_id, "b_rhythm": rhythm_to_bytes(record.rhythm)})


def _rows(
    feed_id: str, state: Health, since: datetime, until: datetime | None, evidence: str
) -> Sequence[Values]:
    row = {"feed_id": feed_id, "state": state.value, "since": since, "until": until, "evidence": evidence}
    return storable("episodes", [row], ("feed_id",))
