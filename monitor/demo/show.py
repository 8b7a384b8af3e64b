"""What does Newsmon do, end to end? The newsroom is polled, read, flagged, and told by mail."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from db.lock import LOCK_FILE
from monitor.app import App
from monitor.demo.mailbox import Mailbox
from monitor.demo.newsroom import DemoArticle, Newsroom
from monitor.domain.alerts import Recipient, StoryItem, Subscription, When
from monitor.domain.ports import Clock
from monitor.pipeline.digest import with_names
from monitor.policy.digests import DigestDue
from monitor.reports.digest import render
from monitor.settings import Settings

OVERALL = "central-asia-partnerships"
MEMORY = "newsroom.json"
DATABASE = "newsmon.db"
MOST_STORIES = 10_000

DESK = Recipient(
    id="desk",
    name="The Partnerships Desk",
    addresses=(("email", "desk@newsmon.example"),),
    timezone="Asia/Almaty",
    subscriptions=(Subscription(topics=(OVERALL,), when=When.AT_ONCE, min_relevance=50),),
)
EDITOR = Recipient(
    id="editor",
    name="The Editor",
    addresses=(("email", "editor@newsmon.example"),),
    timezone="Asia/Almaty",
    # The demo writes its digest itself; the daily one comes on the next morning of a long watch.
    digest_at=time(8, 0),
    subscriptions=(Subscription(),),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the demo stands on: where things lie, the outlets, the mailbox, and Newsmon itself."""

    folder: Path
    newsroom: Newsroom
    mailbox: Mailbox
    app: App

    @property
    def database(self) -> Path:
        """Return where the database lies."""
        return self.folder / DATABASE

    def close(self) -> None:
        """Stop everything; what was stored and mailed stays."""
        self.app.close()
        self.mailbox.close()
        self.newsroom.close()


def database_url(folder: Path) -> str:
    """Return the address of the demo's database."""
    return f"sqlite:///{folder / DATABASE}"


def set_up(settings: Settings, folder: Path, clock: Clock) -> Stage:
    """Start newsroom, mailbox and Newsmon in `folder`; the caller holds the folder's lock.

    An unfinished demo, killed perhaps, goes on where it was: same outlets, same addresses. A finished
    one makes place for a new one. The newsroom's day starts when `clock` says, and goes by it.
    """
    start, port = _remembered(folder) or (clock.now(), 0)
    newsroom = _open(start, port, clock)
    folder.mkdir(parents=True, exist_ok=True)
    _remember(folder, newsroom, finished=False)
    mailbox = Mailbox(folder / "mailbox")
    app = App(_demo_settings(settings, folder, newsroom, mailbox), clock=clock)
    app.store.release_leases(clock.now())
    return Stage(folder=folder, newsroom=newsroom, mailbox=mailbox, app=app)


def finish(stage: Stage) -> None:
    """Note that this demo came to its end, so that the next one starts anew."""
    _remember(stage.folder, stage.newsroom, finished=True)


def _remember(folder: Path, newsroom: Newsroom, *, finished: bool) -> None:
    memory = {"start": newsroom.start.isoformat(), "port": newsroom.port, "finished": finished}
    # Whole or not at all: without it, what a killed demo left would be taken for nothing.
    part = folder / f"{MEMORY}.part"
    part.write_text(json.dumps(memory), encoding="utf-8")
    part.replace(folder / MEMORY)


