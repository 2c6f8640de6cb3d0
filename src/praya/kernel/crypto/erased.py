"""The list of erased subjects, kept outside the database: restoring an older backup would bring their keys back.

The file `erased.log` in the data folder holds one reference on each line and only grows. A reference identifies nobody
once its key is deleted. Keep a copy of the file on another machine, as of `checkpoints.log`.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

FILE = "erased.log"


def path() -> Path:
    """The path of the list."""
    return Path(settings.PRAYA.data_dir) / FILE


def note(subjects: Iterable[str]) -> None:
    """Append subjects to the list; they are on disk when this returns. Raises OSError."""
    # Each begins with a line feed, in case a power cut left the last line unfinished.
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
    """All subjects on the list; empty when there is no file."""
    try:
        return frozenset(path().read_text("ascii", errors="replace").split())
    except FileNotFoundError:
        return frozenset()
