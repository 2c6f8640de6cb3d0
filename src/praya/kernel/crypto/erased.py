"""Whose keys were forgotten, kept outside the database: a backup from before would bring them back.

The file `erased.log` in the data folder holds one reference on a line and only grows. A reference names nobody once its
key is gone. Keep a copy of it on another machine, as of `checkpoints.log`.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

FILE = "erased.log"


def path() -> Path:
    """Where the list is."""
    return Path(settings.PRAYA.data_dir) / FILE


def note(subjects: Iterable[str]) -> None:
    """Add subjects to the list; they are on the disk when this returns. Raises OSError."""
    # Each begins a line of its own, also behind one that a power cut left unfinished.
    text = "".join(f"\n{subject}\n" for subject in subjects)
    if not text:
        return
    path().parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def subjects() -> frozenset[str]:
    """Everybody on the list; empty where there is none."""
    try:
        return frozenset(path().read_text("ascii", errors="replace").split())
    except FileNotFoundError:
        return frozenset()
