"""Metrics of several processes in shared files that are safe on a full disk.

prometheus_client maps sparse files into memory. On a full disk a write into such a hole ends the process (SIGBUS). Here
the space is allocated before it is used. Where there is none, the process counts in memory of its own, and /metrics
lacks its figures.
"""

import mmap
import os
from typing import Any

from prometheus_client import mmap_dict, values

FIRST_BYTES = 1 << 18
"""Enough for a thousand numbers; a file that grows beyond takes its room first, too."""


class TakenBeforehand(mmap_dict.MmapedDict):
    """prometheus_client's mapped file, in space that is allocated beforehand."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        """Map the file, or anonymous memory when the disk has no room for it."""
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
