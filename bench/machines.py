"""Machines of a department that ask over HTTP as cheaply as Python can, so that the server has the processors."""

import json
import os
import re
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from bench.ground import Installation

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
Ask = Callable[[int], tuple[str, Mapping[str, Any]]]
"""number -> (path, body) of a request; the number is different for every request of a run."""

_TOKENS = """
import json, sys
from datetime import UTC, datetime
from praya.project import startup
startup.ready_django()
from praya.blocks.tokens import api as access
from praya.blocks.identity import api as identity
at = datetime.now(UTC)
dpo = {"department": "dpo", "scopes": sys.argv[2].split(), "expires_at": None}
made = [access.issue(name=f"bench-{n}", at=at, by="system", **dpo) for n in range(int(sys.argv[1]))]
print(json.dumps({"tokens": [t.secret for t in made], "people": [p.ref for p in identity.residents()]}))
"""


def introduced(made: Installation, count: int, *scopes: str) -> tuple[list[str], list[str]]:
    """Tokens for so many machines, and the references of the invented people."""
    said = json.loads(made.run("-c", _TOKENS, str(count), " ".join(scopes)).splitlines()[-1])
    return said["tokens"], said["people"]


def asked(
    port: int, tokens: list[str], ask: Ask, seconds: float, *, processes: int, run: str
) -> tuple[Counter[int], float]:
    """Let every token's machine ask, one request after another over one connection, for `seconds`.

    Answers the statuses and how long it took.
    """
    began = time.monotonic()
    pipes = []
    for process in range(processes):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(reading)
            mine = [(n, token) for n, token in enumerate(tokens) if n % processes == process]
            statuses = _machines(port, mine, ask, seconds, run)
            os.write(writing, json.dumps(statuses).encode())
            os._exit(0)
        os.close(writing)
        pipes.append(reading)
    total: Counter[int] = Counter()
    for pipe in pipes:
        with os.fdopen(pipe) as file:
            total.update({int(status): n for status, n in json.loads(file.read()).items()})
        os.wait()
    return total, time.monotonic() - began


class _Machine:
    """A connection over which one request follows another."""

    def __init__(self, port: int, number: int, token: str, ask: Ask, run: str) -> None:
        self.line = socket.create_connection(("127.0.0.1", port))
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number, self.token, self.ask_for, self.run, self.count = number, token, ask, run, 0
        self.heard = b""

    def ask(self) -> None:
        """Send the next request."""
        path, body = self.ask_for(self.number * 1_000_000 + self.count)
        content = json.dumps(body)
        request = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"
            f"Idempotency-Key: {self.run}-{self.number}-{self.count}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n{content}"
        )
        self.count += 1
        self.line.sendall(request.encode())

    def answer(self) -> int | None:
        """The status, once the answer is here whole."""
        data = self.line.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.heard += data
        top, found, rest = self.heard.partition(b"\r\n\r\n")
        if not found:
            return None
        length = LENGTH.search(top)
        if len(rest) < int(length[1]) if length else not rest.endswith(b"0\r\n\r\n"):
            return None
        self.heard = b""
        return int(top[9:12])


def _machines(port: int, mine: list[tuple[int, str]], ask: Ask, seconds: float, run: str) -> Counter[int]:
    # One thread for all: threads of their own would take as long to wait for each other as to ask.
    total: Counter[int] = Counter()
    until = time.monotonic() + seconds
    waiting = select.epoll()
    machines = {}
    for number, token in mine:
        machine = _Machine(port, number, token, ask, run)
        machines[machine.line.fileno()] = machine
        waiting.register(machine.line, select.EPOLLIN)
        machine.ask()
    while machines:
        for line, _ in waiting.poll():
            status = machines[line].answer()
            if status is None:
                continue
            total[status] += 1
            if time.monotonic() < until:
                machines[line].ask()
            else:
                waiting.unregister(line)
                machines.pop(line).line.close()
    return total
