"""A transfer that the holder begins: the party that gave its section holds the entry, and nobody else can."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests import small_services

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.journey import acting, application_steps, joint, load, parties
from praya.kernel.crypto import vault

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")
STALL = """
form: [{page: stall, questions: [{stall: {type: text, label: {en: Stall, zh-hant: 攤檔}}}]}]
registers:
  stalls:
    title: {en: Stalls, zh-hant: 攤檔}
    facts: {stall: {label: {en: Stall, zh-hant: 攤檔}, value: answers.stall}}
flow:
  start: licensed
  states:
    licensed: {label: {en: Licensed, zh-hant: 已發牌}, final: true, result: granted, register: stalls}
retention: {granted: 1 year}
"""
HANDOVER = """
subject: {service: small-stall, register: stalls}
form: [{page: taker, questions: [{email: {type: email, label: {en: Their e-mail, zh-hant: 電郵}}}]}]
parties:
  taker:
    label: {en: Taker, zh-hant: 承讓人}
    email: answers.email
    form: [{page: agree, questions: [{agrees: {type: yes-no, label: {en: Agreed?, zh-hant: 同意？}}}]}]
records:
  licence:
    title: {en: Licence, zh-hant: 牌照}
    facts: {stall: {label: {en: Stall, zh-hant: 攤檔}, value: entry.stall}}
flow:
  start: asked
  states:
    asked:
      label: {en: Asked, zh-hant: 已徵求同意}
      actions: {transfer: {label: {en: Transfer, zh-hant: 轉讓}, to: done}}
    done:
      label: {en: Done, zh-hant: 完成}
      final: true
      result: granted
      transfer: stalls
      transfer_to: taker
      issue: licence
retention: {granted: 1 year}
"""


@pytest.fixture
def territory(db: None) -> Any:
    yield small_services.published(
        small_services.service("small-stall", "ST", STALL), small_services.service("small-handover", "SH", HANDOVER)
    )
    load.forget()
    vault.reset_memory()


def person(name: str) -> identity.Person:
    return identity.enrol(email=f"{name}@example.com", name=None, language="en", at=AT)


def apply(territory: load.Territory, service: str, answers: dict[str, Any], about: str = "") -> cases.Case:
    return application_steps.apply_at_once(
        territory.services[service], person=person("keeper"), language="en", answers=answers, files={}, seats=[],
        once_key=service, at=AT, subject_ref=about,
    )  # fmt: skip


def test_the_party_that_gave_its_section_holds_the_entry_and_what_certifies_it(territory: load.Territory) -> None:
    stall = apply(territory, "small-stall", {"stall": "Bowls"})
    (entry,) = registers.of_case(stall.ref)
    handover = apply(territory, "small-handover", {"email": "taker@example.com"}, entry.ref)

    def transfer() -> cases.Case:
        return acting.act(
            case=cases.case(handover.ref), action="transfer", by=OFFICER, answers={}, reason="", once_key="t",
            at=AT + timedelta(days=1),
        )  # fmt: skip

    with pytest.raises(acting.NotAllowed) as refused:
        transfer()
    assert refused.value.why == "'taker' has given nothing, so the entry cannot become theirs"
    assert registers.entry(entry.ref).holder_ref == person("keeper").ref
    (asked,) = invitations.of_case(handover.ref)
    found = parties.asked_section(asked.ref, person_ref=person("taker").ref, at=AT)
    parties.give_at_once(found, answers={"agrees": True}, files={}, language="en", at=AT)
    assert transfer().result == "granted"
    taker = person("taker").ref
    assert registers.entry(entry.ref).holder_ref == taker
    assert [one.ref for one in joint.entries_of(taker)] == [entry.ref]
    assert joint.entries_of(person("keeper").ref) == []
    assert [one.person_ref for one in credentials.of_case(handover.ref)] == [taker]


@pytest.mark.parametrize(("old", "new", "said"), [
    ("      transfer_to: taker\n", "", "say whose it becomes, with 'transfer_to: PARTY'"),
    ("transfer_to: taker", "transfer_to: takr", "there is no party 'takr'; did you mean 'taker'?"),
    ("      transfer: stalls\n", "", "say which register's entry it is, with 'transfer'"),
    ("register: stalls}", "register: stalls, who: anyone}", "'transfer_to' is for {subject: {who: holder}}"),
    ("", "", ""),
])  # fmt: skip
def test_what_a_transfer_by_the_holder_needs_is_said(db: None, old: str, new: str, said: str) -> None:
    assert old in HANDOVER
    found = small_services.problems("small-handover", "SH", HANDOVER.replace(old, new) if old else HANDOVER)
    assert any(said in problem for problem in found) if said else found == []
