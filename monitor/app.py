"""How do the parts come together? The only place that joins ports and implementations."""

import sys
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Self

from monitor.clock import SystemClock
from monitor.domain.ports import Channel, Clock, HttpClient, SourceKind, Workers
from monitor.settings import Settings

if TYPE_CHECKING:
    from db import SqlStore
    from monitor.pipeline.backfill import Backfiller
    from monitor.pipeline.digest import Digester
    from monitor.pipeline.finding import Finder
    from monitor.pipeline.inform import Informer
    from monitor.pipeline.match import Matching, Sender
    from monitor.pipeline.notify import Notifier
    from monitor.pipeline.poll import Poller
    from monitor.pipeline.prune import Pruner
    from monitor.pipeline.read import Reader
    from monitor.pipeline.trying import Tester
    from monitor.pipeline.watch import Watcher
    from monitor.rules import Matcher

# The groups of the pack that head the digest's heat table; a desk on another region names its own so.
ROWS, PARTNERS = "central-asia", "partners"
DEFAULT_SENDER = "newsmon@localhost"


class App:
    """Newsmon, put together; every part is made when it is first asked for, and then kept.

    A command that only looks into the database never starts workers, and one that only tries a
    page never opens the database. Use as a context manager: what was made is closed again.
    """

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, random: Random | None = None
    ) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.random = random or Random()  # noqa: S311 - jitter, not secrets

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every part that was made; the network first, so that nothing waits for it."""
        for name in ("http", "workers", "channels", "store"):
            part = self.__dict__.pop(name, None)
            for closing in part.values() if isinstance(part, dict) else [part] if part else []:
                closing.close()

    @cached_property
    def store(self) -> "SqlStore":
        """Return the database, made afresh where there is none.

        Raises:
            StoreNewer: a newer Newsmon wrote it.
            StoreOutdated: it needs `newsmon db upgrade`.
        """
        from db import is_fresh, open_store, upgrade

        url = self.settings.database.url
        assert url is not None
        if is_fresh(url):
            upgrade(url)
        return open_store(url)

    @cached_property
    def http(self) -> HttpClient:
        """Return the way out to the network."""
        from monitor.http import AioHttp, HttpSettings

        http = self.settings.http
        return AioHttp(
            HttpSettings(
                contact=self.settings.operator.contact or "",
                timeout=http.timeout,
                connect_timeout=http.connect_timeout,
                read_timeout=http.read_timeout,
                concurrency=http.concurrency,
                per_host=http.per_host,
                spacing=http.spacing,
                ports=frozenset(http.ports),
                allowed=http.allowed,
                proxy=http.proxy,
            )
        )

    @cached_property
    def workers(self) -> Workers:
        """Return the parsers behind their wall."""
        from monitor.domain.articles import WorkerLimits
        from monitor.extract import ParserProcesses

        workers = self.settings.workers
        return ParserProcesses(
            WorkerLimits(
                deadline=workers.deadline,
                memory=workers.memory,
                recycle_after=workers.recycle,
                workers=workers.count,
            ),
            self.clock,
        )

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """Return the ways to tell somebody, by name; mail only where a server is configured."""
        from monitor.channels import CHANNELS

        made = {"console": CHANNELS["console"](sys.stdout)}
        smtp = self.settings.smtp
        if smtp.host:
            from monitor.channels.email import Security, SmtpSettings

            made["email"] = CHANNELS["email"](
                SmtpSettings(
                    host=smtp.host,
                    port=smtp.port,
                    sender=smtp.sender or DEFAULT_SENDER,
                    security=Security(smtp.security),
                    user=smtp.user or "",
                    password=smtp.password.get_secret_value() if smtp.password else "",
                    contact=self.settings.operator.contact or "",
                    timeout=smtp.timeout,
                )
            )
        return made

    @cached_property
    def matcher(self) -> "Matcher":
        """Return the compiled topics.

        Raises:
            ConfigError: with every fault in them.
        """
        from monitor.settings.compiled import matcher_of

        return matcher_of(self.settings.pack, self.settings.folders.data)

    @cached_property
    def topic_names(self) -> dict[str, str]:
        """Return the topics' names by id."""
        return {topic.id: topic.name for topic in self.matcher.topics}

    @cached_property
    def poller(self) -> "Poller":
        """Return the stage that polls; the store remembers the configured feeds from now on."""
        from monitor.pipeline.poll import Poller

        self.store.remember_feeds(self.settings.feeds, self.clock.now())
        self.workers.remember_in(self.store)
        polling = self.settings.polling
        return Poller(
            store=self.store,
            http=self.http,
            workers=self.workers,
            clock=self.clock,
            random=self.random,
            sources=self._kinds,
            feeds={feed.id: feed for feed in self.settings.feeds},
            authorizations=self.settings.authorizations,
            shortest=polling.min_every,
            longest=polling.max_every,
        )

    @cached_property
    def finder(self) -> "Finder":
        """Return what looks for the feeds of sites; it stores nothing."""
        from monitor.pipeline.finding import Finder

        return Finder(
            http=self.http,
            workers=self.workers,
            clock=self.clock,
            max_bytes=self.settings.http.max_feed_size,
        )

    @cached_property
    def tester(self) -> "Tester":
        """Return what asks sources and stores nothing."""
        from monitor.pipeline.trying import Tester

        return Tester(
            http=self.http,
            workers=self.workers,
            clock=self.clock,
            sources=self._kinds,
            authorizations=self.settings.authorizations,
        )

    def backfiller(self, *, keep: bool = True) -> "Backfiller":
        """Return what looks for the past of sources; where nothing is to be kept, no database is made."""
        from db import is_fresh
        from monitor.pipeline.backfill import Backfiller

        url = self.settings.database.url
        assert url is not None
        store = self.store if keep or not is_fresh(url) else None
        if store is not None and keep:
            store.remember_feeds(self.settings.feeds, self.clock.now())
            self.workers.remember_in(store)
        return Backfiller(
            store=store,
            http=self.http,
            workers=self.workers,
            clock=self.clock,
            sources=self._kinds,
            authorizations=self.settings.authorizations,
        )

    @cached_property
    def _kinds(self) -> Mapping[str, SourceKind]:
        from monitor.sources import SOURCES

        return {kind: make(self.settings.http.max_feed_size) for kind, make in SOURCES.items()}

    @cached_property
    def reader(self) -> "Reader":
        """Return the stage that reads pages."""
        from monitor.pipeline.read import Reader

        self.workers.remember_in(self.store)
        return Reader(
            store=self.store,
            http=self.http,
            workers=self.workers,
            clock=self.clock,
            feeds={feed.id: feed for feed in self.settings.feeds},
            authorizations=self.settings.authorizations,
            max_bytes=self.settings.http.max_page_size,
        )

    @cached_property
    def matching(self) -> "Matching":
        """Return the stage that matches articles and decides whom to tell."""
        from monitor.pipeline.match import Matching, Teller

        topics = self.matcher.topics
        teller = Teller(
            recipients=self.settings.recipients,
            recipients_first_seen=self._recipients_first_seen,
            topics_first_seen=self._first_seen("topic", [topic.id for topic in topics]),
            topic_names=self.topic_names,
            feeds={feed.id: feed for feed in self.settings.feeds},
            sender=self.sender,
            late_after=self.settings.alerts.late_after,
        )
        return Matching(store=self.store, clock=self.clock, matcher=self.matcher, teller=teller)

    @cached_property
    def notifier(self) -> "Notifier":
        """Return the stage that sends."""
        from monitor.pipeline.notify import Notifier

        return Notifier(
            store=self.store,
            clock=self.clock,
            random=self.random,
            channels=self.channels,
            give_up_after=self.settings.alerts.retry_for,
            hold_doubtful=self.settings.alerts.in_doubt == "hold",
        )

    @cached_property
    def digester(self) -> "Digester":
        """Return the stage that makes the daily digests."""
        from monitor.pipeline.digest import Digester

        return Digester(
            store=self.store,
            clock=self.clock,
            recipients=self.settings.recipients,
            recipients_first_seen=self._recipients_first_seen,
            topic_names=self.topic_names,
            rows=self.matcher.members(ROWS, ("state",)),
            partners=self.matcher.members(PARTNERS, ("state", "bloc", "body", "bank")),
            sender=self.sender,
            rules_version=self.matcher.version,
        )

    @cached_property
    def watcher(self) -> "Watcher":
        """Return the stage that looks after the health of sources."""
        from monitor.pipeline.watch import Watcher

        feeds = {feed.id: feed for feed in self.settings.feeds}
        return Watcher(store=self.store, clock=self.clock, feeds=feeds)

    @cached_property
    def informer(self) -> "Informer":
        """Return the stage that mails whoever runs this about the sources."""
        from monitor.domain.health import HealthMails
        from monitor.pipeline.inform import OPERATOR, Informer
        from monitor.settings.sections import WEEKDAYS

        health = self.settings.health
        mails = None
        if health.to:
            mails = HealthMails(
                to=health.to,
                weekday=None if health.weekly == "never" else WEEKDAYS.index(health.weekly),
                hour=health.at.hour,
                minute=health.at.minute,
                timezone=self.settings.digest.timezone,
                notices=health.notices,
                persistent_after=health.persistent_after,
            )
        return Informer(
            store=self.store,
            clock=self.clock,
            feeds={feed.id: feed for feed in self.settings.feeds},
            mails=mails,
            first_seen=self._first_seen("operator", [OPERATOR])[OPERATOR],
            sender=self.sender,
        )

    @cached_property
    def pruner(self) -> "Pruner":
        """Return the stage that drops what has outlived its use."""
        from monitor.pipeline.prune import Pruner

        return Pruner(store=self.store, clock=self.clock, keep_polls=self.settings.retention.polls)

    @cached_property
    def sender(self) -> "Sender":
        """Return who speaks: the sender's mail domain, and whom readers may write to."""
        from monitor.pipeline.match import Sender

        address = self.settings.smtp.sender or DEFAULT_SENDER
        return Sender(domain=address.rpartition("@")[2], contact=self.settings.operator.contact or address)

    @cached_property
    def _recipients_first_seen(self) -> Mapping[str, datetime]:
        return self._first_seen("recipient", [recipient.id for recipient in self.settings.recipients])

    def _first_seen(self, kind: str, ids: list[str]) -> Mapping[str, datetime]:
        return self.store.remember_first_seen(kind, ids, self.clock.now())
