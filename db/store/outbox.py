"""What is to be sent, and how far did it get? The outbox; its chart is in db/README.md."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, bindparam, select, update

from db.codec import message_from_json, message_to_json
from db.columns import Found, Values, require_storable, storable
from db.models import alerts, deliveries
from db.queries.stories import story_items
from db.statements import chunks, claim, insert_new
from db.store.part import StorePart
from monitor.domain.alerts import Delivery, DeliveryState, Kind, Route, StoryItem
from monitor.domain.errors import StoreError

ARROWS = frozenset(
    {
        (DeliveryState.TODO, DeliveryState.SENDING),
        (DeliveryState.SENDING, DeliveryState.IN_DOUBT),
        (DeliveryState.SENDING, DeliveryState.TODO),
        (DeliveryState.SENDING, DeliveryState.DEAD),
        (DeliveryState.IN_DOUBT, DeliveryState.SENT),
        (DeliveryState.IN_DOUBT, DeliveryState.TODO),
        (DeliveryState.IN_DOUBT, DeliveryState.HELD),
        (DeliveryState.IN_DOUBT, DeliveryState.DEAD),
    }
)

DELIVERY_KEY = ("recipient_id", "channel", "kind", "occasion")
"""What makes a delivery the same one."""

_LEASED = {DeliveryState.SENDING, DeliveryState.IN_DOUBT}

_due = (
    select(deliveries)
    .where(deliveries.c.state == DeliveryState.TODO.value, deliveries.c.next_due <= bindparam("now"))
    .order_by(deliveries.c.id)
)


class OutboxStore(StorePart):
    """Digests put together, and deliveries on their way."""

    def digest_candidates(self, recipient_id: str) -> list[StoryItem]:
        """See `Store.digest_candidates`."""
        waiting = (
            select(alerts.c.story_id, alerts.c.reason)
            .where(*_waiting(recipient_id))
            .order_by(alerts.c.relevance.desc(), alerts.c.story_id)
        )
        with self.database.reading() as connection:
            reasons = dict(connection.execute(waiting).all())
            return story_items(connection, list(reasons), reasons)

    def record_digest(self, delivery: Delivery, story_ids: Sequence[int]) -> bool:
        """See `Store.record_digest`."""
        row = delivery_row(delivery)
        with self.database.writing() as connection:
            added = insert_new(connection, deliveries).returning(deliveries.c.id)
            number = connection.execute(added, row).scalar()
            if number is None:
                return False
            for chunk in chunks(story_ids):
                connection.execute(
                    update(alerts)
                    .where(*_waiting(delivery.recipient_id), alerts.c.story_id.in_(chunk))
                    .values(delivery_id=number)
                )
            return True

    def last_digest(self, recipient_id: str) -> tuple[str, datetime] | None:
        """See `Store.last_digest`."""
        query = (
            select(deliveries.c.occasion, deliveries.c.created_at)
            .where(deliveries.c.recipient_id == recipient_id, deliveries.c.kind == Kind.DIGEST.value)
            .order_by(deliveries.c.created_at.desc(), deliveries.c.id.desc())
            .limit(1)
        )
        with self.database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.occasion, row.created_at)

    def claim_deliveries(self, now: datetime, lease: timedelta, limit: int) -> list[Delivery]:
        """See `Store.claim_deliveries`."""
        with self.database.writing() as connection:
            rows = claim(connection, _due.limit(limit), deliveries, now, now + lease)
            if rows:
                connection.execute(
                    update(deliveries)
                    .where(deliveries.c.id.in_([row.id for row in rows]))
                    .values(state=DeliveryState.SENDING.value)
                )
        return [_delivery(row, DeliveryState.SENDING) for row in rows]

    def record_delivery(  # noqa: PLR0913 - one row, each part of it by name
        self,
        delivery_id: int,
        state: DeliveryState,
        now: datetime,
        *,
        error: str | None = None,
        next_due: datetime | None = None,
        failed: bool = False,
        resent: bool = False,
    ) -> None:
        """See `Store.record_delivery`."""
        require_storable("deliveries.last_error", error or "")
        changes: dict[str, Any] = {"state": state.value, "last_error": error}
        if state not in _LEASED:
            changes["claimed_until"] = None
        if next_due is not None:
            changes["next_due"] = next_due
        if failed:
            changes["attempts"] = deliveries.c.attempts + 1
        if resent:
            changes["resent"] = True
        if state is DeliveryState.SENT:
            changes["sent_at"] = now
        sources = [source.value for source, target in ARROWS if target is state]
        with self.database.writing() as connection:
            moved = connection.execute(
                update(deliveries)
                .where(deliveries.c.id == delivery_id, deliveries.c.state.in_(sources))
                .values(changes)
            )
            if moved.rowcount == 0:
                found = select(deliveries.c.state).where(deliveries.c.id == delivery_id)
                present = connection.execute(found).scalar()
                raise StoreError(
                    f"there is no delivery {delivery_id}"
                    if present is None
                    else f"delivery {delivery_id} cannot go from {present} to {state.value}"
                )

    def release_deliveries(self, now: datetime, *, hold_doubtful: bool) -> tuple[int, int]:
        """See `Store.release_deliveries`."""
        doubtful = (
            {"state": DeliveryState.HELD.value}
            if hold_doubtful
            else {"state": DeliveryState.TODO.value, "resent": True}
        )
        with self.database.writing() as connection:
            unsent = connection.execute(
                _released(DeliveryState.SENDING, now).values(state=DeliveryState.TODO.value)
            )
            unanswered = connection.execute(_released(DeliveryState.IN_DOUBT, now).values(doubtful))
        if hold_doubtful:
            return unsent.rowcount, unanswered.rowcount
        return unsent.rowcount + unanswered.rowcount, 0


def delivery_row(delivery: Delivery) -> Values:
    """Return the row of a delivery to add.

    Raises:
        ValueError: a text in it cannot be stored.
    """
    row = {
        "recipient_id": delivery.recipient_id,
        "address": delivery.address,
        "channel": delivery.channel,
        "kind": delivery.kind.value,
        "occasion": delivery.occasion,
        "message_id": delivery.message_id,
        "message": message_to_json(delivery.message),
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "resent": delivery.resent,
        "created_at": delivery.created_at,
        "next_due": delivery.next_due,
        "last_error": delivery.last_error,
        "sent_at": delivery.sent_at,
    }
    return storable("deliveries", [row], DELIVERY_KEY)[0]


def _delivery(row: Found, state: DeliveryState) -> Delivery:
    return Delivery(
        id=row.id,
        recipient_id=row.recipient_id,
        address=row.address,
        channel=row.channel,
        kind=Kind(row.kind),
        occasion=row.occasion,
        message_id=row.message_id,
        message=message_from_json(row.message),
        state=state,
        attempts=row.attempts,
        resent=row.resent,
        created_at=row.created_at,
        next_due=row.next_due,
        last_error=row.last_error,
        sent_at=row.sent_at,
    )


def _waiting(recipient_id: str) -> tuple[Any, ...]:
    return (
        alerts.c.recipient_id == recipient_id,
        alerts.c.route == Route.DIGEST.value,
        alerts.c.delivery_id.is_(None),
    )


def _released(state: DeliveryState, now: datetime) -> Update:
    return (
        update(deliveries)
        .where(deliveries.c.state == state.value, deliveries.c.claimed_until <= now)
        .values(claimed_until=None)
    )
