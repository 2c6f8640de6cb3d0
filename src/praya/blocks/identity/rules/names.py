"""The words of officers' names, by whose beginnings colleagues are searched. Pure."""

import re

from praya.kernel import reading

# Only this many characters of a word are indexed.
LONGEST_BEGINNING = 12
_HAN_LETTERS = r"\u3400-\u9fff\uf900-\ufaff\ue000-\uf8ff\U00020000-\U0010ffff"
_WORD = re.compile(rf"(?:[^\W\d_]|[{_HAN_LETTERS}])+")
_HAN = re.compile(f"[{_HAN_LETTERS}]")


def name_words(name: str) -> list[str]:
    """The words of a name in the form that is compared: half-width, lower case, at most twelve letters each."""
    return [word[:LONGEST_BEGINNING] for word in _WORD.findall(reading.searchable(name))]


def beginnings(name: str) -> set[str]:
    """The index entries of a name: each beginning of each word; of a Chinese word, from every character on."""
    entries = set()
    for word in name_words(name):
        starts = range(len(word)) if _HAN.match(word) else (0,)
        entries |= {word[start:end] for start in starts for end in range(start + 1, len(word) + 1)}
    return entries
