"""A separate preview for tests: the real command, on a service in a temporary folder."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.demo import ROOT, free_port


@dataclass
class Preview:
    url: str
    folder: Path
    log: Path

    @property
    def file(self) -> Path:
        return self.folder / "service.yaml"

    def save(self, old: str, new: str) -> None:
        """Change the file as an editor does: another file in its place."""
        text = self.file.read_text("utf-8")
        assert old in text
        draft = self.file.with_suffix(".tmp")
        draft.write_text(text.replace(old, new, 1), "utf-8")
        draft.replace(self.file)


def environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PRAYA_", "DATABASE_URL", "DJANGO_"))}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(folder)}


def praya(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """One command of praya, with its temporary files in `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "praya.project.cli", *words], env=environment(folder), cwd=ROOT, text=True,
        capture_output=True, timeout=180, check=False,
    )  # fmt: skip


@contextmanager
def running(folder: Path) -> Iterator[Preview]:
    """A preview of a new service in `folder`, which lies in no pack."""
    made = praya(folder, "new-service", "dog-boarding", "--into", str(folder), "--title", "Dog boarding",
                 "--title-zh", "寄養狗隻")  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    port, log = free_port(), folder / "preview.log"
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "praya.project.cli", "preview", str(folder / "dog-boarding"), "--port", str(port)],
            env=environment(folder), cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    try:
        ends = time.monotonic() + 120
        while not re.search("is shown at", log.read_text("utf-8")):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < ends, log.read_text("utf-8")
            time.sleep(0.1)
        yield Preview(f"http://127.0.0.1:{port}", folder / "dog-boarding", log)
    finally:
        process.terminate()
        process.wait(20)
    assert process.returncode == 0, log.read_text("utf-8")
    assert "Traceback" not in log.read_text("utf-8")
    assert not list(folder.glob("praya-preview-*")), "the temporary folder stayed"
