"""A town of processes and of people who use them: a mail server, an SMS gateway, residents who never give up.

What is killed or hangs in it, and what must hold afterwards, is for the tests that take it:
tests/journeys/test_crash.py and tests/size/test_soak.py.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from bench.ground import Browser, free_port, make_pack, small_service

from tests.installations import House, new_house

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


class MailLine:
    """A line to the mail server. While it `hangs`, whoever calls is taken and never greeted."""

    def __init__(self, port: int) -> None:
        self.server_port, self.hangs, self.calls = port, threading.Event(), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.silent: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self.listener.accept()
                if self.hangs.is_set():
                    self.calls += 1
                    self.silent.append(caller)
                    continue
                server = socket.create_connection(("127.0.0.1", self.server_port))
                for source, target in (caller, server), (server, caller):
                    threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for each in (self.listener, *self.silent):
            each.close()


@dataclass
class Outside:
    """What messages leave for."""

    postbox: Postbox
    line: MailLine
    gateway: Gateway


@pytest.fixture
def outside() -> Iterator[Outside]:
    """A mail server behind a line that may hang, and an SMS gateway."""
    postbox, gateway = Postbox(), Gateway()
    mail = Controller(postbox, hostname="127.0.0.1", port=free_port())
    mail.start()
    line = MailLine(mail.port)
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    yield Outside(postbox, line, gateway)
    line.close()
    mail.stop()
    gateway.shutdown()
    gateway.server_close()


@contextlib.contextmanager
def new_town(
    kind: str, folder: Path, templates: Any, outside: Outside, *services: dict[str, Any], web_workers: int = 1
) -> Iterator[House]:
    """A demonstration with one small service and these, whose messages leave for the mail server and the gateway."""
    with new_house(kind, folder, templates, migrated=False) as house:
        house.environment |= {
            "PRAYA_MODE": "demo",
            "PRAYA_PACK": str(make_pack(folder, small_service(), *services)),
            "PRAYA_SMTP_HOST": "127.0.0.1",
            "PRAYA_SMTP_PORT": str(outside.line.port),
            "PRAYA_SMTP_STARTTLS": "false",
            "PRAYA_SMS_URL": f"http://127.0.0.1:{outside.gateway.server_port}/sms",
            "PRAYA_WEB_WORKERS": str(web_workers),
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


class Booker(threading.Thread):
    """A department's machine that books one place after another; whatever fails is tried again with the same key."""

    def __init__(self, number: int, port: int, token: str, people: list[str], days: list[str]) -> None:
        super().__init__(daemon=True)
        self.number, self.port, self.people, self.days = number, port, people, days
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.stopped = threading.Event()
        self.booked: dict[str, str] = {}
        self.refused = self.failures = 0
        self.last = ""

    def run(self) -> None:
        choose, count, connection = random.Random(self.number), 0, None
        while not self.stopped.is_set():
            count += 1
            key = f"booker-{self.number}-{count}"
            seat = {"place": "hall", "day": choose.choice(self.days)}
            body = json.dumps({"applicant": {"ref": choose.choice(self.people)}, "seats": [seat]})
            while True:
                try:
                    connection = connection or HTTPConnection("127.0.0.1", self.port, timeout=30)
                    path = "/api/v1/services/small-booking/bookings"
                    connection.request("POST", path, body, self.headers | {"Idempotency-Key": key})
                    response = connection.getresponse()
                    answer = json.loads(response.read())
                except (OSError, HTTPException, ValueError):
                    self.failures += 1
                    if connection is not None:
                        connection.close()
                    connection = None
                    time.sleep(0.1)
                    continue
                if response.status == 201:
                    self.booked[key] = answer["reference"]
                elif response.status == 409:
                    self.refused += 1
                else:
                    self.failures += 1
                    self.last = f"{response.status} {answer}"
                    time.sleep(0.2)
                    continue
                break
