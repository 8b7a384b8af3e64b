"""What do all tests share? Clean databases on SQLite and a real PostgreSQL, a clock, and no way out."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from fakes import FakeClock
from postgresql import Server

import db
from db.columns import Id
from db.models import metadata
from monitor import rules
from monitor.domain.topics import Pack
from monitor.rules import Matcher, compile_pack
from monitor.settings import compiled, loading
from monitor.settings.tree import read_yaml

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"
LOOPBACK = ["127.0.0.0/8", "::1", "localhost"]

_LONG = 10_000
"""Characters from which on a file is worth remembering: none of a test's own, all of the pack's."""

_server = pytest.StashKey[Server]()

# First whatever an earlier test left connected is cut off: its locks would keep this one waiting.
_EMPTIED = "; ".join(
    (
        (
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ),
        *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)),
        *(
            f"ALTER SEQUENCE {table.name}_id_seq RESTART"
            for table in metadata.sorted_tables
            if "id" in table.c and table.c.id.type is Id
        ),
    )
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --slow."""
    parser.addoption("--slow", action="store_true", help="also run the kill and soak tests")


def pytest_configure(config: pytest.Config) -> None:
    """Name the folder of this run's PostgreSQL; nothing is started before a test asks for it."""
    # The parsers' fork server is reached by a socket of this machine.
    config.option.allow_unix_socket = True
    given = getattr(config, "workerinput", {}).get("postgresql")
    config.stash[_server] = Server(Path(given or tempfile.mkdtemp(prefix="newsmon-pg-")))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker process where the run's PostgreSQL is."""
    node.workerinput["postgresql"] = str(node.config.stash[_server].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop PostgreSQL when the whole run is over."""
    if not hasattr(config, "workerinput"):
        config.stash[_server].stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is slow unless asked for, and let nothing dial further than this machine."""
    for item in items:
        item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
    if config.getoption("--slow") or config.getoption("markexpr"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


@pytest.fixture(autouse=True)
def _fresh_log() -> Iterator[None]:
    """Undo what a command run in this process set up: its log goes to a stream that ends with its test."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session", autouse=True)
def _the_shipped_pack_is_read_once() -> Iterator[None]:
    """Read and compile the same files once a process: most of a command's time goes there.

    What is remembered is what the real reader and compiler made; faulty files are read each time.
    """
    trees: dict[tuple[str, str], Any] = {}
    matchers: dict[str, Matcher] = {}

    def read_once(text: str, file: str, faults: list[Any]) -> Any:
        if len(text) < _LONG:
            return read_yaml(text, file, faults)
        if (text, file) not in trees:
            before = len(faults)
            tree = read_yaml(text, file, faults)
            if len(faults) > before:
                return tree
            trees[text, file] = tree
        return trees[text, file]

    def compile_once(pack: Pack) -> Matcher:
        said = repr(pack)
        if len(said) < _LONG:
            return compile_pack(pack)
        if said not in matchers:
            matchers[said] = compile_pack(pack)
        return matchers[said]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loading, "read_yaml", read_once)
        patched.setattr(rules, "compile_pack", compile_once)
        patched.setattr(compiled, "compile_pack", compile_once)
        yield


@pytest.fixture
def clock() -> FakeClock:
    """A clock at 2026-11-23 09:00 UTC that moves only when told to."""
    return FakeClock()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of test corpora beside the checkout; skips the test where there is none."""
    if not CORPORA.is_dir():
        pytest.skip("no corpora beside this checkout (../shared/corpora)")
    return CORPORA


@pytest.fixture(scope="session")
def postgresql(pytestconfig: pytest.Config) -> Server:
    """The run's PostgreSQL server, started by the first test that needs it."""
    server = pytestconfig.stash[_server]
    server.start()
    return server


@pytest.fixture(scope="session")
def _new_postgresql_database(postgresql: Server) -> Callable[..., str]:
    """Make databases with names that no other process of the run gives."""
    numbers = itertools.count()

    def make() -> str:
        name = f"test_{os.getpid()}_{next(numbers)}"
        postgresql.execute(f"CREATE DATABASE {name}")
        return name

    return make


@pytest.fixture(scope="session")
def _postgresql_database(postgresql: Server, _new_postgresql_database: Callable[..., str]) -> str:
    name = _new_postgresql_database()
    db.upgrade(postgresql.url(name))
    return name


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "newsmon.db"
    db.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(tmp_path: Path, _sqlite_template: Path) -> str:
    """The address of a clean SQLite database, at the newest revision."""
    file = tmp_path / "newsmon.db"
    shutil.copyfile(_sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql: Server, _postgresql_database: str) -> str:
    """The address of a clean PostgreSQL database, at the newest revision.

    It is one database for each process of the run, emptied: 10 ms, where a copy of a template takes 300.
    """
    postgresql.execute(_EMPTIED, _postgresql_database)
    return postgresql.url(_postgresql_database)


@pytest.fixture
def empty_postgresql_url(postgresql: Server, _new_postgresql_database: Callable[..., str]) -> Iterator[str]:
    """The address of a PostgreSQL database without any table; dropped afterwards."""
    name = _new_postgresql_database()
    yield postgresql.url(name)
    postgresql.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a clean database: the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("empty_postgresql_url")
    return url


@pytest.fixture
def store(database_url: str) -> Iterator[db.SqlStore]:
    """A store on a clean database, SQLite and PostgreSQL; no connection may be left in use."""
    opened = db.open_store(database_url)
    yield opened
    in_use = opened.database.engine.pool.checkedout()
    opened.close()
    assert in_use == 0, "a connection was not given back"


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[db.SqlStore]:
    """A store on SQLite alone, for tests of what lies above the store."""
    opened = db.open_store(sqlite_url)
    yield opened
    in_use = opened.database.engine.pool.checkedout()
    opened.close()
    assert in_use == 0, "a connection was not given back"
