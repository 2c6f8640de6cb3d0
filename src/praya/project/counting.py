"""Counting together without a full disk being able to kill: prometheus_client maps files into memory that are holes.

Whoever writes into a hole of a full disk is ended by the system (SIGBUS). Here the room is taken before it is used;
where there is none, the process counts on in memory of its own, and /metrics lacks what it counts.
"""

import mmap
import os
from typing import Any

from prometheus_client import mmap_dict, values

FIRST_BYTES = 1 << 18
"""Enough for a thousand numbers; a file that grows beyond takes its room first, too."""


class TakenBeforehand(mmap_dict.MmapedDict):
    """As prometheus_client's, on room that is already taken."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        """Map a file, or memory where the file gets no room."""
        if not read_mode:
            filename = _with_room(filename)
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        if self._used + 4 * len(key) + 64 > self._capacity:
            try:
                os.posix_fallocate(self._f.fileno(), 0, 2 * self._capacity)
            except OSError:
                self._go_on_in_memory()
        super()._init_value(key)  # type: ignore[no-untyped-call]

    def _go_on_in_memory(self) -> None:
        memory: Any = os.fdopen(os.memfd_create("metrics"), "r+b")
        memory.write(self._m[:])
        memory.flush()
        self.close()  # type: ignore[no-untyped-call]
        self._f, self._m = memory, mmap.mmap(memory.fileno(), self._capacity)


def _with_room(filename: str) -> str:
    try:
        handle = os.open(filename, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(handle, 0, FIRST_BYTES)
        finally:
            os.close(handle)
    except OSError:
        # The number stays open for as long as the process lives.
        return f"/proc/self/fd/{os.memfd_create('metrics')}"
    return filename


vars(values)["MmapedDict"] = TakenBeforehand
