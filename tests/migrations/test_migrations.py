"""Migrations: up, down and up again, equal to the models, and never a step into the unknown."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, text

import db
from db import schema
from db.engine import Database
from db.models import metadata
from monitor.domain.errors import StoreError, StoreNewer, StoreOutdated

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def tables(database: Database) -> dict[str, Any]:
    """Return all that reflection tells of each table of ours."""
    described = {}
    with database.reading() as connection:
        inspector = inspect(connection)
        for table in metadata.sorted_tables:
            if not inspector.has_table(table.name) or _is_virtual(database, table.name):
                continue
            described[table.name] = {
                "columns": [
                    (column["name"], str(column["type"]), column["nullable"], column["default"])
                    for column in inspector.get_columns(table.name)
                ],
                "key": inspector.get_pk_constraint(table.name),
                "unique": _sorted(inspector.get_unique_constraints(table.name)),
                "foreign": _sorted(inspector.get_foreign_keys(table.name)),
                "indexes": _sorted(inspector.get_indexes(table.name)),
            }
    return described


def _is_virtual(database: Database, name: str) -> bool:
    return database.file is not None and name == "search"


def _sorted(described: list[Any]) -> list[str]:
    return sorted(str(_plain(one)) for one in described)


def _plain(value: Any) -> Any:
    """Return what is compared: a reflected WHERE is an object whose identity says nothing, its text does."""
    return {key: _plain(part) for key, part in value.items()} if isinstance(value, dict) else str(value)


def test_the_program_knows_every_revision() -> None:
    """The revisions are one line, and the program's list of them is the migrations' own."""
    config = Config()
    config.set_main_option("script_location", str(schema.migrations_folder()))
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == 1
    assert tuple(reversed([step.revision for step in script.walk_revisions()])) == schema.REVISIONS


def test_migrations_make_what_the_models_say(empty_database_url: str) -> None:
    """Columns, types, keys and indexes with their conditions are those that the models would make."""
    db.upgrade(empty_database_url)
    database = Database(empty_database_url)
    migrated = tables(database)
    with database.writing() as connection:
        assert schema.differences(connection) == []
        schema.run_migrations(connection, "downgrade", "base")
        ours = [table for table in metadata.sorted_tables if not _is_virtual(database, table.name)]
        metadata.create_all(connection, tables=ours)
    assert tables(database) == migrated
    assert len(migrated) >= 12
    database.close()


def test_the_stairs_lead_up_and_down_and_up(empty_database_url: str) -> None:
    """Each step can be taken back, and leaves nothing behind."""
    assert db.upgrade(empty_database_url)
    database = Database(empty_database_url)
    top = tables(database)
    for revision in ["base", *schema.REVISIONS[:-1]]:
        with database.writing() as connection:
            schema.run_migrations(connection, "downgrade", revision)
        if revision == "base":
            with database.reading() as connection:
                left = MetaData()
                left.reflect(connection)
                assert list(left.tables) == ["alembic_version"]
        assert db.upgrade(empty_database_url)
        assert tables(database) == top
    database.close()
    assert db.check(empty_database_url) == []


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    """An upgrade of a current database is no upgrade, and keeps the data."""
    store = db.open_store(database_url)
    store.save_snapshot("digest", "{}", NOW)
    store.close()
    assert not db.upgrade(database_url)
    store = db.open_store(database_url)
    assert store.last_snapshot() == ("digest", "{}", NOW)
    store.close()


def test_two_upgrades_at_once_make_one_database(empty_database_url: str) -> None:
    """The second waits for the first, and finds nothing to do."""
    changed: list[bool] = []
    threads = [
        threading.Thread(target=lambda: changed.append(db.upgrade(empty_database_url))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(changed) == [False, True]
    assert db.check(empty_database_url) == []


def test_a_failing_upgrade_leaves_nothing(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps are one transaction: a database is never between two revisions."""
    real = schema.run_migrations

    def fail_at_the_end(*arguments: Any) -> None:
        real(*arguments)
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(schema, "run_migrations", fail_at_the_end)
        with pytest.raises(RuntimeError, match="power cut"):
            db.upgrade(empty_database_url)
    database = Database(empty_database_url)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == []
    database.close()
    assert db.upgrade(empty_database_url)


def test_a_newer_database_is_refused_and_left_alone(empty_database_url: str) -> None:
    """A revision that this program does not know is a newer program's."""
    db.upgrade(empty_database_url)
    _set_revision(empty_database_url, "9999")
    for act in (db.open_store, db.upgrade, db.check):
        with pytest.raises(StoreNewer, match="revision 9999"):
            act(empty_database_url)
    database = Database(empty_database_url)
    with database.reading() as connection:
        assert schema.current_revision(connection) == "9999"
    database.close()


def test_an_older_database_asks_for_the_upgrade(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database one step behind is opened only after `db upgrade`."""
    db.upgrade(empty_database_url)
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "next"))
    with pytest.raises(StoreOutdated, match=r"is at revision .*; run: newsmon db upgrade"):
        db.open_store(empty_database_url)


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A mistyped path is told, not filled with an empty database."""
    file = tmp_path / "missing.db"
    for act in (db.open_store, db.check):
        with pytest.raises(StoreOutdated, match=r"there is no database .*missing\.db yet"):
            act(f"sqlite:///{file}")
    assert not file.exists()


def test_a_database_without_tables_asks_for_the_upgrade(empty_postgresql_url: str, tmp_path: Path) -> None:
    """An empty database of the operator's making is outdated, not broken."""
    empty = tmp_path / "empty.db"
    empty.touch()
    for url in (empty_postgresql_url, f"sqlite:///{empty}"):
        with pytest.raises(StoreOutdated, match="has no tables yet"):
            db.open_store(url)


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    """Missing folders are made; a folder that cannot be is told."""
    url = f"sqlite:///{tmp_path / 'a' / 'b' / 'newsmon.db'}"
    assert db.upgrade(url)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot make the folder"):
        db.upgrade(f"sqlite:///{tmp_path / 'file' / 'newsmon.db'}")


def test_alembics_own_command_works_in_a_checkout(empty_database_url: str) -> None:
    """`alembic upgrade head` makes the same database as the program does."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=ROOT,
        env=os.environ | {"NEWSMON_DATABASE": empty_database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert db.check(empty_database_url) == []


def test_an_installed_program_finds_its_migrations_inside_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where no checkout is around, the package's own copy is used."""
    assert schema.migrations_folder() == ROOT / "migrations"
    monkeypatch.setattr(schema, "__file__", str(tmp_path / "db" / "schema.py"))
    assert schema.migrations_folder() == ROOT / "monitor" / "data" / "migrations"


def _set_revision(url: str, revision: str) -> None:
    database = Database(url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    database.close()


def test_a_database_is_fresh_until_it_has_a_schema(empty_database_url: str) -> None:
    """Looking does not make one."""
    assert db.is_fresh(empty_database_url)
    db.upgrade(empty_database_url)
    assert not db.is_fresh(empty_database_url)
