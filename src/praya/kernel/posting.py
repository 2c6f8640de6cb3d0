"""POST to receivers outside: HTTPS to the address that was checked, within a time, without following anything.

All requests of a round run in one thread at once, so that a receiver that hangs costs the others at most one wait.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import Any

import httpcore
from pydantic import BaseModel, Field, field_validator

MOST_READ = 64 * 1024
"""Bytes of an answer that are read, and thrown away, so that the connection can be used again."""
AT_ONCE = 4
"""Connections to one receiver."""
MOST_NAMES = 64
"""Host names that are looked up at a moment. A name server that hangs keeps a thread for each, and no more."""
_LOOKUPS = dict[tuple[str, int], Future[list[str]]]()
_LOCK = Lock()
_NAT64, _6TO4 = IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16")


class PostingSettings(BaseModel):
    """Settings of a system that posts: where to, whom it trusts, and how long it waits."""

    networks: str = Field(
        "",
        description="Networks beside the public Internet to which may be posted, separated by commas, such as "
        "`10.20.0.0/16`. Without it private addresses are refused.",
    )
    ca_file: Path | None = Field(
        None, description="A file of certificates (PEM) of authorities that receivers may use beside the public ones."
    )
    seconds: float = Field(10, ge=1, le=30, description="Seconds within which a receiver must have answered.")

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        for one in filter(None, (part.strip() for part in text.split(","))):
            try:
                ip_network(one)
            except ValueError:
                raise ValueError(f"'{one}' is no network; write it like 10.20.0.0/16") from None
        return text


def permitted(address: str, networks: str) -> bool:
    """Whether something may be sent to an address: one of the public Internet, or of `networks` (commas between).

    An address of version 6 that only wraps one of version 4 is as good as the one within.
    """
    found = _unwrapped(ip_address(address.partition("%")[0]))
    own = [ip_network(one.strip()) for one in networks.split(",") if one.strip()]
    if any(found in network for network in own if network.version == found.version):
        return True
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _6TO4:
        return IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    return address


class NotPermitted(Exception):
    """The name of the receiver leads to an address to which nothing may be sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of an answer and the seconds that it asks to wait; status 0 with a `failure` when there was none."""

    status: int = 0
    failure: str = ""
    wait: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """What a receiver gets; `headers` are made at the moment of sending, which they name."""

    url: str
    content: bytes
    headers: Callable[[], Mapping[str, str]]


Chain = Sequence[Request]
"""Requests that are sent one after another, such as events of one case: after one that fails, the rest is left."""
Chains = Sequence[Chain]


class _ToChecked(httpcore.AsyncNetworkBackend):
    """Connects to the very address that was checked: a name that changes meanwhile gains nothing."""

    def __init__(self, permitted: Callable[[str], bool]) -> None:
        self._permitted = permitted
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await asyncio.wrap_future(_lookup(host, port))
        except (socket.gaierror, UnicodeError):
            raise httpcore.ConnectError("name") from None
        # One private address among public ones is no accident.
        if not addresses or not all(self._permitted(address) for address in addresses):
            raise NotPermitted
        problem: Exception = httpcore.ConnectError("none")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                problem = failed
        raise problem

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise NotPermitted

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _lookup(host: str, port: int) -> Future[list[str]]:
    """The addresses of a host; all who ask for it at the same time wait for one lookup. Raises httpcore.ConnectTimeout.

    The thread is never waited for, not even when the process ends.
    """
    key = host, port
    with _LOCK:
        if key in _LOOKUPS:
            return _LOOKUPS[key]
        if len(_LOOKUPS) >= MOST_NAMES:
            raise httpcore.ConnectTimeout("names")
        # One who waits no longer must not cancel it for the others: what runs cannot be cancelled.
        found = _LOOKUPS[key] = Future[list[str]]()
        found.set_running_or_notify_cancel()
    Thread(target=_look_up, args=(key, found), name="posting-name", daemon=True).start()
    return found


def _look_up(key: tuple[str, int], found: Future[list[str]]) -> None:
    try:
        infos = socket.getaddrinfo(*key, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(info[4][0]) for info in infos))
    except Exception as problem:  # noqa: BLE001 (whoever waits for it gets it)
        _finished(key)
        found.set_exception(problem)
    else:
        _finished(key)
        found.set_result(addresses)


def _finished(key: tuple[str, int]) -> None:
    with _LOCK:
        del _LOOKUPS[key]


def tls(ca_file: Path | None) -> ssl.SSLContext:
    """What is asked of a receiver's certificate: valid, of this name, by an authority that the system or we trust."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def send(
    everybody: Sequence[Chains],
    *,
    context: ssl.SSLContext,
    permitted: Callable[[str], bool],
    seconds: float,
    begin_within: float,
    most_failures: int,
) -> list[dict[tuple[int, int], Answer]]:
    """Send the chains of several receivers at once; return for each receiver the answers by chain and place in it.

    A request takes at most `seconds`; none is begun later than `begin_within` seconds after the call, and none to a
    receiver after `most_failures` in a row. What has no answer was not sent.
    """

    async def every() -> list[dict[tuple[int, int], Answer]]:
        until = monotonic() + begin_within
        one = partial(_receiver, context=context, permitted=permitted, seconds=seconds, until=until, most=most_failures)
        return await asyncio.gather(*(one(chains) for chains in everybody))

    return asyncio.run(every())


