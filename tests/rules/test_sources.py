"""The source of a request, from its connection and the headers of proxies."""

import pytest

from praya.web import client_address
from praya.web.client_address import Source

TRUSTED = client_address.networks(("127.0.0.0/8", "::1/128", "10.1.0.0/16"))


@pytest.mark.parametrize(
    ("connection", "forwarded", "seen"),
    [
        ("127.0.0.1", "203.0.113.9", Source("203.0.113.9")),
        ("::1", "2001:db8::9", Source("2001:db8::9")),
        # Two proxies of ours, and before them what anybody can have written.
        ("127.0.0.1", "8.8.8.8, 203.0.113.9, 10.1.2.3", Source("203.0.113.9")),
        ("127.0.0.1", "10.1.2.3", Source("10.1.2.3")),
        # As some proxies write it.
        ("127.0.0.1", "203.0.113.9:51234", Source("203.0.113.9")),
        ("127.0.0.1", "[2001:db8::9]:51234", Source("2001:db8::9")),
        ("127.0.0.1", "::ffff:203.0.113.9", Source("203.0.113.9")),
        ("::ffff:127.0.0.1", "203.0.113.9", Source("203.0.113.9")),
        # What is not in order.
        ("127.0.0.1", "", Source("127.0.0.1", "missing")),
        ("127.0.0.1", " ", Source("127.0.0.1", "missing")),
        ("10.9.0.1", "", Source("10.9.0.1", "missing")),
        ("10.9.0.1", "203.0.113.9", Source("10.9.0.1", "untrusted")),
        ("203.0.113.5", "198.51.100.7", Source("203.0.113.5", "untrusted")),
        ("127.0.0.1", "203.0.113.9, unknown", Source("127.0.0.1", "unreadable")),
        ("127.0.0.1", "203.0.113.9,", Source("127.0.0.1", "unreadable")),
        ("127.0.0.1", client_address.CLAIM, Source(client_address.CLAIM, "claimed")),
        ("127.0.0.1", f"{client_address.CLAIM}, 203.0.113.9", Source("203.0.113.9")),
        # A connection of another kind.
        ("", "203.0.113.9", Source("")),
        ("203.0.113.5", "", Source("203.0.113.5", "missing")),
    ],
)
def test_the_client_is_whom_the_outermost_trusted_proxy_saw(connection: str, forwarded: str, seen: Source) -> None:
    assert client_address.source(connection, forwarded, TRUSTED) == seen


def test_without_a_proxy_the_header_counts_for_nothing() -> None:
    assert client_address.source("203.0.113.5", "198.51.100.7", None) == Source("203.0.113.5")
    assert client_address.source("127.0.0.1", "", None) == Source("127.0.0.1")
