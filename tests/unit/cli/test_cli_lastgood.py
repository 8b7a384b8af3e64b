"""Does a service with faults in its files go on with the last good ones, and say so?"""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from commands import Run, rows

from db import open_store
from monitor.cli import health, lastgood
from monitor.clock import SystemClock
from monitor.domain.records import StatusCounts


@pytest.fixture
def desk(desk: tuple[str, ...]) -> tuple[str, ...]:
    """A desk without the pack, which takes time to compile."""
    main = Path(desk[1]) / "newsmon.yaml"
    nothing = ", ".join(f"{kind}: false" for kind in ("sources", "topics", "actors", "themes", "languages"))
    text = main.read_text(encoding="utf-8")
    main.write_text(text.replace("sources: false", nothing), encoding="utf-8")
    return desk


def spoil(desk: tuple[str, ...]) -> None:
    """Put a fault into the desk's file of sources."""
    (Path(desk[1]) / "sources" / "own.yaml").write_text("- {id: dead, pol: 1}\n", encoding="utf-8")


def test_status_before_the_first_start_tells_what_is_configured(desk: tuple[str, ...], run: Run) -> None:
    """Not "0 feeds": how many are configured, and that nothing ran yet; a database is not made for it."""
    code, printed, _ = run(*desk, "status")
    assert code == health.STOPPED
    assert printed.startswith(f"service     stopped; there is no database yet in {desk[3]}/newsmon.db (")
    assert "feeds       1: none was ever polled\n" in printed
    (row,) = rows(run(*desk, "status", "--json")[1])
    assert (row["health"], row["configured"]) == ("stopped", 1)
    assert row["missing"].startswith("there is no database yet in ")
    assert not Path(desk[3]).exists()
    assert run(*desk, "apply")[0] == 0
    code, printed, _ = run(*desk, "status")
    assert code == health.STOPPED
    assert "service     stopped; it never ran on this database (newsmon run starts it)\n" in printed
    assert "feeds       1: none was ever polled\n" in printed


def test_the_last_good_configuration_is_told_in_log_and_status(desk: tuple[str, ...], run: Run) -> None:
    """The log names each fault with its place; status says what is in force, and when files changed."""
    assert run(*desk, "run", "--once")[0] == 0
    assert "settings    no faults\n" in run(*desk, "status")[1]
    topics = Path(desk[1]) / "topics"
    topics.mkdir()
    (topics / "mine.yaml").write_text("- {id: mine, require: gas}\n", encoding="utf-8")
    assert "settings    changed since the service last started" in run(*desk, "status")[1]
    spoil(desk)
    code, _, said = run(*desk, "run", "--once")
    logged = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    fault = next(line for line in logged if line["event"] == "fault" and "pol" in line["problem"])
    assert fault["place"].endswith("own.yaml:1:14")
    assert logged[-1]["event"].startswith("going on with the last good configuration")
    assert (code, logged[-1]["level"], "1 feeds polled" in said or "0 feeds polled" in said) == (
        0,
        "error",
        True,
    )
    assert "in the files (newsmon check names them); the last good ones, of " in run(*desk, "status")[1]


def test_a_database_named_in_the_spoiled_files_is_remembered(
    desk: tuple[str, ...], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last good configuration is found in a database elsewhere; the default one needs no note."""
    main, note = Path(desk[1]) / "newsmon.yaml", Path(desk[3]) / lastgood.DATABASE
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    plain = main.read_text(encoding="utf-8")
    main.write_text(f"{plain}database: {{url: '{url}'}}\n", encoding="utf-8")
    assert run(*desk, "run", "--once")[0] == 0
    assert note.read_text(encoding="utf-8") == f"{url}\n"
    main.write_text("database: [", encoding="utf-8")
    code, _, said = run(*desk, "run", "--once")
    assert (code, "going on with the last good" in said) == (0, True)
    main.write_text(plain, encoding="utf-8")
    assert run(*desk, "run", "--once")[0] == 0
    assert not note.exists()
    monkeypatch.setenv("NEWSMON_DATABASE", url)
    assert run(*desk, "run", "--once")[0] == 0
    assert not note.exists()


@pytest.mark.parametrize("noted", [b"", b"nonsense", b"\xff\xfe", b"postgresql://me:secret@127.0.0.1:9/news"])
def test_a_database_out_of_reach_does_not_hide_the_faults(
    desk: tuple[str, ...], run: Run, noted: bytes
) -> None:
    """Where no last good configuration is to be had, what is wrong with the files is told all the same."""
    Path(desk[3]).mkdir()
    (Path(desk[3]) / lastgood.DATABASE).write_bytes(noted)
    spoil(desk)
    for words in (("status",), ("run", "--once")):
        code, _, said = run(*desk, *words)
        assert (code, "own.yaml:1:14: pol" in said, "secret" in said) == (1, True, False), said


def test_a_running_service_with_faults_in_its_files_is_degraded(desk: tuple[str, ...], run: Run) -> None:
    """A service whose stages come round is healthy, until its files have faults."""
    assert run(*desk, "run", "--once")[0] == 0
    store = open_store(f"sqlite:///{Path(desk[3]) / 'newsmon.db'}")
    for stage in ("started", "read", "match", "notify"):
        store.heartbeat(stage, SystemClock().now())
    store.close()
    (Path(desk[1]) / "sources" / "own.yaml").write_text("", encoding="utf-8")
    run(*desk, "poll")
    code, printed, _ = run(*desk, "status")
    assert (code, printed.startswith("service     running, started ")) == (health.HEALTHY, True)
    spoil(desk)
    assert run(*desk, "status")[0] == health.DEGRADED


def counts(**changes: object) -> StatusCounts:
    """Return the figures of a service whose stages came round just now."""
    now = SystemClock().now()
    plain = {
        "feeds": 4,
        "feeds_due": 0,
        "feeds_late": 0,
        "feeds_failing": 0,
        "entries": {},
        "waiting": {},
        "oldest": {},
        "articles": 0,
        "flagged": 0,
        "stories": 0,
        "deliveries": {},
        "last_digest": None,
        "size_bytes": 0,
        "heartbeats": dict.fromkeys(("started", "read", "match", "notify"), now),
    }
    return StatusCounts(**(plain | changes))  # type: ignore[arg-type]  # the fields of StatusCounts


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, health.HEALTHY),
        ({"feeds_failing": 2}, health.HEALTHY),
        ({"feeds_failing": 3}, health.DEGRADED),
        ({"feeds_late": 1}, health.DEGRADED),
        ({"deliveries": {"dead": 1}}, health.DEGRADED),
        ({"deliveries": {"held": 1}}, health.DEGRADED),
        ({"heartbeats": {}}, health.STOPPED),
    ],
)
def test_health_is_as_the_guide_says(changes: dict[str, object], verdict: int) -> None:
    """Late feeds, more than half failing, and messages held or dead are trouble."""
    assert health.health(counts(**changes), SystemClock().now()) == verdict


def test_silence_makes_a_service_degraded_or_stopped() -> None:
    """One stage silent for ten minutes is trouble; all silent for two, or a farewell, are the end."""
    now = SystemClock().now()
    beats = dict(counts().heartbeats)
    silent = beats | {"read": now - timedelta(minutes=11)}
    assert health.health(counts(heartbeats=silent), now) == health.DEGRADED
    assert health.health(counts(), now + timedelta(minutes=3)) == health.STOPPED
    farewell = beats | {"stopped": now + timedelta(seconds=1)}
    assert health.health(counts(heartbeats=farewell), now) == health.STOPPED
