"""Are the figures right, in Prometheus' format, few, and told only to those who may know them?"""

import http.client
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from commands import Run
from desks import Desk, feed, workers

from monitor.app import App
from monitor.cli.metrics import MOST_LABELS, Address, Exporter, Figures, Levels, Meter, address, written
from monitor.domain.articles import EntryState
from monitor.domain.feeds import FetchFault
from monitor.scheduler import Progress, Tick

__all__ = ["workers"]

SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+="(?:[^"\\\n]|\\.)*")\})? (-?[0-9.e+-]+)')


def beat(_done: int, _total: int) -> None:
    """Take no notice."""


def counted(meter: Meter, stage: str, counts: object) -> None:
    """Let a stage do one round that counts so."""
    (tick,) = meter.ticks([Tick(name=stage, run=lambda _beat: counts, every=timedelta(seconds=1))])
    tick.run(beat)


def samples(text: str) -> dict[str, float]:
    """Return every sample, by name with labels; each line must be one, or a comment."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            found[line.rpartition(" ")[0]] = float(sample[3])
    return found


@pytest.fixture
def meter() -> Meter:
    """A meter that has counted one round of each stage."""
    made = Meter()
    counted(made, "poll", Counter({"ok": 3, "dns": 1, "new entries": 17}))
    counted(made, "poll", Counter({"ok": 2, "new entries": 1}))
    counted(made, "read", Counter({"extracted": 4}))
    counted(made, "match", Counter({"articles": 4, "flagged": 2, "alerts": 1, "stories": 3}))
    counted(made, "notify", Counter({"sent": 1}))
    counted(made, "digest", Counter({"digests": 1, "stories": 5}))
    counted(made, "prune", None)
    return made


@pytest.fixture
def served(meter: Meter, request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server with these figures, behind a token where the test gives one."""
    where = Address(host="127.0.0.1", port=0, token=getattr(request, "param", ""))
    exporter = Exporter(where, [meter.figures, lambda: {("newsmon_sources", (("state", "ok"),)): 7.0}])
    yield exporter.port
    exporter.close()


