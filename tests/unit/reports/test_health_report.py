"""What do the mails on sources say, whatever outlets and servers say?"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from monitor.domain.health import (
    Episode,
    Finding,
    Health,
    NoticeData,
    SourceHealth,
    Told,
    WeeklyData,
)
from monitor.policy.mail import transfer
from monitor.reports.health import ROWS, TOLD, WORDS, notice, weekly

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = (3, 9, 21, 15, 6, 0, 0, 4, 10, 18, 14, 7, 0, 0)


def told(number: int = 1, state: Health = Health.SILENT, **changes: object) -> Told:
    """Return a fault as it is told."""
    fields: dict[str, object] = {
        "feed_id": f"outlet-{number}",
        "state": state,
        "since": NOW - 3 * DAY,
        "evidence": "usually 14 a day",
    }
    episode = Episode(**(fields | changes))  # type: ignore[arg-type]  # the fields of Episode
    return Told(episode=episode, outlet=f"Outlet {number}", host=f"{number}.example", advice="Open its site.")


def data(*faults: Told, over: tuple[Told, ...] = (), sources: int = 50) -> NoticeData:
    """Return what a notice shows."""
    return NoticeData(
        at=NOW, timezone="Asia/Almaty", faults=faults, over=over, sources=sources, footer="How to stop."
    )


def source(number: int = 1, state: Health = Health.OK, **changes: object) -> SourceHealth:
    """Return a source as the weekly mail shows it."""
    advice = "" if state is Health.OK else "Open its site."
    health = SourceHealth(
        feed_id=f"outlet-{number}",
        outlet=f"Outlet {number}",
        country="KZ",
        lang="kk",
        finding=Finding(state=state, since=NOW - 3 * DAY, evidence="shown" if advice else "", advice=advice),
        days=DAYS,
    )
    return replace(health, **changes)  # type: ignore[arg-type]  # the fields of SourceHealth


def week(*sources: SourceHealth, back: tuple[Told, ...] = (), uncovered: tuple[str, ...] = ()) -> WeeklyData:
    """Return what a weekly mail shows."""
    return WeeklyData(
        date=date(2026, 11, 23),
        at=NOW,
        timezone="Asia/Almaty",
        sources=sources,
        back=back,
        uncovered=uncovered,
        footer="How to stop.",
    )


def test_a_notice_tells_what_since_when_and_what_to_do() -> None:
    """One fault is named in the subject; times are local."""
    message = notice(data(told()))
    assert message.subject == "Newsmon: Outlet 1 is silent"
    for part in (message.text, message.html):
        words = " ".join(part.split())
        for said in ("Outlet 1 (1.example)", "silent", "since 22 Nov 17:00 (3 days)", "usually 14 a day"):
            assert said in words
        assert "Open its site." in words
        assert "How to stop." in words
        assert "this machine" not in words


def test_one_notice_tells_of_several() -> None:
    """Some are shown whole, the rest is counted."""
    message = notice(data(*(told(number) for number in range(TOLD + 5)), sources=900))
    assert message.subject == f"Newsmon: Outlet 0 and {TOLD + 4} others: not as they should be"
    assert "… and 5 more: newsmon sources health" in message.text
    assert "35 sources have a fault that lasts." in message.text


def test_where_half_of_all_fail_the_fault_is_nearer() -> None:
    """Four of eight at once: it is this machine's network; two of two may be chance."""
    assert "this machine" in notice(data(*(told(n) for n in range(4)), sources=8)).text
    assert "this machine" not in notice(data(*(told(n) for n in range(2)), sources=2)).text


def test_the_end_of_what_was_told_is_told() -> None:
    """Alone, or beside new faults."""
    back = told(2, state=Health.FAILING, until=NOW - DAY)
    message = notice(data(over=(back,)))
    assert message.subject == "Newsmon: Outlet 2 back"
    assert "Outlet 2 was not reachable, 22 Nov 17:00 to 24 Nov 17:00 (2 days)" in " ".join(
        message.text.split()
    )
    assert notice(data(over=(back, back))).subject == "Newsmon: Outlet 2 and 1 other back"
    both = notice(data(told(1), over=(back,) * (TOLD + 2)))
    assert "1 source has a fault that lasts; 32 faults told of before are over." in " ".join(
        both.text.split()
    )
    assert "… and 2 more" in both.text


def test_a_week_has_a_row_a_source() -> None:
    """The worst first, each with its days, its state and what to do."""
    silent = source(2, Health.SILENT, others=(Finding(state=Health.MOVED, since=NOW),))
    message = weekly(week(source(1), silent, source(3, Health.PAUSED), back=(told(4, until=NOW - DAY),)))
    assert message.subject == "Newsmon sources, 23 Nov: 2 of 3 do not deliver"
    assert "Of 3 sources, 1 is paused, 1 is silent, 1 is well." in message.text
    lines = message.text.splitlines()
    rows = [line for line in lines if "▃" in line or "█" in line]
    assert [row.split("  ")[0] for row in rows] == ["Outlet 3", "Outlet 2", "Outlet 1"]
    assert "  ▂▄█▆▃  ▂▄▇▆▃  |  silent" in rows[1]
    assert "since 22 Nov 17:00 (3 days): shown; also moved" in message.text
    assert "Came back this week" in message.html
    assert "Outlet 4 was silent" in message.text
    assert weekly(week(source(1))).subject == "Newsmon sources, 23 Nov: all deliver"


def test_a_week_names_what_nobody_covers() -> None:
    """Countries and languages without a source that delivers."""
    message = weekly(week(source(), uncovered=("country KG: none of 2 delivers",)))
    assert "country KG: none of 2 delivers" in message.text
    assert "Nobody delivers for" in message.html
    assert "none is there" in weekly(week()).text


def test_twenty_thousand_sources_fit_into_a_mail() -> None:
    """The worst have rows, the others are counted; the mail stays below 100 kB."""
    advice = Finding(state=Health.SILENT, since=NOW - DAY, evidence="ш" * 400, advice="ж" * 400)
    many = tuple(source(n, Health.SILENT, outlet="Ш" * 80, finding=advice) for n in range(20_000))
    message = weekly(week(*many, back=tuple(told(n, until=NOW - DAY) for n in range(99))))
    shown = message.text.count("|  silent")
    assert shown in ROWS
    assert f"… and {20_000 - shown} more: newsmon sources health" in message.text
    assert f"… and {99 - TOLD} more" in message.text
    assert sum(transfer(part)[1] for part in (message.text, message.html)) < 100_000


@pytest.mark.parametrize("poison", ["<script>alert(1)</script>", "\x1b[2J", "a\nBcc: x@y.example", "\u202e"])
def test_hostile_words_stay_words(poison: str) -> None:
    """What an outlet is called, and what its server says, commands nothing."""
    bad = replace(told(evidence=poison), outlet=poison, host=poison)
    finding = Finding(state=Health.FAILING, since=NOW, evidence=poison, advice="a.")
    for message in (notice(data(bad, over=())), weekly(week(source(1, outlet=poison, finding=finding)))):
        assert "\n" not in message.subject
        assert "<script" not in message.html
        assert "\x1b" not in message.text + message.html
        assert "\u202e" not in message.text + message.html


def test_every_state_has_words() -> None:
    """A mail can name all of them."""
    assert set(WORDS) == set(Health)


def test_a_usual_desk_has_all_its_rows() -> None:
    """Sixty sources, a third of them ailing, each have one."""
    sources = (source(n, Health.OK if n % 3 else Health.SILENT) for n in range(60))
    assert weekly(week(*sources)).text.count("Outlet ") == 60
