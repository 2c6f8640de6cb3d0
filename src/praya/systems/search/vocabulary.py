"""The vocabulary of a territory: the files `search/*.yaml` of its pack.

    synonyms:
      - [restaurant licence, 食肆牌照, 食牌]
    ignored: [how do i, 我想]

Each line of `synonyms` has phrases that mean the same, in any language. `ignored` has phrases that say nothing of what
somebody looks for.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from praya.definition.pack import Pack
from praya.definition.source import Broken, Message, Problem, Source, read
from praya.systems.search.tokens import Vocabulary, asked

FOLDER = "search"
_WORDS = ("synonyms", "ignored")


def read_file(path: Path, _: Pack | None = None) -> Vocabulary:
    """The vocabulary of one file. Raises Broken."""
    source = read(path)
    data = source.data if isinstance(source.data, dict) else {}
    problems = [*source.problems, *_problems(source, data)]
    if problems:
        raise Broken(problems)
    synonyms = tuple(tuple(map(str, group)) for group in data.get("synonyms") or ())
    return Vocabulary(synonyms, tuple(map(str, data.get("ignored") or ())))


def _problems(source: Source, data: dict[str, Any]) -> Iterable[Problem]:
    if not isinstance(source.data, dict):
        yield source.problem((), Message("wrong-kind", "a vocabulary has 'synonyms' and 'ignored'"))
    for name in data:
        if name not in _WORDS:
            text = f"'{name}' is no word of a vocabulary (known: {', '.join(_WORDS)})"
            yield source.problem((name,), Message("unknown-word", text))
    if not isinstance(data.get("ignored") or [], list):
        yield source.problem(("ignored",), Message("wrong-kind", "'ignored' must be a list of phrases"))
        return
    for number, phrase in enumerate(data.get("ignored") or []):
        yield from _phrase(source, ("ignored", number), phrase)
    groups = data.get("synonyms") or []
    if not isinstance(groups, list):
        yield source.problem(("synonyms",), Message("wrong-kind", "'synonyms' must be a list of lists of phrases"))
        return
    for number, group in enumerate(groups):
        if not isinstance(group, list) or len(group) < 2:
            text = "synonyms are a list of at least two phrases"
            yield source.problem(("synonyms", number), Message("wrong-kind", text))
            continue
        for at, phrase in enumerate(group):
            yield from _phrase(source, ("synonyms", number, at), phrase)


def _phrase(source: Source, where: tuple[str | int, ...], phrase: Any) -> Iterable[Problem]:
    if isinstance(phrase, dict | list) or not asked(str(phrase)):
        yield source.problem(where, Message("wrong-kind", "a phrase must have a letter, a digit or a character"))


def of_pack(folder: Path) -> Vocabulary:
    """The vocabulary of all files of a pack. A file with an error is left out; `praya check` reports it."""
    found = [_at(path, path.stat().st_mtime_ns) for path in sorted((folder / FOLDER).glob("*.yaml"))]
    synonyms = tuple(group for one in found for group in one.synonyms)
    return Vocabulary(synonyms, tuple(phrase for one in found for phrase in one.ignored))


@lru_cache(maxsize=64)
def _at(path: Path, _changed: int) -> Vocabulary:
    """A file's vocabulary, read once: the worker asks every two seconds whether it changed."""
    try:
        return read_file(path)
    except Broken:
        return Vocabulary()
