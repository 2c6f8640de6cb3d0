"""What is backed up comes back, exactly, or nothing is touched."""

import base64
import io
import json
import shutil
import sqlite3
import tarfile
import threading
from contextlib import closing

import psycopg
import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests import commands
from tests.ops.conftest import Operator, free_port, get, wait_for

from praya.project import archives, keys

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


def failing(house):
    """What doctor says that cannot stay so."""
    return [one["check"] for one in json.loads(house.praya("doctor", "--json").stdout) if one["state"] == "fail"]


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
    assert failing(house) == ["virus scanner"]


def test_it_says_that_the_keys_are_not_in_it_and_they_are_not(house):
    result = house.praya("backup", "backup.tar")
    assert "master keys are NOT in it" in result.stdout
    secret = json.loads((house.folder / "keys.json").read_text())["keys"]["k1"].encode()
    with tarfile.open(fileobj=io.BytesIO(opened(house, house.folder / "backup.tar"))) as tar:
        contents = {entry.name: tar.extractfile(entry).read() for entry in tar}
    assert next(iter(contents)) == "about.json"
    assert not any(secret in content for content in contents.values())
    about = json.loads(contents["about.json"])
    assert [*about["keys"]] == ["k1"]
    assert about["database"] == house.kind
    assert not (house.folder / "backup.tar").stat().st_mode & 0o077


def opened(house, archive):
    """What is inside the encryption."""
    [key] = keys.backup_keys(house.folder / "keys.json")
    return pyrage.decrypt(archive.read_bytes(), [archives.own_identity(key.opening)])


def test_nothing_that_is_in_an_archive_can_be_read_in_it(house):
    raw = backed_up(house).read_bytes()
    assert raw.startswith(b"age-encryption.org/v1\n")
    for word in (b"O'Brien", b"manifest", b"files/ab", bytes(range(256)), b"CREATE TABLE"):
        assert word not in raw


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


def rewritten(house, archive, change, renamed=None, key=None):
    """The archive with other words about it and other parts, signed anew with the installation's key or another."""
    with tarfile.open(fileobj=io.BytesIO(opened(house, archive))) as tar:
        parts = {entry.name: tar.extractfile(entry).read() for entry in tar}
    manifest = json.loads(parts.pop("manifest.json"))
    old = parts.pop("signature.json")
    change(manifest)
    [own] = keys.backup_keys(house.folder / "keys.json")
    signing = key or own.signing
    parts["about.json"] = json.dumps(manifest["about"]).encode()
    text = parts["manifest.json"] = json.dumps(manifest).encode()
    said = {"key": archives.public_name(signing.public_key())}
    said["signature"] = base64.b64encode(signing.sign(archives.SIGNED + text)).decode()
    parts["signature.json"] = old if key == "none" else json.dumps(said).encode()
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for name, content in parts.items():
            entry = tarfile.TarInfo((renamed or {}).get(name, name))
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    archive.write_bytes(pyrage.encrypt(whole.getvalue(), [archives.own_recipient(own.opening)]))


CHANGES = [
    (lambda m: m["about"].update(mode="demo"), "of a demo installation"),
    (lambda m: m["about"].update(keys={**m["about"]["keys"], "k9": "00"}), "needs the master keys k9"),
    (lambda m: m["about"].update(keys={"k1": "00"}), "needs the master keys k1"),
    (lambda m: m["about"]["migrations"].append("installation.9999_future"), "newer Praya"),
    (lambda m: m["about"].update(database="oracle"), "of oracle"),
    (lambda m: m["about"].update(format=9), "format 9"),
    (lambda m: m["parts"].pop(), "damaged at"),
    (lambda m: m["parts"].append({"name": "files/none", "size": 1, "sha256": "0"}), "damaged at"),
    (lambda m: m["parts"][0].update(sha256="0" * 64), "damaged at"),
]


def test_an_archive_that_does_not_belong_here_is_refused(ready):
    house = SqliteHouse(ready.folder, ready.environment)
    archive = backed_up(house)
    whole = archive.read_bytes()
    for change, words in CHANGES:
        archive.write_bytes(whole)
        rewritten(house, archive, change)
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

    rewritten(house, archive, leave, {"files/one": "files/../../escaped"})
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
    assert "encrypted to other keys" in result.stderr


def test_an_archive_that_was_changed_is_refused_whoever_could_encrypt_it(ready):
    house = SqliteHouse(ready.folder, ready.environment)
    archive = backed_up(house)
    with tarfile.open(fileobj=io.BytesIO(opened(house, archive))) as tar:
        parts = {entry.name: tar.extractfile(entry).read() for entry in tar}
    parts["manifest.json"] = parts["manifest.json"].replace(b'"vanished":0', b'"vanished":1')
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    [own] = keys.backup_keys(house.folder / "keys.json")
    archive.write_bytes(pyrage.encrypt(whole.getvalue(), [archives.own_recipient(own.opening)]))
    result = house.praya("restore", archive, "--replace")
    assert result.returncode == 1
    assert "signature is wrong" in result.stderr


