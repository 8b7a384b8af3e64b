"""Does the service do what the guide says when a person or a supervisor runs it?"""

import json
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from select import select

import pytest
from press import Item, Press, Said, page, rss, xml
from programs import Program, wait_for

import db
from monitor.clock import SystemClock
from monitor.demo.mailbox import Mailbox

PATIENCE = 30.0
STOP_WITHIN = 10.0
CONFIGURATION = """\
use_pack: {{sources: false, topics: false, actors: false, themes: false, languages: false}}
operator: {{contact: ops@desk.example}}
http: {{allowed: [127.0.0.0/8], per_host: 4, spacing: 0s}}
workers: {{count: 1}}
polling: {{poll_every: 2s, min_every: 1s, tick: 1s}}
smtp: {{host: 127.0.0.1, port: {port}, security: none, sender: newsmon@desk.example}}
recipients:
  - id: desk
    name: The desk
    addresses: {{email: desk@desk.example}}
    subscriptions: [{{topics: ["*"], when: at-once, channel: {channel}}}]
"""


class Office:
    """A desk's folders, and Newsmon as a program that works on them."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self.url = url or f"sqlite:///{folder / 'data' / 'newsmon.db'}"
        self.environ = {"NEWSMON_DATABASE": url} if url else {}
        for kind in ("sources", "topics"):
            (folder / "desk" / kind).mkdir(parents=True)
        self.write("topics/gas.yaml", "- {id: gas, name: Gas, require: gas, threshold: 1}\n")

    def write(self, name: str, text: str) -> None:
        """Write a file of the configuration."""
        (self.folder / "desk" / name).write_text(text, "utf-8")

    def configure(self, *urls: str, port: int = 9, channel: str = "email") -> None:
        """Name the feeds to poll, and how alerts are sent."""
        self.write("newsmon.yaml", CONFIGURATION.format(port=port, channel=channel))
        block = "- {{id: outlet-{0}, name: Outlet {0}, url: '{1}', first_poll: alert}}\n"
        self.write("sources/all.yaml", "".join(block.format(n, url) for n, url in enumerate(urls, 1)))

    def newsmon(self, *words: str) -> Program:
        """Start `newsmon` on this desk."""
        places = ("--config", str(self.folder / "desk"), "--data", str(self.folder / "data"))
        return Program(self.folder / "said", *places, *words, **self.environ)

    def answer(self, *words: str) -> Program:
        """Run `newsmon` to its end."""
        with self.newsmon(*words) as program:
            assert program.ended(PATIENCE), program.err
        return program

    def states(self) -> dict[str, int]:
        """Return how many entries are in which state, those with none left out."""
        with closing(db.open_store(self.url)) as store:
            counted = store.status(SystemClock().now()).entries
        return {state: number for state, number in counted.items() if number}


def outlet(press: Press, *slugs: str, delay: float = 0.0) -> str:
    """Let an outlet carry articles, those about gas named so; return its feed's address."""
    items = [Item(title=f"News of {slug}", link=press.url(f"/{slug}"), guid=slug) for slug in slugs]
    for slug in slugs:
        text = f"The report of {slug} tells at length what the ministers said to each other today. " * 4
        said = page(f"News of {slug}", [text, text.replace("tells", "repeats")])
        press.answers[f"/{slug}"] = Said(
            body=said.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),), delay=delay
        )
    press.answers["/feed"] = xml(rss(items))
    return press.url("/feed")


def outlet_page(press: Press, slug: str) -> Said:
    """Return a page's answer without its delay."""
    answer = press.answers[f"/{slug}"]
    assert isinstance(answer, Said)
    return Said(body=answer.body, headers=answer.headers)


def told(program: Program) -> list[dict[str, object]]:
    """Return what the program logged; every line must be JSON."""
    return [json.loads(line) for line in program.err.splitlines()]


