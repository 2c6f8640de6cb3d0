"""The number of strokes of a Chinese character, by which Chinese lists are sorted; from Unicode (strokes.txt)."""

from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def _table() -> dict[str, int]:
    lines = Path(__file__).with_name("strokes.txt").read_text("utf-8").splitlines()
    rows = (line.partition(" ") for line in lines if not line.startswith("#"))
    return {character: int(count) for count, _, characters in rows for character in characters}


def strokes(character: str) -> int:
    """The number of strokes; 0 for what is no character of Unicode's basic block of Chinese characters."""
    return _table().get(character, 0)


def by_strokes(text: str) -> tuple[tuple[int, str], ...]:
    """The key that sorts texts by the strokes of each of their characters; texts of other scripts come first."""
    return tuple((strokes(character), character) for character in text)
