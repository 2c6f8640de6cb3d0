"""Asking whether addresses answer."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import httpx

AT_ONCE = 16
SECONDS = 10.0
DEAD = frozenset({404, 410})


def dead(addresses: Collection[str]) -> dict[str, str]:
    """Of these addresses, those behind which nothing was found, each with the reason."""
    with httpx.Client(follow_redirects=True, timeout=SECONDS, headers={"User-Agent": "Praya"}) as client:

        def why(address: str) -> str:
            try:
                response = client.head(address)
                if response.status_code in {403, 405, 501}:  # a server that takes no HEAD
                    with client.stream("GET", address) as response:
                        pass
            except httpx.ConnectError:
                return "no server answers there"
            except (httpx.TimeoutException, httpx.HTTPError, httpx.InvalidURL) as problem:
                return f"it cannot be read: {type(problem).__name__}"
            return f"the server answers {response.status_code}" if response.status_code in DEAD else ""

        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = dict(zip(addresses, pool.map(why, addresses), strict=True))
    return {address: reason for address, reason in found.items() if reason}
