"""Processes on one machine: locks on a data folder, shared metrics, and free ports."""

import atexit
import errno
import fcntl
import hashlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import IO

from praya.project.refusal import Refused

LOCK = "running.lock"
LAST_SECONDS = 10
"""What a process has left to finish what is in hand, once the one that started it is gone."""
IN_MEMORY = Path("/dev/shm")  # noqa: S108 (how a folder there is made safe is below)
METRICS_SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client reads this name once, when it is imported."""


def _open_lock(data_dir: Path) -> IO[bytes]:
    data_dir.mkdir(parents=True, exist_ok=True)
    return (data_dir / LOCK).open("ab")


@contextmanager
def together(data_dir: Path) -> Iterator[None]:
    """Hold the shared lock of a data folder.

    Raises Refused while another process holds it alone.
    """
    yield from _hold(data_dir, fcntl.LOCK_SH, f"{data_dir} is being restored or emptied. Try again when that is done.")


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Hold the lock of a data folder alone.

    Raises Refused while web or worker run on it.
    """
    yield from _hold(data_dir, fcntl.LOCK_EX, f"Praya is running on {data_dir}{{who}}. Stop it first.")


def _hold(data_dir: Path, kind: int, refusal: str) -> Iterator[None]:
    with _open_lock(data_dir) as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(refusal.replace("{who}", _holders(data_dir / LOCK))) from None
        yield


def _holders(lock: Path) -> str:
    """The processes that hold a lock, each with its command, in which its port stands; empty where nothing tells."""
    inode, found = lock.stat().st_ino, []
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/locks").read_text("ascii").splitlines():
            words = line.split()
            if words[1] == "FLOCK" and int(words[5].rpartition(":")[2]) == inode and words[4].isdigit():
                command = Path(f"/proc/{words[4]}/cmdline").read_text("utf-8", "replace").split("\0")
                found.append(f"process {words[4]}: {' '.join(command).strip()}")
    return f" ({'; '.join(found)})" if found else ""


def count_together(data_dir: Path) -> None:
    """Share metrics between the processes that run on a data folder, and delete the files of ended ones.

    Call it before anything imports prometheus_client, which decides at its import how it counts. Where nothing can be
    written, each process counts by itself.
    """
    try:
        folder = _metrics_folder(data_dir)
        _clear(folder)
    except OSError:
        return
    if folder.parent == IN_MEMORY:
        _clear_others(folder)
    os.environ[METRICS_SHARED] = str(folder)
    import_module("praya.project.counting")
    atexit.register(_clear, folder, leaving=os.getpid())


def _clear(folder: Path, *, leaving: int | None = None) -> None:
    """Remove the metrics of dead processes and of the one that is `leaving`, and the folder when it is empty."""
    for file in folder.glob("*.db"):
        number = file.stem.rpartition("_")[2]
        if not (number.isdigit() and int(number) != leaving and _lives(int(number))):
            file.unlink(missing_ok=True)
    if leaving is not None:
        with suppress(OSError):
            folder.rmdir()


def _metrics_folder(data_dir: Path) -> Path:
    """A folder in memory if this machine has one, because no upload can fill it; else one in the data folder."""
    name = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
    folder = IN_MEMORY / f"praya-{os.getuid()}-{name}"
    with suppress(OSError):
        for _ in range(3):
            folder.mkdir(mode=0o700, exist_ok=True)
            number = _opened(folder)
            if number is None:
                break
            # A live process holds this lock. The next process to start removes folders that nobody holds, even after
            # kill -9.
            fcntl.flock(number, fcntl.LOCK_SH)
            if os.fstat(number).st_nlink:  # it was not removed just before
                _held.append(number)
                return folder
            os.close(number)
    folder = data_dir / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


_held: list[int] = []
"""The folders in memory that this process counts in, as long as it lives."""


def _opened(folder: Path) -> int | None:
    """Open a folder in memory, if it is ours alone: anybody may create names there, such as symbolic links."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    status = os.fstat(number)
    if status.st_uid == os.getuid() and not status.st_mode & 0o077:
        return number
    os.close(number)
    return None


def _clear_others(own: Path) -> None:
    """Remove the folders that other installations of ours left in memory when they were killed."""
    for folder in IN_MEMORY.glob(f"praya-{os.getuid()}-*"):
        with suppress(OSError):
            number = None if folder == own else _opened(folder)
            if number is None:
                continue
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _clear(folder, leaving=os.getpid())
            finally:
                os.close(number)


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def refuse_taken_port(host: str, port: int, *, command: str) -> None:
    """Insist that a port is free.

    Raises Refused with the port and the option that chooses another.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise Refused(
                    f"Port {port} is in use by another program. Stop that program, "
                    f"or choose another port: {command} --port {port + 1}"
                ) from None
            raise Refused(f"Cannot listen on {host} port {port}: {problem.strerror}.") from None


def stop_with_parent(parent: int | None) -> None:
    """End this process in order when its parent has ended, even by kill -9."""
    if parent is None:
        return

    def watch() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(1)
        os.kill(os.getpid(), signal.SIGTERM)
        pause.wait(LAST_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent").start()
