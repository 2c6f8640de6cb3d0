"""Machines of a department that ask over HTTP as cheaply as Python can, so that the server has the processors."""

import json
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from bench.ground import Installation

Ask = Callable[[int], tuple[str, Mapping[str, Any]]]
"""number -> (path, body) of a request; the number is different for every request of a run."""

_TOKENS = """
import json, sys
from datetime import UTC, datetime
from praya.project import startup
startup.ready_django()
from praya.blocks.access import api as access
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


def _machines(port: int, mine: list[tuple[int, str]], ask: Ask, seconds: float, run: str) -> Counter[int]:
    total: Counter[int] = Counter()
    until = time.monotonic() + seconds

    def machine(number: int, token: str) -> None:
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            count = 0
            while time.monotonic() < until:
                path, body = ask(number * 1_000_000 + count)
                total[_one(line, path, body, token, f"{run}-{number}-{count}")] += 1
                count += 1

    threads = [threading.Thread(target=machine, args=one) for one in mine]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total


def _one(line: socket.socket, path: str, body: Mapping[str, Any], token: str, key: str) -> int:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    line.sendall(head.encode() + content)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _some(line)
    top, _, rest = answer.partition(b"\r\n\r\n")
    length = next((int(h[15:]) for h in top.lower().split(b"\r\n") if h.startswith(b"content-length:")), None)
    while len(rest) < length if length is not None else not rest.endswith(b"0\r\n\r\n"):
        rest += _some(line)
    return int(top[9:12])


def _some(line: socket.socket) -> bytes:
    data = line.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data
