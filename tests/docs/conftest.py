"""Following a page of the documentation as a reader does: its files are written, its commands typed."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests import commands

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: what stands behind the fence, its text, and its line."""

    kind: str
    text: str
    line: int


def blocks(path: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    text = path.read_text("utf-8")
    for match in FENCE.finditer(text):
        yield Block(match[1].strip(), match[2], text[: match.start()].count("\n") + 1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Reader:
    """Somebody in a folder that looks like a checkout, with a copy of the pack and nothing in the environment."""

    folder: Path
    port: int = field(default_factory=free_port)
    running: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {"PYTHONPATH": str(ROOT / "src"), "PRAYA_PACK": str(self.folder / "packs" / "hongkong")}

    def type(self, line: str) -> "subprocess.CompletedProcess[str]":
        """Type a command; `./dev praya` and `./dev` are the program of this checkout."""
        words = shlex.split(line)
        settings = {}
        while "=" in words[0] and words[0].isupper() is False and re.match(r"^[A-Z_]+=", words[0]):
            name, _, value = words.pop(0).partition("=")
            settings[name] = value
        assert words[0] in {"./dev", "praya"}, line
        words = words[2:] if words[:2] == ["./dev", "praya"] else words[1:]
        command = [sys.executable, "-m", "praya.project.cli", *words]
        if words[0] == "demo":
            return self._demo(command)
        return commands.praya(*words, cwd=self.folder, together=True, **self.environment() | settings)

    def _demo(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        """Start the demonstration and leave it running."""
        out = self.folder / "demo.txt"
        with out.open("wb") as file:
            process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                cwd=self.folder,
                env=self.environment(),
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self.running.append(process)
        until = time.monotonic() + 300
        while "Ctrl-C stops it" not in out.read_text("utf-8") and process.poll() is None and time.monotonic() < until:
            time.sleep(0.2)
        return subprocess.CompletedProcess(command, process.poll() or 0, out.read_text("utf-8"))

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(30)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    shutil.copytree(ROOT / "packs", tmp_path / "packs")
    found = Reader(tmp_path)
    yield found
    found.stop()


def insist(expected: list[str], output: str, where: str) -> None:
    """See that the expected lines come in this order; `...` stands for anything, between lines or within one."""
    lines = [line.rstrip() for line in output.splitlines()]
    at = 0
    for line in expected:
        if line.strip() == "...":
            continue
        pattern = re.compile(".*".join(map(re.escape, line.rstrip().split("..."))))
        found = next((n for n in range(at, len(lines)) if pattern.fullmatch(lines[n])), None)
        assert found is not None, f"{where}: not said: {line}\n--- what was said:\n{output}"
        at = found + 1
