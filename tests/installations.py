"""Ground for tests of blocks, kernel and journeys: transactions that commit, and processes on a database of their own.

A conftest takes the fixtures by `from tests.installations import *`.
"""

import importlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import commands, postgresql

ROOT = Path(__file__).parents[1]
__all__ = [
    "_append_only_again",
    "_fresh_memory",
    "_templates",
    "committed",
    "house",
    "postgresql_house",
    "sqlite_house",
]


@pytest.fixture(autouse=True)
def _fresh_memory(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keys and definitions that a process remembers do not outlive the transaction of a test."""
    if not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    from praya.journey import load
    from praya.kernel.crypto import vault

    vault.reset_memory()
    load.forget()
    yield
    vault.reset_memory()
    load.forget()


@pytest.fixture
def _append_only_again(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[str]]:
    """Puts back the triggers that `committed` took away, after the tables were emptied."""
    from django.db import connection

    triggers: list[str] = []
    yield triggers
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for trigger in triggers:
            cursor.execute(trigger)


@pytest.fixture
def committed(_append_only_again: list[str], transactional_db: None) -> Iterator[None]:
    """Transactions that really commit. The journal refuses to be emptied afterwards, so it is let."""
    yield
    _append_only_again += _emptiable()


def _emptiable() -> list[str]:
    """Take away what keeps the journal from being emptied; answers the statements that put it back."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            tables = ("journal_entry", "journal_checkpoint")
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            return [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        return [sql for _, sql in triggers]


@contextmanager
def emptied_afterwards() -> Iterator[None]:
    """Transactions that really commit, for a fixture of many tests; the tables are empty again afterwards."""
    from django.core.management import call_command
    from django.db import connection

    try:
        yield
    finally:
        triggers = _emptiable()
        call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
        with connection.cursor() as cursor:
            for trigger in triggers:
                cursor.execute(trigger)


# Processes on a database of their own


@dataclass
class House:
    """An installation in test mode in a folder of its own; several processes may work in it."""

    kind: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        outside = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        mine = {"PYTHONPATH": paths, "PRAYA_MODE": "test", "PRAYA_DATA_DIR": str(self.folder / "var")}
        self.environment = outside | mine | self.environment

    @property
    def database(self) -> str:
        """What `praya.kernel.journal.verify.open_database` takes."""
        return self.environment.get("DATABASE_URL", str(self.folder / "var" / "praya.sqlite3"))

    def connect(self) -> Any:
        """A DB-API connection that commits by itself."""
        if self.kind == "postgresql":
            import psycopg

            return psycopg.connect(self.database, autocommit=True)
        return sqlite3.connect(self.database, timeout=20, isolation_level=None)

    def do(self, statement: str, *values: Any) -> list[Any]:
        """Run one statement; `?` marks a value."""
        with closing(self.connect()) as connection:
            cursor = connection.execute(
                statement.replace("?", "%s") if self.kind == "postgresql" else statement, values
            )
            return list(cursor.fetchall()) if cursor.description else []

    def call(self, function: str, timeout: float = 120, **arguments: Any) -> Any:
        """Run `module:function` in a new process in this house; its answer comes back as JSON."""
        words = [function, json.dumps(arguments)]
        result = commands.run(
            "tests.installations:called", words, cwd=self.folder, settings=self.environment, timeout=timeout
        )
        assert result.returncode == 0, result.stderr[-4000:]
        return json.loads(result.stdout.splitlines()[-1])

    def praya(self, *command: object) -> "subprocess.CompletedProcess[str]":
        """Run a command of praya to its end."""
        return commands.praya(*command, cwd=self.folder, **self.environment)

    def start(self, *command: object) -> "subprocess.Popen[bytes]":
        """Start a command of praya in a session of its own; what it says goes to `said.txt`."""
        line = [sys.executable, "-m", "praya.project.cli", *map(str, command)]
        said = (self.folder / "said.txt").open("ab")
        return subprocess.Popen(
            line, cwd=self.folder, env=self.environment, stdout=said, stderr=said, start_new_session=True
        )


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Migrated once for each kind of database; houses are copies."""
    made: dict[str, Any] = {}

    def template(kind: str) -> Any:
        if kind not in made:
            folder = tmp_path_factory.mktemp(f"template_{kind}")
            found = House(kind, folder)
            if kind == "postgresql":
                made[kind], found.environment["DATABASE_URL"] = databases.enter_context(postgresql.scratch_database())
            else:
                made[kind] = folder / "var"
            result = found.praya("migrate")
            assert result.returncode == 0, result.stderr
        return made[kind]

    with ExitStack() as databases:
        yield template


@contextmanager
def new_house(kind: str, folder: Path, templates: Callable[[str], Any], *, migrated: bool = True) -> Iterator[House]:
    """An installation in `folder`, on either database; it is gone afterwards."""
    if kind == "sqlite" and not migrated:
        yield House("sqlite", folder)
        return
    if kind == "sqlite":
        shutil.copytree(templates("sqlite"), folder / "var")
        yield House("sqlite", folder)
        return
    with postgresql.scratch_database(*([templates("postgresql")] if migrated else [])) as (_, address):
        yield House("postgresql", folder, {"DATABASE_URL": address})


@pytest.fixture
def sqlite_house(tmp_path: Path, _templates: Callable[[str], Any]) -> Iterator[House]:
    """A migrated installation on SQLite."""
    with new_house("sqlite", tmp_path, _templates) as found:
        yield found


@pytest.fixture
def postgresql_house(tmp_path: Path, _templates: Callable[[str], Any]) -> Iterator[House]:
    """A migrated installation on PostgreSQL; mark the test `postgresql`."""
    with new_house("postgresql", tmp_path, _templates) as found:
        yield found


@pytest.fixture(params=[pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in ("sqlite", "postgresql")])
def house(request: pytest.FixtureRequest) -> House:
    """A migrated installation, on either database."""
    found: House = request.getfixturevalue(f"{request.param}_house")
    return found


def at_once(count: int, do: Callable[[int], Any]) -> "Counter[str]":
    """Fork so many processes, let them begin together, and count their answers; a failure answers its kind."""
    from django.db import connections

    connections.close_all()
    gate_read, gate_write = os.pipe()
    pipes, children = [], []
    for number in range(count):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(gate_write)
            os.close(reading)
            os.read(gate_read, 1)  # until the parent closes the gate
            try:
                said = str(do(number))
            except BaseException as problem:  # noqa: BLE001
                said = type(problem).__name__
                if said in {"OperationalError", "AttributeError", "TypeError", "NameError"}:
                    traceback.print_exc()
            os.write(writing, said.encode()[:4000])
            connections.close_all()
            os._exit(0)
        os.close(writing)
        pipes.append(reading)
        children.append(child)
    os.close(gate_read)
    os.close(gate_write)
    answers = Counter(_all_of(pipe) for pipe in pipes)
    for child in children:
        os.waitpid(child, 0)
    return answers


def _all_of(pipe: int) -> str:
    with os.fdopen(pipe, "rb") as file:
        return file.read().decode()


def called() -> None:
    """What `House.call` runs in the other process."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "praya.project.settings")
    import django

    django.setup()
    module, _, function = name.partition(":")
    answer = getattr(importlib.import_module(module), function)(**arguments)
    print(json.dumps(answer, default=str))  # noqa: T201
