"""Running `praya` as an operator does: as a process, in a folder of its own, with nothing in its environment."""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests import commands
from tests.installations import _append_only_again, committed  # noqa: F401
from tests.postgresql import scratch_database

SRC = Path(__file__).parents[2] / "src"
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str, **headers: str) -> tuple[int, str]:
    """Status and body of an address; 0 while nothing answers."""
    request = urllib.request.Request(url, headers={name.replace("_", "-"): text for name, text in headers.items()})
    try:
        with direct.open(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return 0, ""


def wait_for(condition: Callable[[], Any], seconds: float = 120) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come to pass in time")


@dataclass
class Operator:
    """A folder, the settings in the environment, and the command."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outside = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.outside["PYTHONPATH"] = str(SRC)

    def praya(self, *command: object, **extra: str) -> "subprocess.CompletedProcess[str]":
        return commands.praya(*command, cwd=self.folder, timeout=60, **self.environment | extra)

    @contextmanager
    def running(self, *command: object, **extra: str) -> Iterator["subprocess.Popen[str]"]:
        """Start a command; what it writes is in out.txt and err.txt. It is killed if the test leaves it running."""
        with (self.folder / "out.txt").open("w") as out, (self.folder / "err.txt").open("w") as err:
            environment = self.outside | self.environment | extra
            process = subprocess.Popen(
                self._line(command), cwd=self.folder, env=environment, stdout=out, stderr=err, text=True
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()

    def python(self, program: str) -> "subprocess.CompletedProcess[str]":
        """Run a program in this installation."""
        line = [sys.executable, "-c", program]
        environment = self.outside | self.environment
        return subprocess.run(line, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def said(self, name: str = "out.txt") -> str:
        return (self.folder / name).read_text()

    @staticmethod
    def _line(command: tuple[object, ...]) -> list[str]:
        return [sys.executable, "-m", "praya.project.cli", *map(str, command)]


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """An operator with no settings at all."""
    return Operator(tmp_path)


def whole(folder: Path) -> Operator:
    """An operator with a whole production configuration on SQLite."""
    keys = folder / "keys.json"
    keys.write_text(json.dumps({"current": "k1", "keys": {"k1": base64.b64encode(b"k" * 32).decode()}}))
    keys.chmod(0o600)
    return Operator(
        folder,
        {
            "PRAYA_MODE": "production",
            "PRAYA_SECRET_KEY": "s" * 60,
            "PRAYA_KEYS": str(keys),
            "PRAYA_BASE_URL": "https://services.example.org",
            "PRAYA_ALLOWED_HOSTS": "services.example.org",
        },
    )


@pytest.fixture
def production(tmp_path: Path) -> Operator:
    """The operator of a production installation that was only configured."""
    return whole(tmp_path)


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose database is ready for production; made once, as migrating takes a second."""
    folder = tmp_path_factory.mktemp("migrated")
    result = whole(folder).praya("migrate")
    assert result.returncode == 0, result.stderr
    return folder / "var"


@pytest.fixture
def ready(production: Operator, _migrated: Path) -> Operator:
    """The operator of a production installation on SQLite that was migrated."""
    shutil.copytree(_migrated, production.folder / "var")
    return production


@pytest.fixture(scope="session")
def _migrated_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database that is ready for production; others are copies of it."""
    with scratch_database() as (name, address):
        migrating = whole(tmp_path_factory.mktemp("migrated_postgresql"))
        result = migrating.praya("migrate", DATABASE_URL=address)
        assert result.returncode == 0, result.stderr
        yield name


@pytest.fixture
def migrated_postgresql_url(_migrated_postgresql: str) -> Iterator[str]:
    """The address of a database on PostgreSQL that is ready for production, dropped afterwards."""
    with scratch_database(_migrated_postgresql) as (_, address):
        yield address
