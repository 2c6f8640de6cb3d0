"""How long a preview takes from a save to its being shown, by the watcher's and the loader's real way."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep

from praya.project import config
from praya.project.designing import preview_run, targets


def reload_seconds(folder: Path, *, saves: int = 10) -> list[float]:
    """Seconds from each save of a copy of the service to its edition being shown; for a process of its own."""
    target = targets.one_pack([str(folder)], installed=config.shipped_pack())
    found: list[float] = []
    with tempfile.TemporaryDirectory() as place, preview_run.stage(target.pack, port=8010):
        copy = Path(shutil.copytree(folder, Path(place) / folder.name)) / "service.yaml"
        preview_run.prepare(at=datetime.now(UTC))
        watcher = preview_run.Watcher(copy, target.pack)
        watcher.look()
        for number in range(saves):
            with copy.open("a", encoding="utf-8") as file:
                file.write(f"# save {number}\n")
            began = perf_counter()
            while not watcher.look():
                sleep(preview_run.LOOK_SECONDS)
            # The watcher looks so often: on average half of it passes before it sees the save.
            found.append(perf_counter() - began + preview_run.LOOK_SECONDS / 2)
    return found