def _remembered(folder: Path) -> tuple[datetime, int] | None:
    """Return start and port of an unfinished demo; clear away a finished one."""
    try:
        memory = json.loads((folder / MEMORY).read_text(encoding="utf-8"))
        found = datetime.fromisoformat(memory["start"]).astimezone(UTC), int(memory["port"])
        finished = bool(memory["finished"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if finished:
        _clear(folder)
        return None
    return found


def _clear(folder: Path) -> None:
    """Empty a finished demo's folder, but for its memory: killed meanwhile, the next start goes on here."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in {MEMORY, LOCK_FILE}:
            path.unlink()


def _open(start: datetime, port: int, clock: Clock) -> Newsroom:
    try:
        return Newsroom(start, now=clock.now, port=port)
    except OSError:
        # Somebody took the port meanwhile: the outlets move, as outlets do.
        return Newsroom(start, now=clock.now)


def _demo_settings(settings: Settings, folder: Path, newsroom: Newsroom, mailbox: Mailbox) -> Settings:
    """Return the shipped topics with the newsroom's feeds, and mail that goes to the mailbox."""
    smtp = {
        "host": "127.0.0.1",
        "port": mailbox.port,
        "security": "none",
        "sender": "newsmon@newsmon.example",
    }
    # All outlets live on one address here, which real ones don't: the pace per host would be theirs.
    pace = {"per_host": 16, "spacing": timedelta()}
    polling = {"min_every": timedelta(seconds=5)}
    return replace(
        settings,
        feeds=newsroom.feeds(),
        recipients=(DESK, EDITOR),
        database=settings.database.model_copy(update={"url": database_url(folder)}),
        smtp=settings.smtp.model_copy(update=smtp),
        http=settings.http.model_copy(update=pace),
        polling=settings.polling.model_copy(update=polling),
        operator=settings.operator.model_copy(update={"contact": "operator@newsmon.example"}),
    )


def flagged(stage: Stage) -> list[StoryItem]:
    """Return the stories flagged so far, most relevant first."""
    rows = stage.app.store.articles(flagged=True, limit=MOST_STORIES)
    ids = dict.fromkeys(row.article.story_id for row in rows if row.article.story_id is not None)
    names = stage.app.topic_names
    stories = [with_names(story, names) for story in stage.app.store.stories(list(ids))]
    return sorted(stories, key=lambda story: (-max(m.relevance for m in story.matches), story.story_id))


def surprises(stage: Stage) -> list[str]:
    """Return one line for each article of the newsroom that was not judged as its author expects."""
    rows = stage.app.store.articles(topic=OVERALL, limit=MOST_STORIES)
    found = {row.article.url for row in rows}
    now = stage.newsroom.now()
    return [
        f"{article.url}: expected {'flagged' if article.flag else 'not flagged'} ({article.why})"
        for article in stage.newsroom.articles()
        if article.visible_at <= now and (article.url in found) != article.flag and _readable(stage, article)
    ]


def _readable(stage: Stage, article: DemoArticle) -> bool:
    """Tell whether the article came in at all: the dead outlet's did not."""
    return stage.app.store.journey(article.url) is not None


def write_digest(stage: Stage) -> Path:
    """Put the editor's digest into the outbox, and write it beside the database; return the HTML file.

    Once a date: what a demo that was killed had put there already stays as it is.
    """
    from zoneinfo import ZoneInfo

    now = stage.app.clock.now()
    date = now.astimezone(ZoneInfo(EDITOR.timezone)).date().isoformat()
    path = stage.folder / f"digest-{date}.html"
    last = stage.app.store.last_digest(EDITOR.id)
    if last is None or last[0] != date:
        due = DigestDue(date=date, since=now - timedelta(days=1), until=now)
        message = render(stage.app.digester.gather(EDITOR, due))
        # The files first: once the digest is made, a restart writes nothing more.
        path.write_text(message.html, encoding="utf-8")
        path.with_suffix(".txt").write_text(message.text, encoding="utf-8")
        stage.app.digester.make(EDITOR, due)
    return path


def polled(counts: Mapping[str, int]) -> str:
    """Return what polling found, in words: `16 ok · 1 failed (connect)`."""
    well = counts.get("ok", 0) + counts.get("unchanged", 0)
    faults = Counter({n: c for n, c in counts.items() if n not in {"ok", "unchanged", "new entries"}})
    return " · ".join([f"{well} ok", *(f"{number} {fault}" for fault, number in sorted(faults.items()))])


def watch(stage: Stage, round_: Callable[[], None], stopped: Callable[[float], bool]) -> None:
    """Work off a round every five seconds until `stopped(seconds to wait)` says so."""
    while not stopped(5.0):
        round_()
        stage.app.digester.run()