async def _receiver(
    chains: Chains,
    *,
    context: ssl.SSLContext,
    permitted: Callable[[str], bool],
    seconds: float,
    until: float,
    most: int,
) -> dict[tuple[int, int], Answer]:
    answers: dict[tuple[int, int], Answer] = {}
    waiting, in_a_row = list(enumerate(chains)), 0
    backend = _ToChecked(permitted)
    async with httpcore.AsyncConnectionPool(
        ssl_context=context, network_backend=backend, max_connections=AT_ONCE, retries=0
    ) as pool:

        async def work() -> None:
            nonlocal in_a_row
            while waiting:
                number, chain = waiting.pop(0)
                for place, request in enumerate(chain):
                    if in_a_row >= most or monotonic() > until:
                        return
                    answer = answers[number, place] = await _one(pool, request, seconds)
                    good = 200 <= answer.status < 300
                    in_a_row = 0 if good else in_a_row + 1
                    if not good:
                        break

        await asyncio.gather(*(work() for _ in range(min(AT_ONCE, len(chains)))))
    return answers


async def _one(pool: httpcore.AsyncConnectionPool, request: Request, seconds: float) -> Answer:
    try:
        async with asyncio.timeout(seconds):
            return await _exchange(pool, request)
    except TimeoutError:
        return Answer(failure="timeout")
    except NotPermitted:
        return Answer(failure="address_not_permitted")
    except ssl.SSLError:
        return Answer(failure="tls")
    except httpcore.ConnectError as problem:
        return Answer(failure=_why(problem))
    except (httpcore.TimeoutException, OSError, httpcore.NetworkError, httpcore.ProtocolError):
        return Answer(failure="no_answer")


def _why(problem: httpcore.ConnectError) -> str:
    text = str(problem)
    if text == "name":
        return "no_such_name"
    return "tls" if "SSL" in text or "CERTIFICATE" in text.upper() else "no_connection"


async def _exchange(pool: httpcore.AsyncConnectionPool, request: Request) -> Answer:
    async with pool.stream(
        "POST", request.url, headers=[*request.headers().items()], content=request.content
    ) as response:
        # The status says all. A body that does not end, or has no end, changes nothing of it.
        with suppress(TimeoutError, httpcore.ReadError, httpcore.RemoteProtocolError):
            async with asyncio.timeout(1):
                await _throw_away(response)
        wait = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
        failure = "" if 200 <= response.status < 300 else f"http_{response.status}"
        return Answer(response.status, failure, int(wait) if wait.isdigit() and len(wait) < 6 else 0)


async def _throw_away(response: httpcore.Response) -> None:
    read = 0
    async for part in response.aiter_stream():
        read += len(part)
        if read > MOST_READ:
            return
