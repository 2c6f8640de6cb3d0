"""The RSGI application: Django's WSGI application behind an event loop that waits for slow clients.

A request takes a thread only when its whole body has arrived, so that a slow sender occupies none. Granian's RSGI gives
the body piece by piece. Django itself stays synchronous, because its ASGI form needs several times the processor time.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import IO, Any

import structlog
from django.conf import settings
from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian.rsgi import Scope

from praya.kernel import clock
from praya.project import access_log, metrics
from praya.project.security import HEADERS
from praya.project.wsgi import application as wsgi
from praya.web import client_address
from praya.web.request_sizes import largest_of, largest_request
from praya.web.waiting_room import door
from praya.web.waiting_room.rooms import ROOMS

log = structlog.get_logger("server")

BODY_RATE = 2048
"""Bytes a second that a body must bring on average, once `PRAYA_BODY_SECONDS` have passed."""
LONGEST_BODY_SECONDS = 900
IN_MEMORY = 1024 * 1024
"""Bytes of a body, or of a streamed answer, that are kept in memory; what is longer goes to a temporary file."""
MOST_BODIES = 32
"""How many bodies of the largest size one process holds at a time."""
MOST_WAITING = 1000
LONGEST_WAIT_SECONDS = 30
"""How long a request waits for a thread. Its client has most likely gone by then, and asked again."""
OPENED_SECONDS = 60
"""The server opens the file of a response at once; we close ours after this time."""
PLAIN = [*HEADERS.items(), ("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
REASONS = {
    "no_length": (411, "Say how long the request is: Content-Length.\n"),
    "slow_body": (408, "The request came too slowly.\n"),
    "too_large": (413, "Too large.\n"),
    "busy": (503, "Too many people at once. Try again in a moment.\n"),
    "waited": (503, "Too many people at once. Try again in a moment.\n"),
    "no_room": (503, "There is no room at the moment. Try again later.\n"),
}


class _Refused(Exception):
    """A request that does not reach Django, for one of the REASONS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Gone(Exception):
    """The client went away before its request was whole."""


class Application:
    """An RSGI application that answers with a WSGI application in `threads` threads."""

    def __init__(
        self, application: Callable[..., Iterable[bytes]], *, threads: int, body_seconds: int, waiting: bool = False
    ) -> None:
        self._application = application
        self._waits = waiting
        self._threads = ThreadPoolExecutor(threads, "request")
        # Probes of readiness and metrics do not queue behind people's requests.
        self._probes = ThreadPoolExecutor(1, "probe")
        self._body_seconds = body_seconds
        self._largest = largest_request()
        self._most_held = MOST_BODIES * self._largest
        self._held = 0
        self._waiting = 0

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        if scope.path == "/healthz" and scope.method in {"GET", "HEAD"}:
            metrics.REQUESTS.labels(scope.method, "/healthz", "200").inc()
            protocol.response_str(200, PLAIN, "ok\n")
            return
        size, began, environment = 0, monotonic(), _environment(scope)
        if self._waits and scope.method == "GET" and _waited(protocol, environment):
            return
        try:
            body, size = await self._body(environment, protocol)
            try:
                environment["wsgi.input"] = body
                await self._in_thread(environment, protocol)
            finally:
                body.close()
        except _Refused as refusal:
            _refuse(protocol, refusal.reason, environment, monotonic() - began)
        except _Gone:
            return
        finally:
            self._held -= size

    async def _body(self, environment: dict[str, Any], protocol: HTTPProtocol) -> tuple[IO[bytes], int]:
        """The whole body and its length. Raises _Refused when it is too long, or comes too slowly; _Gone.

        A chunked body is refused: the server does not distinguish a truncated one from a complete one, and a part of a
        text must not be accepted as the whole.
        """
        if "HTTP_TRANSFER_ENCODING" in environment:
            raise _Refused("no_length")
        declared = int(environment["CONTENT_LENGTH"] or 0)
        if not declared:
            return BytesIO(), 0
        if declared > largest_of(environment):
            await self._pass_over(declared, protocol)
            # Django refuses it by its length, on a page in the person's language.
            return BytesIO(), 0
        began = asyncio.get_running_loop().time()
        body: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        received = 0
        try:
            async with asyncio.timeout(self._body_seconds) as limit:
                async for piece in protocol:
                    received += len(piece)
                    self._held += len(piece)
                    if self._held > self._most_held:
                        raise _Refused("busy")
                    body.write(piece)
                    seconds = min(self._body_seconds + received / BODY_RATE, LONGEST_BODY_SECONDS)
                    limit.reschedule(began + seconds)
            if received != declared:
                raise _Gone
        except BaseException as problem:
            self._held -= received
            body.close()
            if isinstance(problem, TimeoutError):
                raise _Refused("slow_body") from None
            if isinstance(problem, OSError):
                raise _Refused("no_room") from None
            raise
        body.seek(0)
        return body, received

    async def _pass_over(self, declared: int, protocol: HTTPProtocol) -> None:
        """Read and discard a body that is somewhat too long: browsers show no response before they have sent it.

        Raises _Refused when it is far too long, or comes too slowly.
        """
        if declared > 2 * self._largest:
            raise _Refused("too_large")
        try:
            async with asyncio.timeout(self._body_seconds + declared / BODY_RATE / 16):
                async for _ in protocol:
                    pass
        except TimeoutError:
            raise _Refused("slow_body") from None

    async def _in_thread(self, environment: dict[str, Any], protocol: HTTPProtocol) -> None:
        """Let a thread answer. Raises _Refused when no thread was free for too long."""
        probe = environment["PATH_INFO"] in {"/readyz", "/metrics"}
        if self._waiting >= MOST_WAITING:
            raise _Refused("busy")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            threads = self._probes if probe else self._threads
            file = await loop.run_in_executor(threads, self._answer, environment, protocol, monotonic())
            if file is not None:
                loop.call_later(OPENED_SECONDS, file.close)
        finally:
            self._waiting -= 1

    def _answer(self, environment: dict[str, Any], protocol: HTTPProtocol, asked: float) -> IO[bytes] | None:
        """Answer in this thread; return the file of a long streamed answer, which is closed later."""
        if monotonic() - asked > LONGEST_WAIT_SECONDS:
            raise _Refused("waited")
        status, headers = 500, []

        def start(line: str, given: list[tuple[str, str]], _problem: object = None) -> None:
            nonlocal status, headers
            status, headers = int(line[:3]), given

        answer = self._application(environment, start)
        try:
            if getattr(answer, "streaming", False):
                return _send_streamed(protocol, status, headers, answer)
            protocol.response_bytes(status, headers, b"".join(answer))
        finally:
            if close := getattr(answer, "close", None):
                close()
        return None


