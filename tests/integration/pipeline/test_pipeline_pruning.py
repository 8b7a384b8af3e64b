"""What has outlived its use, and what has not?"""

from fakes import FakeClock
from outlets import Make, dull, publish, rows, work
from press import Press


def test_old_polls_go_and_what_they_found_stays(press: Press, desk: Make, clock: FakeClock) -> None:
    """After `retention.polls` only newer ones are left; entries, articles and counts are kept."""
    publish(press, dull(1, press))
    app = desk()
    work(app)
    clock.advance(days=91)
    app.poller.run()
    assert app.pruner.run() == {
        "polls": 1,
        "topic_versions": 0,
        "snapshots": 0,
        "quarantine": 0,
        "episodes": 0,
    }
    assert rows(app, "SELECT outcome FROM polls") == [("unchanged",)]
    assert rows(app, "SELECT polls FROM feeds") == [(2,)]
    assert len(app.store.articles()) == 1
    assert app.pruner.run() == {
        "polls": 0,
        "topic_versions": 0,
        "snapshots": 0,
        "quarantine": 0,
        "episodes": 0,
    }


def test_the_last_twenty_good_configurations_are_kept(desk: Make, clock: FakeClock) -> None:
    """The newest of them is the one a start after a mistake falls back on."""
    app = desk()
    for number in range(25):
        app.store.save_snapshot(f"digest {number}", "{}", clock.advance(hours=1))
    assert app.pruner.run() == {
        "polls": 0,
        "topic_versions": 0,
        "snapshots": 5,
        "quarantine": 0,
        "episodes": 0,
    }
    last = app.store.last_snapshot()
    assert last is not None
    assert last[0] == "digest 24"
