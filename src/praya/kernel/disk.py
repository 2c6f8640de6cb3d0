"""How much room the disks of an installation have, and how much of it is kept free.

Below the reserve nothing large is taken in any more (uploads), so that what is small and must be written still can be.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

FILES_RESERVE = 1000
"""Some disks run out of files (inodes) before they run out of bytes."""


@dataclass(frozen=True, slots=True)
class Space:
    """The room on the fullest of the installation's disks: bytes free for this user, and bytes that must stay free."""

    free: int
    reserve: int
    files_left: bool = True

    @property
    def low(self) -> bool:
        """Whether the reserve has been reached, so that nothing large may be written."""
        return self.free < self.reserve or not self.files_left

    def holds(self, size: int) -> bool:
        """Whether `size` bytes more still leave the reserve untouched."""
        return self.files_left and self.free - size >= self.reserve


def space() -> Space:
    """The room of this installation now; one system call for each disk."""
    disks = {path: os.statvfs(path) for path in _folders()}
    return Space(
        free=min((disk.f_bavail * disk.f_frsize for disk in disks.values()), default=0),
        reserve=settings.PRAYA.disk_reserve_mb * 1_000_000,
        # A disk that makes files as it needs them says that it has none at all.
        files_left=all(not disk.f_files or disk.f_favail > FILES_RESERVE for disk in disks.values()),
    )


def _folders() -> set[Path]:
    """The data folder, the uploads (which may lie on a disk of their own) and the folder of an SQLite database."""
    found = {settings.PRAYA.data_dir, settings.PRAYA.files_dir}
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        found.add(Path(database["NAME"]).parent)
    return {path for path in found if path.is_dir()}
