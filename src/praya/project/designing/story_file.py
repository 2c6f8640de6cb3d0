"""The file in which a preview records what was done in it, for `praya play --record`."""

import hashlib
import os
import tempfile
from pathlib import Path

from praya.project.refusal import Refused


def path_of(service_file: Path) -> Path:
    """The file of the story, in a folder that only this user opens. Raises Refused when it is somebody else's."""
    folder = Path(tempfile.gettempdir()) / f"praya-told-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    if folder.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise Refused(f"{folder} is not a folder of yours alone. Remove it first.")
    name = hashlib.sha256(str(service_file.resolve()).encode()).hexdigest()[:24]
    return folder / f"{name}.json"
