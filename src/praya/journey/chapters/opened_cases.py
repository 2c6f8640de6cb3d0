"""Opening cases of other services: noted with the case, and done with what caused it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from praya.blocks.cases import api as cases
from praya.definition.chapters.opened_cases import COUNTS, OfEffects
from praya.definition.model import Several
from praya.definition.questions import Answered, Question
from praya.definition.sharing import shared
from praya.journey import load
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Reading
from praya.journey.items import each
from praya.journey.matters import OPENS
from praya.kernel.crypto import vault
from praya.kernel.text import Text

ITEM = "#"
"""Between the name of what is opened and the number of the item for which it is."""


def _carry_out(effects: OfEffects, now: Occasion) -> None:
    for name in effects.opens:
        one, whats = now.service.opened_cases[name], [f"{OPENS}{name}"]
        if one.several is not None:
            numbers = [number for number, _ in each(Several(several=one.several), now.seen())]
            whats = [f"{OPENS}{name}{ITEM}{number}" for number in numbers]
        for what in whats:
            cases.send_errands([now.case.ref], cause=now.case.ref, what=what, at=now.at, mark=now.mark)


class _Asked(Mapping[str, Any]):
    """What a case is told of one that it has opened, read when something of it is."""

    def __init__(self, case: cases.Case, root: str) -> None:
        self._case, self._root = case, root

    @cached_property
    def _known(self) -> Mapping[str, Any]:
        service = load.compiled(self._case.service, self._case.version)
        told = shared(service, service.opener_sees)
        try:
            content = cases.content(self._case.ref)
        except vault.Forgotten:
            return {}
        questions: Mapping[str, Question] = service.questions
        stored, names = content.answers, told.answers
        if self._root == "findings":
            questions, stored, names = service.flow.action_questions, content.findings, told.findings
        return Answered({name: questions[name] for name in sorted(names) if name in questions}, stored)

    def __getitem__(self, name: str) -> Any:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _seen(case: cases.Case) -> dict[str, Any]:
    of = {root: _Asked(case, root) for root in ("answers", "findings")}
    return {"ref": case.ref, "state": case.state, "result": case.result, "item": cases.item_of(case), **of}


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """`opened`, where the definition reads it."""
    if "opened" not in reading.service.names_read:
        return {}, {}
    by_name: dict[str, list[cases.Case]] = {name: [] for name in reading.service.opened_cases}
    for case in cases.opened_by(reading.case.ref):
        for name, one in reading.service.opened_cases.items():
            # A case that was opened before names were kept is found by its service.
            if case.opened_as.partition(ITEM)[0] == name or (not case.opened_as and case.service == one.service):
                by_name[name].append(case)
    return {"opened": {name: _together(opened) for name, opened in by_name.items()}}, {}


def _together(opened: Sequence[cases.Case]) -> dict[str, Any]:
    """How the cases stand that were opened under one name, and what is known of the newest."""
    counts = Counter(case.result for case in opened)
    nothing = dict.fromkeys(("ref", "state", "result", "item", "answers", "findings"))
    newest = _seen(max(opened, key=lambda case: (case.opened_at, cases.item_of(case)))) if opened else nothing
    tally = {result: counts[result] for result in COUNTS}
    return {**tally, "all": len(opened), "open": counts[""], "each": [_seen(case) for case in opened], **newest}


def _opened(moment: Moment, _expected: object) -> tuple[str, ...]:
    return tuple(case.service for case in cases.opened_by(moment.case.ref)) if moment.case else ()


CHAPTER = Chapter(facts=_facts, effects=(Effect(85, ("opens",), _carry_out),), expectations={"opened": _opened})
