"""Web and worker are killed with -9 in the middle of submitting and notifying: nothing is lost, nothing doubled."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from bench.ground import Browser, free_port, make_pack, small_service
from tests.ground import House, new_house
from tests.journeys.crash import KIND

from praya.kernel.journal import verify

APPLICATIONS, KILLS, PEOPLE = 10, 2, 4
LONGEST = 240.0
"""No claim about speed: a machine that has not come so far by then stands still."""


class Postbox:
    """A mail server: how often each Message-ID came."""

    def __init__(self) -> None:
        self.came: Counter[str] = Counter()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.came[message_from_bytes(envelope.content)["Message-ID"]] += 1
        await asyncio.sleep(0.01)
        return "250 OK"


class Gateway(ThreadingHTTPServer):
    """An SMS gateway that sends once for each Idempotency-Key, slowly, and fails now and then after having sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.asked: Counter[str] = Counter()
        self.sent: dict[str, str] = {}
        self.lock = threading.Lock()


class Taking(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        key = self.headers["Idempotency-Key"]
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with self.server.lock:
            self.server.asked[key] += 1
            first = self.server.sent.setdefault(key, body)
            fails = self.server.asked[key] == 1 and len(self.server.sent) % 7 == 0
        time.sleep(0.02)
        # The same key always carries the same message.
        self.send_response(503 if fails else 200 if first == body else 409)
        self.send_header("Content-Length", "0")
        with contextlib.suppress(OSError):
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def outside() -> Iterator[tuple[Postbox, int, Gateway]]:
    """The mail server with its port, and the SMS gateway."""
    postbox, gateway = Postbox(), Gateway()
    mail = Controller(postbox, hostname="127.0.0.1", port=free_port())
    mail.start()
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    yield postbox, mail.port, gateway
    mail.stop()
    gateway.shutdown()
    gateway.server_close()


@pytest.fixture
def town(tmp_path: Path, _templates: Any, outside: tuple[Postbox, int, Gateway]) -> Iterator[House]:
    """A demonstration with one small service, whose messages leave for the mail server and the gateway."""
    _, mail, gateway = outside
    with new_house(KIND, tmp_path, _templates, migrated=False) as house:
        house.environment |= {
            "PRAYA_MODE": "demo",
            "PRAYA_PACK": str(make_pack(tmp_path, small_service())),
            "PRAYA_SMTP_HOST": "127.0.0.1",
            "PRAYA_SMTP_PORT": str(mail),
            "PRAYA_SMTP_STARTTLS": "false",
            "PRAYA_SMS_URL": f"http://127.0.0.1:{gateway.server_port}/sms",
            "PRAYA_WEB_WORKERS": "1",
        }
        house.call("tests.journeys.crash:prepare")
        yield house


class Person(threading.Thread):
    """Submits one application after another; whatever fails is tried again until it is acknowledged."""

    def __init__(self, number: int, port: int, stopped: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number, self.port, self.stopped = number, port, stopped
        self.acknowledged: dict[str, str] = {}
        self.failures = 0
        self.last = ""

    def run(self) -> None:
        browser, draft = Browser(self.port), ""
        signed_in = False
        while not self.stopped.is_set() or draft:
            try:
                if not signed_in:
                    browser.sign_in(self.number)
                    signed_in = True
                draft = draft or self.filled_in(browser)
                case = self.submitted(browser, draft)
            except (OSError, HTTPException, RuntimeError) as problem:
                self.failures += 1
                self.last = repr(problem) if isinstance(problem, RuntimeError) else self.last
                browser.connection.close()
                time.sleep(0.1)
                continue
            assert draft not in self.acknowledged
            self.acknowledged[draft] = case
            draft = ""

    def filled_in(self, browser: Browser) -> str:
        status, page, _ = browser.get("/en/services/small/apply")
        if status != 302:
            raise RuntimeError(f"{status} {page}")
        ref = page.split("/")[3]
        browser.page(f"/en/apply/{ref}/about")
        status, _, _ = browser.post(f"/en/apply/{ref}/about", subject_matter="Something", mobile="5123 4567")
        if status != 302:
            raise RuntimeError(str(status))
        return ref

    def submitted(self, browser: Browser, ref: str) -> str:
        status, where, _ = browser.get(f"/en/apply/{ref}/check")
        if status == 200:
            browser.page(f"/en/apply/{ref}/check")
            status, where, _ = browser.post(f"/en/apply/{ref}/check")
        if status != 302 or not where.endswith("/submitted"):
            raise RuntimeError(f"{status} {where}")
        return where.split("/")[3]


def answering(port: int) -> None:
    """Wait until the web server is ready."""
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        with contextlib.suppress(OSError, HTTPException):
            if Browser(port).get("/readyz")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the web server did not come up")


def killed(process: "subprocess.Popen[bytes]") -> None:
    """Kill -9 the process with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def acknowledged_by(people: list[Person]) -> int:
    """How many applications were acknowledged so far."""
    return sum(len(person.acknowledged) for person in people)


def test_killing_web_and_worker_loses_nothing_and_doubles_nothing(
    town: House, outside: tuple[Postbox, int, Gateway]
) -> None:
    postbox, _, gateway = outside
    port, stopped, choose = free_port(), threading.Event(), random.Random(7)
    lines = {"web": ("serve", "--port", port), "worker": ("worker",)}
    running = {name: town.start(*line) for name, line in lines.items()}
    people = [Person(number, port, stopped) for number in range(PEOPLE)]
    kills: Counter[str] = Counter()
    try:
        for person in people:
            person.start()
        until = time.monotonic() + LONGEST
        while (
            acknowledged_by(people) < APPLICATIONS
            or min(kills["web"], kills["worker"]) < KILLS
            or not any(person.failures for person in people)
        ):
            assert time.monotonic() < until, [acknowledged_by(people), kills, [person.last for person in people]]
            answering(port)
            # Somebody comes through between two kills, however slow the machine is; the others are in the middle.
            before = acknowledged_by(people)
            while acknowledged_by(people) == before and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(choose.uniform(0, 0.5))
            name = "web" if kills["web"] <= kills["worker"] else "worker"
            killed(running[name])
            kills[name] += 1
            running[name] = town.start(*lines[name])
        stopped.set()
        for person in people:
            person.join(LONGEST)
            assert not person.is_alive(), town.folder.joinpath("said.txt").read_text()[-3000:]
    finally:
        stopped.set()
        for process in running.values():
            killed(process)
    came_out = town.call("tests.journeys.crash:drained")

    acknowledged = {draft: case for person in people for draft, case in person.acknowledged.items()}
    print(f"{sum(kills.values())} kills, {len(acknowledged)} applications, {len(gateway.asked)} keys, "  # noqa: T201
          f"{sum(gateway.asked.values())} calls of the gateway")  # fmt: skip
    # Every acknowledged submission is there, once; and nothing is there that was not asked for.
    assert came_out["by_draft"] == acknowledged
    assert sorted(came_out["cases"]) == sorted(acknowledged.values())
    assert len(set(acknowledged.values())) == len(acknowledged)
    # Each case has its one notice, and each notice its two messages, all sent.
    assert came_out["notices"] == dict.fromkeys(acknowledged.values(), 1)
    assert came_out["deliveries"] == {"email sent": len(acknowledged), "sms sent": len(acknowledged)}
    assert came_out["effects"] == {"done": 2 * len(acknowledged)}
    assert len(postbox.came) == len(acknowledged)
    # The gateway was perhaps asked twice, and sent once: one key for each message.
    assert len(gateway.sent) == len(acknowledged)
    assert set(gateway.sent) == set(came_out["sms"])
    assert all(json.loads(body)["to"] == "+85251234567" for body in gateway.sent.values())
    # The journal tells the same, is sealed to its end, and is whole.
    assert came_out["opened"] == sorted(acknowledged.values())
    assert came_out["miscounted"] == []
    outside_log = (town.folder / "var" / "checkpoints.log").read_text()
    with contextlib.closing(verify.open_database(town.database)) as connection:
        found = verify.verify(connection, public_key=came_out["key"], outside=outside_log)
    assert (found.problems, found.unsealed) == ([], 0)
