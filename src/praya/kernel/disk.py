"""Free space on the disks of an installation, and the reserve that must stay free.

When the reserve is reached, uploads are refused, so that small and necessary writes remain possible.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

FILES_RESERVE = 1000
"""Some disks run out of files (inodes) before they run out of bytes."""


@dataclass(frozen=True, slots=True)
class Space:
    """The free space on the fullest disk of the installation, and the reserve, in bytes."""

    free: int
    reserve: int
    files_left: bool = True

    @property
    def low(self) -> bool:
        """Whether the reserve is reached, so that no upload may be stored."""
        return self.free < self.reserve or not self.files_left

    def holds(self, size: int) -> bool:
        """Whether the reserve stays free after writing `size` bytes."""
        return self.files_left and self.free - size >= self.reserve


def space() -> Space:
    """The present space of this installation; one system call for each folder."""
    disks = {path: os.statvfs(path) for path in _folders()}
    return Space(
        free=min((disk.f_bavail * disk.f_frsize for disk in disks.values()), default=0),
        reserve=settings.PRAYA.disk_reserve_mb * 1_000_000,
        # A file system that creates inodes dynamically reports 0 for all of them.
        files_left=all(not disk.f_files or disk.f_favail > FILES_RESERVE for disk in disks.values()),
    )


def _folders() -> set[Path]:
    """The data folder, the uploads (which may lie on a disk of their own) and the folder of an SQLite database."""
    folders = {settings.PRAYA.data_dir, settings.PRAYA.files_dir}
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        folders.add(Path(database["NAME"]).parent)
    return {path for path in folders if path.is_dir()}
