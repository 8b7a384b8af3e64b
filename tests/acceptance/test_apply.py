"""New rules reach a service that runs, all or nothing, and say beforehand what they would have meant."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from press import Item, Press, html, page, rss, xml
from programs import Done, Program, command, wait_for

from db import open_store
from monitor.demo.mailbox import Mailbox

PATIENCE = 40.0

MAIN = """
operator: {{contact: editor@desk.example}}
http: {{allowed: ["127.0.0.0/8"], spacing: 0s, ports: [{http}]}}
polling: {{tick: 1s, min_every: 1s}}
smtp: {{host: 127.0.0.1, port: {smtp}, security: none, sender: newsmon@desk.example}}
recipients:
  - id: desk
    name: The desk
    addresses: {{email: desk@desk.example}}
    subscriptions:
      - {{topics: ["*"], when: at-once}}
"""
SOURCE = """
- id: courier
  name: The Orchard Courier
  url: {url}
  poll_every: 1s
  first_poll: alert
"""
TOPIC = """
# What the orchard desk wants.
- id: {id}
  name: {name}
  require: |
    {require}
  threshold: 30
"""
ALONE = "use_pack: {sources: false, topics: false, actors: false, themes: false, languages: false}\n"


@pytest.fixture
def press() -> Iterator[Press]:
    """An outlet that prints what a test lets it print."""
    with Press() as opened:
        yield opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Orchard:
    """A desk of its own: a folder of files, an outlet, a mailbox, and the commands that work on it."""

    folder: Path
    press: Press
    mailbox: Mailbox
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    @property
    def config(self) -> Path:
        """Return the folder of the configuration."""
        return self.folder / "config"

    @property
    def data(self) -> Path:
        """Return the folder of the database."""
        return self.folder / "data"

    def write(self, name: str, text: str) -> None:
        """Write a file of the configuration."""
        path = self.config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def topic(self, topic_id: str, name: str, require: str) -> None:
        """Write a topic's file."""
        self.write(f"topics/{topic_id}.yaml", TOPIC.format(id=topic_id, name=name, require=require))

    def print(self, *pieces: tuple[str, str]) -> None:
        """Let the outlet list articles, each a title and a text."""
        items = []
        for title, text in pieces:
            path = f"/{title.replace(' ', '-').lower()}"
            self.press.answers[path] = html(page(title, [text] * 3))
            items.append(Item(title=title, link=self.press.url(path), guid=path))
        self.press.answers["/feed"] = xml(rss(items))

    def program(self, *words: str) -> Program:
        """Start `newsmon` on this desk as a program of its own."""
        return Program(self.folder / "said", *self._places(), *words)

    def done(self, *words: str) -> Done:
        """Run a command to its end."""
        return command([*self._places(), *words], self.monkeypatch, self.capsys)

    def json(self, *words: str) -> Any:
        """Return what a command prints as JSON."""
        return json.loads(self.done(*words, "--json").out)

    def _places(self) -> tuple[str, ...]:
        return ("--config", str(self.config), "--data", str(self.data))

    def mailed(self) -> list[str]:
        """Return the subjects of the mails that came."""
        return [path.name[5:-4] for path in self.mailbox.mails()]


@pytest.fixture
def orchard(
    tmp_path: Path, press: Press, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Orchard]:
    """A desk whose one outlet has printed on apples."""
    with Mailbox(tmp_path / "mailbox") as mailbox:
        made = Orchard(folder=tmp_path, press=press, mailbox=mailbox, monkeypatch=monkeypatch, capsys=capsys)
        port = urlsplit(press.url("/")).port
        made.write("newsmon.yaml", MAIN.format(smtp=mailbox.port, http=port) + ALONE)
        made.write("sources/courier.yaml", SOURCE.format(url=press.url("/feed")))
        made.topic("apples", "Apples", "apple~")
        made.print(("Apples are late", "Apples are late this year, the growers say, and the frost was long."))
        yield made


