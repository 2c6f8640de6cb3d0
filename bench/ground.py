"""What every benchmark stands on: a pack made on the spot, an installation in a temporary folder, CPU of processes."""

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

ROOT = Path(__file__).parents[1]
POSTGRESQL = os.environ.get("TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
PEOPLE = 20
"""How many invented people there are."""
TICKS = os.sysconf("SC_CLK_TCK")


def text(en: str, zh: str) -> dict[str, str]:
    """A text in the languages that people write."""
    return {"en": en, "zh-hant": zh}


def service(name: str, reference: str, pages: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A small service around these pages: it is received, and that is its end for these purposes."""
    channels = ["inbox", "email", "sms"] if more.get("contact") else ["inbox", "email"]
    return {
        "service": name,
        "version": 1,
        "reference": reference,
        "title": text(f"A small service {reference}", f"小型服務 {reference}"),
        "summary": text("Made for measuring.", "供量度之用。"),
        "department": "dpo",
        "topic": "innovation",
        "who": text("Anybody", "任何人"),
        "legal": {"basis": "None", "purpose": text("For measuring only.", "只供量度之用。")},
        "form": pages,
        "flow": {
            "start": "received",
            "states": {
                "received": {
                    "label": text("Received", "已收到"),
                    "clock": "10 working days",
                    "notify": ["received"],
                    "actions": {"close": {"label": text("Close", "結束"), "to": "closed"}},
                },
                "closed": {"label": text("Closed", "已結束"), "final": True, "result": "completed"},
            },
        },
        "notices": {
            "received": {
                "subject": text("Received, {case.ref}", "已收到（{case.ref}）"),
                "body": text("We received your application. See {url}", "我們已收到你的申請。請參閱 {url}"),
                "channels": channels,
                **({"sms": text("Received: {case.ref}", "已收到：{case.ref}")} if "sms" in channels else {}),
            }
        },
        "retention": {"completed": "1 year"},
        **more,
    }


def small_service() -> dict[str, Any]:
    """Two questions on one page, a message by e-mail and by SMS."""
    questions = [
        {"subject_matter": {"type": "text", "label": text("What is it about?", "有關事項")}},
        {"mobile": {"type": "phone", "personal": True, "label": text("Mobile number", "手提電話號碼")}},
    ]
    pages = [{"page": "about", "title": text("About it", "有關詳情"), "questions": questions}]
    return service("small", "SM", pages, contact={"phone": "answers.mobile"})


def booking_service(days: int, capacity: int) -> dict[str, Any]:
    """One question and one visit, in one place."""
    pages = [
        {
            "page": "about",
            "questions": [{"subject_matter": {"type": "text", "label": text("What is it about?", "有關事項")}}],
        }
    ]
    booking = {
        "title": text("Choose a day", "選擇日期"),
        "places_label": text("Place", "地點"),
        "places": [{"value": "hall", "label": text("The hall", "禮堂")}],
        "sessions": {"capacity": capacity},
        "ahead": f"{days} days",
    }
    return service("small-booking", "SB", pages, booking=booking)


def make_pack(folder: Path, *services: Mapping[str, Any]) -> Path:
    """Hong Kong's pack with these services in place of its own."""
    pack = folder / "pack"
    shutil.copytree(ROOT / "packs" / "hongkong", pack, ignore=shutil.ignore_patterns("services", "sample"))
    for definition in services:
        home = pack / "services" / definition["service"]
        home.mkdir(parents=True)
        # JSON is YAML 1.2.
        (home / "service.yaml").write_text(json.dumps(definition, ensure_ascii=False, indent=1), encoding="utf-8")
    (pack / "sample").mkdir()
    people = [
        {"name": {"latin": f"Sample {n}"}, "email": f"sample{n}@example.com", "language": "en"} for n in range(PEOPLE)
    ]
    (pack / "sample" / "people.yaml").write_text(json.dumps({"residents": people, "officers": []}), encoding="utf-8")
    (pack / "sample" / "cases.yaml").write_text("[]", encoding="utf-8")
    return pack


@contextlib.contextmanager
def scratch_database() -> Iterator[str]:
    """The address of an empty database on PostgreSQL, dropped afterwards."""
    import psycopg  # noqa: PLC0415 (only where it is used)

    name = f"praya_bench_{secrets.token_hex(5)}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(POSTGRESQL)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(POSTGRESQL, autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Installation:
    """A demonstration's installation in a folder of its own."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str) -> str:
        """Run Python with these arguments inside the installation, to its end."""
        done = subprocess.run(
            [sys.executable, *command], cwd=self.folder, env=self.environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return done.stdout

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start Python with these arguments in a session of its own."""
        said = (self.folder / "said.txt").open("ab")
        return subprocess.Popen(
            [sys.executable, *command], cwd=self.folder, env=self.environment, stdout=said, stderr=said,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip


_READY = """
from datetime import UTC, datetime
from praya.project import startup
startup.ready_django()
from praya.project import demonstration
demonstration.prepare(at=datetime.now(UTC), say=print)
from praya.journey import jobs
print(jobs.pools_ahead(at=datetime.now(UTC)))
"""


@contextlib.contextmanager
def installation(*services: Mapping[str, Any], **environment: str) -> Iterator[Installation]:
    """A migrated demonstration with these services and `PEOPLE` invented people; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="praya-bench-") as name:
        folder = Path(name)
        outside = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        mine = {
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
            "PRAYA_MODE": "demo",
            "PRAYA_DATA_DIR": str(folder / "var"),
            "PRAYA_PACK": str(make_pack(folder, *services)),
            "PRAYA_LOG_LEVEL": "warning",
        }
        made = Installation(folder, outside | mine | environment)
        made.run("-c", _READY)
        yield made


@contextlib.contextmanager
def serving(made: Installation, *command: str, ready: str, port: int) -> Iterator[int]:
    """Run a web server until the block ends; answers the process id of its parent process."""
    process = made.start(*command)
    try:
        _wait(port, ready, process, made.folder)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(port: int, path: str, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + 40
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not come up: {(folder / 'said.txt').read_text()[-2000:]}")


def cpu_seconds(parent: int) -> float:
    """User and system time of a process and all that it started, also of those that ended."""
    total, family = 0.0, {parent}
    for entry in sorted(int(p) for p in os.listdir("/proc") if p.isdigit()):
        with contextlib.suppress(OSError, ValueError):
            fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            if entry in family or int(fields[1]) in family:
                family.add(entry)
                total += sum(int(fields[n]) for n in (11, 12, 13, 14)) / TICKS
    return total


class Browser:
    """A person's browser as far as a measurement needs one: cookies, forms, one connection that stays open."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> tuple[int, str, bytes]:
        """Status, location and body of an answer."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
            headers |= {"Origin": f"http://127.0.0.1:{self.port}"}
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
        except RemoteDisconnected:
            # The server has closed a connection on which nothing was asked for a while.
            self.connection.close()
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
        content = response.read()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return response.status, response.getheader("Location") or "", content

    def get(self, path: str) -> tuple[int, str, bytes]:
        """Ask for a page."""
        return self.ask("GET", path)

    def post(self, path: str, **fields: str) -> tuple[int, str, bytes]:
        """Send a form with the token that a page before gave."""
        return self.ask("POST", path, {"csrfmiddlewaretoken": self.token, **fields})

    token = ""

    def page(self, path: str) -> bytes:
        """A page whose token is kept for sending its form. Raises RuntimeError when it is not there."""
        status, location, body = self.get(path)
        if status != 200:
            raise RuntimeError(f"GET {path} answered {status} {location}")
        found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', body)
        if found:
            self.token = found[1].decode()
        return body

    def sign_in(self, number: int = 0) -> None:
        """Sign in as one of the invented people of the demonstration."""
        body = self.page("/en/sign-in")
        refs = re.findall(rb'name="ref" value="([0-9a-f]{32})"', body)
        if not refs:
            raise RuntimeError("the sign-in page names no invented people")
        status, _, _ = self.post("/en/sign-in/invented", ref=refs[number % len(refs)].decode())
        if status != 302:
            raise RuntimeError(f"signing in answered {status}")


def report(bench: str, **figures: Any) -> None:
    """The last line, for machines."""
    print(json.dumps({"bench": bench, **figures}), flush=True)
