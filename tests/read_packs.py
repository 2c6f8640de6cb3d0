"""The packs of this checkout, each read once in a process: every process collects every test."""

from functools import cache
from pathlib import Path

from praya.definition.load import load_pack
from praya.definition.pack import Pack


@cache
def pack_in(folder: Path) -> Pack:
    """The pack in a folder of this checkout, which no test changes."""
    return load_pack(folder.resolve())
