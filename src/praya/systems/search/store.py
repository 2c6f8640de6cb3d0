"""The index on disk: built beside the one in use, and put in its place at once; and the index as it is read.

search/current          the name of the folder in use
search/<edition>/       an index of tantivy, `sums.json` with the digests of its files, `vocabulary.json`
search/doubted          an index that could not be read: build it again
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import tantivy

from praya.kernel import jsontext
from praya.systems.search import romanisation, tokens
from praya.systems.search.documents import FACETS, WEIGHTS, Document
from praya.systems.search.tokens import Vocabulary

FORMAT = "3"
"""Changes with the fields and with how texts become terms."""
CURRENT, DOUBTED, LOCK, SUMS, VOCABULARY = "current", "doubted", "lock", "sums.json", "vocabulary.json"
HEAP_BYTES = 32 * 1024 * 1024
FIELDS = ("title", "words", "text")


class Busy(Exception):
    """Another process is building."""


class Unreadable(Exception):
    """There is no index, or it is damaged."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index that can be searched."""

    edition: str
    searcher: Any
    schema: Any
    phrases: tokens.Phrases
    spellings: frozenset[str]
    """The words of an alphabet in the documents and the vocabulary, folded, which correct others."""


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    """English words by their stem; Chinese stays as it is."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.stemmer("english")).build()


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The stem of a folded word."""
    return str(next(iter(_analyzer().analyze(word)), word))


@lru_cache(maxsize=1)
def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in (*FIELDS, "roman"):
        builder.add_text_field(name, tokenizer_name="whitespace_only", index_option="freq")
    for name in FACETS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_float_field("weight", fast=True)
    builder.add_text_field("document", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _ready(index: Any) -> Any:
    index.register_tokenizer("whitespace_only", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def _spelt(texts: Iterable[str]) -> Iterator[str]:
    return (word for text in texts for word in tokens.words(text) if word.isalpha() and not tokens.is_chinese(word))


def _terms(texts: Iterable[str]) -> str:
    return " ".join(stem(term) for text in dict.fromkeys(texts) for term in tokens.indexed(text))


def _roman(texts: Iterable[str]) -> str:
    runs = dict.fromkeys(word for text in texts for word in tokens.words(text) if tokens.is_chinese(word))
    return " ".join(
        dict.fromkeys(term for run in runs for reading in romanisation.readings(run) for term in tokens.joined(reading))
    )


def _write(index: Any, documents: Iterable[Document], spellings: set[str], phrases: tokens.Phrases) -> int:
    """Write the documents, and add their words of an alphabet to `spellings`; return how many there are."""
    writer, count = index.writer(HEAP_BYTES, 1), 0
    try:
        for document in documents:
            writer.add_document(_fields(document, phrases))
            spellings.update(_spelt((*document.title.values(), *document.words, *document.text.values())))
            count += 1
        writer.commit()
    except BaseException:
        writer.rollback()
        raise
    finally:
        writer.wait_merging_threads()  # which write files until then
    return count


def _fields(document: Document, phrases: tokens.Phrases) -> Any:
    titles = list(document.title.values())
    kept = {**asdict(document), "titles": list(_titles(titles, phrases))}
    return tantivy.Document(
        title=_terms(titles),
        words=_terms(document.words),
        text=_terms(document.text.values()),
        roman=_roman([*titles, *document.words]),
        kind=document.kind,
        topic=document.topic,
        department=document.department,
        weight=WEIGHTS.get(document.kind, 0.0),
        document=jsontext.dumps(kept),
    )


def _titles(titles: Iterable[str], phrases: tokens.Phrases) -> Iterator[tuple[str, str]]:
    """Of each title its terms, and those of them that say something: as stems, each once."""
    told = ((_terms([title]), " ".join(map(stem, phrases.telling(title)))) for title in titles)
    yield from dict.fromkeys(told)


def in_memory(documents: Iterable[Document], vocabulary: Vocabulary, edition: str) -> Index:
    """An index in the memory of this process."""
    index = _ready(tantivy.Index(_schema()))
    spellings = set(_spelt(phrase for group in vocabulary.synonyms for phrase in group))
    phrases = tokens.Phrases(vocabulary, romanisation.readings)
    _write(index, documents, spellings, phrases)
    index.reload()
    return Index(edition, index.searcher(), _schema(), phrases, frozenset(spellings))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield


def build(folder: Path, documents: Iterable[Document], vocabulary: Vocabulary, edition: str) -> int:
    """Build an index and put it into use; return the number of documents. Raises Busy, OSError, ValueError.

    Whatever happens meanwhile, the index that was in use stays complete and in use.
    """
    with _alone(folder):
        for leftover in folder.glob(".*"):
            shutil.rmtree(leftover, ignore_errors=True)
        beside = folder / f".{edition}"
        beside.mkdir()
        try:
            spellings = set(_spelt(phrase for group in vocabulary.synonyms for phrase in group))
            phrases = tokens.Phrases(vocabulary, romanisation.readings)
            count = _write(_ready(tantivy.Index(_schema(), path=str(beside))), documents, spellings, phrases)
            kept = {**asdict(vocabulary), "spellings": sorted(spellings)}
            (beside / VOCABULARY).write_text(jsontext.dumps(kept), "utf-8")
            _write_whole(beside / SUMS, jsontext.dumps(_sums(beside)))
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        place = folder / edition
        shutil.rmtree(place, ignore_errors=True)
        beside.rename(place)
        _write_whole(folder / CURRENT, edition)
        with suppress(FileNotFoundError):
            (folder / DOUBTED).unlink()
        for other in folder.iterdir():
            if other.is_dir() and other != place:
                shutil.rmtree(other, ignore_errors=True)
        return count


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that it is complete or not there, also after a power cut."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    number = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sums(folder: Path) -> dict[str, str]:
    # tantivy's lock files come and go.
    files = (path for path in sorted(folder.iterdir()) if path.name != SUMS and not path.name.endswith(".lock"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def current(folder: Path) -> str:
    """The edition in use; empty where there is none, or where it is in doubt."""
    try:
        name = (folder / CURRENT).read_text("utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
    return "" if (folder / DOUBTED).exists() or not name.isalnum() else name


def doubt(folder: Path) -> None:
    """Have the index built again."""
    with suppress(OSError):
        (folder / DOUBTED).touch()


def check(folder: Path) -> None:
    """Insist that the files of the index in use are those that were written. Raises Unreadable."""
    name = current(folder)
    try:
        written = jsontext.loads((folder / name / SUMS).read_text("utf-8")) if name else None
        if written is None or written != _sums(folder / name):
            raise Unreadable
    except (OSError, ValueError):
        raise Unreadable from None


def opened(folder: Path) -> Index:
    """The index in use. Raises Unreadable."""
    check(folder)
    name = current(folder)
    try:
        index = _ready(tantivy.Index.open(str(folder / name)))
        kept = jsontext.loads((folder / name / VOCABULARY).read_text("utf-8"))
        vocabulary = Vocabulary(tuple(map(tuple, kept["synonyms"])), tuple(kept["ignored"]))
        phrases = tokens.Phrases(vocabulary, romanisation.readings)
        return Index(name, index.searcher(), index.schema, phrases, frozenset(kept["spellings"]))
    except (OSError, ValueError, KeyError):
        raise Unreadable from None


def edition_of(*parts: str) -> str:
    """The name of an edition, of what it is made of."""
    return hashlib.sha256("\n".join((FORMAT, *parts)).encode()).hexdigest()[:32]
