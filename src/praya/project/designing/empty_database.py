"""An SQLite database without rows, with every migration applied: made once for a state of the code, then copied.

Sixty migrations take seconds, and a rehearsal or a preview begins with an empty database each time. The copy lies in
the person's cache (`XDG_CACHE_HOME`, else `~/.cache`) under a name that changes with any migration.
"""

import hashlib
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection

KEPT_SECONDS = 30 * 86400


def prepare() -> None:
    """Give the new SQLite database of this process its tables, from the cache or by migrating it."""
    kept = _kept()
    if kept is not None and kept.exists():
        connection.ensure_connection()
        # Only to be read: where another process has just removed it, nothing is put in its place.
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"{kept.as_uri()}?mode=ro", uri=True)) as copy:
            copy.backup(connection.connection)
            return
    call_command("migrate", verbosity=0, interactive=False)
    if kept is not None:
        # Without room or permission the next one migrates again.
        with suppress(OSError):
            _keep(kept)


def _keep(kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=kept.parent) as folder:
        copy = Path(folder) / kept.name
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(copy)])
        copy.replace(kept)
    for old in kept.parent.glob("empty-*.sqlite3"):
        # Another checkout may use it; what nobody has made for weeks is of older code.
        if time() - old.stat().st_mtime > KEPT_SECONDS:
            old.unlink(missing_ok=True)


def _kept() -> Path | None:
    """Where the copy lies; None where there is no home for it."""
    digest = hashlib.sha256(django.__version__.encode())
    for app in apps.get_app_configs():
        for file in sorted((Path(app.path) / "migrations").glob("[!_]*.py")):
            digest.update(f"{app.label}.{file.stem}\n".encode())
            digest.update(file.read_bytes())
    with suppress(RuntimeError):
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cache / "praya" / f"empty-{digest.hexdigest()[:16]}.sqlite3"
    return None
