"""The empty database of rehearsals is that of the migrations, is made once, and is made anew when it cannot be kept."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests import commands

ROOT = Path(__file__).parents[2]


def schema(database: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()


def checked(cache: Path, tmp_path: Path) -> str:
    story = ROOT / "packs/cookbook/services/resident-parking"
    found = commands.praya("play", story, cwd=tmp_path, XDG_CACHE_HOME=str(cache))
    assert found.returncode == 0, found.stderr
    return str(found.stdout)


def test_it_is_made_once_and_is_that_of_the_migrations(tmp_path: Path) -> None:
    first = checked(tmp_path / "cache", tmp_path)
    (kept,) = (tmp_path / "cache" / "praya").glob("*")
    made_at = kept.stat().st_mtime_ns
    assert checked(tmp_path / "cache", tmp_path).splitlines()[:-1] == first.splitlines()[:-1]
    assert kept.stat().st_mtime_ns == made_at
    made = commands.praya("migrate", cwd=tmp_path, PRAYA_MODE="demo", PRAYA_DATA_DIR=str(tmp_path / "var"))
    assert made.returncode == 0, made.stderr
    assert schema(kept) == schema(tmp_path / "var" / "praya.sqlite3")
    with closing(sqlite3.connect(kept)) as connection:
        (people,) = connection.execute("SELECT count(*) FROM identity_person").fetchone()
        (stamps,) = connection.execute("SELECT count(*) FROM installation_installation").fetchone()
    assert (people, stamps) == (0, 0)


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(tmp_path: Path) -> None:
    checked(Path("/proc/none"), tmp_path)


def test_a_copy_that_is_no_database_is_made_anew_by_migrating(tmp_path: Path) -> None:
    checked(tmp_path / "cache", tmp_path)
    (kept,) = (tmp_path / "cache" / "praya").glob("*")
    kept.write_bytes(b"cut short")
    checked(tmp_path / "cache", tmp_path)
    assert schema(kept)
