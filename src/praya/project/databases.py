"""Django's database settings, made from DATABASE_URL."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from praya.project.config import Configuration
from praya.project.refusal import Refused

SQLITE_NAME = "praya.sqlite3"
# WAL lets readers continue while one process writes; FULL makes acknowledged writes survive a power cut.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA foreign_keys=ON; "
    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000; PRAGMA mmap_size=134217728"
)


def from_configuration(configuration: Configuration) -> dict[str, Any]:
    """Django's settings for the one database.

    Raises Refused for an address that is neither SQLite nor PostgreSQL.
    """
    if configuration.database_url is None:
        return _sqlite(configuration.data_dir / SQLITE_NAME, configuration)
    return from_address(configuration.database_url.get_secret_value(), configuration)


def from_address(address: str, configuration: Configuration) -> dict[str, Any]:
    """Django's settings for the database at an address. Raises Refused."""
    parts = urlsplit(address)
    if parts.scheme == "sqlite":
        # Three slashes are relative to where the process starts, four are absolute, as everywhere else.
        return _sqlite(Path(unquote(parts.path.removeprefix("/"))).resolve(), configuration)
    if parts.scheme in {"postgresql", "postgres"}:
        return _postgresql(parts.geturl())
    raise Refused("DATABASE_URL cannot be used: it must begin with postgresql:// or sqlite:///.")


def _sqlite(path: Path, configuration: Configuration) -> dict[str, Any]:
    synchronous = "OFF" if configuration.throwaway else "FULL"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A deferred transaction that later writes fails at once under load; IMMEDIATE waits for its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": SQLITE_PRAGMAS.format(synchronous=synchronous),
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise Refused("DATABASE_URL cannot be used: its port is not a number.") from None
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise Refused("DATABASE_URL cannot be used: it names no database.")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "praya.project.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or parts.hostname or "",
        "PORT": str(port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
