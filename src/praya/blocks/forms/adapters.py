"""Where the bytes of uploads are stored, and the virus scanners that examine them."""

import os
import socket
import struct
import time
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings

from praya.blocks.forms import structure


class FileStore(Protocol):
    """Stores encrypted bytes by reference."""

    def write(self, ref: str, data: bytes) -> None:
        """Store `data`; it is on disk when this returns."""

    def read(self, ref: str) -> bytes:
        """The bytes. Raises FileNotFoundError."""

    def remove(self, ref: str) -> None:
        """Delete the bytes, if they exist."""


class Folder:
    """A folder of the data directory, with files in subfolders by the first two characters."""

    def __init__(self, root: Path) -> None:
        """Store files under `root`."""
        self.root = root

    def _path(self, ref: str) -> Path:
        return self.root / ref[:2] / ref

    def write(self, ref: str, data: bytes) -> None:
        """Write to a temporary file and rename it, so that a partly written file is never visible."""
        path = self._path(ref)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)

    def read(self, ref: str) -> bytes:
        """The bytes."""
        return self._path(ref).read_bytes()

    def remove(self, ref: str) -> None:
        """Delete the bytes."""
        self._path(ref).unlink(missing_ok=True)


class Scanner(Protocol):
    """Examines a file: `clean`, `infected` or `unreadable`. Raises OSError when it cannot examine files at present."""

    def look(self, kind: str, data: bytes) -> str:
        """`clean`, `infected` or `unreadable`."""


class StructureScanner:
    """Finds active content, such as scripts in a PDF or macros in a document. It knows no virus signatures."""

    def look(self, kind: str, data: bytes) -> str:
        """`infected` for a file with active content, `unreadable` for one that cannot be parsed."""
        verdict = structure.examine(kind, data)
        return {"clean": "clean", "active": "infected"}.get(verdict, "unreadable")


CLAMD_SECONDS = 30.0
"""The longest time for one file."""
LONGEST_ANSWER = 4096


class NoScanner(OSError):
    """The virus scanner does not work at present, for this file or any other."""


class Clamd:
    """ClamAV's daemon over its INSTREAM command, after the check of the structure."""

    def __init__(self, address: str) -> None:
        """Use the daemon at `host:port` or `[address]:port`. Raises NoScanner when the text is neither."""
        try:
            parts = urlsplit(f"//{address}")
            self.address = (parts.hostname or "", parts.port or 3310)
        except ValueError:
            raise NoScanner("PRAYA_CLAMD must be host:port") from None

    def look(self, kind: str, data: bytes) -> str:
        """The verdict of the daemon. Raises NoScanner."""
        if (verdict := StructureScanner().look(kind, data)) != "clean":
            return verdict
        until = time.monotonic() + CLAMD_SECONDS
        try:
            with socket.create_connection(self.address, timeout=CLAMD_SECONDS) as line:
                line.sendall(b"zINSTREAM\0")
                for start in range(0, len(data), 65536):
                    chunk = data[start : start + 65536]
                    line.settimeout(max(0.1, until - time.monotonic()))
                    line.sendall(struct.pack(">I", len(chunk)) + chunk)
                line.sendall(struct.pack(">I", 0))
                answer = _whole_answer(line, until)
        except OSError:
            raise NoScanner("the virus scanner did not answer") from None
        if answer == b"stream: OK\0":
            return "clean"
        if answer.endswith(b" FOUND\0"):
            return "infected"
        raise NoScanner("the virus scanner did not examine the file")


def _whole_answer(line: socket.socket, until: float) -> bytes:
    """The daemon's complete answer, which NUL ends: a part of an answer could be read as another verdict."""
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER:
        line.settimeout(max(0.1, until - time.monotonic()))
        piece = line.recv(LONGEST_ANSWER)
        if not piece:
            break
        answer += piece
        if time.monotonic() > until:
            raise TimeoutError
    return answer


def file_store() -> FileStore:
    """The store of this installation."""
    return Folder(Path(settings.PRAYA.files_dir))


def scanner() -> Scanner:
    """The scanner of this installation: clamd when it is configured."""
    address = settings.PRAYA.clamd
    return Clamd(address) if address else StructureScanner()
