"""Does `sources health` tell how sources are, and what to do?"""

import pytest
from commands import Run, rows

from monitor.domain.health import Health


def test_each_source_is_told_in_a_line(demo: str, run: Run) -> None:
    """The outlets of the demo are new: what was declared of them is watched for less than a week."""
    code, printed, said = run("--data", demo, "sources", "health")
    assert (code, said) == (0, "")
    assert "new" in printed
    assert "14 days" in printed
    (row, *_) = rows(run("--data", demo, "sources", "health", "--json")[1])
    assert set(row) >= {"feed_id", "outlet", "finding", "others", "days", "usual"}
    assert row["finding"]["state"] in set(Health)
    assert len(row["days"]) == 14


def test_a_source_is_told_whole(demo: str, run: Run) -> None:
    """By name: its days, each state with what shows it, and advice."""
    name = rows(run("--data", demo, "sources", "health", "--json")[1])[0]["feed_id"]
    code, printed, _ = run("--data", demo, "sources", "health", name)
    assert code == 0
    assert printed.startswith(f"{name}  ")
    assert "entries" in printed
    code, _, said = run("--data", demo, "sources", "health", "nobody")
    assert (code, "no source named nobody" in said) == (2, True)


def test_a_source_that_was_never_polled_is_new(desk: tuple[str, ...], run: Run) -> None:
    """It is in the list as soon as it is configured."""
    (row,) = rows(run(*desk, "sources", "health", "--json")[1])
    assert (row["feed_id"], row["finding"]["state"], row["finding"]["evidence"]) == (
        "dead",
        "new",
        "not polled yet",
    )


def test_what_does_not_deliver_is_counted(
    desk: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a day of failures the source leads the list, with its error and what to do."""
    from datetime import timedelta

    from monitor.clock import SystemClock

    run(*desk, "poll", "dead")
    present = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: present(self) + timedelta(days=1))
    run(*desk, "poll", "dead")
    code, printed, said = run(*desk, "sources", "health")
    assert (code, "failing" in printed) == (0, True)
    assert "1 of 1 do not deliver" in said
    printed = run(*desk, "sources", "health", "dead")[1]
    assert "opens in a browser from this network" in printed
