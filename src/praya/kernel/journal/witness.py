"""Checkpoints kept outside the database, in a file that only grows: signed notes, each ended by a form feed.

The file reveals that newest entries were deleted from the tables. A power cut may leave the last note incomplete; the
next note then begins after a form feed of its own, so that only the incomplete note is lost.
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
    """The path of the file."""
    return Path(settings.PRAYA.data_dir) / NAME


def keep(note: str) -> None:
    """Append a note in one write; it is on disk when this returns."""
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
    """Size and root of the largest checkpoint at the end of the file that this key signed; None when there is none."""
    try:
        with path().open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            tail = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    verified = []
    for note in notes.split(tail)[0]:
        try:
            verified.append(notes.verified(note, public))
        except ValueError:
            # Incomplete, or signed by the key of an earlier installation.
            continue
    return max(verified, default=None)


def set_aside() -> Path:
    """Rename the file so that the next note starts a new one; return the path of the old file."""
    file = path()
    number = 1
    while (aside := file.with_name(f"{NAME}.{number}")).exists():
        number += 1
    return file.rename(aside)
