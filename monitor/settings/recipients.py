"""Who is told? The shape of a recipient in newsmon.yaml, and the recipient it makes."""

from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from monitor.domain.alerts import Recipient, Subscription, When
from monitor.settings.blocks import Block
from monitor.settings.values import Email, Id, Located, TimeOfDay, Words, Zone


class AddressesBlock(Block):
    """Where a recipient is reached, by channel. The console needs no address."""

    email: Email | None = None


class SubscriptionBlock(Block):
    """Which topics, how soon, from which relevance on, by which channel."""

    topics: Annotated[tuple[Located, ...], Field(min_length=1)]
    when: When = When.DAILY
    min_relevance: Annotated[int, Field(ge=0, le=100)] = 0
    channel: Literal["email", "console"] = "email"


class RecipientBlock(Block):
    """A person or a list that is told; without subscriptions: everything, in the daily digest."""

    id: Id
    name: Words
    addresses: AddressesBlock = AddressesBlock()
    timezone: Zone | None = None
    digest_at: TimeOfDay | None = None
    subscriptions: tuple[SubscriptionBlock, ...] | None = None

    def channels(self) -> set[str]:
        """Return the channels by which this recipient is told."""
        if self.subscriptions is None:
            return {Subscription().channel}
        return {subscription.channel for subscription in self.subscriptions}

    def recipient(self, digest_at: time, timezone: str) -> Recipient:
        """Return the recipient; the arguments serve where the block is silent."""
        addresses = [("email", self.addresses.email)] if self.addresses.email else []
        if "console" in self.channels():
            addresses.append(("console", "console"))
        subscriptions = tuple(
            Subscription(
                topics=tuple(str(topic) for topic in block.topics),
                when=block.when,
                min_relevance=block.min_relevance,
                channel=block.channel,
            )
            for block in self.subscriptions or ()
        )
        return Recipient(
            id=self.id,
            name=self.name,
            addresses=tuple(addresses),
            timezone=self.timezone or timezone,
            digest_at=self.digest_at or digest_at,
            subscriptions=(Subscription(),) if self.subscriptions is None else subscriptions,
        )
