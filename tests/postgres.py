"""Start a real PostgreSQL on a free loopback port, in a temporary folder, as an ordinary user."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import pytest

from broker import free_port, wait_until

_START_SECONDS = 120


def _program(name: str) -> str | None:
    # Debian keeps them beside each other by version, off the PATH
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join(map(str, [*folders, os.defpath])))


class PostgresServer:
    """A server with a database of its own; skips the test where PostgreSQL is not installed."""

    def __init__(self) -> None:
        initdb, server = _program("initdb"), _program("postgres")
        if initdb is None or server is None:
            pytest.skip("PostgreSQL is not installed; run scripts/install-test-tools")
        self._server = server
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="cuelight-postgres-"))
        self._user = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        subprocess.run(
            [initdb, "-D", self._folder / "data", "-U", "cuelight", "-A", "trust", "--no-sync"],
            check=True,
            capture_output=True,
            user=self._user,
            cwd=self._folder,
        )
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, database: str = "postgres") -> str:
        """Return what --store wants."""
        return f"postgresql://cuelight@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and return once it answers."""
        import psycopg

        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self._server, "-D", self._folder / "data", "-p", str(self.port)),
                    *("-h", "127.0.0.1", "-c", "unix_socket_directories="),
                ],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self._folder,
            )

        def answers() -> bool:
            try:
                psycopg.connect(self.address(), connect_timeout=5).close()
            except psycopg.OperationalError:
                return False
            return True

        wait_until(answers, timeout_seconds=_START_SECONDS)

    def make(self, database: str) -> str:
        """Make an empty database, in place of any of that name, and return its address."""
        import psycopg

        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{database}"'.encode())
        return self.address(database)

    def stop(self) -> None:
        """Stop it at once; connections are cut."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # at once, without a checkpoint
            self._process.wait(_START_SECONDS)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
