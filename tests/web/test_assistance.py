"""Officers apply on behalf of people, and for services that have no door for residents."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.small import AT, GRANT, problems, published
from tests.web.test_desk import words

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.journey import load
from praya.kernel import clock
from praya.kernel.journal import api as journal
from praya.web import rate_limits

pytestmark = pytest.mark.django_db
WITHDRAWN = "    withdrawn: {label: {en: Withdrawn, zh-hant: 已撤回}, final: true, result: withdrawn}\n"
BOTH = (
    GRANT.replace("form:\n", "opened_by: both\nform:\n", 1)
    .replace(
        "        recommend:",
        "        leave: {label: {en: Leave, zh-hant: 撤回}, by: applicant, to: withdrawn}\n        recommend:",
    )
    .replace("retention: {", f"{WITHDRAWN}retention: {{withdrawn: 1 year, ", 1)
)
STAFF = BOTH.replace("opened_by: both", "opened_by: staff")


SIGN = "{type: signature, says: {en: True., zh-hant: 屬實。}, label: {en: Signature, zh-hant: 簽署}}"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    rate_limits._limiter.cache_clear()


def client_of(**keys: Any) -> Client:
    client = Client()
    session = client.session
    session.update(keys)
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client


def officer(department: str = "dh", name: str = "one") -> Client:
    found = identity.add_officer(
        name=f"Officer {name}", email=f"{name}@{department}.example.com", at=AT, by="system",
        roles=frozenset({identity.Role(department, "officer")}),
    )  # fmt: skip
    return client_of(officer=found.ref, epoch=found.epoch)


FOR = {"service": "small-grant", "email": "old.lady@example.com", "reason": "At the counter, with her card."}


def test_an_officer_applies_for_a_person_who_is_told_sees_it_and_withdraws_it() -> None:
    published(BOTH)
    clerk = officer()
    assert "Apply for somebody" in words(clerk.get("/en/desk/").content.decode())
    begun = clerk.post("/en/desk/assist", FOR)
    base = begun["Location"]
    page = clerk.get(base)["Location"]
    assert page == f"{base}/about-you"
    assert clerk.get(page).status_code == 200
    assert clerk.post(page, {"applicant_name": ""}).status_code == 200, "what is missing is said"
    assert clerk.post(page, {"applicant_name": "WONG Lai"})["Location"] == f"{base}/check"
    assert "WONG Lai" in words(clerk.get(f"{base}/check").content.decode())
    sent = clerk.post(f"{base}/check")["Location"]
    ref = sent.rpartition("/")[2]
    # Sent twice, it is one case.
    assert clerk.post(f"{base}/check")["Location"] == sent

    case, person = cases.case(ref), identity.find(email="old.lady@example.com")
    assert person is not None
    assert case.person_ref == person.ref
    shown = words(clerk.get(sent).content.decode())
    assert "Applied on behalf of the person" in shown
    assert "At the counter, with her card." in shown
    assert next(fact.actor for fact in journal.about(ref, events=("case_assisted",))).startswith("officer:")
    (letter,) = [one for one in notices.inbox(person.ref) if one.name == "assisted"]
    assert f"/en/cases/{ref}" in letter.body
    assert ref in letter.body
    lady = client_of(person=person.ref)
    assert "WONG Lai" in words(lady.get(f"/en/cases/{ref}").content.decode())
    lady.post(f"/en/cases/{ref}/do/leave", {"revision": str(case.revision), "once": "a" * 32})
    assert cases.case(ref).state == "withdrawn"


def test_nobody_else_goes_on_with_what_an_officer_began() -> None:
    published(BOTH)
    clerk, other, foreign = officer(), officer(name="two"), officer("fehd", "three")
    base = clerk.post("/en/desk/assist", FOR)["Location"]
    person = identity.find(email="old.lady@example.com")
    assert person is not None
    for client in (other, foreign):
        for path in ("", "/about-you", "/check", "/stop"):
            assert client.get(base + path).status_code == 404
    assert foreign.post("/en/desk/assist", FOR).status_code == 422, "another department's service is not offered"
    # The officer is no resident, whoever is helped.
    assert clerk.get("/en/me").status_code == 302
    for path in ("/about-you", "/check"):
        assert Client().get(base + path).status_code == 302
        assert client_of(person=person.ref).get(base + path).status_code == 302
    for wrong, said in (
        ({**FOR, "email": "nobody"}, "email"),
        ({**FOR, "reason": " "}, "Say how the person asked you"),
        ({**FOR, "service": "other"}, "Choose a service"),
    ):
        answered = clerk.post("/en/desk/assist", wrong)
        assert answered.status_code == 422
        assert said in answered.content.decode()


def test_a_service_that_only_staff_open_has_no_door_for_residents() -> None:
    published(STAFF)
    resident = client_of(person=identity.enrol(email="a@example.com", name="A", language="en", at=AT).ref)
    assert resident.get("/en/services/small-grant").status_code == 404
    assert resident.get("/en/services/small-grant/apply").status_code == 404
    assert "Small grant" not in resident.get("/en/search?q=grant").content.decode()
    assert "small-grant" not in str(Client().get("/api/v1/services").json())
    base = officer().post("/en/desk/assist", FOR)["Location"]
    assert base.startswith("/en/desk/assist/")
    person = identity.find(email="old.lady@example.com")
    assert person is not None
    # Nor has it one through what an officer began for them.
    theirs = client_of(person=person.ref)
    assert theirs.get(f"/en/apply/{base.rpartition('/')[2]}/about-you").status_code == 404
    assert "Small grant" not in theirs.get("/en/me").content.decode()


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("opened_by: officers\nform:\n", "opened_by"),
        (
            f"opened_by: staff\nassurance: {{sign: 1}}\nform:\n  - page: sign\n    questions: [{{sign: {SIGN}}}]\n",
            "staff cannot open a case with a signature",
        ),
    ],
)
def test_what_staff_cannot_open_is_told(new: str, said: str) -> None:
    found = problems(load.pack(), GRANT.replace("form:\n", new, 1))
    assert any(said in problem for problem in found), found
