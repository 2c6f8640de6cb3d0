"""Where the bytes of uploads are kept, and who looks at them before anybody opens them."""

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
    """Keeps sealed bytes by reference."""

    def write(self, ref: str, data: bytes) -> None:
        """Keep `data`, durable when this returns."""

    def read(self, ref: str) -> bytes:
        """The bytes. Raises FileNotFoundError."""

    def remove(self, ref: str) -> None:
        """Forget the bytes, if they are there."""


class Folder:
    """A folder of the data directory, two levels deep."""

    def __init__(self, root: Path) -> None:
        """Keep files under `root`."""
        self.root = root

    def _path(self, ref: str) -> Path:
        return self.root / ref[:2] / ref

    def write(self, ref: str, data: bytes) -> None:
        """Write to a draft beside the place and rename: no half file is ever seen."""
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
        """Forget the bytes."""
        self._path(ref).unlink(missing_ok=True)


class Scanner(Protocol):
    """Looks at a file. Answers `clean`, `infected` or `unreadable`; raises OSError when it cannot look now."""

    def look(self, kind: str, data: bytes) -> str:
        """`clean`, `infected` or `unreadable`."""


class StructureScanner:
    """Finds what would run when opened: scripts in a PDF, macros in a document. No virus signatures."""

    def look(self, kind: str, data: bytes) -> str:
        """`infected` for a file with active content, `unreadable` for one that cannot be taken apart."""
        verdict = structure.examine(kind, data)
        return {"clean": "clean", "active": "infected"}.get(verdict, "unreadable")


CLAMD_SECONDS = 30.0
"""The longest that one file may take."""
LONGEST_ANSWER = 4096


class NoScanner(OSError):
    """The virus scanner cannot look now, at this file or at any other."""


class Clamd:
    """ClamAV's daemon over its INSTREAM command, after the look at the structure."""

    def __init__(self, address: str) -> None:
        """Speak to `host:port`, or `[address]:port`. Raises NoScanner when it is neither."""
        try:
            parts = urlsplit(f"//{address}")
            self.address = (parts.hostname or "", parts.port or 3310)
        except ValueError:
            raise NoScanner("PRAYA_CLAMD must be host:port") from None

    def look(self, kind: str, data: bytes) -> str:
        """What the daemon says of the bytes."""
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
        raise NoScanner("the virus scanner did not look")


def _whole_answer(line: socket.socket, until: float) -> bytes:
    """What the daemon says, up to the NUL that ends it: the beginning of an answer may say the opposite."""
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
