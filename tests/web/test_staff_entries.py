"""Staff open a case about an entry by its number: it is the holder's, and no other department's staff can."""

from datetime import date
from typing import Any

import pytest
from tests.small import AT, problems, published
from tests.web.test_assistance import STAFF, client_of, officer

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.journey import load
from praya.kernel import clock
from praya.web import rate_limits

pytestmark = pytest.mark.django_db
ENTRIES = STAFF.replace(
    "opened_by: staff\n",
    """opened_by: staff
subject: {register: permits}
registers:
  permits:
    title: {en: Permits, zh-hant: 許可證}
    facts: {what: {label: {en: What, zh-hant: 項目}}}
""",
)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    rate_limits._limiter.cache_clear()


def enter(holder_ref: str, **changes: Any) -> registers.Entry:
    known = {
        "service": "small-grant", "register": "permits", "case_ref": "", "facts": {"what": "A stall"},
        "from_date": date(2026, 1, 1), "until_date": None, "once_key": holder_ref or "nobody", "holder_ref": holder_ref,
    }  # fmt: skip
    return registers.enter(registers.NewEntry(**known | changes), at=AT, by="system")


FOR = {"service": "small-grant", "email": "", "reason": "It was seen on the street."}


def test_the_case_about_an_entry_that_staff_open_is_its_holders() -> None:
    published(ENTRIES)
    holder = identity.enrol(email="holder@example.com", name=None, language="zh-hant", at=AT)
    entry, clerk = enter(holder.ref), officer()
    base = clerk.post("/en/desk/assist", FOR | {"entry": entry.number.lower()})["Location"]
    assert clerk.post(f"{base}/about-you", {"applicant_name": "Chan"}).status_code == 302
    sent = clerk.post(f"{base}/check", {})
    ref = sent["Location"].rsplit("/", 1)[1]
    case = cases.case(ref)
    assert (case.person_ref, case.subject_ref) == (holder.ref, entry.ref)
    assert [notice.name for notice in notices.inbox(holder.ref)] == ["assisted"]
    resident = client_of(person=holder.ref, level=1)
    assert resident.get(f"/zh-hant/cases/{ref}").status_code == 200


WORDS = {
    "en": ("Number of the entry", "No entry in force of that register has this number", "Nobody holds this entry"),
    "zh-hant": ("記項編號", "該登記冊沒有這個編號的有效記項", "這個記項沒有持有人"),
    "zh-hans": ("记项编号", "该登记册没有这个编号的有效记项", "这个记项没有持有人"),
}


@pytest.mark.parametrize("lang", WORDS)
def test_what_is_no_entry_that_somebody_holds_is_told(lang: str) -> None:
    published(ENTRIES)
    holder = identity.enrol(email="holder@example.com", name=None, language="en", at=AT)
    ended = enter(holder.ref, until_date=date(2026, 1, 2))
    elsewhere = enter(holder.ref, register="others", once_key="x")
    clerk, (label, none, nobody) = officer(), WORDS[lang]
    assert label in clerk.get(f"/{lang}/desk/assist").content.decode()
    for number, said in (
        ("", none), ("E-2222-2222", none), (ended.number, none), (elsewhere.number, none), (enter("").number, nobody),
    ):  # fmt: skip
        answer = clerk.post(f"/{lang}/desk/assist", FOR | {"entry": number})
        assert answer.status_code == 422
        assert said in answer.content.decode()


WRONG = [
    ("opened_by: staff", "opened_by: both", "or 'opened_by: staff', where staff name the entry"),
    ("{register: permits}", "{register: permits, who: anyone}", "it is its holder's: take 'who' out"),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG)
def test_only_staff_alone_open_a_case_about_an_entry_for_its_holder(old: str, new: str, said: str) -> None:
    found = problems(load.pack(), ENTRIES.replace(old, new))
    assert any(said in problem for problem in found), found
