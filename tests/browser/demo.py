"""A separate demonstration for browser tests: a real web server, a real worker, and a temporary folder."""

import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Demo:
    url: str
    data: Path
    process: "subprocess.Popen[str]"

    def run(self, script: str) -> str:
        """Run a script in the demonstration's own settings, as another process."""
        done = subprocess.run([sys.executable, "-c", script], env=environment(self.data, self.url), cwd=ROOT, text=True,
                              capture_output=True, timeout=120, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


def environment(data: Path, url: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PRAYA_", "DATABASE_URL", "DJANGO_"))}
    paths = [str(ROOT / "src"), str(ROOT)]
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(paths),
        "PRAYA_MODE": "demo",
        "PRAYA_DATA_DIR": str(data),
        "PRAYA_BASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "praya.project.settings",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path) -> Demo:
    port = free_port()
    url = f"http://localhost:{port}"  # browsers make no passkey for an address that is a number
    log = data.parent / "demo.log"
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "praya.project.cli", "demo", "--data", str(data), "--port", str(port)],
            env=environment(data, url), cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    ends = time.monotonic() + 120
    while time.monotonic() < ends and process.poll() is None:
        if re.search(r"^Ready after", log.read_text("utf-8"), re.MULTILINE):
            return Demo(url, data, process)
        time.sleep(0.2)
    process.kill()
    raise AssertionError(log.read_text("utf-8")[-3000:])


def stop(demo: Demo) -> None:
    demo.process.terminate()
    demo.process.wait(timeout=40)
