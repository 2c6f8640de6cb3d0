"""What is backed up comes back, exactly, or nothing is touched."""

import io
import json
import sqlite3
import tarfile
import threading
from contextlib import closing

import psycopg
import pytest
from tests.ops.conftest import Operator, free_port, get, wait_for

from praya.project import keys

ROWS = [(1, "甲"), (2, "O'Brien"), (3, "'; DROP TABLE proof; --")]


class SqliteHouse(Operator):
    """An installation on SQLite, with a table to see come back."""

    kind = "sqlite"

    def do(self, statement, *values):
        path = self.folder / "var" / "praya.sqlite3"
        with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()


class PostgresqlHouse(Operator):
    """The same on PostgreSQL."""

    kind = "postgresql"

    def do(self, statement, *values):
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement.replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def house(request, production):
    if request.param == "postgresql":
        production.environment["DATABASE_URL"] = request.getfixturevalue("migrated_postgresql_url")
        found = PostgresqlHouse(production.folder, production.environment)
    else:
        ready = request.getfixturevalue("ready")
        found = SqliteHouse(ready.folder, ready.environment)
    found.do("CREATE TABLE proof (id integer PRIMARY KEY, words text NOT NULL)")
    for row in ROWS:
        found.do("INSERT INTO proof VALUES (?, ?)", *row)
    uploads = found.folder / "var" / "files" / "ab"
    uploads.mkdir(parents=True)
    (uploads / "one").write_bytes(bytes(range(256)))
    return found


def rows(house):
    return house.do("SELECT id, words FROM proof ORDER BY id")


def backed_up(house, name="backup.tar"):
    result = house.praya("backup", name)
    assert result.returncode == 0, result.stderr
    return house.folder / name


def test_a_backup_comes_back_exactly_and_what_came_later_is_gone(house):
    archive = backed_up(house)
    stamp = house.do("SELECT * FROM installation_installation")
    house.do("DELETE FROM proof WHERE id = 1")
    house.do("UPDATE proof SET words = 'changed'")
    house.do("CREATE TABLE later (id integer)")
    uploads = house.folder / "var" / "files"
    (uploads / "ab" / "one").unlink()
    (uploads / "ab" / "later").write_bytes(b"later")

    result = house.praya("restore", archive, "--replace")
    assert result.returncode == 0, result.stderr
    assert rows(house) == ROWS
    assert house.do("SELECT * FROM installation_installation") == stamp
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedTable)):
        house.do("SELECT * FROM later")
    assert {path.name: path.read_bytes() for path in (uploads / "ab").iterdir()} == {"one": bytes(range(256))}

    # And once more, from the restored: a backup of it is as good as the first.
    again = backed_up(house, "again.tar")
    house.do("DELETE FROM proof")
    assert house.praya("restore", again, "--replace").returncode == 0
    assert rows(house) == ROWS
    assert house.praya("doctor", "--json").returncode == 0


def test_it_says_that_the_keys_are_not_in_it_and_they_are_not(house):
    result = house.praya("backup", "backup.tar")
    assert "master keys are NOT in it" in result.stdout
    secret = json.loads((house.folder / "keys.json").read_text())["keys"]["k1"].encode()
    assert secret not in (house.folder / "backup.tar").read_bytes()
    with tarfile.open(house.folder / "backup.tar") as tar:
        assert tar.getnames()[0] == "manifest.json"
        manifest = json.load(tar.extractfile("manifest.json"))
    assert manifest["keys"] == ["k1"]
    assert manifest["database"] == house.kind
    assert not (house.folder / "backup.tar").stat().st_mode & 0o077


def test_data_that_is_there_is_replaced_only_when_that_is_said(house):
    archive = backed_up(house)
    house.do("DELETE FROM proof WHERE id = 3")
    result = house.praya("restore", archive)
    assert result.returncode == 1
    assert "--replace" in result.stderr
    assert rows(house) == ROWS[:2]


