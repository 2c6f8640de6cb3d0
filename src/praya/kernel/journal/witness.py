"""Checkpoints outside the database: a file that only grows, one signed note after another, each behind a form feed.

A tail that was cut from the tables is seen against it. A power cut may tear the last note; the next one begins behind a
form feed of its own, so that a torn note is only itself.
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from praya.kernel.journal import notes

NAME = "checkpoints.log"
_END = b"\f\n"
_TAIL_BYTES = 4096


def path() -> Path:
    """Where the file is."""
    return Path(settings.PRAYA.data_dir) / NAME


def keep(note: str) -> None:
    """Append a note, in one write, durable when this returns."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(handle).st_size
        whole = size == 0 or os.pread(handle, len(_END), size - len(_END)) == _END
        os.write(handle, (b"" if whole else b"\n" + _END) + note.encode() + _END)
        os.fsync(handle)
    finally:
        os.close(handle)


def newest(public: Ed25519PublicKey) -> tuple[int, bytes] | None:
    """Size and root of the largest checkpoint among the last that were kept, if one of this key is there."""
    try:
        with path().open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            tail = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    found = []
    for note in notes.split(tail)[0]:
        try:
            found.append(notes.verified(note, public))
        except ValueError:
            # Torn, or signed by the key of an installation that was here before.
            continue
    return max(found, default=None)


def set_aside() -> Path:
    """Begin a new file, and keep the old one beside it; answers where it is now."""
    file = path()
    number = 1
    while (aside := file.with_name(f"{NAME}.{number}")).exists():
        number += 1
    return file.rename(aside)
