"""Notify: send what waits in the outbox, and write down how far each message got."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import structlog

from monitor.domain.alerts import (
    Accepted,
    Delivery,
    DeliveryState,
    Refused,
    SendResult,
    Unanswered,
    Unavailable,
)
from monitor.domain.ports import Channel, Clock, Store
from monitor.pipeline import Progress, unseen
from monitor.policy.delivering import GIVE_UP_AFTER, next_try

LEASE = timedelta(minutes=5)
PARKED = timedelta(minutes=1)

log = structlog.get_logger("notify")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Everything that sending needs.

    `hold_doubtful` shows a message whose answer was never seen to a person; otherwise it is sent
    again with the same Message-ID, and marked.
    """

    store: Store
    clock: Clock
    random: Random
    channels: Mapping[str, Channel]
    give_up_after: timedelta = GIVE_UP_AFTER
    hold_doubtful: bool = False

    def run(self, limit: int = 200, progress: Progress = unseen) -> Counter[str]:
        """Send up to `limit` due deliveries, oldest first; return how many reached each state.

        One refused message stops no other; a channel that is down is left alone for a minute, and
        no message is blamed for it.
        """
        now = self.clock.now()
        self.store.release_deliveries(now, hold_doubtful=self.hold_doubtful)
        claimed = self.store.claim_deliveries(now, LEASE, limit)
        counts: Counter[str] = Counter()
        down: dict[str, str] = {}
        for done, delivery in enumerate(claimed, 1):
            progress(done, len(claimed))
            if delivery.channel in down:
                state = self._record(delivery, Unavailable(detail=down[delivery.channel]))
            else:
                state = self._deliver(delivery, down)
            counts[state.value] += 1
        return counts

    def _deliver(self, delivery: Delivery, down: dict[str, str]) -> DeliveryState:
        channel = self.channels.get(delivery.channel)
        if channel is None:
            return self._record(delivery, Unavailable(detail=f"no channel named {delivery.channel}"))
        reached: list[datetime] = []

        def in_doubt() -> None:
            at = self.clock.now()
            self.store.record_delivery(delivery.id, DeliveryState.IN_DOUBT, at)
            reached.append(at)

        try:
            result = channel.send(delivery, in_doubt)
        except Exception as error:
            # A bug in a channel, or a database that is locked: this message waits, others go on.
            log.exception("sending failed", delivery=delivery.id, channel=delivery.channel)
            result = (
                Unanswered(detail=repr(error)) if reached else Refused(permanent=False, detail=repr(error))
            )
        if isinstance(result, Unavailable):
            down[delivery.channel] = result.detail
        return self._record(delivery, result)

    def _record(self, delivery: Delivery, result: SendResult) -> DeliveryState:
        now = self.clock.now()
        state, next_due = self._next(delivery, result, now)
        self.store.record_delivery(
            delivery.id,
            state,
            now,
            error=None if isinstance(result, Accepted) else result.detail,
            next_due=next_due,
            failed=isinstance(result, Refused | Unanswered),
            resent=isinstance(result, Unanswered),
        )
        log.info("delivery", id=delivery.id, to=delivery.recipient_id, state=state.value, said=result.detail)
        return state

    def _next(
        self, delivery: Delivery, result: SendResult, now: datetime
    ) -> tuple[DeliveryState, datetime | None]:
        """Return the state that a result leads to, and when the delivery is due again."""
        if isinstance(result, Accepted):
            return DeliveryState.SENT, None
        if isinstance(result, Unavailable):
            return DeliveryState.TODO, now + PARKED
        if isinstance(result, Refused) and result.permanent:
            return DeliveryState.DEAD, None
        if isinstance(result, Unanswered) and self.hold_doubtful:
            return DeliveryState.HELD, None
        jitter = self.random.random()
        again = next_try(
            delivery.attempts + 1,
            age=now - delivery.created_at,
            now=now,
            jitter=jitter,
            give_up_after=self.give_up_after,
        )
        return (DeliveryState.TODO, again) if again else (DeliveryState.DEAD, None)