def damaged(archive, how):
    whole = archive.read_bytes()
    if how == "a flipped byte":
        place = whole.index(b"O'Brien") if b"O'Brien" in whole else len(whole) // 2
        return whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    if how == "a cut tail":
        return whole[: len(whole) // 2]
    return b"not a tar file"


def test_a_damaged_archive_changes_nothing(house):
    archive = backed_up(house)
    whole = archive.read_bytes()
    house.do("UPDATE proof SET words = 'as it was'")
    for how in ("a flipped byte", "a cut tail", "something else"):
        archive.write_bytes(whole)
        archive.write_bytes(damaged(archive, how))
        result = house.praya("restore", archive, "--replace")
        assert result.returncode == 1, how
        assert "Nothing was changed" in result.stderr, how
        assert "Traceback" not in result.stderr, how
        assert [words for _, words in rows(house)] == ["as it was"] * 3, how


def rewritten(archive, change, renamed=None):
    """The archive with a changed manifest, and one part under another name."""
    with tarfile.open(archive) as tar:
        parts = [(entry, tar.extractfile(entry).read()) for entry in tar.getmembers()]
    manifest = json.loads(parts[0][1])
    change(manifest)
    text = json.dumps(manifest).encode()
    parts[0][0].size = len(text)
    parts[0] = (parts[0][0], text)
    with tarfile.open(archive, "w") as tar:
        for entry, content in parts:
            entry.name = (renamed or {}).get(entry.name, entry.name)
            tar.addfile(entry, io.BytesIO(content))


CHANGES = [
    (lambda m: m.update(mode="demo"), "of a demo installation"),
    (lambda m: m.update(keys=["k1", "k9"]), "needs the master keys k9"),
    (lambda m: m["migrations"].append("installation.9999_future"), "newer Praya"),
    (lambda m: m.update(database="oracle"), "of oracle"),
    (lambda m: m.update(format=9), "format 9"),
    (lambda m: m["parts"].pop(), "damaged at"),
    (lambda m: m["parts"].append({"name": "files/none", "size": 1, "sha256": "0"}), "cut short"),
]


def test_an_archive_that_does_not_belong_here_is_refused(ready):
    house = SqliteHouse(ready.folder, ready.environment)
    archive = backed_up(house)
    whole = archive.read_bytes()
    for change, words in CHANGES:
        archive.write_bytes(whole)
        rewritten(archive, change)
        result = house.praya("restore", archive, "--replace")
        assert result.returncode == 1, words
        assert words in result.stderr


def test_an_archive_cannot_leave_its_folder(ready):
    house = SqliteHouse(ready.folder, ready.environment)
    (house.folder / "var" / "files").mkdir()
    (house.folder / "var" / "files" / "one").write_bytes(b"1")
    archive = backed_up(house)

    def leave(manifest):
        manifest["parts"][-1]["name"] = "files/../../escaped"

    rewritten(archive, leave, {"files/one": "files/../../escaped"})
    result = house.praya("restore", archive, "--replace")
    assert result.returncode == 1
    assert "leave its folder" in result.stderr
    assert not (house.folder / "escaped").exists()


def test_without_the_right_keys_nothing_is_restored(ready):
    house = SqliteHouse(ready.folder, ready.environment)
    archive = backed_up(house)
    (house.folder / "keys.json").write_text(keys.new_master_keys("k2"))
    result = house.praya("restore", archive, "--replace")
    assert result.returncode == 1
    assert "needs the master keys k1" in result.stderr


def test_restore_waits_for_web_and_worker_to_be_stopped(ready):
    house = SqliteHouse(ready.folder, ready.environment)
    archive = backed_up(house)
    port = free_port()
    with house.running("serve", "--port", port) as process:
        wait_for(lambda: get(f"http://127.0.0.1:{port}/readyz")[0] == 200)
        result = house.praya("restore", archive, "--replace")
        assert result.returncode == 1
        assert "Stop it first" in result.stderr
        process.terminate()
        process.wait(20)
    assert house.praya("restore", archive, "--replace").returncode == 0


@pytest.mark.postgresql
def test_restore_refuses_while_another_machine_is_connected(production, migrated_postgresql_url):
    production.environment["DATABASE_URL"] = migrated_postgresql_url
    house = PostgresqlHouse(production.folder, production.environment)
    archive = backed_up(house)
    with psycopg.connect(migrated_postgresql_url):
        result = house.praya("restore", archive, "--replace")
    assert result.returncode == 1
    assert "others are connected" in result.stderr


@pytest.mark.postgresql
def test_a_restore_that_was_cut_short_is_put_back_by_the_next(production, migrated_postgresql_url):
    production.environment["DATABASE_URL"] = migrated_postgresql_url
    house = PostgresqlHouse(production.folder, production.environment)
    house.do("CREATE TABLE proof (id integer PRIMARY KEY, words text NOT NULL)")
    archive = backed_up(house)
    house.do("ALTER SCHEMA public RENAME TO praya_before_restore")
    house.do("CREATE SCHEMA public")
    house.do("CREATE TABLE half (id integer)")
    result = house.praya("restore", archive, "--replace")
    assert result.returncode == 0, result.stderr
    assert rows(house) == []
    assert house.do("SELECT count(*) FROM pg_namespace WHERE nspname = 'praya_before_restore'") == [(0,)]


def test_a_backup_while_others_write_is_of_one_moment(house):
    """Each transaction moves one from one row to another; the sum is the same at every moment."""
    house.do("CREATE TABLE purse (id integer PRIMARY KEY, coins integer NOT NULL)")
    house.do("INSERT INTO purse VALUES (1, 1000000), (2, 0)")
    stopped, moved = threading.Event(), []

    def move():
        while not stopped.is_set():
            house.do(
                "UPDATE purse SET coins = CASE id WHEN 1 THEN coins - 1 ELSE coins + 1 END",
            )
            moved.append(1)

    thread = threading.Thread(target=move)
    thread.start()
    try:
        archive = backed_up(house)
    finally:
        stopped.set()
        thread.join()
    assert moved
    assert house.praya("restore", archive, "--replace").returncode == 0
    [(first,), (second,)] = house.do("SELECT coins FROM purse ORDER BY id")
    assert first + second == 1000000
    assert 0 < second <= len(moved)


def test_an_existing_file_is_not_written_over(ready):
    house = SqliteHouse(ready.folder, ready.environment)
    (house.folder / "backup.tar").write_text("mine")
    result = house.praya("backup", "backup.tar")
    assert result.returncode == 1
    assert "exists already" in result.stderr
    assert (house.folder / "backup.tar").read_text() == "mine"
