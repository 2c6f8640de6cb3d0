"""Facts of kind money read as money everywhere, also in entries that were stored with the bare number."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.test import Client
from tests import small_services

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.blocks.registers.models import EntryRow
from praya.journey import acting, application_steps, entries, load
from praya.kernel import clock

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")
SAID = {"en": "HK$210,000", "zh-hant": "210,000元", "zh-hans": "210,000元"}
AWARDS = """
form:
  - page: asked
    questions: [{number: {type: number, max: 9000000, label: {en: Number, zh-hant: 數目}}}]
decisions:
  amount:
    label: {en: Amount, zh-hant: 金額}
    rows: [{when: answers.number > 1000000, value: 1000000}, {value: answers.number}]
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收件}
      actions:
        award: {label: {en: Award, zh-hant: 批出}, register: awards, publish: award, to: done}
    done: {label: {en: Done, zh-hant: 已完成}, final: true, result: completed, notify: [awarded]}
registers:
  awards:
    title: {en: Awards, zh-hant: 批出資助}
    facts:
      amount: {label: {en: Amount, zh-hant: 金額}, value: decisions.amount, kind: money}
      asked: {label: {en: Asked, zh-hant: 申請金額}, value: answers.number, kind: money, public: false}
publishes:
  award:
    title: {en: Award, zh-hant: 批出資助}
    for: 30 days
    facts: {amount: {label: {en: Amount, zh-hant: 金額}, value: decisions.amount, kind: money}}
notices:
  awarded:
    subject: {en: Awarded, zh-hant: 已批出}
    body: {en: "The award is {entry.amount} of {entry.asked}.", zh-hant: "資助額為 {entry.amount}。"}
retention: {completed: 1 year}
"""


def awarded() -> tuple[registers.Entry, registers.Entry, str]:
    """The entry, the public notice, and the letter of a case."""
    territory = small_services.published(small_services.service("small-award", "SA", AWARDS))
    person = identity.enrol(email="maker@example.com", name=None, language="en", at=AT)
    case = application_steps.apply_at_once(
        territory.services["small-award"], person=person, language="en", answers={"number": 210000}, files={},
        seats=[], once_key="award", at=AT,
    )  # fmt: skip
    acting.act(case=case, action="award", by=OFFICER, answers={}, reason="", once_key="award", at=AT)
    made = {entry.register: entry for entry in registers.of_case(case.ref)}
    (letter,) = [one.body for one in notices.inbox(person.ref) if one.subject == "Awarded"]
    return made["awards"], made["award"], letter


def test_money_that_a_decision_gives_reads_as_money_in_entries_notices_and_letters(db: None) -> None:
    entry, publication, letter = awarded()
    assert entry.facts["amount"] == publication.facts["amount"] == SAID
    assert registers.inside([entry])[entry.ref].facts["asked"] == SAID
    assert "The award is HK$210,000 of HK$210,000." in letter
    assert entries.facts_of(entry)["amount"] == 210000
    load.forget()


def test_money_stored_as_a_bare_number_reads_as_money_and_stays_a_number_for_programs(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, publication, _ = awarded()
    monkeypatch.setattr(clock, "now", lambda: AT)
    for ref, bare in ((entry.ref, '{"amount": "210000"}'), (publication.ref, '{"amount": {"en": "210000"}}')):
        EntryRow.objects.filter(ref=ref).update(facts=bare)
    assert entries.texts_of(registers.entry(entry.ref), "entry")["entry.amount"].in_("zh-hant") == "210,000元"
    for language, said in SAID.items():
        for page in ("registers/small-award/awards", f"public-notices/{publication.ref}"):
            shown = Client().get(f"/{language}/{page}").content.decode()
            assert said in shown, page
            assert "210000" not in shown, page
    file = Client().get("/data/registers/small-award/awards.csv")
    (row,) = csv.DictReader(io.StringIO(b"".join(file).decode("utf-8-sig")))
    assert (row["amount_en"], row["amount_value"]) == ("HK$210,000", "210000")
    load.forget()
