"""A time limit for one attempt to send: the connection is ended from another thread when it is over."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

of_thread = threading.local()
"""The watch of this thread's attempt (`watch`), and its connection to the mail server (`line`)."""


class Watch:
    """Holds the connection of an attempt, so that another thread can end it."""

    line: Any = None

    def end(self) -> None:
        """Shut the socket down, which wakes the waiting thread. Its TLS layer belongs to that thread alone."""
        sock = getattr(self.line, "sock", self.line)
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


@contextmanager
def watched(longest: timedelta) -> Iterator[Watch]:
    """End the connection after `longest`. A socket timeout is not enough: it starts again with each byte received."""
    watch = of_thread.watch = Watch()
    timer = threading.Timer(longest.total_seconds(), watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
