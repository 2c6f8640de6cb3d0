"""Where a request comes from: the connection, or what a proxy that we trust says of it (X-Forwarded-For)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Misfit = Literal["missing", "untrusted", "unreadable", "claimed"]
MISFITS: tuple[Misfit, ...] = ("missing", "untrusted", "unreadable", "claimed")
KNOWN = "praya.source"
CLAIM = "192.0.2.77"
"""An address of a network that is for documentation only (RFC 5737): who comes from there only claims to."""
TRANSLATED = ip_network("64:ff9b::/96")
"""IPv4 addresses as a network that knows IPv6 only writes them (RFC 6052): each is somebody else's."""
_CLAIMED = ip_network("192.0.2.0/24")


@dataclass(frozen=True, slots=True)
class Source:
    """The address that a request comes from, and what is not in order between the proxy and us.

    `missing`: a proxy, or a machine nearby, names no client. `untrusted`: the header comes from no trusted proxy, so it
    is ignored. `unreadable`: the proxy wrote something that is no address. `claimed`: the proxy passes on what a client
    wrote.
    """

    address: str
    misfit: Misfit | None = None

    @property
    def network(self) -> str:
        """Whom limits count: an IPv4 address, or the /64 of an IPv6 address, all of which one household has."""
        return _prefix(self.address, 64)

    @property
    def site(self) -> str:
        """An IPv4 address, or the /48 of an IPv6 address, all of which one customer of a network can have."""
        return _prefix(self.address, 48)


def of(request: HttpRequest) -> Source:
    """The source of a request."""
    return of_environment(request.META)


def of_environment(environment: dict[str, Any]) -> Source:
    """The source of a request by its WSGI environment, worked out once."""
    known: Source | None = environment.get(KNOWN)
    if known is None:
        configuration = settings.PRAYA
        proxied = configuration.behind_proxy and configuration.secure
        known = environment[KNOWN] = source(
            str(environment.get("REMOTE_ADDR", "")),
            str(environment.get("HTTP_X_FORWARDED_FOR", "")),
            networks(configuration.trusted_proxies) if proxied else None,
        )
    return known


@lru_cache(maxsize=8)
def networks(written: Sequence[str]) -> tuple[Network, ...]:
    """The networks as values. Raises ValueError."""
    return tuple(ip_network(one, strict=False) for one in written)


def source(connection: str, forwarded: str, trusted: Sequence[Network] | None) -> Source:
    """Where a request comes from, by its connection and its header; `trusted` is None where there is no proxy.

    Each proxy adds at the end whom it saw. Read from there, the first that is no proxy of ours is the client; what
    stands before it anybody can have written.
    """
    peer = _parsed(connection)
    if trusted is None or peer is None:
        return Source(str(peer) if peer else connection)
    if not _within(peer, trusted):
        if forwarded:
            return Source(str(peer), "untrusted")
        return Source(str(peer), "missing" if peer.is_private else None)
    if not forwarded.strip():
        return Source(str(peer), "missing")
    client = peer
    for written in reversed(forwarded.split(",")):
        seen = _parsed(written)
        if seen is None:
            return Source(str(client), "unreadable")
        client = seen
        if not _within(client, trusted):
            break
    return Source(str(client), "claimed" if _within(client, (_CLAIMED,)) else None)


def _parsed(written: str) -> Address | None:
    """An address as proxies write it, some of them with a port."""
    written = written.strip().strip('"')
    if written.startswith("["):
        written = written[1:].partition("]")[0]
    elif written.count(":") == 1:
        written = written.partition(":")[0]
    try:
        parsed = ip_address(written.partition("%")[0])
    except ValueError:
        return None
    if parsed in TRANSLATED:
        return IPv4Address(int(parsed) & 0xFFFFFFFF)
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _prefix(address: str, length: int) -> str:
    parsed = _parsed(address)
    return str(ip_network((parsed, length), strict=False)) if isinstance(parsed, IPv6Address) else address
