"""The valid part of a definition with errors of form, so that form and meaning are checked together."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from praya.definition.error_words import in_file
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.source import Problem, Source, Where
from praya.kernel.text import Text

ROUNDS = 12
# Problems that are certain only for a complete flow and form.
_OF_THE_WHOLE = frozenset({"never-reached", "never-ends", "not-kept", "never-used"})
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True)
class Part:
    """The valid part of a service, and the words in the parts that were removed."""

    service: Service
    source: Source
    lost: frozenset[str] = frozenset()
    stand_ins: frozenset[str] = frozenset()

    def concerns(self, problem: Problem) -> bool:
        """Whether a problem of meaning is a real one, and not a consequence of the removed parts."""
        # A placeholder for a removed part is not in the file, so a problem in it has no place.
        if self.stand_ins and problem.where.split(".")[0] in {"", *self.stand_ins}:
            return False
        if self.lost and problem.code in _OF_THE_WHOLE:
            return False
        word = _QUOTED.search(problem.message)
        return word is None or not self.lost & set(re.split(r"[.\s]", word[1]))


def sound_part(source: Source, pack: Pack) -> Part | None:
    """The service without the parts with errors of form; None when nothing useful is left."""
    lost: set[str] = set()
    stand_ins: dict[str, Any] = {}
    for _ in range(ROUNDS):
        try:
            service = Service.model_validate({**source.data, **stand_ins}, context=dict(pack.context))
        except ValidationError as error:
            wrong = [tuple(detail["loc"]) for detail in error.errors(include_url=False)]
        else:
            return Part(service, source, frozenset(lost), frozenset(stand_ins))
        cut = {in_file(source.data, location) for location in wrong} - {()}
        missing = {str(location[0]) for location in wrong if len(location) == 1} & _STAND_INS.keys()
        if not cut and not missing - stand_ins.keys():
            return None
        for path in cut:
            lost |= set(_words(source.data, path))
        source = source.without(cut)
        stand_ins |= {word: _stand_in(word, pack) for word in missing}
    return None


_STAND_INS: dict[str, Any] = {
    "service": "stand-in",
    "version": 1,
    "reference": "AA",
    "title": Text({}),
    "summary": Text({}),
    "who": Text({}),
    "department": None,
    "topic": None,
    "legal": {"basis": "-", "purpose": Text({})},
    "form": [{"page": "stand-in", "questions": [{"name": "stand_in", "type": "text", "label": Text({})}]}],
    "flow": {"start": "x", "states": {"x": {"label": Text({}), "final": True, "result": "completed"}}},
    "retention": {},
}


def _stand_in(word: str, pack: Pack) -> Any:
    if word == "department":
        return next(iter(pack.departments))
    return next(iter(pack.topics)) if word == "topic" else _STAND_INS[word]


def _words(data: Any, path: Where) -> Iterator[str]:
    """The key of a part and every word in it."""
    for step in path:
        data = data[step]
    if isinstance(path[-1], str):
        yield path[-1]
    yield from _all(data)


def _all(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield str(key)
            yield from _all(value)
    elif isinstance(data, list):
        for item in data:
            yield from _all(item)
