"""Which Praya this is: the installed package's version, or the checkout's."""

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from praya.project.config import PACKAGE


@cache
def praya_version() -> str:
    """The version, as in pyproject.toml, which a checkout has and an installed package does not."""
    declared = PACKAGE.parents[1] / "pyproject.toml"
    if declared.is_file():
        return str(tomllib.loads(declared.read_text(encoding="utf-8"))["project"]["version"])
    try:
        return version("praya")
    except PackageNotFoundError:
        return "unknown"
