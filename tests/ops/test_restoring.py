"""A restore that is killed at any moment leaves the old state or the new one, and loses no data."""

import argparse
import json
import os
import shutil
import sqlite3
from contextlib import closing
from itertools import count

import psycopg
import pytest
from tests import commands
from tests.ops.conftest import Operator, whole
from tests.postgresql import scratch_database

from praya.project import cli

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
OLD, NEW = "as it was", "as in the archive"


class House(Operator):
    """An installation whose database and uploads say which of two states they are of."""

    def do(self, statement):
        if "DATABASE_URL" in self.environment:
            with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
                cursor = connection.execute(statement)
                return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(self.folder / "var" / "praya.sqlite3", isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()

    def write(self, words):
        self.do("DELETE FROM proof")
        self.do(f"INSERT INTO proof VALUES ('{words}')")
        shutil.rmtree(self.folder / "var" / "files", ignore_errors=True)
        for name in ("aa", "bb"):
            path = self.folder / "var" / "files" / name / f"{name}{words[-3:]}"
            path.parent.mkdir(parents=True)
            path.write_text(words)

    def state(self):
        """What database and uploads say, which is one and the same."""
        files = self.folder / "var" / "files"
        found = {path.read_text() for path in files.glob("[!.]*/*")}
        assert len([*files.glob("[!.]*/*")]) == 2
        assert [(words,) for words in found] == self.do("SELECT words FROM proof")
        return found.pop()

    def killed(self, at, *command):
        return commands.run(
            "tests.ops.killing:main", [str(word) for word in command], cwd=self.folder,
            settings=self.environment | {"KILL_AT": str(at)}, timeout=60,
        )  # fmt: skip

    def left_over(self):
        """What a restore makes on its way and nobody needs afterwards."""
        var = self.folder / "var"
        found = [
            *var.glob("restoring"),
            *var.glob("restoring.json"),
            *var.glob("*.restored"),
            *var.glob("*.previous"),
            *var.glob("files/.*"),
        ]
        if "DATABASE_URL" in self.environment:
            found += self.do("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'praya%'")
        return found


@pytest.fixture(params=KINDS)
def prepared(request, tmp_path):
    """Makes installations, each like the last, with an archive of another state beside."""
    kind = request.param
    source = tmp_path / "source"
    source.mkdir()
    house = House(source, whole(source).environment)
    if kind == "sqlite":
        shutil.copytree(request.getfixturevalue("_migrated"), source / "var")
        yield from _prepare(house, tmp_path, None)
    else:
        with scratch_database(request.getfixturevalue("_migrated_postgresql")) as (name, address):
            house.environment["DATABASE_URL"] = address
            yield from _prepare(house, tmp_path, name)


def _prepare(house, tmp_path, template):
    house.do("CREATE TABLE proof (words text NOT NULL)")
    house.write(NEW)
    archive = tmp_path / "archive"
    assert house.praya("backup", archive).returncode == 0
    house.write(OLD)

    def one(number):
        folder = tmp_path / str(number)
        shutil.copytree(house.folder, folder)
        return House(folder, house.environment | {"PRAYA_KEYS": str(folder / "keys.json")})

    yield one, archive, template


def each(prepared, points):
    """An installation for each point at which the restore is killed, while it is killed there."""
    one, archive, template = prepared
    for at in points:
        house = one(at)
        if template is None:
            yield at, house, archive
        else:
            with scratch_database(template) as (_, address):
                house.environment["DATABASE_URL"] = address
                yield at, house, archive


def steps(prepared):
    for _, house, archive in each(prepared, [0]):
        result = house.killed(0, "restore", archive, "--replace")
        assert result.returncode == 0, result.stderr
        assert house.state() == NEW
        assert not house.left_over()
        number = int(result.stdout.rpartition("steps ")[2])
    return number


def see_to_it(at, house, archive):
    """Kill a restore; nothing else is done meanwhile; end it in one of three ways; all is of one state.

    False when there was nothing left to do at which it could be killed.
    """
    result = house.killed(at, "restore", archive, "--replace")
    if result.returncode == 0:
        return False
    assert result.returncode == -9, (at, result.stderr)
    meanwhile = house.praya("officers", "add", "--email", "a@example.org", "--name", "A", "--role", "td:officer")
    if meanwhile.returncode == 0:
        assert not house.left_over()  # the marker is the last thing that goes, and the first that comes
    else:
        assert "restore --finish" in meanwhile.stderr, (at, meanwhile.stderr)
        ending = [("--finish",), ("--undo",), (archive, "--replace")][at % 3]
        ended = house.praya("restore", *ending)
        state = house.state()
        if ending == ("--undo",):
            assert (ended.returncode, state) == (0, OLD) or "restore is done" in ended.stderr, (at, ended.stderr)
            if ended.returncode:
                assert house.praya("restore", "--finish").returncode == 0
        elif ending == ("--finish",):
            told = "as it was before" in ended.stderr
            assert (ended.returncode, state) in ((0, NEW), (1, OLD)), (at, ended.stderr)
            assert told == (state == OLD)
        else:
            assert (ended.returncode, state) == (0, NEW), (at, ended.stderr)
    assert house.state() in {OLD, NEW}
    assert not house.left_over(), at
    return True


@pytest.mark.size
def test_a_restore_is_killed_at_every_step(prepared):
    least = steps(prepared) - 5  # how many things there are to do differs by a few
    for at, house, archive in each(prepared, count(1)):
        if not see_to_it(at, house, archive):
            assert at > least
            break


def test_a_restore_is_killed_half_way(prepared):
    number = steps(prepared)
    for at, house, archive in each(prepared, [number // 2]):
        assert see_to_it(at, house, archive)


@pytest.mark.postgresql
@pytest.mark.parametrize("moment", ["before", "after"])
def test_who_is_enrolled_after_an_interrupted_restore_stays_whatever_the_next_one_does(
    production, migrated_postgresql_url, moment
):
    """kill -9 of the parent from a `pg_restore` of one's own; then an archive that cannot be loaded."""
    house = House(production.folder, production.environment | {"DATABASE_URL": migrated_postgresql_url})
    assert house.praya("backup", "good").returncode == 0
    tools = house.folder / "tools"
    tools.mkdir()
    real, kill = shutil.which("pg_restore"), "kill -9 $PPID"
    lines = {"before": [kill, f'exec {real} "$@"'], "after": [f'{real} "$@"', kill]}[moment]
    # The version is asked of it first, by the same process.
    script = ["#!/bin/sh", f'case "$1" in --version) exec {real} --version;; esac', *lines]
    (tools / "pg_restore").write_text("\n".join(script) + "\n")
    (tools / "pg_restore").chmod(0o755)
    with house.running("restore", "good", "--replace", PATH=f"{tools}{os.pathsep}{os.environ['PATH']}") as process:
        assert process.wait(60) == -9
    for command in (["doctor"], ["migrate"], ["backup", "other"], ["officers", "list"]):
        refused = house.praya(*command)
        assert refused.returncode == 1
        assert "restore --finish" in refused.stdout + refused.stderr
    assert house.praya("restore", "--undo").returncode == 0
    added = house.praya("officers", "add", "--email", "c@example.org", "--name", "Chan", "--role", "td:officer")
    assert added.returncode == 0, added.stderr
    broken = tools / "pg_restore"
    broken.write_text(
        f'#!/bin/sh\ncase "$1" in --version) exec {real} --version;; esac\n{real} "$@" | head -c 9000\nexit 1\n'
    )
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    result = house.praya("restore", "good", "--replace", PATH=path)
    assert result.returncode == 1
    assert "pg_restore failed" in result.stderr
    assert "Chan" in house.praya("officers", "list").stdout
    assert not house.left_over()


def test_a_restore_that_does_not_fit_the_disk_changes_nothing(prepared):
    for _, house, _archive in each(prepared, [0]):
        large = house.folder / "var" / "files" / "aa" / "large"
        large.write_bytes(os.urandom(3_000_000))
        assert house.praya("backup", "large.praya").returncode == 0
        large.unlink()
        result = commands.run(
            f"{__name__}:with_little_room", ["restore", "large.praya", "--replace"], cwd=house.folder,
            settings=house.environment, timeout=60,
        )  # fmt: skip
        assert result.returncode == 1
        assert "Traceback" not in result.stderr
        assert house.state() == OLD
        assert not house.left_over()


def with_little_room():
    """A command that may write files of two megabytes at most."""
    import resource
    import signal

    from praya.project import cli

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    return cli.main()


APART = {
    *("check", "demo", "diagram", "diff", "docs", "explain", "new-service", "new-system"),
    *("play", "preview", "publish", "restore", "schema", "settings"),
}
"""What touches no database of the installation, has one of its own, or needs a pack first; and what ends a restore."""
REFUSING = {
    "backup": ["backup", "archive"],
    "believe-clock": ["believe-clock"],
    "doctor": ["doctor"],
    "fill-register": ["fill-register", "smart-lab", "needs", "rows.csv", "--key", "name"],
    "import-forms": ["import-forms", "forms.json"],
    "index-registers": ["index-registers"],
    "migrate": ["migrate"],
    "officers": ["officers", "list"],
    "outbox": ["outbox", "list"],
    "persons": ["persons", "erase", "--email", "a@example.org"],
    "rebuild": ["rebuild"],
    "rotate-keys": ["rotate-keys"],
    "serve": ["serve"],
    "simulate": ["simulate", "smart-lab"],
    "tokens": ["tokens", "list"],
    "verify-journal": ["verify-journal"],
    "webhooks": ["webhooks", "list"],
    "alerts": ["alerts", "list"],
    "withdraw": ["withdraw", "smart-lab"],
    "worker": ["worker"],
}


def test_every_command_that_uses_the_database_waits_for_the_end_of_a_restore(ready):
    [top] = [action for action in cli.parser()._actions if isinstance(action, argparse._SubParsersAction)]
    assert set(top.choices) == APART | set(REFUSING)
    marker = {"step": "loading", "archive": "/backup/monday", "began_at": "2026-11-29T09:00:00Z"}
    (ready.folder / "var" / "restoring.json").write_text(json.dumps(marker))
    for command in REFUSING.values():
        result = ready.praya(*command)
        assert result.returncode == 1, command
        assert "restore --finish" in result.stdout + result.stderr, command
    assert ready.praya("restore", "--undo").returncode == 0
    assert ready.praya("officers", "list").returncode == 0
