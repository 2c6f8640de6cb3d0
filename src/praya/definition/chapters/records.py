"""Records: the signed records that a case issues and revokes."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.check_made import made_together
from praya.definition.check_several import of_each_item
from praya.definition.model import Keyed, Model, Name, Path, Several, Slug
from praya.definition.outcome import Fact
from praya.definition.own_words import WORDS
from praya.definition.source import unknown
from praya.definition.trials import marked
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression
from praya.kernel.text import Text


class Record(Several):
    """A signed record: its facts, its last day, and the records that it replaces."""

    name: Slug
    title: Text
    facts: Annotated[dict[str, Fact], Keyed] = Field(min_length=1)
    valid: Length | None = None
    valid_until: Expression | None = None
    replaces: Slug | None = None
    may_be_empty: tuple[Name, ...] = ()


class OfService(Model):
    """The records of a service."""

    records: Annotated[dict[str, Record], Keyed] = {}


class OfEffects(Model):
    """The effects that issue and revoke records."""

    issue: str | None = None
    revoke: bool | str = False


class OfExpect(Model):
    """What an example expects of the newest record."""

    record: dict[str, Any] | None = None
    record_valid: bool | None = None
    record_until: date | None = None


def problems(whole: Whole) -> Problems:
    """Check the names of records, and the expressions of records for each item of a repeat."""
    service, subject = whole.service, whole.service.subject
    is_foreign = subject is not None and subject.service not in (None, service.service)
    for record in service.records.values():
        if record.replaces and not is_foreign and record.replaces not in service.records:
            yield ("records", record.name, "replaces"), unknown("record", record.replaces, service.records)
        for index, name in enumerate(record.may_be_empty):
            if name not in record.facts:
                where = ("records", record.name, "may_be_empty", index)
                yield where, unknown("fact of the record", name, record.facts)
    yield from of_each_item(whole, "records", service.records)
    yield from made_together(whole)
    for path, effects in whole.effects:
        if isinstance(effects.revoke, str) and effects.revoke not in service.records:
            yield (*path, "revoke"), unknown("record", effects.revoke, service.records)
        if effects.issue and effects.issue not in service.records:
            yield (*path, "issue"), unknown("record", effects.issue, service.records)


def problems_about(whole: Whole, owner: Any) -> Problems:
    """Check that a record replaces one of this service, or of the service whose entries this one is about."""
    service = whole.service
    if service.subject is None or service.subject.service != owner.service:
        return
    names = {*service.records, *owner.records}
    for record in service.records.values():
        if record.replaces and record.replaces not in names:
            yield ("records", record.name, "replaces"), unknown("record", record.replaces, names)


def story_problems(service: Any, expect: OfExpect, path: Path) -> Problems:
    """Check that an example expects facts that a record has."""
    facts = {name for record in service.records.values() for name in record.facts}
    for name in expect.record or {}:
        if name not in facts:
            yield (*path, "record", name), unknown("fact of a record", name, facts)


def settled_by(service: Any, effects: OfEffects) -> Iterator[Expression]:
    """The facts and the last day of the records that effects issue."""
    if effects.issue in service.records:
        record = service.records[effects.issue]
        yield from (fact.value for fact in record.facts.values())
        yield from (record.valid_until,) if record.valid_until else ()


def in_trial(service: Any) -> dict[str, Any]:
    """The records, marked as certifying nothing."""
    return {
        "records": {
            name: record.model_copy(update={"title": marked(record.title, WORDS["trial_not_valid"])})
            for name, record in service.records.items()
        }
    }


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The records by name."""
    return {"record": data["records"]}


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "records": (
            "Signed records that a case can issue, by name.",
            {
                "licence": {
                    "title": {"en": "Licence", "zh-hant": "牌照"},
                    "facts": {"holder": {"label": {"en": "Holder", "zh-hant": "持牌人"}, "value": "answers.name"}},
                }
            },
        ),
    },
    "Record": {
        "name": ("Its name; written as the key.", "licence"),
        "title": ("What it is called.", {"en": "Dog boarding licence", "zh-hant": "寄養狗隻牌照"}),
        "facts": (
            "What its QR code says, by name, and nothing else.",
            {"holder": {"label": {"en": "Holder", "zh-hant": "持牌人"}, "value": "answers.name"}},
        ),
        "valid": ("How long it holds from the day of issue: a year from 12 March is through 11 March.", "1 year"),
        "valid_until": ("An expression for the last day, instead of valid.", "booking.first_date"),
        "several": (
            (
                "A repeat, of the form or of an action, or those of its items that `filter` keeps: one record is issued"
                " for each. In the facts `item` is the one at hand, and of a repeat with `of` its row is `item.row`."
            ),
            "answers.dogs.filter(d, d.kept)",
        ),
        "replaces": (
            (
                "The record that ends when this one is issued, of the same case or about the same entry; whoever"
                " verifies it is told that a newer one took its place."
            ),
            "licence",
        ),
        "may_be_empty": (
            "Facts that may say nothing. With any other fact empty the record is not issued, and the action refused.",
            ["remark"],
        ),
    },
    "Effects": {
        "issue": (
            (
                "The record that is issued. When the case comes here again another one is issued; with `replaces` the "
                "first is then no longer valid."
            ),
            "licence",
        ),
        "revoke": ("Records that are revoked: true for all of the case, or one name.", "licence"),
    },
    "Expect": {
        "record": ("Facts of the newest record, in any of its languages.", {"holder": "CHAN Siu Fong"}),
        "record_valid": ("Whether the newest record verifies as valid.", True),
        "record_until": ("The last day of the newest record.", date(2027, 3, 5)),
    },
}
NAMES = {
    "record": (
        "The newest record in force: `record.ref`, `record.valid_until`.",
        "in flow, records, registers, notices",
    ),
}

CHAPTER = Chapter(
    name="records",
    service=(Words(model=OfService, at=60),),
    effects=(Words(model=OfEffects, at=10),),
    expect=(Words(model=OfExpect, at=24),),
    parts=(Record,),
    problems=problems,
    problems_about=problems_about,
    story_problems=story_problems,
    members=lambda _service: {"record": {"ref", "valid_until"}},
    settled_by=settled_by,
    made={"records": ("issue", "issued")},
    in_trial=in_trial,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
