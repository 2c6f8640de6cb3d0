"""Which installation a command in this folder means."""

import os
from pathlib import Path

from praya.project.config import Configuration


def prefer_demo() -> bool:
    """Take the demonstration in the data folder for the installation meant, unless PRAYA_MODE says otherwise.

    Answers whether it did. Production always names its mode or has its own settings, so it is never mistaken.
    """
    from praya.project import demonstration

    folder = Path(os.environ.get("PRAYA_DATA_DIR", "var"))
    if "PRAYA_MODE" in os.environ or "DATABASE_URL" in os.environ or not (folder / demonstration.MARK).is_file():
        return False
    os.environ["PRAYA_MODE"] = "demo"
    return True


def database_of(configuration: Configuration) -> str:
    """The installation's database as `verify.open_database` takes it: an address, or the path of an SQLite file."""
    from praya.project import databases

    if configuration.database_url is not None:
        url = configuration.database_url.get_secret_value()
        if not url.startswith("sqlite:"):
            return url
    return str(databases.from_configuration(configuration)["NAME"])
