"""The engine. Django imports this module by its name."""

import select
from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, but it asks the server whether a connection stands only when something came over the line.

    Django asks at the first query of every request, a round trip each. A server that ends a connection says so, and
    what it said is waiting to be read; a quiet line needs no question.
    """

    def get_connection_params(self) -> dict[str, Any]:
        """Django lets no statement be prepared. Its own never are; the one that asks for it, which sells places, is."""
        return {**super().get_connection_params(), "prepare_threshold": 5}

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
