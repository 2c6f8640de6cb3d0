"""Processes on one machine: who runs on a data folder, where they count together, which port is free."""

import errno
import fcntl
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from praya.project.refusal import Refused

LOCK = "running.lock"
LAST_SECONDS = 10
"""What a process has left to finish what is in hand, once the one that started it is gone."""
METRICS_SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client reads this name once, when it is imported."""


def _open_lock(data_dir: Path) -> IO[bytes]:
    data_dir.mkdir(parents=True, exist_ok=True)
    return (data_dir / LOCK).open("ab")


@contextmanager
def together(data_dir: Path) -> Iterator[None]:
    """Run beside other processes on this folder.

    Raises Refused while one needs the folder for itself.
    """
    yield from _hold(data_dir, fcntl.LOCK_SH, f"{data_dir} is being restored or emptied. Try again when that is done.")


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Have the folder to oneself.

    Raises Refused while web or worker run on it.
    """
    yield from _hold(data_dir, fcntl.LOCK_EX, f"Praya is running on {data_dir}. Stop it first.")


def _hold(data_dir: Path, kind: int, refusal: str) -> Iterator[None]:
    with _open_lock(data_dir) as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(refusal) from None
        yield


def count_together(folder: Path) -> None:
    """Let the processes of this machine count into one folder, cleared of what dead processes left.

    Call it before anything imports prometheus_client, which decides once how it counts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        number = file.stem.rpartition("_")[2]
        if not (number.isdigit() and _lives(int(number))):
            file.unlink(missing_ok=True)
    os.environ[METRICS_SHARED] = str(folder)


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def refuse_taken_port(host: str, port: int, *, command: str) -> None:
    """See that a port can be listened on.

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
    """End this process in order when the process that started it is gone, even by kill -9."""
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
