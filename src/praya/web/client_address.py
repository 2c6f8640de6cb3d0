"""The client address of a request: of the connection, or from the X-Forwarded-For of a trusted proxy."""

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
"""A network reserved for documentation (RFC 5737): an address in it is forged."""
TRANSLATED = ip_network("64:ff9b::/96")
"""IPv4 addresses as a network that knows IPv6 only writes them (RFC 6052): each is somebody else's."""
_CLAIMED = ip_network("192.0.2.0/24")


@dataclass(frozen=True, slots=True)
class Source:
    """The address that a request comes from, and the fault in the proxy's configuration where there is one.

    `missing`: a proxy or a private address sent no header. `untrusted`: the header came from an untrusted peer and is
    ignored. `unreadable`: the header has something that is not an address. `claimed`: the proxy forwards a header that
    the client wrote.
    """

    address: str
    misfit: Misfit | None = None

    @property
    def network(self) -> str:
        """The network that rate limits count: an IPv4 address, or the /64 of an IPv6 address (one household)."""
        return _prefix(self.address, 64)

    @property
    def site(self) -> str:
        """An IPv4 address, or the /48 of an IPv6 address (one customer of a provider)."""
        return _prefix(self.address, 48)


def of(request: HttpRequest) -> Source:
    """The source of a request."""
    return of_environment(request.META)


def of_environment(environment: dict[str, Any]) -> Source:
    """The source of a request, from its WSGI environment; computed once for each request."""
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
    """Parse networks in CIDR notation. Raises ValueError."""
    return tuple(ip_network(one, strict=False) for one in written)


def source(connection: str, forwarded: str, trusted: Sequence[Network] | None) -> Source:
    """The source of a request from its peer address and its X-Forwarded-For; `trusted` is None where there is no proxy.

    Each proxy appends the address of its peer. Read from the end, the first address that is not a trusted proxy is the
    client; everything before it may be forged.
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
        address = _parsed(written)
        if address is None:
            return Source(str(client), "unreadable")
        client = address
        if not _within(client, trusted):
            break
    return Source(str(client), "claimed" if _within(client, (_CLAIMED,)) else None)


def _parsed(written: str) -> Address | None:
    """Parse an address as proxies write it, with or without a port; None when it is not an address."""
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
