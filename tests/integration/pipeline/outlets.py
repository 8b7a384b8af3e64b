"""What do the outlets of these tests publish, and what does the database hold of it?"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from desks import Desk
from press import Item, Press, Said, page, rss, xml

from monitor.app import App
from monitor.domain.alerts import Recipient, Subscription, When
from monitor.domain.feeds import FeedState

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def flagged(number: int, press: Press, *, at: datetime | None = None, text: str = "") -> Item:
    """Return an item that a shipped topic flags, with a text that no other number has."""
    return Item(
        title=f"EU and Kazakhstan sign roadmap {number} on rare earths",
        link=press.url(f"/{number}"),
        date=format_datetime(at) if at else None,
        text=text or f"The European Union and Kazakhstan signed roadmap {number} on rare earths in Astana.",
    )


def dull(number: int, press: Press, **changes: Any) -> Item:
    """Return an item that no topic flags."""
    item = Item(
        title=f"Choir {number} sings",
        link=press.url(f"/{number}"),
        text=f"Choir number {number} sang in the park.",
    )
    return replace(item, **changes)


def article(number: int, *more: str) -> str:
    """Return the page of an item: longer than what its feed says."""
    words = (
        f"Choir number {number} sang in the park on Sunday, and the people of the town listened for an hour."
    )
    return page(f"Choir {number} sings", [words, *more])


def publish(press: Press, *items: Item, path: str = "/feed", **headers: str) -> None:
    """Make a feed list these items."""
    press.answers[path] = xml(rss(items), **headers)


@dataclass(slots=True)
class Listener:
    """An answer that notes each request's headers and says the next of `says`; the last one for ever."""

    says: Sequence[Said]
    heard: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(self, headers: Mapping[str, str]) -> Said:
        """Note the request; return the answer."""
        self.heard.append(headers)
        return self.says[min(len(self.heard), len(self.says)) - 1]


def recipient(name: str = "desk", *, when: When = When.AT_ONCE, **changes: Any) -> Recipient:
    """Return somebody who wants everything by mail."""
    made = Recipient(
        id=name,
        name=name.title(),
        addresses=(("email", f"{name}@desk.example"),),
        subscriptions=(Subscription(when=when),),
    )
    return replace(made, **changes)


def rows(app: App, query: str, *values: Any) -> list[Any]:
    """Return what the desk's database holds."""
    file = (app.settings.database.url or "").removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as database:
        return database.execute(query, values).fetchall()


def outcomes(app: App, feed_id: str = "outlet") -> list[str]:
    """Return what became of a feed's polls, in order."""
    return [row[0] for row in rows(app, "SELECT outcome FROM polls WHERE feed_id = ? ORDER BY id", feed_id)]


def memory(app: App, feed_id: str = "outlet") -> FeedState:
    """Return what is remembered of a feed."""
    return next(row.state for row in app.store.feed_states() if row.state.feed_id == feed_id)


def entries(app: App) -> list[tuple[str, str]]:
    """Return the state and the reason of every entry, in the order they were listed."""
    return [tuple(row) for row in rows(app, "SELECT state, reason FROM entries ORDER BY id")]


def work(app: Desk) -> None:
    """Poll, read and match what is due."""
    app.poller.run()
    while app.reader.run():
        pass
    while app.matching.run()["articles"]:
        pass


Make = Callable[..., Desk]
