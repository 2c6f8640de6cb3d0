"""The version of Praya: that of the installed package, or of the checkout."""

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from praya.project.config import PACKAGE


@cache
def praya_version() -> str:
    """The version: from pyproject.toml in a checkout, else from the installed package's metadata."""
    declared = PACKAGE.parents[1] / "pyproject.toml"
    if declared.is_file():
        return str(tomllib.loads(declared.read_text(encoding="utf-8"))["project"]["version"])
    try:
        return version("praya")
    except PackageNotFoundError:
        return "unknown"
