"""The engine. Django imports this module by its name."""

import select
from typing import Any

from django.db.backends.postgresql import base

LOCK_SECONDS = 20
"""How long a statement waits for a lock that somebody else holds."""

DEFAULTS = {"lock_timeout": f"{LOCK_SECONDS}s", "jit": "off"}
"""The server's settings for a connection, unless its address has them."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper, except that it tests a connection only when the server has sent something.

    Django tests at the first query of every request, which takes a round trip each time. A server that ends a
    connection sends a message first, so a connection without unread data needs no test.
    """

    def get_connection_params(self) -> dict[str, Any]:
        """Django's parameters, with prepared statements for those that ask for them, a time-out for locks, and no JIT.

        Django turns prepared statements off; the statement that sells places needs them. Without the time-out, one
        locked row, perhaps by a forgotten `psql`, would block one thread after another. PostgreSQL compiles a query
        that it expects to be dear, which takes longer than each of ours takes to run. The address may say otherwise.
        """
        parameters = {**super().get_connection_params(), "prepare_threshold": 5}
        for setting, value in DEFAULTS.items():
            if setting not in (options := parameters.get("options", "")):
                parameters["options"] = f"{options} -c {setting}={value}".strip()
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
