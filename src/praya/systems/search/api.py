"""The door of the search: find documents, complete what is being typed, and keep the index as new as what it finds.

The worker keeps an index on disk. Where there is none, or a damaged one, a process makes its own in memory, so that the
portal goes on finding while the worker builds anew.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import structlog
import tantivy
from django.conf import settings
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from praya.kernel import jsontext, plug
from praya.systems.search import romanisation, sources, store, tokens, vocabulary
from praya.systems.search.documents import FACETS, Document
from praya.systems.search.tokens import Piece

LOOK_AGAIN_SECONDS = 1.0
MOST_CONCEPTS = 24
"""A longer query is cut to this many concepts: what a person seeks stands in its first words."""
MOST_FACETS = 40
BOOSTS = {"title": 3.0, "words": 2.0, "text": 1.0}
SYNONYM, ROMAN, ALIKE = 0.85, 0.8, 0.35
"""How much a match by a synonym, by its sound in Latin letters, and of Chinese by the same sound counts against a match
of what was typed."""
SHORTEST, LONG = 4, 6
"""The length of a word that may be misspelt by one letter, and by two."""
FIRST = 24
"""The number of documents whose order is decided by their titles as well."""
TITLE = 1.0
"""How much more a document counts whose title is what was asked, and nothing else."""
SHARE = 0.4
"""Of the concepts of a long query, the share that a document must have."""
log = structlog.get_logger("search")


class NotReady(Exception):
    """The index is being made; a moment later it is there."""


@dataclass(frozen=True, slots=True)
class Found:
    """The documents found, best first; `count` is that of all, `loose` says that none has all that was asked.

    `facets` has, for each of `FACETS`, the number of documents found by value.
    """

    documents: Sequence[Document]
    count: int
    terms: frozenset[str]
    facets: Mapping[str, Mapping[str, int]]
    loose: bool = False
    meant: str = ""
    """The query as it was read, where a word was misspelt."""


def find(query: str, *, only: Mapping[str, str] | None = None, start: int = 0, most: int = 20) -> Found:
    """The documents that a query finds, from the one at `start`; `only` has the value of a facet by its name.

    A query without a letter, digit or character finds nothing. Raises NotReady.
    """
    index = _reader.index()
    query = _sounded(index, query)
    meant = _corrected(index, query)
    concepts = index.phrases.concepts(meant)[:MOST_CONCEPTS]
    if not concepts:
        return Found((), 0, frozenset(), {})
    asking = _Asking(index)
    parts = [asking.concept(concept) for concept in concepts]
    # A single character of Chinese, such as what is left of a phrase, is in too many documents to be insisted on.
    telling = sum(1 for concept in concepts if not tokens.is_single(concept.ways[0])) or len(parts)
    least = telling if telling <= 2 else max(2, round(SHARE * telling))
    narrowed = _narrowed(parts, index, least, only or {})
    result = _sought(index, narrowed, start, most)
    loose = not result.count and least > 1
    if loose:
        narrowed = _narrowed(parts, index, 1, only or {})
        result = _sought(index, narrowed, start, most)
    scored = [(score, jsontext.loads(index.searcher.doc(address)["document"][0])) for score, address in result.hits]
    if start < FIRST:
        scored = _best_first(scored, concepts)[start : start + most]
    facets = _facets(index, narrowed) if result.count else {}
    terms = frozenset(asking.terms)
    return Found(
        tuple(_document(values) for _, values in scored), result.count or 0, terms, facets,
        loose=loose and bool(result.count), meant=meant if meant != query else "",
    )  # fmt: skip


def _sounded(index: store.Index, query: str) -> str:
    """The query with the syllables of a romanisation, typed apart, written together by pairs, as they are indexed."""
    words = tokens.words(query)
    told: list[str] = []
    pairs = [
        first.isascii() and second.isascii() and first.isalpha() and second.isalpha()
        and not {first, second} <= index.spellings and index.searcher.doc_freq("roman", first + second) > 0
        for first, second in pairwise(words)
    ]  # fmt: skip
    if not any(pairs):
        return query
    for at, word in enumerate(words):
        before, behind = at > 0 and pairs[at - 1], at < len(pairs) and pairs[at]
        if behind:
            told.append(word + words[at + 1])
        elif not before:
            told.append(word)
    return " ".join(told)


def _corrected(index: store.Index, query: str) -> str:
    """The query with words that nothing has replaced by the nearest spelling that something has; else as it is."""
    replaced = {}
    for word in tokens.words(query):
        if len(word) < SHORTEST or not word.isalpha() or tokens.is_chinese(word) or word in index.spellings:
            continue
        if index.phrases.has(word) or any(index.searcher.doc_freq(name, store.stem(word)) for name in BOOSTS):
            continue
        if index.searcher.doc_freq("roman", word):
            continue
        near = process.extract(
            word,
            index.spellings,
            scorer=DamerauLevenshtein.distance,
            score_cutoff=1 if len(word) < LONG else 2,
            limit=9,
        )
        if near:
            least = min(distance for _, distance, _ in near)
            best = (spelling for spelling, distance, _ in near if distance == least)
            frequent = index.searcher.doc_freq
            replaced[word] = max(best, key=lambda one: (sum(frequent(name, store.stem(one)) for name in BOOSTS), one))
    if not replaced:
        return query
    return " ".join(replaced.get(word, word) for word in tokens.words(query))


def _sought(index: store.Index, query: Any, start: int, most: int) -> Any:
    if start < FIRST:
        return index.searcher.search(query, limit=max(FIRST, start + most))
    return index.searcher.search(query, limit=most, offset=start)


def _best_first(
    scored: list[tuple[float, dict[str, Any]]], concepts: Sequence[tokens.Concept]
) -> list[tuple[float, dict[str, Any]]]:
    """The first documents in another order, in which those come first whose titles are what was asked."""
    ways = [[{store.stem(term) for term in way} for way in concept.ways] for concept in concepts]

    def fit(terms: str, telling_terms: str) -> float:
        stems, telling = set(terms.split()), set(telling_terms.split())
        held = [[way for way in concept if way <= stems] for concept in ways]
        if not telling or not any(held):
            return 0.0
        named = set[str]().union(*(way for concept in held for way in concept))
        return len(telling & named) / len(telling) * sum(map(bool, held)) / len(held)

    def rank(row: tuple[float, dict[str, Any]]) -> float:
        score, values = row
        return -score * (1 + TITLE * max((fit(*title) for title in values["titles"]), default=0.0))

    return sorted(scored[:FIRST], key=rank) + scored[FIRST:]


def _narrowed(parts: Sequence[Any], index: store.Index, least: int, only: Mapping[str, str]) -> Any:
    should = [(tantivy.Occur.Should, part) for part in parts]
    if len(parts) > 1:
        # A document with everything that was asked comes before one with the rarest of it.
        should.append((tantivy.Occur.Should, tantivy.Query.boolean_query([(tantivy.Occur.Must, p) for p in parts])))
    asked = tantivy.Query.boolean_query(should, minimum_number_should_match=least)
    terms = [tantivy.Query.term_query(index.schema, name, value) for name, value in only.items() if name in FACETS]
    filters = [(tantivy.Occur.Must, tantivy.Query.const_score_query(term, 0.0)) for term in terms]
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, asked), *filters])


class _Asking:
    """Makes queries of concepts, and gathers the terms for which documents are found."""

    def __init__(self, index: store.Index) -> None:
        self._index = index
        self.terms: set[str] = set()

    def concept(self, concept: tokens.Concept) -> Any:
        own, *others = concept.ways
        ways = [self._way(own)]
        ways += [tantivy.Query.boost_query(self._way(way), SYNONYM) for way in others]
        return ways[0] if len(ways) == 1 else tantivy.Query.disjunction_max_query(ways)

    def _way(self, terms: Sequence[str]) -> Any:
        if len(terms) == 1:
            return self._term(terms[0])
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, self._term(term)) for term in terms])

    def _term(self, term: str) -> Any:
        stem = store.stem(term)
        self.terms.add(stem)
        query, schema, searcher = tantivy.Query, self._index.schema, self._index.searcher
        ways = [
            query.boost_query(query.term_query(schema, name, stem), boost)
            for name, boost in BOOSTS.items()
            if searcher.doc_freq(name, stem)
        ]
        chinese = tokens.is_chinese(term)
        if not chinese and not term.isdigit():
            ways.append(query.boost_query(query.term_query(schema, "roman", term), ROMAN))
        if chinese and not ways:
            ways += self._alike(term)
        return ways[0] if len(ways) == 1 else query.disjunction_max_query(ways) if ways else query.empty_query()

    def _alike(self, term: str) -> list[Any]:
        """Ways to find characters that no document has: by their sound, as they may have been typed."""
        query, schema = tantivy.Query, self._index.schema
        sounds = {sound for reading in romanisation.readings(term) for sound in tokens.joined(reading)}
        return [query.boost_query(query.term_query(schema, "roman", sound), ALIKE) for sound in sorted(sounds)]


def _document(values: dict[str, Any]) -> Document:
    return Document(
        **{name: value for name, value in values.items() if name != "titles"} | {"words": tuple(values["words"])}
    )


def _facets(index: store.Index, query: Any) -> dict[str, dict[str, int]]:
    asked = {name: {"terms": {"field": name, "size": MOST_FACETS}} for name in FACETS}
    counted = index.searcher.aggregate(query, asked)
    return {
        name: {row["key"]: int(row["doc_count"]) for row in counted[name]["buckets"] if row["key"]} for name in FACETS
    }


def marked(text: str, terms: frozenset[str]) -> list[Piece]:
    """A text in pieces, with those for which it was found."""
    return tokens.marked(text, terms, store.stem)


def suggested(typed: str, *, lang: str, most: int = 8) -> list[Document]:
    """The documents whose titles go on from what is being typed, as far as it is typed. Raises NotReady."""
    if not tokens.asked(typed):
        return []
    *_, last = tokens.words(typed)
    documents = list(find(typed, most=most).documents)
    if len(documents) < most and not tokens.is_chinese(last) and len(last) > 1:
        index = _reader.index()
        head = tokens.folded(typed)[: -len(last)]
        ends = [term for term, _ in index.searcher.terms_with_prefix("title", last, limit=4)]
        for end in ends:
            documents += [one for one in find(f"{head}{end}", most=most).documents if one not in documents]
    return documents[:most]


def folder() -> Path:
    """The folder of the index."""
    return next(one.folder for one in plug.stores() if one.name == "search")


def keep() -> int:
    """Build the index on disk if it is not that of the present documents; return how many, 0 if nothing was built.

    One process at a time builds. Raises OSError where the disk is full; the index in use stays.
    """
    edition = edition_now()
    if store.current(folder()) == edition:
        return 0
    try:
        return store.build(folder(), sources.documents(), _vocabulary(), edition)
    except store.Busy:
        return 0


def is_whole() -> bool:
    """Whether the files of the index on disk are those that were written. It reads all of them."""
    try:
        store.check(folder())
    except store.Unreadable:
        return False
    return True


def edition_on_disk() -> str:
    """The edition of the index on disk; empty where there is none, or where it is in doubt."""
    return store.current(folder())


def build_anew() -> None:
    """Have the worker build the index, also where nothing changed."""
    store.doubt(folder())


def edition_now() -> str:
    """The edition that the index should have."""
    words = _vocabulary()
    return store.edition_of(sources.edition(), jsontext.dumps([words.synonyms, words.ignored]))


def _vocabulary() -> tokens.Vocabulary:
    return vocabulary.of_pack(settings.PRAYA.pack)


class _Reader:
    """The index that this process searches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index: store.Index | None = None
        self._again = 0.0
        self._on_disk = False

    def index(self) -> store.Index:
        now = time.monotonic()
        index = self._index
        if index is not None and (now < self._again or not self._lock.acquire(blocking=False)):
            return index
        if index is None and not self._lock.acquire(timeout=2):
            raise NotReady
        try:
            return self._looked(now)
        finally:
            self._lock.release()

    def _looked(self, now: float) -> store.Index:
        name = store.current(folder())
        if self._index is not None and self._on_disk and name == self._index.edition:
            self._again = now + LOOK_AGAIN_SECONDS
            return self._index
        if name:
            try:
                self._index, self._on_disk = store.opened(folder()), True
                self._again = now + LOOK_AGAIN_SECONDS
                return self._index
            except store.Unreadable:
                log.error("the index is damaged: it is built again", index=name)
                store.doubt(folder())
        edition = edition_now()
        if self._index is None or self._index.edition != edition:
            self._index = store.in_memory(sources.documents(), _vocabulary(), edition)
            self._on_disk = False
        # What it costs to look decides how often.
        self._again = time.monotonic() + min(5.0, 10 * (time.monotonic() - now))
        return self._index


_reader = _Reader()


def forget() -> None:
    """Look for the index anew at the next search of this process."""
    global _reader  # noqa: PLW0603 (a process has one)
    _reader = _Reader()