def _waited(protocol: HTTPProtocol, environment: dict[str, Any]) -> bool:
    """Answer somebody before a waiting room, without a thread; False when the request goes on to Django."""
    asked = door.wanted(environment["PATH_INFO"], environment["QUERY_STRING"])
    if asked is None or (settings.SECURE_SSL_REDIRECT and environment.get("HTTP_X_FORWARDED_PROTO") != "https"):
        return False
    ROOMS.begin()
    answer = door.ask(asked, environment.get("HTTP_COOKIE", "")) if ROOMS.ready else None
    if answer is None or answer.body is None:
        return False
    metrics.REQUESTS.labels("GET", "(waiting room)", str(answer.status)).inc()
    protocol.response_str(answer.status, [*HEADERS.items(), *answer.headers], answer.body)
    return True


def _environment(scope: Scope) -> dict[str, Any]:
    """A request's WSGI environment (PEP 3333), without its body."""
    client, _, client_port = scope.client.rpartition(":")
    server, _, server_port = scope.server.rpartition(":")
    environment = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": "",
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": server_port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client.strip("[]"),
        "REMOTE_PORT": client_port,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        # X_Forwarded_For would become the same name as X-Forwarded-For, which our own proxy has written.
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        before = environment.get(key)
        between = "; " if key == "HTTP_COOKIE" else ","
        environment[key] = f"{before}{between}{value}" if before else value
    return environment


def _send_streamed(
    protocol: HTTPProtocol, status: int, headers: list[tuple[str, str]], pieces: Iterable[bytes]
) -> IO[bytes] | None:
    """Send a streamed answer from a file, so that a slow reader of a long one occupies neither a thread nor memory."""
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    size = sum(file.write(piece) for piece in pieces)
    if size > IN_MEMORY:
        file.flush()
        protocol.response_file(status, headers, f"/proc/self/fd/{file.fileno()}")
        return file
    file.seek(0)
    with file:
        protocol.response_bytes(status, headers, file.read())
    return None


def _refuse(protocol: HTTPProtocol, reason: str, environment: dict[str, Any], seconds: float) -> None:
    status, sentence = REASONS[reason]
    method, source = metrics.method_of(environment["REQUEST_METHOD"]), client_address.of_environment(environment)
    metrics.REFUSED.labels(reason).inc()
    log.warning("request refused", reason=reason, status=status, method=method)
    access_log.write(
        at=clock.now(), source=source.address, actor="", method=method, route=f"({reason})", status=status,
        ms=round(seconds * 1000, 1), request="",
    )  # fmt: skip
    again = [("Retry-After", "5")] if status == 503 else []
    protocol.response_str(status, [*PLAIN, *again, ("Connection", "close")], sentence)


application = Application(
    wsgi, threads=settings.PRAYA.web_threads, body_seconds=settings.PRAYA.body_seconds, waiting=True
)