def asked(port: int, path: str = "/metrics", **headers: str) -> tuple[int, str, str]:
    """Ask the server; return status, kind and text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.getheader("Content-Type", ""), text


def test_rounds_are_counted(served: int) -> None:
    """Polls by outcome, entries, articles, matches, deliveries by state, and how long stages took."""
    status, kind, text = asked(served)
    found = samples(text)
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert found['newsmon_polls_total{outcome="ok"}'] == 5
    assert found['newsmon_polls_total{outcome="dns"}'] == 1
    assert found["newsmon_new_entries_total"] == 18
    assert found['newsmon_pages_total{state="extracted"}'] == 4
    assert found["newsmon_articles_matched_total"] == 4
    assert found["newsmon_articles_flagged_total"] == 2
    assert found["newsmon_alerts_total"] == 1
    assert found['newsmon_deliveries_total{state="sent"}'] == 1
    assert found["newsmon_digests_total"] == 1
    assert found['newsmon_sources{state="ok"}'] == 7
    assert found['newsmon_stage_seconds_count{stage="poll"}'] == 2
    assert found['newsmon_stage_seconds_sum{stage="poll"}'] >= 0
    assert found['newsmon_stage_last_success_timestamp_seconds{stage="prune"}'] > 1_700_000_000
    assert "stories" not in text


def test_each_family_is_described_once(served: int) -> None:
    """A type and a sentence stand before the samples of each name."""
    text = asked(served)[2]
    types = re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE)
    assert len(dict(types)) == len(types)
    assert dict(types)["newsmon_stage_seconds"] == "summary"
    assert dict(types)["newsmon_polls_total"] == "counter"
    assert dict(types)["newsmon_sources"] == "gauge"
    assert re.findall(r"^# HELP (\S+) .+\.$", text, re.MULTILINE) == [name for name, _ in types]


def test_a_round_that_fails_is_counted_as_such() -> None:
    """Its error goes on to the scheduler; its time counts, and no success."""

    def broken(_beat: Progress) -> object:
        raise RuntimeError("a bug")

    meter = Meter()
    (tick,) = meter.ticks([Tick(name="read", run=broken, every=timedelta(seconds=1))])
    with pytest.raises(RuntimeError):
        tick.run(beat)
    found = samples(written(meter.figures()))
    assert found['newsmon_stage_failures_total{stage="read"}'] == 1
    assert found['newsmon_stage_seconds_count{stage="read"}'] == 1
    assert "newsmon_stage_last_success" not in written(meter.figures())


@pytest.mark.hazard("S2")
def test_there_are_few_series_whatever_happens() -> None:
    """All outcomes and states there are, and a thousand that nobody foresaw, stay below 200 series."""
    meter = Meter()
    outcomes = {fault.value: 1 for fault in FetchFault} | {f"strange {n}": 1 for n in range(1000)}
    counted(meter, "poll", outcomes)
    counted(meter, "read", {state.value: 1 for state in EntryState} | {f"odd {n}": 1 for n in range(1000)})
    for stage in ("match", "notify", "digest", "watch", "prune"):
        counted(meter, stage, Counter())
    found = samples(written(meter.figures()))
    assert len(found) <= 200
    assert found['newsmon_polls_total{outcome="other"}'] == len(outcomes) - MOST_LABELS


def test_labels_are_escaped() -> None:
    """A quotation mark or a line end in a value ends neither the value nor the line."""
    text = written({("newsmon_polls_total", (("outcome", 'a"b\\c\nd'),)): 1.0})
    assert text.splitlines()[-1] == r'newsmon_polls_total{outcome="a\"b\\c\nd"} 1.0'


def test_other_paths_and_other_names_are_refused(served: int) -> None:
    """Only /metrics is there, and only under a name of this machine: a foreign page cannot ask."""
    assert asked(served, "/")[0] == 404
    assert asked(served, "/metrics?x=1")[0] == 200
    assert asked(served, Host="evil.example")[0] == 403
    assert asked(served, Host=f"localhost:{served}")[0] == 200
    assert asked(served, Host="[::1]")[0] == 200


@pytest.mark.hazard("S2")
@pytest.mark.parametrize("served", ["secret"], indirect=True)
def test_who_does_not_bear_the_token_is_refused(served: int) -> None:
    """With a token, nobody is told anything without it, from wherever they ask."""
    assert asked(served)[0] == 403
    assert asked(served, Authorization="Bearer wrong")[0] == 403
    assert asked(served, "/", Authorization="Basic secret")[0] == 403
    assert asked(served, Host="monitor.example", Authorization="Bearer secret")[0] == 200


@pytest.mark.hazard("S2")
def test_addresses_of_the_network_need_a_token(tmp_path: Path) -> None:
    """Who opens the figures to others must say what keeps strangers out."""
    token = tmp_path / "token"
    token.write_text(" secret\n", "utf-8")
    assert address("127.0.0.1:9108", None) == Address(host="127.0.0.1", port=9108)
    assert address("[::1]:9108", None).host == "::1"
    assert address("0.0.0.0:9108", token).token == "secret"
    assert "secret" not in repr(address("0.0.0.0:9108", token))
    with pytest.raises(ValueError, match="can be reached by others"):
        address("0.0.0.0:9108", None)
    for wrong in ("9108", "localhost:9108", "127.0.0.1:http", ""):
        with pytest.raises(ValueError, match=r"write 127\.0\.0\.1:9108"):
            address(wrong, None)
    token.write_text("\n", "utf-8")
    with pytest.raises(ValueError, match="holds no token"):
        address("127.0.0.1:9108", token)


def test_run_refuses_an_open_address(desk: tuple[str, ...], run: Run) -> None:
    """It is wrong usage, said before anything starts."""
    code, _, said = run(*desk, "run", "--metrics", "0.0.0.0:9108")
    assert (code, "can be reached by others" in said) == (2, True)
    code, _, said = run(*desk, "run", "--once", "--metrics", "nowhere")
    assert (code, "127.0.0.1:9108" in said) == (2, True)


def test_a_database_that_cannot_be_asked_costs_no_figures(tmp_path: Path, workers: Any) -> None:
    """Before the service stands there are none; afterwards those of the last good answer go on."""
    known: Figures = {("newsmon_outbox", (("state", "todo"),)): 1.0}
    assert Levels(lambda: None).figures() == {}

    def closed() -> App:
        app = Desk(tmp_path, workers)
        app.__dict__["store"] = None
        return app

    assert Levels(closed, known).figures() == known


def test_levels_come_from_the_database_and_not_too_often(tmp_path: Path, workers: Any) -> None:
    """Sources by state, the outbox and what waits; a second look within seconds asks nothing."""
    app = Desk(
        tmp_path, workers, feeds=[feed("a", "http://127.0.0.1:9/a"), feed("b", "http://127.0.0.1:9/b")]
    )
    app.store.remember_feeds(app.settings.feeds, app.clock.now())
    levels = Levels(lambda: app)
    figures = levels.figures()
    app.close()
    assert levels.figures() == figures
    assert sum(n for (name, _), n in figures.items() if name == "newsmon_sources") == 2
    assert figures["newsmon_waiting", (("stage", "poll"),)] == 2
    assert figures["newsmon_outbox", (("state", "todo"),)] == 0
    assert "127.0.0.1" not in written(figures)
