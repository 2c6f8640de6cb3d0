"""Which stories of a service play every time, and which only with the mark `size`: a whole pack takes minutes."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path


def everyday(stories: Iterable[Path]) -> list[Path]:
    """The shortest and the longest story of each service, of the files of stories of a pack."""
    chosen = set()
    for _, paths in groupby(sorted(stories), key=lambda path: path.parent):
        by_size = sorted(paths, key=lambda path: path.stat().st_size)
        chosen |= {by_size[0], by_size[-1]}
    return sorted(chosen)