def subjects(mailbox: Mailbox) -> list[str]:
    """Return the subjects of all mails, sorted."""
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in mailbox.mails()]
    return sorted(str(mail["Subject"]) for mail in mails)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """The desk's mail server."""
    with Mailbox(tmp_path / "mails") as opened:
        yield opened


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A desk on SQLite."""
    return Office(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_office(request: pytest.FixtureRequest, tmp_path: Path) -> Office:
    """A desk on SQLite, and one on PostgreSQL."""
    postgresql = request.param == "postgresql"
    return Office(tmp_path, request.getfixturevalue("postgresql_url") if postgresql else None)


def test_the_service_polls_on_schedule_flags_and_mails(
    any_office: Office, press: Press, mailbox: Mailbox
) -> None:
    """What a feed lists is read, flagged and mailed, also what comes later; SIGTERM ends it, exit 0."""
    any_office.configure(outlet(press, "gas-1", "sport-1"), port=mailbox.port)
    with any_office.newsmon("run") as service:
        assert wait_for(lambda: mailbox.count() == 1, PATIENCE), service.err
        outlet(press, "gas-2", "gas-1", "sport-1")
        assert wait_for(lambda: mailbox.count() == 2, PATIENCE), service.err
        status = any_office.answer("status")
        assert (status.code, status.out.startswith("service     running, started ")) == (0, True)
        service.terminate()
        assert service.ended(STOP_WITHIN)
    assert service.code == 0
    assert [("gas-1" in s, "gas-2" in s) for s in subjects(mailbox)] == [(True, False), (False, True)]
    assert press.times("/gas-1") == 1
    assert press.times("/feed") > 2
    last = told(service)[-1]
    assert (last["event"], last["clean"], last["articles"]) == ("stopped; all that was read is kept", True, 3)
    assert wait_for(lambda: not service.left(), PATIENCE)
    assert any_office.answer("status").code == 2


@pytest.mark.parametrize("end", [Program.terminate, Program.interrupt])
def test_a_signal_ends_a_service_that_still_starts(
    office: Office, press: Press, tmp_path: Path, end: Callable[[Program], None]
) -> None:
    """SIGTERM and Ctrl-C are heeded before anything is read, and end it at once, exit 0."""
    office.configure(outlet(press, "gas-1"), channel="console")
    with office.newsmon("run") as service:
        assert wait_for(lambda: heeds(service.pid, signal.SIGTERM), PATIENCE)
        assert not list(tmp_path.rglob("cache"))
        end(service)
        assert service.ended(STOP_WITHIN)
    assert (service.code, service.err) == (0, "newsmon: stopped before it had started\n")


def heeds(pid: int, number: int) -> bool:
    """Return whether a process has a handler for a signal (proc(5), SigCgt)."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (number - 1) & 1)


def test_what_a_killed_service_had_listed_is_matched_and_mailed_once(
    any_office: Office, press: Press, mailbox: Mailbox
) -> None:
    """Killed while it reads, the next `run --once` does the rest: nothing lost, nothing told twice."""
    slugs = [f"{kind}-{number}" for number in range(12) for kind in ("gas", "sport")]
    any_office.configure(outlet(press, *slugs, delay=0.3), port=mailbox.port)
    with any_office.newsmon("run") as service:
        assert wait_for(lambda: len(press.asked) > 9, PATIENCE), service.err
        service.kill()
    assert mailbox.count() < 12
    for slug in slugs:
        press.answers[f"/{slug}"] = outlet_page(press, slug)
    once = any_office.answer("run", "--once")
    assert once.code == 0, once.err
    assert any_office.states() == {"matched": 12, "nothing": 12}
    named = [re.findall(r"gas-\d+", subject) for subject in subjects(mailbox)]
    assert sorted(name for names in named for name in names) == sorted(
        slug for slug in slugs if slug.startswith("gas")
    )


def test_the_service_survives_outlets_that_nobody_answers_for(office: Office, press: Press) -> None:
    """It stays up and says why in the log; status is degraded when more than half are failing."""
    dead = "http://127.0.0.1:9/feed"
    office.configure(dead, "http://127.0.0.1:9/other")
    with office.newsmon("run") as service:
        assert wait_for(lambda: service.err.count('"outcome": "connect"') > 1, PATIENCE), service.err
        assert wait_for(lambda: office.answer("status").code == 1, PATIENCE)
        status = office.answer("status")
        assert "2 failing" in status.out
        assert service.code is None
        service.terminate()
        assert service.ended(STOP_WITHIN)
    failed = next(line for line in told(service) if line.get("outcome") == "connect")
    assert "no connection to 127.0.0.1" in str(failed["reason"])
    office.configure(dead, outlet(press, "gas-1"), channel="console")
    with office.newsmon("run") as service:
        assert wait_for(lambda: "gas-1" in service.out, PATIENCE), service.err
        assert wait_for(lambda: office.answer("status").code == 0, PATIENCE), office.answer("status").out
    assert "1 failing" in office.answer("status").out


def hanging_outlet(office: Office, press: Press, _silent: socket.socket) -> Callable[[], object]:
    """Let an outlet accept a request and say nothing; return what tells that it was asked."""
    press.answers["/slow"] = Said(delay=60)
    office.configure(press.url("/slow"))
    return lambda: press.times("/slow")


def hanging_mail(office: Office, press: Press, silent: socket.socket) -> Callable[[], object]:
    """Let the mail server accept a connection and say nothing; return what tells that it was called."""
    office.configure(outlet(press, "gas-1"), port=silent.getsockname()[1])
    # Whoever calls is put through by the kernel, and hears nothing as nobody accepts.
    return lambda: select([silent], [], [], 0)[0]


