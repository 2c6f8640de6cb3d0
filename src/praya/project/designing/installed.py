"""The installation that a command in this folder is about."""

import os
from pathlib import Path

from praya.project.config import Configuration


def prefer_demo() -> bool:
    """Use the demonstration in the data folder, unless PRAYA_MODE is set; return whether it is used.

    Production always has its mode or other settings in the environment, so it is never taken for a demonstration.
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
