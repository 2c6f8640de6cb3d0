"""The engine. Django imports this module by its name."""

import select
from typing import Any

from django.db.backends.postgresql import base

LOCK_SECONDS = 20
"""How long a statement waits for a lock that somebody else holds."""


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, but it asks the server whether a connection stands only when something came over the line.

    Django asks at the first query of every request, a round trip each. A server that ends a connection says so, and
    what it said is waiting to be read; a quiet line needs no question.
    """

    def get_connection_params(self) -> dict[str, Any]:
        """Django lets no statement be prepared. Its own never are; the one that asks for it, which sells places, is.

        Whoever waits for a lock gives up after some time, as on SQLite: else one row that somebody holds, perhaps from
        a forgotten `psql`, takes one thread after another until nobody is served.
        """
        parameters = {**super().get_connection_params(), "prepare_threshold": 5}
        if "lock_timeout" not in (options := parameters.get("options", "")):
            parameters["options"] = f"{options} -c lock_timeout={LOCK_SECONDS}s".strip()
        return parameters

    def close_if_health_check_failed(self) -> None:
        """Close a connection that the server has ended, so that the next query opens another."""
        if self.connection is None or not self._is_quiet():
            super().close_if_health_check_failed()

    def _is_quiet(self) -> bool:
        if self.connection.closed:
            return False
        line = select.poll()
        line.register(self.connection.fileno(), select.POLLIN)
        return not line.poll(0)