@pytest.mark.parametrize(
    ("hang", "end"),
    [
        (hanging_outlet, Program.terminate),
        (hanging_outlet, Program.interrupt),
        (hanging_mail, Program.terminate),
    ],
)
def test_a_signal_ends_the_service_also_while_somebody_hangs(
    office: Office,
    press: Press,
    hang: Callable[..., Callable[[], object]],
    end: Callable[[Program], None],
) -> None:
    """SIGTERM and Ctrl-C end it within ten seconds, exit 0, and it says what is kept."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hangs = hang(office, press, silent)
        with office.newsmon("run") as service:
            assert wait_for(hangs, PATIENCE), service.err
            begun = time.monotonic()
            end(service)
            assert service.ended(STOP_WITHIN + 2)
        assert (service.code, time.monotonic() - begun < STOP_WITHIN) == (0, True), service.err
        assert "all that was read is kept" in service.err
        assert "Traceback" not in service.err
        assert wait_for(lambda: not service.left(), PATIENCE)


def test_ctrl_c_ends_one_round_without_a_traceback(office: Office, press: Press) -> None:
    """Exit 130, as the help says; what was done so far is kept."""
    press.answers["/slow"] = Said(delay=60)
    office.configure(press.url("/slow"))
    with office.newsmon("run", "--once") as once:
        assert wait_for(lambda: press.times("/slow"), PATIENCE), once.err
        once.interrupt()
        assert once.ended(STOP_WITHIN)
    assert once.code == 130
    assert once.err.splitlines()[-1] == "Stopped. What was done so far is kept."
    assert "Traceback" not in once.err


@pytest.mark.hazard("D8")
def test_a_second_service_on_the_same_data_is_refused(office: Office, press: Press) -> None:
    """At once, with exit 1 and a message that names the first one."""
    office.configure(outlet(press, "sport-1"))
    with office.newsmon("run") as first:
        assert wait_for(lambda: '"started"' in first.err, PATIENCE), first.err
        begun = time.monotonic()
        office.answer("check")
        checked = time.monotonic()
        second = office.answer("run")
        # Beyond what reading the configuration takes on this machine, it does not wait.
        assert time.monotonic() - checked < checked - begun + 3
        assert second.code == 1
        assert f"another Newsmon (process {first.pid}) works on" in second.err
        assert first.code is None


def test_a_second_demo_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """The first goes on undisturbed."""
    words = ("--data", str(tmp_path / "data"), "demo")
    with Program(tmp_path / "said", *words) as first:
        assert wait_for((tmp_path / "data" / "demo" / "newsmon.db").exists, PATIENCE), first.err
        with Program(tmp_path / "said", *words) as second:
            assert second.ended(PATIENCE)
        assert (second.code, f"process {first.pid}" in second.err) == (1, True)
        assert first.code is None


def test_faults_stop_a_first_start_and_later_ones_do_not(office: Office, press: Press) -> None:
    """A fault is named by file, line and column; a service that ran goes on with what was good, loudly."""
    office.configure(outlet(press, "gas-1"), channel="console")
    office.write("topics/bad.yaml", "- {id: bad, require: 'oil AND'}\n")
    first = office.answer("run")
    assert first.code == 1
    assert re.search(r"desk/topics/bad\.yaml:1:\d+: require: ", first.err)
    assert "1 fault. Nothing was started." in first.err
    assert not (office.folder / "data" / "newsmon.db").exists()
    office.write("topics/bad.yaml", "")
    assert office.answer("run", "--once").code == 0
    office.write("topics/bad.yaml", "- {id: bad, require: 'oil AND'}\n")
    outlet(press, "gas-2", "gas-1")
    with office.newsmon("run") as service:
        assert wait_for(lambda: "gas-2" in service.out, PATIENCE), service.err
        status = office.answer("status")
        service.terminate()
        assert service.ended(STOP_WITHIN)
    lines = told(service)
    assert any("bad.yaml:1:" in str(line.get("place")) for line in lines)
    assert any(str(line["event"]).startswith("going on with the last good") for line in lines)
    assert (status.code, "1 fault in the files" in status.out) == (1, True)


def test_what_outlets_say_cannot_command_a_terminal_or_forge_a_log_line(office: Office, press: Press) -> None:
    """Logs are JSON lines; control characters of a title, a reason phrase or a page reach nobody."""
    evil = "gas \x1b[31m\u009b2J\u202e red"
    press.answers["/1"] = Said(
        body=page(evil, [f"The gas report {evil} tells at length what they said. " * 6]).encode(),
        headers=(("Content-Type", "text/html; charset=utf-8"),),
    )
    items = [Item(title=evil.replace("\x1b", ""), link=press.url("/1"), guid="\u009b1")]
    press.answers["/feed"] = xml(rss(items, title=evil.replace("\x1b", "")))
    press.answers["/evil"] = Said(
        raw=b'HTTP/1.1 503 \x1b[31m{"event": "forged"}\x9b\r\nContent-Length: 0\r\n\r\n'
    )
    office.configure(press.url("/feed"), press.url("/evil"), channel="console")
    once = office.answer("run", "--once")
    assert once.code == 0
    *lines, _summary = once.err.splitlines()
    assert "forged" not in {json.loads(line)["event"] for line in lines}
    assert any("outlet-2" in line for line in lines)
    assert "gas" in once.out
    for words in (("articles",), ("sources",), ("explain", "1"), ("digest",)):
        once_more = office.answer(*words)
        for said in (once, once_more):
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said.out + said.err), words
