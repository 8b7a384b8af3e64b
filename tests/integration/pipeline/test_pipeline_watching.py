"""What becomes of sources over four weeks, on the real path from polls to episodes and notes?"""

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from desks import Desk, feed
from fakes import FakeClock
from outlets import DAY, HOUR, Make, dull, publish
from press import Press, Said

from monitor.domain.health import Episode, Health

MOMENTS = (8, 11, 14)
"""The hours (UTC) at which an outlet that works by day publishes."""


class Outlet:
    """An outlet's newsroom: publishes thrice on each working day, and lists its latest ten."""

    def __init__(self, press: Press, clock: FakeClock, path: str, first: int) -> None:
        self._press, self._clock, self._path = press, clock, path
        self._number = first
        self._items: list[str] = []
        self.works = True

    def hour(self) -> None:
        """Let an hour's news appear."""
        now = self._clock.now()
        if self.works and now.weekday() < 5 and now.hour in MOMENTS:
            self.news(1)

    def news(self, number: int) -> None:
        """Publish so many items now."""
        for _ in range(number):
            self._number += 1
            self._items.insert(0, dull(self._number, self._press, date=format_datetime(self._clock.now())))
        publish(self._press, *self._items[:10], path=self._path)


class Weeks:
    """A desk that polls, reads and looks after its sources every hour, for weeks."""

    def __init__(self, app: Desk, clock: FakeClock, outlets: list[Outlet]) -> None:
        self.app, self.clock, self.outlets = app, clock, outlets

    def pass_by(self, span: timedelta) -> None:
        """Let so much time pass, hour by hour."""
        end = self.clock.now() + span
        while self.clock.now() < end:
            for outlet in self.outlets:
                outlet.hour()
            self.app.poller.run()
            self.app.watcher.run()
            self.clock.advance(hours=1)

    def episodes(self, feed_id: str) -> list[Episode]:
        """Return a source's episodes; that the test's clock is not the server's is left out."""
        known = self.app.store.episodes(self.clock.now() - 99 * DAY)
        return [e for e in known if e.feed_id == feed_id and e.state is not Health.CLOCK_SKEW]


@pytest.fixture
def weeks(desk: Make, press: Press, clock: FakeClock) -> Weeks:
    """Two outlets that were watched for 28 days, hourly."""
    outlets = [Outlet(press, clock, "/steady", 100), Outlet(press, clock, "/ends", 5000)]
    for outlet in outlets:
        outlet.news(10)
    app = desk(feeds=[feed(name, press.url(f"/{name}")) for name in ("steady", "ends")])
    watched = Weeks(app, clock, outlets)
    watched.pass_by(28 * DAY)
    return watched


def test_four_weeks_of_an_outlet_that_rests_at_weekends(weeks: Weeks) -> None:
    """No night and no weekend makes an episode; its rhythm is learned, and an end of news is heard in days.

    When it publishes again, the episode is over.
    """
    assert weeks.episodes("steady") == weeks.episodes("ends") == []
    evidence = weeks.app.store.health_evidence(["steady"], weeks.clock.now())["steady"]
    rhythm = evidence.state.rhythm
    assert rhythm is not None
    assert sum(rhythm.hourly) == pytest.approx(15, rel=0.2)
    weeks.outlets[1].works = False
    weeks.pass_by(9 * DAY)
    last = _last_news(weeks, "ends")
    (silence,) = (e for e in weeks.episodes("ends") if e.state is Health.SILENT)
    assert (silence.since, silence.until) == (last, None)
    assert silence.evidence == "usually 2 a day"
    (note,) = weeks.app.store.coverage()
    assert (note.feed_id, "nothing new since" in note.text) == ("ends", True)
    weeks.outlets[1].works = True
    weeks.pass_by(5 * DAY)
    (silence,) = (e for e in weeks.episodes("ends") if e.state is Health.SILENT)
    assert silence.until is not None
    assert weeks.episodes("steady") == []


def _last_news(weeks: Weeks, feed_id: str) -> datetime:
    last = weeks.app.store.health_evidence([feed_id], weeks.clock.now())[feed_id].last_entry
    assert last is not None
    return last


def test_faults_are_episodes_once_they_last(weeks: Weeks, press: Press) -> None:
    """Two bad hours are none; a day of refusals is one, from its first to its last; a flood leaves a gap."""
    good = press.answers["/ends"]
    press.answers["/ends"] = Said(status=503)
    weeks.outlets[1].works = False
    weeks.pass_by(2 * HOUR)
    press.answers["/ends"] = good
    weeks.pass_by(8 * HOUR)
    assert weeks.episodes("ends") == []
    press.answers["/ends"] = Said(status=403)
    began = weeks.clock.now()
    weeks.pass_by(30 * HOUR)
    press.answers["/ends"] = good
    weeks.pass_by(30 * HOUR)
    (refusal,) = (e for e in weeks.episodes("ends") if e.state is Health.BLOCKED)
    assert began <= refusal.since < began + 3 * HOUR
    assert refusal.until is not None
    assert refusal.until - refusal.since > DAY
    weeks.outlets[0].news(12)
    weeks.pass_by(3 * HOUR)
    (gap,) = weeks.episodes("steady")
    assert (gap.state, gap.until) == (Health.GAP, None)
    weeks.pass_by(30 * HOUR)
    assert weeks.episodes("steady")[0].until is not None


def test_time_in_which_nobody_looked_is_no_silence(weeks: Weeks) -> None:
    """After five days off, a desk says nothing of its sources but that it was away."""
    weeks.clock.advance(days=5)
    weeks.pass_by(3 * HOUR)
    assert [e.state for e in weeks.episodes("steady")] == [Health.UNHEARD]


def test_what_is_looked_after_comes_once_an_hour(desk: Make, press: Press, clock: FakeClock) -> None:
    """A second round within the hour looks at nobody; a new source is new."""
    publish(press, dull(1, press))
    app = desk()
    app.poller.run()
    assert sum(app.watcher.run().values()) == 1
    assert app.watcher.run() == {}
    clock.advance(hours=1)
    assert sum(app.watcher.run().values()) == 1