def test_a_running_service_takes_new_rules_over(orchard: Orchard) -> None:
    """What `apply` or SIGHUP puts into force flags the next article; a broken edit changes nothing."""
    with orchard.program("run") as service:
        assert wait_for(lambda: orchard.mailed() == ["apples-are-late"], PATIENCE), service.err
        orchard.topic("pears", "Pears", "pear~ AND plum~ OR quince~")
        assert orchard.done("apply").code == 1
        os.kill(service.pid, signal.SIGHUP)
        assert wait_for(lambda: "nothing was changed" in service.err, PATIENCE), service.err
        assert "mixing AND and OR" in service.err
        orchard.topic("pears", "Pears", "pear~")
        applied = orchard.done("apply")
        assert applied.code == 0, applied.err
        assert "pears: 0 as before, 0 gained, 0 lost" in applied.out
        assert "takes it over within seconds" in applied.err
        assert wait_for(lambda: service.err.count('"started"') == 2, PATIENCE), service.err
        orchard.print(
            ("Pears are early", "Pears are early this year, the growers say, and nobody knows why.")
        )
        assert wait_for(lambda: "pears-are-early" in orchard.mailed(), PATIENCE), service.err
        assert orchard.mailed().count("apples-are-late") == 1
        orchard.topic("plums", "Plums", "plum~")
        os.kill(service.pid, signal.SIGHUP)
        assert wait_for(lambda: service.err.count('"started"') == 3, PATIENCE), service.err
        orchard.print(
            ("Plums are dear", "Plums are dear this year, the growers say, for the wasps had them.")
        )
        assert wait_for(lambda: "plums-are-dear" in orchard.mailed(), PATIENCE), service.err
        service.terminate()
        assert service.ended(12)
        assert service.code == 0, service.err
        assert wait_for(lambda: not service.left(), 10)
    changes = orchard.json("topics", "history", "plums")
    assert [change["changed"] for change in changes] == ["first in force"]


def test_a_service_that_cannot_take_new_rules_over_goes_on(orchard: Orchard) -> None:
    """What it lacks for them (here: a password file) is told, and the rules of before stay in force."""
    secret = orchard.config / "secret"
    secret.write_text("pass", "utf-8")
    main = orchard.config / "newsmon.yaml"
    main.write_text(
        main.read_text("utf-8").replace("security: none", "security: none, password_file: secret")
    )
    with orchard.program("run") as service:
        assert wait_for(lambda: orchard.mailed() == ["apples-are-late"], PATIENCE), service.err
        secret.unlink()
        orchard.topic("pears", "Pears", "pear~")
        places = ("--config", str(orchard.config), "--data", str(orchard.data))
        with Program(orchard.folder / "applied", *places, "apply", NEWSMON_SMTP_PASSWORD="pass") as applied:
            assert applied.ended(PATIENCE)
            assert applied.code == 0, applied.err
        assert wait_for(lambda: "password_file: cannot be read" in service.err, PATIENCE), service.err
        assert wait_for(lambda: service.err.count('"started"') == 2, PATIENCE), service.err
        orchard.print(
            ("Apples are dear", "Apples are dear this year, the growers say, and the frost was long.")
        )
        assert wait_for(lambda: "apples-are-dear" in orchard.mailed(), PATIENCE), service.err
        assert service.err.count('"started"') == 2
        secret.write_text("pass", "utf-8")
        orchard.topic("plums", "Plums", "plum~")
        assert orchard.done("apply").code == 0
        assert wait_for(lambda: service.err.count('"started"') == 3, PATIENCE), service.err
        service.terminate()
        assert service.ended(12)
    assert [row["changed"] for row in orchard.json("topics", "history", "pears")] == ["first in force"]


def test_many_more_messages_ask_for_a_yes(orchard: Orchard) -> None:
    """Rules that would have sent over three times as many messages need --yes; nothing changes before."""
    orchard.print(
        *(
            (
                f"News of day {number}",
                f"On day {number} the growers met, {number} of them, and spoke of frost.",
            )
            for number in range(8)
        ),
        ("Apples are late", "Apples are late this year, the growers say, and the frost was long."),
    )
    assert orchard.done("run", "--once").code == 0
    assert orchard.mailed() == ["apples-are-late"]
    before = orchard.json("topics", "history", "apples")
    orchard.topic("apples", "Apples", "grower~")
    shown = orchard.json("apply", "--dry-run")
    assert shown["messages"] == [{"recipient": "desk", "before": 1, "after": 9}]
    assert len(shown["topics"][0]["gained"]) == 8
    refused = orchard.done("apply")
    assert refused.code == 1
    assert "--yes" in refused.err
    assert orchard.json("topics", "history", "apples") == before
    assert orchard.done("apply", "--yes").code == 0
    assert [row["changed"] for row in orchard.json("topics", "history", "apples")] == [
        "require",
        "first in force",
    ]
    assert orchard.done("apply").err.strip().endswith("in force already.")