def test_an_archive_that_another_signed_is_taken_only_when_that_is_said(ready):
    house = SqliteHouse(ready.folder, ready.environment)
    archive = backed_up(house)
    stranger = Ed25519PrivateKey.generate()
    rewritten(house, archive, lambda _: None, key=stranger)
    result = house.praya("restore", archive, "--replace")
    assert result.returncode == 1
    name = archives.public_name(stranger.public_key())
    assert f"--trust {name}" in result.stderr
    other = archives.public_name(Ed25519PrivateKey.generate().public_key())
    assert house.praya("restore", archive, "--replace", "--trust", other).returncode == 1
    assert house.praya("restore", archive, "--replace", "--trust", name).returncode == 0


def test_an_archive_for_recipients_opens_with_their_key_only(ready):
    house = SqliteHouse(ready.folder, ready.environment)
    vault, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    house.environment["PRAYA_BACKUP_RECIPIENTS"] = str(vault.to_public())
    archive = backed_up(house)
    (house.folder / "right").write_text(f"# kept in the safe\n{vault}\n")
    (house.folder / "wrong").write_text(str(other))
    assert "other keys" in house.praya("restore", archive, "--replace").stderr
    assert "other keys" in house.praya("restore", archive, "--replace", "--identity", "wrong").stderr
    assert house.praya("restore", archive, "--replace", "--identity", "right").returncode == 0
    result = house.praya("backup", "next.tar", PRAYA_BACKUP_RECIPIENTS="age1nonsense")
    assert (result.returncode, "no recipient" in result.stderr) == (1, True)


def test_a_new_machine_needs_the_archive_and_the_key_file_only(house, tmp_path, request):
    archive = backed_up(house)
    folder = tmp_path / "new"
    folder.mkdir()
    shutil.copy(house.folder / "keys.json", folder / "keys.json")
    environment = house.environment | {"PRAYA_KEYS": str(folder / "keys.json"), "PRAYA_SECRET_KEY": "n" * 60}
    if house.kind == "postgresql":
        environment["DATABASE_URL"] = request.getfixturevalue("postgresql_url")
    new = type(house)(folder, environment)
    result = new.praya("restore", archive)
    assert result.returncode == 0, result.stderr
    assert "erased.log is not here" in result.stdout
    assert rows(new) == ROWS
    assert (folder / "var" / "files" / "ab" / "one").read_bytes() == bytes(range(256))
    assert failing(new) == ["virus scanner"]


def backup_while_an_upload_vanishes():
    """`praya backup`, and somebody takes a file away when it has been listed."""
    from praya.project import archives, cli

    write = archives.write

    def late(target, about, sources, **options):
        listed = list(sources)
        next(path for _, path in listed if path.name == "gone").unlink()
        return write(target, about, listed, **options)

    archives.write = late
    return cli.main()


def test_an_upload_that_vanishes_meanwhile_is_left_out_and_counted(ready):
    house = SqliteHouse(ready.folder, ready.environment)
    uploads = house.folder / "var" / "files" / "ab"
    uploads.mkdir(parents=True)
    (uploads / "one").write_bytes(b"1")
    (uploads / "two.part").write_bytes(b"half")
    (uploads / "gone").write_bytes(b"2")
    result = commands.run(f"{__name__}:backup_while_an_upload_vanishes", ["backup", "backup.tar"], cwd=house.folder,
                          settings=house.environment, timeout=60)  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "1 uploads were removed" in result.stdout
    with tarfile.open(fileobj=io.BytesIO(opened(house, house.folder / "backup.tar"))) as tar:
        assert [name for name in tar.getnames() if name.startswith("files/")] == ["files/ab/one"]


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
def test_what_an_earlier_version_left_is_never_guessed_at(production, migrated_postgresql_url):
    production.environment["DATABASE_URL"] = migrated_postgresql_url
    house = PostgresqlHouse(production.folder, production.environment)
    house.do("CREATE TABLE proof (id integer PRIMARY KEY, words text NOT NULL)")
    archive = backed_up(house)
    house.do("ALTER SCHEMA public RENAME TO praya_before_restore")
    house.do("CREATE SCHEMA public")
    house.do("CREATE TABLE half (id integer)")
    for command in (
        ["restore", archive, "--replace"],
        ["migrate"],
        ["backup", "again.tar"],
        ["officers", "list"],
        ["serve"],
    ):
        result = house.praya(*command)
        assert result.returncode == 1, command
        assert "schema praya_before_restore" in result.stderr, command
    assert house.do("SELECT count(*) FROM half") == [(0,)]
    assert house.do("SELECT count(*) FROM praya_before_restore.proof") == [(0,)]


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
