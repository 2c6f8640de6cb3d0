"""What `praya doctor` says of the provider."""

from datetime import datetime, timedelta

from praya.kernel.check_result import CheckResults, ok, warn
from praya.systems.openid import api as openid


def credentials(*, at: datetime) -> CheckResults:
    """Keys and secrets of clients that have ended or end within a week; their departments were told."""
    found = openid.clients.ending(within=timedelta(days=7), at=at)
    if found:
        names = ", ".join(sorted({client.department for client, _ in found}))
        mend = "An officer of the department adds a new key or secret at the desk, under Clients."
        yield warn("OpenID clients", f"{len(found)} keys or secrets of {names} have ended or end within a week", mend)
    else:
        yield ok("OpenID clients", "no key or secret of a client ends within a week")
