"""Records: what an effect issues or revokes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.registers import api as registers
from praya.definition.chapters.records import Record
from praya.definition.expression_context import moment
from praya.definition.flow import Effects
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import entries
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Picture, Reading, agreeing
from praya.journey.filled_texts import value_in_all
from praya.journey.items import each
from praya.kernel.expression import ExpressionFailed
from praya.kernel.text import Text


def _revoke_named(effects: Effects, now: Occasion) -> None:
    _revoke(effects.revoke, now.case, now.service, now.at, now.by)


def _issue_named(effects: Effects, now: Occasion) -> None:
    record, seen = now.service.records[str(effects.issue)], now.told()
    # What certifies an entry that has just become somebody else's is theirs.
    person_ref = registers.entry(now.case.subject_ref).holder_ref if effects.transfer_to else now.case.person_ref
    _issue(record, seen, now.pack, now.once(record.name), now.at, person_ref)


def _revoke(which: str | bool, case: cases.Case, service: Service, at: datetime, by: str) -> None:
    """Revoke every record of the case and of the entry that it is about, or those of one name."""
    refs = [r.ref for r in credentials.of_case(case.ref) if r.revoked_at is None and which in (True, r.name)]
    if service.subject is not None and case.subject_ref:
        about = entries.certified(case.ref, case.subject_ref, 0)
        refs += credentials.standing_about(about, None if which is True else str(which))
    for ref in refs:
        credentials.revoke(ref=ref, because="revoked", at=at, by=by)


def _issue(record: Record, whole: Picture, pack: Pack, once_key: str, at: datetime, person_ref: str) -> None:
    case, service = whole.case, whole.service
    for number, seen in each(record, whole):
        facts = [
            credentials.RecordFact(fact.name, fact.label, value_in_all(fact.value, seen))
            for fact in record.facts.values()
        ]
        _insist_on_facts(record, facts)
        about = entries.certified(case.ref, case.subject_ref if service.subject else "", number)
        new = credentials.NewRecord(
            person_ref=person_ref,
            case_ref=case.ref,
            service=service.service,
            name=record.name,
            title=record.title,
            facts=facts,
            valid_until=_valid_until(record, seen.context, pack, at),
            once_key=once_key + (f":{number:03}" if number else ""),
            about_ref=about,
            replaces=credentials.standing_about(about, record.replaces) if record.replaces else (),
        )
        credentials.issue(new, at=at)


def _insist_on_facts(record: Record, facts: Sequence[credentials.RecordFact]) -> None:
    """Raise ExpressionFailed for a fact that says nothing: whoever verifies a record relies on each of its facts."""
    for fact in facts:
        words = fact.value.values() if isinstance(fact.value, Mapping) else [fact.value]
        if fact.name not in record.may_be_empty and not any(word.strip() for word in words):
            raise ExpressionFailed(
                f"the record '{record.name}' cannot be issued: its fact '{fact.name}' "
                f"('{record.facts[fact.name].value.source}') is empty; {{may_be_empty: [{fact.name}]}} lets it be"
            )


def _valid_until(record: Record, context: dict[str, Any], pack: Pack, at: datetime) -> date | None:
    """The last day of a record, None when it has no end. Raises ExpressionFailed when it cannot be told."""
    if record.valid_until is not None:
        value = record.valid_until.value(context)
        if value is not None and not isinstance(value, datetime):
            raise ExpressionFailed(f"'{record.valid_until.source}' is no day")
        # A last day that cannot be calculated must not mean for ever; for no end the definition says null.
        return value.date() if value is not None else None
    return pack.calendar.last_day(pack.calendar.day_of(at), record.valid) if record.valid else None


def _newest(moment: Moment) -> credentials.Record | None:
    issued = credentials.of_case(moment.case.ref) if moment.case and moment.service.records else []
    return max(issued, key=entries.order_of, default=None)


def _verdict(moment: Moment) -> credentials.Verdict | None:
    """The verdict of a verification of the newest record."""
    record = _newest(moment)
    return credentials.verify(record.token, at=moment.now) if record else None


def _facts_expected(moment: Moment, expected: Mapping[str, Any]) -> dict[str, Any] | None:
    verdict = _verdict(moment)
    if verdict is None:
        return None
    values = {fact.name: fact.value for fact in verdict.facts}
    return {name: agreeing(values.get(name), expected[name]) for name in expected}


def _is_valid(moment: Moment, _expected: object) -> bool:
    verdict = _verdict(moment)
    return verdict is not None and verdict.state == "valid"


def _until(moment: Moment, _expected: object) -> date | None:
    record = _newest(moment)
    return record.valid_until if record else None


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """`record`: the newest record of the case that is in force."""
    issued = credentials.of_case(reading.case.ref) if reading.service.records else []
    newest = max((record for record in issued if record.revoked_at is None), key=entries.order_of, default=None)
    until = newest.valid_until if newest else None
    return {"record": {"ref": newest.ref if newest else "", "valid_until": moment(until) if until else None}}, {}


CHAPTER = Chapter(
    facts=_facts,
    effects=(Effect(40, ("revoke",), _revoke_named), Effect(100, ("issue",), _issue_named)),
    expectations={"record": _facts_expected, "record_valid": _is_valid, "record_until": _until},
)
