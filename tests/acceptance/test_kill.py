"""Is anything lost, or told twice, when the demo is killed at any moment and started again?"""

import json
import re
import shutil
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from functools import cache
from pathlib import Path
from random import Random

import pytest
from programs import Program, wait_for

import db
from monitor.demo.drafts import Trouble, load_outlets
from monitor.demo.show import DATABASE, MEMORY

PATIENCE = 60.0
_LINK = re.compile(r"http://127\.0\.0\.1:\d+/([\w-]+)/\d{4}/\d\d/\d\d/([\w-]+)")
_FINAL = {"matched", "nothing", "duplicate", "gone", "blocked", "failed"}

# The first that holds is where a killed demo was at; each is a count of what is still to do.
_STAGES = (
    ("polling", "SELECT NOT EXISTS (SELECT 1 FROM polls)"),
    ("reading", "SELECT count(*) FROM entries WHERE state = 'listed'"),
    ("matching", "SELECT count(*) FROM articles WHERE matched_at IS NULL"),
    ("digest", "SELECT NOT EXISTS (SELECT 1 FROM deliveries WHERE kind = 'digest')"),
    ("sending", "SELECT count(*) FROM deliveries WHERE state <> 'sent'"),
)

Moment = Callable[[Path, Program], object]


@dataclass(slots=True, kw_only=True)
class Trial:
    """What was seen while a demo was killed again and again.

    `stages` says where each kill met it; `doubtful` are the Message-IDs that waited for the server's
    answer at a kill.
    """

    stages: list[str] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that was kept. `resent` says that it is marked so, `story` is what it links to first."""

    id: str
    to: str
    subject: str
    resent: bool
    story: str
    text: str


@cache
def originals() -> dict[str, str]:
    """Return each article of the newsroom, "outlet/slug", with the one whose text it repeats, or itself."""
    return {
        f"{outlet.id}/{draft.slug}": draft.copy_of or f"{outlet.id}/{draft.slug}"
        for outlet in load_outlets()
        for draft in outlet.drafts
    }


def opening() -> set[str]:
    """Return the articles that are out when the newsroom opens and can be had."""
    return {
        f"{outlet.id}/{draft.slug}"
        for outlet in load_outlets()
        if outlet.trouble not in {Trouble.DEAD, Trouble.ERROR}
        for draft in outlet.drafts
        if draft.published.total_seconds() <= 0
    }


def named(text: str) -> str:
    """Return the first article, "outlet/slug", that a text links to."""
    found = _LINK.search(text)
    assert found, text
    return "/".join(found.groups())


def prepared(folder: Path) -> Path:
    """Return the data folder of a demo that was killed before it had opened its database.

    Its newsroom has a port that the system gives nobody else while the demo is down.
    """
    ports = iter(Random(str(folder)).sample(range(20_000, 32_000), 100))
    for port in ports:
        with socket.socket() as free:
            if free.connect_ex(("127.0.0.1", port)) != 0:
                break
    (folder / "demo").mkdir(parents=True)
    memory = {"start": datetime.now(UTC).isoformat(), "port": port, "finished": False}
    (folder / "demo" / MEMORY).write_text(json.dumps(memory), "utf-8")
    return folder


def demo(folder: Path) -> Program:
    """Start a demo on a data folder."""
    return Program(folder / "said", "--data", str(folder), "demo", "--once", "--json")


def until_done(folder: Path, moments: Iterator[Moment]) -> Trial:
    """Run a demo, kill it at each of the moments it comes to, and start it again until it ends by itself."""
    trial = Trial()
    while True:
        with demo(folder) as program:
            moment = next(moments, None)
            if moment is not None:
                moment(folder / "demo", program)
                if program.code is None:
                    program.kill()
                    assert wait_for(lambda: not program.left(), 10), "workers outlived the demo"
                    _look(folder, trial)
                    continue
            assert program.ended(PATIENCE), f"not done after {PATIENCE} s: {program.err}"
            assert program.code == 0, program.err
            assert wait_for(lambda: not program.left(), 10), "workers outlived the demo"
            return trial


def _look(folder: Path, trial: Trial) -> None:
    """Note how far a killed demo was; on a copy, since to look into a database is to mend it."""
    shown = folder / "look"
    shutil.rmtree(shown, ignore_errors=True)
    shown.mkdir()
    for file in (folder / "demo").glob(f"{DATABASE}*"):
        shutil.copy(file, shown)
    if not (shown / DATABASE).exists() or db.is_fresh(f"sqlite:///{shown / DATABASE}"):
        trial.stages.append("starting")
        return
    with closing(sqlite3.connect(shown / DATABASE)) as connection:
        open_ = (stage for stage, query in _STAGES if connection.execute(query).fetchone()[0])
        trial.stages.append(next(open_, "ending"))
        asked = "SELECT message_id FROM deliveries WHERE state = 'in_doubt'"
        trial.doubtful |= {row[0] for row in connection.execute(asked)}


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished demo left on disk."""

    folder: Path

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return what the database answers."""
        with closing(sqlite3.connect(self.folder / DATABASE)) as connection:
            return connection.execute(query).fetchall()

    def articles(self) -> Counter[str]:
        """Return how often each article of the newsroom is stored."""
        return Counter(named(str(url)) for (url,) in self.rows("SELECT url FROM articles"))

    def alerts(self) -> Counter[tuple[object, ...]]:
        """Return how often who is to be told of which story, by which route."""
        query = """SELECT DISTINCT alerts.id, recipient_id, kind, route, articles.url
            FROM alerts JOIN articles ON articles.story_id = alerts.story_id"""
        told = {(i, *how, originals()[named(str(url))]) for i, *how, url in self.rows(query)}
        return Counter(how for _, *how_, story in told for how in [(*how_, story)])

    def mails(self) -> list[Mail]:
        """Return the mails that the server kept, in order."""
        return [_mail(file) for file in sorted((self.folder / "mailbox").glob("*.eml"))]


def _mail(file: Path) -> Mail:
    mail = message_from_bytes(file.read_bytes(), policy=default)
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\r\n", "\n")
    return Mail(
        id=str(mail["Message-ID"]),
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        resent=mail["X-Newsmon-Resent"] == "yes",
        story=originals()[named(text)],
        text=text,
    )


def verify(result: Result, clean: Result, trial: Trial) -> int:
    """Hold a demo that was killed against one that was not; return the second copies of mails."""
    _nothing_is_half_done(result)
    stored, alerts = result.articles(), result.alerts()
    assert set(stored.values()) == {1}, [url for url, number in stored.items() if number > 1]
    assert clean.articles().keys() <= stored.keys() <= originals().keys()
    assert set(alerts.values()) == {1}, [alert for alert, number in alerts.items() if number > 1]
    assert clean.alerts().keys() <= alerts.keys()
    # Its waiting alerts went into a digest; those of items that came out since wait for the next one.
    late = "SELECT count(*) FROM alerts WHERE delivery_id IS NULL AND route <> 'digest'"
    assert result.rows(late) == [(0,)]
    return _mails_are_told_once(result, trial)


def _nothing_is_half_done(result: Result) -> None:
    url = f"sqlite:///{result.folder / DATABASE}"
    assert db.check(url) == []
    with closing(sqlite3.connect(result.folder / DATABASE)) as connection:
        connection.execute("INSERT INTO search(search) VALUES ('integrity-check')")
        connection.rollback()
    strays = "SELECT count(*) FROM search WHERE rowid NOT IN (SELECT id FROM articles)"
    assert result.rows(strays) == [(0,)]
    assert {state for (state,) in result.rows("SELECT DISTINCT state FROM entries")} <= _FINAL
    assert result.rows("SELECT count(*) FROM articles WHERE matched_at IS NULL") == [(0,)]
    for table in ("feeds", "entries", "articles", "deliveries"):
        assert result.rows(f"SELECT count(*) FROM {table} WHERE claimed_until IS NOT NULL") == [(0,)], table
    assert json.loads((result.folder / MEMORY).read_text("utf-8"))["finished"] is True


def _mails_are_told_once(result: Result, trial: Trial) -> int:
    mails = result.mails()
    sent = {str(message): kind for message, kind in result.rows("SELECT message_id, kind FROM deliveries")}
    assert result.rows("SELECT DISTINCT state FROM deliveries") == [("sent",)]
    assert {mail.id for mail in mails} == set(sent)
    about = {(mail.to, sent[mail.id], mail.story): mail.id for mail in mails if sent[mail.id] == "alert"}
    assert len(about) == len({mail.id for mail in mails if sent[mail.id] == "alert"})
    copies = Counter(mail.id for mail in mails)
    again = {mail_id for mail_id, number in copies.items() if number > 1}
    # A second copy is for a mail whose answer was never seen, says so, and has the same words.
    assert again <= trial.doubtful
    assert copies.total() - len(copies) <= len(trial.stages)
    for mail_id in again:
        first, *others = [mail for mail in mails if mail.id == mail_id]
        assert all(mail.resent and mail.text == first.text for mail in others)
    digests = [mail for mail in mails if sent[mail.id] == "digest"]
    written = {file.read_text("utf-8") for file in result.folder.glob("digest-*.txt")}
    assert {mail.text for mail in digests} == written
    return copies.total() - len(copies)


def counted(folder: Path, query: str) -> int:
    """Return a number from the database of a demo that is running; 0 before there is one."""
    if not (folder / DATABASE).exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True)) as connection:
            return int(connection.execute(query).fetchone()[0])
    except sqlite3.OperationalError:  # no tables yet
        return 0


def when(query: str, number: int, delay: float) -> Moment:
    """Return the moment `delay` seconds after a query first counts so many rows."""

    def wait(folder: Path, program: Program) -> None:
        wait_for(lambda: program.code is not None or counted(folder, query) >= number, PATIENCE)
        time.sleep(delay)

    return wait


def mailed(number: int) -> Moment:
    """Return the moment at which so many more mails have arrived."""

    def wait(folder: Path, program: Program) -> None:
        mailbox = folder / "mailbox"
        goal = len(list(mailbox.glob("*.eml"))) + number
        end = time.monotonic() + PATIENCE
        # As fast as can be: all mails together take a fraction of a second.
        while program.code is None and len(list(mailbox.glob("*.eml"))) < goal and time.monotonic() < end:
            time.sleep(0)

    return wait


def after(seconds: float) -> Moment:
    """Return the moment so many seconds after the start."""
    return lambda _folder, program: program.ended(seconds)


@pytest.mark.hazard("D3")
def test_a_demo_killed_while_it_polls_reads_and_sends_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Killed at three random moments, one in each part of its work, it still does all of it, once."""
    random = Random(20261124)
    moments = [
        when("SELECT count(*) FROM entries", 1, random.uniform(0, 0.5)),
        when("SELECT count(*) FROM articles", random.randint(20, 60), random.uniform(0, 0.3)),
        mailed(random.randint(1, 20)),
    ]
    with demo(prepared(tmp_path / "clean")) as undisturbed:
        trial = until_done(prepared(tmp_path / "killed"), iter(moments))
        assert undisturbed.ended(PATIENCE)
        assert undisturbed.code == 0, undisturbed.err
    clean = Result(tmp_path / "clean" / "demo")
    assert clean.articles().keys() == opening()
    verify(Result(tmp_path / "killed" / "demo"), clean, trial)
    assert len(trial.stages) == 3


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, float]:
    """A demo that nobody disturbed, and the seconds it took."""
    folder = prepared(tmp_path_factory.mktemp("clean"))
    begun = time.monotonic()
    until_done(folder, iter(()))
    return Result(folder / "demo"), time.monotonic() - begun


