"""An entry lives on: it is renewed, changed, transferred, struck off, and lapses; its holder is reminded."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests import shops, small_services

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.blocks.registers.models import EarlierRow, EntryRow
from praya.definition.example import Example
from praya.journey import acting, application_steps, case_context, entries, jobs, load, parties, play, trial
from praya.kernel.journal import api as journal
from praya.kernel.journal.models import JournalEntry

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")
SHOP = {"shop": "Golden Bowl", "keeper": "陳大文", "seats": 40}


@pytest.fixture
def territory(db: None) -> load.Territory:
    return small_services.published(*shops.all_of_them())


def person(name: str = "holder") -> identity.Person:
    return identity.enrol(email=f"{name}@example.com", name=None, language="en", at=AT)


def apply(
    territory: load.Territory,
    service: str,
    who: identity.Person,
    answers: dict[str, Any],
    at: datetime,
    about: str = "",
) -> cases.Case:
    return application_steps.apply_at_once(
        territory.services[service], person=who, language="en", answers=answers, files={}, seats=[],
        once_key=f"{service}{at}{about}{answers}", at=at, subject_ref=about,
    )  # fmt: skip


def do(case: cases.Case, action: str, at: datetime) -> cases.Case:
    return acting.act(case=case, action=action, by=OFFICER, answers={}, reason="", once_key=f"{case.ref}{at}", at=at)


def licensed(territory: load.Territory, who: identity.Person) -> registers.Entry:
    case = do(apply(territory, "shop-licence", who, SHOP, AT), "approve", AT)
    (entry,) = registers.of_case(case.ref)
    return entry


def about(
    territory: load.Territory, service: str, who: identity.Person, ref: str, at: datetime, word: str = "x"
) -> None:
    do(apply(territory, service, who, {"word": word}, at, ref), "do-it", at)


def test_an_entry_says_in_public_only_what_is_public(territory: load.Territory) -> None:
    who = person()
    entry = licensed(territory, who)
    assert set(entry.facts) == {"shop", "seats"}
    assert entry.holder_ref == who.ref
    inside = registers.inside([entry])[entry.ref]
    assert set(inside.facts) == {"keeper"}
    assert inside.known == SHOP
    row = EntryRow.objects.get()
    columns = f"{row.facts} {row.searched} {row.marks} {bytes(row.sealed or b'')!r}"
    assert "陳大文" not in columns
    assert "陳大文" not in str(list(JournalEntry.objects.values()))
    where = {"service": "shop-licence", "register": "licensed-shops", "on": entry.from_date}
    for query, public, inside_too in (("golden", 1, 1), ("陳大文", 0, 1), ("大文 golden", 0, 1), ("陳小文", 0, 0)):
        assert len(registers.entries(**where, query=query).entries) == public, query  # type: ignore[arg-type]
        assert len(registers.entries(**where, query=query, with_inside=True).entries) == inside_too, query  # type: ignore[arg-type]


def test_a_renewal_lengthens_the_same_entry_from_its_end(territory: load.Territory) -> None:
    who = person()
    entry = licensed(territory, who)
    assert entry.until_date == date(2027, 3, 1)
    early, in_time = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 10, tzinfo=UTC)
    with pytest.raises(entries.TooEarly) as too_early:
        apply(territory, "shop-renewal", who, {"word": "x"}, early, entry.ref)
    assert too_early.value.opens_on == date(2026, 12, 1)
    about(territory, "shop-renewal", who, entry.ref, in_time)
    renewed = registers.entry(entry.ref)
    assert (renewed.until_date, renewed.facts, renewed.from_date) == (date(2028, 3, 1), entry.facts, entry.from_date)
    (before,) = registers.earlier(entry.ref)
    assert (before.kind, before.until_date) == ("renewed", entry.until_date)
    assert [fact.event for fact in journal.about(before.case_ref) if "register" in fact.event] == ["register_renewed"]


def test_a_change_writes_the_named_facts_and_leaves_the_others(territory: load.Territory) -> None:
    who = person()
    entry = licensed(territory, who)
    about(territory, "shop-change", who, entry.ref, AT, word="Silver Bowl")
    changed = registers.entry(entry.ref)
    assert changed.fact_text("shop", "en") == "Silver Bowl"
    assert changed.fact_text("seats", "en") == "40"
    inside = registers.inside([changed])[entry.ref]
    assert inside.facts["keeper"] == {"en": "陳大文", "zh-hant": "陳大文", "zh-hans": "陳大文"} or inside.facts
    assert inside.known == {**SHOP, "shop": "Silver Bowl"}
    assert registers.earlier(entry.ref)[0].facts == entry.facts


def test_a_transfer_makes_the_applicant_the_holder_and_seals_for_them(territory: load.Territory) -> None:
    old, new = person("old"), person("new")
    entry = licensed(territory, old)
    with pytest.raises(entries.NoSubject):
        apply(territory, "shop-change", new, {"word": "Stolen"}, AT, entry.ref)
    with pytest.raises(entries.NoSubject):
        apply(territory, "shop-transfer", old, {"word": "x"}, AT, entry.ref)
    case = apply(territory, "shop-transfer", new, {"word": "x"}, AT, entry.ref)
    (asked,) = invitations.of_person(old.ref)
    assert (asked.case_ref, asked.party, invitations.of_person(new.ref)) == (case.ref, "keeper", [])
    assert entry.number in next(told.body for told in notices.inbox(old.ref) if told.case_ref == case.ref)
    parties.give_at_once(
        parties.asked_section(asked.ref, person_ref=old.ref, at=AT),
        answers={"agrees": True},
        files={},
        language="en",
        at=AT,
    )
    case = do(cases.case(case.ref), "do-it", AT)
    # The letter is for whom the case found as the holder, who is not the holder any more.
    assert f"You handed {entry.number} over" in [told.subject for told in notices.inbox(old.ref)]
    assert notices.inbox(new.ref) == []
    moved = registers.entry(entry.ref)
    assert moved.holder_ref == new.ref
    assert registers.inside([moved])[entry.ref].known == SHOP
    assert [e.ref for e in registers.of_holder(new.ref)] == [entry.ref]
    assert registers.of_holder(old.ref) == []
    assert EarlierRow.objects.get().holder_ref == old.ref


def test_each_item_of_a_repeat_has_an_entry_and_a_record_that_go_on_by_themselves(db: None) -> None:
    territory, who = small_services.published(*shops.dogs()), person()
    answers = {"owner": "陳大文", "dogs": [{"dog": "Lucky", "large": False}, {"dog": "阿旺", "large": True}]}
    case = do(apply(territory, "dog-register", who, answers, AT), "approve", AT)
    lucky, wong = sorted(registers.of_case(case.ref), key=lambda entry: entry.item)
    assert [(e.item, e.fact_text("dog", "en"), e.until_date) for e in (lucky, wong)] == [
        (1, "Lucky", date(2027, 3, 1)), (2, "阿旺", date(2027, 3, 1)),
    ]  # fmt: skip
    assert lucky.number != wong.number
    discs = {record.about_ref[-1]: record for record in credentials.of_case(case.ref)}
    assert [[fact.in_("zh-hant") for fact in discs[n].facts] for n in "12"] == [["Lucky", "否"], ["阿旺", "是"]]
    # Where only one is spoken of, it is that of the last item.
    newest = max(reversed(credentials.of_case(case.ref)), key=entries.order_of)
    assert newest == max(credentials.of_case(case.ref), key=entries.order_of) == discs["2"]
    of_case = case_context.of_case(case, territory.services["dog-register"], territory.pack, today=AT.date())
    assert of_case.context["entry"]["dog"] == "阿旺"
    # The case acts on each of what it made; a service about an entry on that one, named by its number as typed.
    later = datetime(2026, 9, 1, 2, tzinfo=UTC)
    do(case, "correct", later)
    assert {registers.entry(e.ref).until_date for e in (lucky, wong)} == {date(2028, 3, 1)}
    assert registers.entry(wong.ref).facts == wong.facts
    again = apply(territory, "dog-disc", who, {}, later, wong.number.lower().replace("-", " "))
    do(again, "do-it", later)
    assert [registers.entry(e.ref).until_date for e in (lucky, wong)] == [date(2028, 3, 1), date(2029, 3, 1)]
    (new,) = credentials.of_case(again.ref)
    verdict = credentials.verify(discs["2"].token, at=later)
    assert (verdict.state, verdict.replaced_by) == ("replaced", new.ref)
    assert [credentials.verify(one.token, at=later).state for one in (discs["1"], new)] == ["valid", "valid"]
    about(territory, "dog-gone", who, wong.ref, later)
    assert [registers.entry(e.ref).state(later.date()) for e in (lucky, wong)] == ["in-force", "struck"]
    assert [credentials.verify(one.token, at=later).state for one in (discs["1"], new)] == ["valid", "revoked"]


def test_a_struck_entry_can_be_chosen_for_nothing_more(territory: load.Territory) -> None:
    who = person()
    entry = licensed(territory, who)
    waiting = apply(territory, "shop-change", who, {"word": "Late"}, AT, entry.ref)
    about(territory, "shop-closing", who, entry.ref, AT)
    assert registers.entry(entry.ref).state(date(2026, 3, 2)) == "struck"
    with pytest.raises(entries.NoSubject):
        apply(territory, "shop-change", who, {"word": "x"}, AT, entry.ref)
    with pytest.raises(acting.NotAllowed):
        do(waiting, "do-it", AT)
    assert cases.case(waiting.ref).state == "received"


def test_an_entry_lapses_by_itself_and_cannot_be_renewed_then(territory: load.Territory) -> None:
    who = person()
    entry = licensed(territory, who)
    assert entry.state(date(2027, 3, 1)) == "in-force"
    assert entry.state(date(2027, 3, 2)) == "lapsed"
    with pytest.raises(entries.NoSubject):
        apply(territory, "shop-renewal", who, {"word": "x"}, datetime(2027, 3, 2, 2, tzinfo=UTC), entry.ref)
    assert entries.choices(territory.services["shop-renewal"], who.ref, today=date(2027, 3, 2)) == []


def test_the_holder_is_reminded_once_for_each_reminder_and_again_after_a_renewal(territory: load.Territory) -> None:
    who = person()
    entry = licensed(territory, who)

    def letters(at: datetime) -> list[str]:
        jobs.remind_holders(at=at)
        jobs.remind_holders(at=at)
        return [n.subject for n in notices.inbox(who.ref) if n.subject.startswith("Renew")]

    assert letters(datetime(2026, 12, 31, tzinfo=UTC)) == []
    assert letters(datetime(2027, 1, 1, tzinfo=UTC)) == ["Renew Golden Bowl"]
    assert len(letters(datetime(2027, 2, 22, tzinfo=UTC))) == 2
    body = next(n.body for n in notices.inbox(who.ref) if n.subject.startswith("Renew"))
    assert "1 March 2027" in body
    assert f"/en/entries/{entry.ref}" in body
    about(territory, "shop-renewal", who, entry.ref, datetime(2027, 2, 24, tzinfo=UTC))
    assert len(letters(datetime(2027, 3, 1, tzinfo=UTC))) == 2
    assert len(letters(datetime(2028, 1, 2, tzinfo=UTC))) == 3


def test_an_erased_holder_leaves_nothing_that_is_not_public(territory: load.Territory) -> None:
    who = person()
    entry = licensed(territory, who)
    identity.erase(person_ref=who.ref, at=AT, by="operator")
    registers.forget_holder(holder_ref=who.ref)
    assert registers.inside([entry])[entry.ref] == registers.Inside()
    assert EntryRow.objects.get().marks == ""
    assert jobs.remind_holders(at=datetime(2027, 1, 1, tzinfo=UTC)) == 1
    renewed = registers.renew(ref=entry.ref, case_ref="", until_date=date(2030, 1, 1), at=AT, by="officer:x")
    assert renewed.facts == entry.facts


def test_a_made_up_case_about_an_entry_comes_into_any_state_also_without_examples(territory: load.Territory) -> None:
    for name in ("shop-renewal", "shop-transfer", "shop-closing"):
        service = territory.services[name]
        brought = trial.bring(service, "done", [], territory.pack, person=person(name), number=1, at=AT)
        assert brought.case.subject_ref
        assert brought.case.state == "done"


def test_a_story_begins_with_the_entry_that_it_is_about(territory: load.Territory) -> None:
    story = Example.model_validate({
        "example": "A shop is renewed", "starts": "2026-12-10T10:00:00+08:00", "answers": {"word": "x"},
        "entry": {"facts": SHOP, "from": "2026-03-02", "until": "2027-03-01"},
        "expect": {"state": "received", "entry": "in-force", "entry_until": "2027-03-01"},
        "steps": [
            {"by": "officer", "do": "do-it", "expect": {
                "entry_until": "2028-03-01", "register_entry": {"shop": "Golden Bowl", "keeper": "陳大文"}}},
            {"after": "2 years", "expect": {"entry": "lapsed"}},
        ],
    })  # fmt: skip
    play.play(story, territory.services["shop-renewal"], territory.pack, person=person())
    early = story.model_copy(update={"entry": story.entry.model_copy(update={"until": date(2028, 1, 1)})})  # type: ignore[union-attr]
    early = early.model_copy(update={"expect": type(story.expect)(errors={"subject": "TooEarly"}), "steps": ()})
    play.play(early, territory.services["shop-renewal"], territory.pack, person=person("early"))


def test_two_items_of_one_case_that_say_the_same_are_told_by_their_places(db: None) -> None:
    title = "    title: {en: Known dogs, zh-hant: 已登記狗隻}\n"
    unique = shops.DOGS.replace(title, f"{title}    unique: [dog]\n")
    assert unique != shops.DOGS
    territory = small_services.published(small_services.service("dog-register", "DR", unique))

    def approve(key: str, *names: str) -> cases.Case:
        case = application_steps.apply_at_once(
            territory.services["dog-register"], person=person(), language="en", files={}, seats=[], once_key=key,
            answers={"owner": "Chan", "dogs": [{"dog": name, "large": False} for name in names]}, at=AT,
        )  # fmt: skip
        by = acting.By("officer:x", ("officer",), case.department)
        return acting.act(case=case, action="approve", by=by, answers={}, reason="", once_key=key, at=AT)

    with pytest.raises(acting.AlreadyEntered) as alike:
        approve("one", "Rex", "Bo", "Rex")
    assert str(alike.value.sentence.in_("en")).startswith("Items 1 and 3 of this case say the same")
    assert alike.value.why == "items 1 and 3 of the case have the same unique facts"
    (entry, _) = registers.of_case(approve("two", "Rex", "Bo").ref)
    with pytest.raises(acting.AlreadyEntered) as taken:
        approve("three", "Ann", entry.facts["dog"]["en"])
    assert f"entry {entry.number} already" in taken.value.sentence.in_("en")