def test_copies_of_one_text_are_one_message(orchard: Orchard) -> None:
    """What a text that five pages carry would have sent is one message, and no flood."""
    text = "The growers of the valley met on day {}, and spoke of nothing but the frost of that spring."
    orchard.print(*((f"News {number}", text.format(number)) for number in range(5)))
    for path in [path for path in orchard.press.answers if path.startswith("/news-")]:
        orchard.press.answers[path] = html(page("The growers met", [text.format(day) for day in range(9)]))
    assert orchard.done("run", "--once").code == 0
    orchard.topic("apples", "Apples", "grower~")
    shown = orchard.json("apply", "--dry-run")
    assert len(shown["topics"][0]["gained"]) == 5
    assert len({shift["story_id"] for shift in shown["topics"][0]["gained"]}) == 1
    assert shown["messages"] == [{"recipient": "desk", "before": 0, "after": 1}]
    assert orchard.done("apply").code == 0


def test_a_file_to_compare_with_must_hold_the_topic(orchard: Orchard) -> None:
    """One that has another topic, or is no UTF-8, is named; nothing is compared with nothing."""
    assert orchard.done("run", "--once").code == 0
    other, latin = orchard.folder / "other.yaml", orchard.folder / "latin.yaml"
    other.write_text(TOPIC.format(id="pears", name="Pears", require="pear~"), "utf-8")
    latin.write_bytes("- {id: apples, require: caf\xe9}\n".encode("latin-1"))
    lacking = orchard.done("topics", "backtest", "apples", "--against", str(other))
    assert (lacking.code, f"{other} has no topic apples" in lacking.err) == (2, True)
    wrong = orchard.done("topics", "backtest", "apples", "--against", str(latin))
    assert (wrong.code, f"{latin}:1:28: not UTF-8" in wrong.err) == (1, True), wrong.err


def test_what_this_program_does_not_understand_any_more_stands_in_nobodys_way(orchard: Orchard) -> None:
    """New rules come into force, and histories are told, over a configuration of an older program."""
    assert orchard.done("run", "--once").code == 0
    with closing(open_store(f"sqlite:///{orchard.data / 'newsmon.db'}")) as store:
        digest, files, at = store.last_snapshot() or ("", "", datetime.now(UTC))
        store.save_snapshot(f"{digest}0", files.replace("require:", "requires:"), at, {"apples": "older"})
    changes = orchard.json("topics", "history", "apples")
    assert changes[0]["changed"] == "not understood by this Newsmon any more"
    backtest = orchard.done("topics", "backtest", "apples", "--against", "older")
    assert (backtest.code, "does not understand" in backtest.err) == (1, True), backtest.err
    applied = orchard.done("apply", "--yes")
    assert applied.code == 0, applied.err
    assert "apples: 0 as before, 1 gained, 0 lost" in applied.out


def test_the_archive_is_judged_anew_without_telling(orchard: Orchard) -> None:
    """`rematch` flags what new rules find and mails nobody; with --digest the next digest tells it once."""
    assert orchard.done("run", "--once").code == 0
    orchard.topic("frost", "Frost", "frost~")
    refused = orchard.done("topics", "rematch")
    assert refused.code == 1
    assert "newsmon apply" in refused.err
    assert orchard.done("apply", "--yes").code == 0
    counts = orchard.json("topics", "rematch", "--since", "2d")
    assert counts == {"articles": 1, "flagged": 1, "alerts": 0}
    (row,) = [
        json.loads(line) for line in orchard.done("articles", "--topic", "frost", "--json").out.splitlines()
    ]
    assert set(row["topics"]) == {"apples", "frost"}
    assert orchard.done("run", "--once").code == 0
    assert orchard.mailed() == ["apples-are-late"]


def test_an_earlier_version_comes_back(orchard: Orchard) -> None:
    """`revert` writes the block of an earlier version into its file, and `apply` puts it into force again."""
    assert orchard.done("run", "--once").code == 0
    first = orchard.json("topics", "history", "apples")[0]["version"]
    file = orchard.config / "topics" / "apples.yaml"
    text = file.read_text("utf-8")
    orchard.topic("apples", "Apples", "apple~ NOT frost~")
    backtest = orchard.json("topics", "backtest", "apples")
    assert [shift["title"] for shift in backtest["lost"]] == ["Apples are late"]
    beside = orchard.json("topics", "backtest", "apples", "--against", first[:6])
    assert beside["lost"] == backtest["lost"]
    assert orchard.done("apply", "--yes").code == 0
    shown = orchard.done("topics", "revert", "apples", first)
    assert "Say --yes" in shown.err
    assert "apple~ NOT frost~" in file.read_text("utf-8")
    assert orchard.done("topics", "revert", "apples", first, "--yes").code == 0
    assert file.read_text("utf-8") == text
    assert orchard.done("apply", "--yes").code == 0
    versions = [row["version"] for row in orchard.json("topics", "history", "apples")]
    assert versions[0] == versions[2] == first
    wrong = orchard.done("topics", "revert", "apples", "beef")
    assert wrong.code == 2
    assert "no version of apples" in wrong.err
