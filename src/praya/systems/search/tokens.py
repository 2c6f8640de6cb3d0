"""The words of a text and of a query, independent of script, case and accents. Pure.

A word is a run of letters and digits of an alphabet, or a run of Chinese characters. Chinese is not segmented: a run is
found by its pairs of characters, which needs no dictionary and loses nothing (../shared/notes/data.md has the figures).
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from praya.kernel.reading import searchable

CHINESE = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORDS = re.compile(rf"[{CHINESE}]+|[^\W_{CHINESE}]+")
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b")
_IS_CHINESE = re.compile(rf"[{CHINESE}]")


def folded(text: str) -> str:
    """A text without differences of script, width, case and accents."""
    plain = unicodedata.normalize("NFKD", _POSSESSIVE.sub("", searchable(text)))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    return _WORDS.findall(folded(text))


def is_chinese(word: str) -> bool:
    """Whether a word is a run of Chinese characters."""
    return bool(_IS_CHINESE.match(word))


def pairs(run: str) -> list[str]:
    """The pairs of neighbouring characters of a run; the character of a run of one."""
    return [run] if len(run) == 1 else [first + second for first, second in pairwise(run)]


def indexed(text: str) -> Iterator[str]:
    """The terms under which a text is found."""
    before = ""
    for word in words(text):
        if is_chinese(word):
            yield from word
            yield from pairs(word) if len(word) > 1 else ()
        else:
            yield word
            parts = _PARTS.findall(word)
            yield from parts if len(parts) > 1 else ()
            # The number of a form is written with or without a space: FEHB 94, FEHB94.
            if before.isalpha() and not is_chinese(before) and word.isdigit():
                yield before + word
        before = word


def asked(text: str) -> list[str]:
    """The terms of a query, in order, each once."""
    return list(dict.fromkeys(term for word in words(text) for term in (pairs(word) if is_chinese(word) else [word])))


def is_single(terms: Sequence[str]) -> bool:
    """Whether terms are a single character of Chinese."""
    return len(terms) == 1 and len(terms[0]) == 1 and is_chinese(terms[0])


def joined(syllables: Sequence[str], *, most: int = 6) -> Iterator[str]:
    """Two to `most` neighbouring syllables of a romanisation, written together."""
    for size in range(2, most + 1):
        for start in range(len(syllables) - size + 1):
            yield "".join(syllables[start : start + size])


@dataclass(frozen=True, slots=True)
class Concept:
    """A part of a query: ways to say it, each a tuple of terms of which a document has all.

    The first way is as it was typed; the others are synonyms.
    """

    ways: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a territory: phrases that mean the same, and phrases that say nothing of what is sought."""

    synonyms: tuple[tuple[str, ...], ...] = ()
    ignored: tuple[str, ...] = ()


class Phrases:
    """The phrases of a vocabulary, folded, longest first: what it does to a query."""

    __slots__ = ("_groups", "_ignored", "_words")

    def __init__(self, vocabulary: Vocabulary, readings: Callable[[str], Iterable[Sequence[str]]]) -> None:
        """`readings` gives the syllables of a Chinese phrase in each romanisation: it may be typed so as well."""
        rows: dict[str, tuple[tuple[str, ...], ...]] = {}
        for group in vocabulary.synonyms:
            ways = tuple(dict.fromkeys(tuple(asked(phrase)) for phrase in group))
            for phrase in map(folded, group):
                sounds = readings(phrase) if is_chinese(phrase) and len(words(phrase)) == 1 and len(phrase) > 1 else ()
                for spelt in (phrase, *(gap.join(syllables) for syllables in sounds for gap in ("", " "))):
                    rows.setdefault(spelt, ways)
        self._groups = sorted(rows.items(), key=lambda row: -len(row[0]))
        self._words = frozenset(word for phrase in (*rows, *map(folded, vocabulary.ignored)) for word in words(phrase))
        self._ignored = sorted((folded(phrase) for phrase in vocabulary.ignored), key=len, reverse=True)

    def has(self, word: str) -> bool:
        """Whether a folded word stands in a phrase."""
        return word in self._words

    def concepts(self, query: str) -> list[Concept]:
        """The concepts of a query. Phrases that say nothing are left out unless nothing else was typed."""
        text, concepts = folded(query), []
        for phrase, ways in self._groups:
            found = _at(phrase, text)
            if found is not None:
                own = tuple(asked(phrase))
                others = [way for way in ways if way != own]
                concepts.append(Concept((own, *others) if own in ways else ways))
                text = f"{text[:found]} \N{IDEOGRAPHIC FULL STOP} {text[found + len(phrase) :]}"
        terms = self._telling(text) or ([] if concepts else asked(text))
        return concepts + [Concept(((term,),)) for term in terms]

    def telling(self, text: str) -> list[str]:
        """The terms of a text without the phrases that say nothing; all of them where there are no others."""
        return self._telling(folded(text)) or asked(text)

    def _telling(self, text: str) -> list[str]:
        for phrase in self._ignored:
            while (found := _at(phrase, text)) is not None:
                text = f"{text[:found]} {text[found + len(phrase) :]}"
        return asked(text)


def _at(phrase: str, text: str) -> int | None:
    """Where a phrase stands in a text; words of an alphabet only as whole words."""
    if not phrase or (found := text.find(phrase)) < 0:
        return None
    if not phrase.isascii():
        return found
    match = re.search(rf"(?<![^\W{CHINESE}]){re.escape(phrase)}(?![^\W{CHINESE}])", text)
    return match.start() if match else None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a displayed text; `found` if it is why the text was found."""

    text: str
    found: bool


def marked(text: str, terms: Collection[str], stem: Callable[[str], str]) -> list[Piece]:
    """A text in pieces: words whose stem is a term, and Chinese characters of a term, are `found`."""
    hits = [False] * len(text)
    for match in _WORDS.finditer(text):
        start, word = match.start(), match[0]
        if not is_chinese(word):
            if stem(folded(word)) in terms:
                hits[start : match.end()] = [True] * len(word)
            continue
        plain = folded(word)
        if len(plain) != len(word):
            continue
        for size in (1, 2):
            for at in range(len(plain) - size + 1):
                if plain[at : at + size] in terms:
                    hits[start + at : start + at + size] = [True] * size
    return list(_pieces(text, hits))


def _pieces(text: str, hits: Iterable[bool]) -> Iterator[Piece]:
    piece, found = "", False
    for letter, hit in zip(text, hits, strict=True):
        if hit != found and piece:
            yield Piece(piece, found)
            piece = ""
        piece, found = piece + letter, hit
    if piece:
        yield Piece(piece, found)