@pytest.mark.hazard("D3")
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(10))
def test_a_demo_killed_at_random_moments_loses_and_doubles_nothing(
    seed: int, clean: tuple[Result, float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten times five kills, spread over the whole of its work; half of the restarts are killed, too."""
    whole, seconds = clean
    random = Random(seed)
    stages: list[str] = []
    copies = number = 0
    while len(stages) < 5:
        number += 1
        moments = [after(random.uniform(0, seconds))]
        while random.random() < 0.5:
            moments.append(after(random.uniform(0, seconds)))
        trial = until_done(prepared(tmp_path / str(number)), iter(moments[: 5 - len(stages)]))
        copies += verify(Result(tmp_path / str(number) / "demo"), whole, trial)
        stages += trial.stages
    with capsys.disabled():
        print(f"\nkills {len(stages)} {dict(Counter(stages))}, second copies {copies}")  # noqa: T201


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(4))
def test_a_demo_killed_while_it_sends_doubles_only_what_was_in_doubt(
    seed: int, clean: tuple[Result, float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four times five kills among the mails: every one arrives, a second copy only where it must be."""
    random = Random(1000 + seed)
    moments = [mailed(random.randint(0, 5)) for _ in range(5)]
    trial = until_done(prepared(tmp_path), iter(moments))
    copies = verify(Result(tmp_path / "demo"), clean[0], trial)
    with capsys.disabled():
        print(f"\nkills {len(trial.stages)} {dict(Counter(trial.stages))}, second copies {copies}")  # noqa: T201
