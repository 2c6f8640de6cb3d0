"""Letters and a lasting page for parties; two equal parties; and what a party does not see, it sees by no route."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.small import AT, CHILD, SCHOOL, player, problems, published
from tests.web.test_desk import words

from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.definition.load import load_pack, load_service
from praya.journey import conflicts, erasure, load, play
from praya.kernel import clock
from praya.web import rate_limits

pytestmark = pytest.mark.django_db
AGAIN = "        ask-again: {label: {en: Ask again, zh-hant: 再問}, to: waiting, invite: [doctor]}\n"
PLACE = """\
        place:
          label: {en: Place, zh-hant: 編班}
          ask: [{class_name: {type: text, label: {en: Class, zh-hant: 班別}}}]
          notify: [told]
"""
GRANTED = 'when: "parties.doctor.answers.fit && parties.guardian.each.all(g, g.answers.agrees == true)"'
TOLD = (
    SCHOOL.replace("sees: [child_name]", "sees: [child_name, findings.class_name]")
    .replace(AGAIN, PLACE, 1)
    .replace(GRANTED, "when: answers.illness == 'None'")
)
LETTER = """
notices:
  told:
    to: [applicant, parties.doctor]
    subject: {en: "About {answers.child_name}", zh-hant: "關於{answers.child_name}"}
    body: {en: "%s", zh-hant: "%s"}
"""


def told(body: str = "Class {findings.class_name}, {parties.doctor.answers.fit_from}: {url}") -> str:
    return TOLD + LETTER % (body, body)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    rate_limits._limiter.cache_clear()


def signed_in(email: str) -> Client:
    person = identity.find(email=email)
    assert person is not None
    client = Client()
    session = client.session
    session["person"] = person.ref
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return words(response.content.decode())


GIVES: dict[str, Any] = {"party": "doctor", "answers": {"fit": True, "fit_from": "2026-01-12"}}


def test_a_party_gets_letters_and_keeps_a_page_with_the_state_its_answers_and_its_letters() -> None:
    played = player(published(told()), answers=CHILD)(
        GIVES,
        {"by": "officer", "do": "place", "answers": {"class_name": "4B"}, "expect": {"state": "deciding"}},
    )
    assert sorted(one.name for one in notices.of_case(played.case.ref)) == ["invitation", "told", "told"]
    doctor = signed_in("doctor@example.com")
    (one,) = [one for one in invitations.of_case(played.case.ref) if one.party == "doctor"]
    letter = next(one for one in notices.inbox(one.person_ref) if one.name == "told")
    assert letter.subject == "About Siu Ming"
    assert letter.body.startswith("Class 4B, 12 January 2026: ")
    assert letter.body.endswith(f"/en/parts/{one.ref}")

    page = text(doctor, f"/en/parts/{one.ref}")
    assert "Being decided" in page
    assert "12 January 2026" in page
    assert "About Siu Ming" in page
    mine = text(doctor, "/en/me")
    assert "Being decided" in mine
    assert "Return to school" in mine
    # Neither the applicant's other answers nor their page.
    assert "Measles" not in page + mine
    assert doctor.get(f"/en/cases/{played.case.ref}").status_code == 404
    assert doctor.get(f"/en/cases/{played.case.ref}/do/withdraw").status_code == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{answers.illness}", "'doctor' does not see 'answers.illness'"),
        ("{parties.guardian.each.map(g, g.answers.agrees)}", "'doctor' does not see 'parties.guardian.each'"),
        ("{answers.child_name + answers.doctor_name}", "'doctor' does not see 'answers.doctor_name'"),
        ("{conditions.x}", "a letter to a party does not say 'conditions'"),
        ("{applicant.email}", "a letter to a party does not say 'applicant'"),
    ],
)
def test_a_letter_to_a_party_says_nothing_that_it_does_not_see(body: str, said: str) -> None:
    assert any(said in problem for problem in problems(load.pack(), told(body)))


def test_a_letter_tells_an_equal_party_what_it_tells_the_applicant_once_it_has_given() -> None:
    body = "Of {about.all}: {url}"
    alone = told(body).replace("invite: [doctor]}", "notify: [told]}", 1)
    assert any("a letter to a party does not say 'about'" in said for said in problems(load.pack(), alone))
    equal = alone.replace("    within: 14 days\n", "    within: 14 days\n    equal: true\n", 1)
    assert problems(load.pack(), equal) == []
    unseen = equal.replace("{about.all}", "{answers.illness}")
    assert any("'doctor' does not see 'answers.illness'" in said for said in problems(load.pack(), unseen))
    play_on = player(published(equal), answers=CHILD)
    remind = {"by": "officer", "do": "remind", "expect": {"state": "waiting", "notices": ["told"]}}
    waits = play_on(remind).case
    assert [one.name for one in notices.of_case(waits.ref)].count("told") == 1, "the applicant's alone"
    given = player(published(equal), answers=CHILD, example="Given")(
        GIVES, {"by": "officer", "do": "place", "answers": {"class_name": "4B"}}
    ).case
    letters = [letter for letter in notices.of_case(given.ref) if letter.name == "told"]
    assert len(letters) == 2
    (one,) = [one for one in invitations.of_case(given.ref) if one.party == "doctor"]
    (letter,) = [letter for letter in notices.inbox(one.person_ref) if letter.name == "told"]
    assert letter.body == f"Of 0: {settings.PRAYA.base_url}/en/cases/{given.ref}"


def test_what_is_wrong_with_parties_and_their_letters_is_told() -> None:
    pack = load.pack()
    assert any(
        "there is no party 'docter'" in p for p in problems(pack, told().replace("parties.doctor]", "parties.docter]"))
    )
    assert any(
        "there is no question of an action 'klass'" in p
        for p in problems(pack, told().replace("findings.class_name]", "findings.klass]"))
    )
    alike = SCHOOL.replace("    sees: [child_name]\n", "    sees: [child_name]\n    asks: [child]\n")
    assert any("'doctor' is asked 'child_name' too" in p for p in problems(pack, alike))
    assert any("there is no page 'chlid'" in p for p in problems(pack, alike.replace("asks: [child]", "asks: [chlid]")))
    equal = SCHOOL.replace("    several: answers.guardians\n", "    several: answers.guardians\n    equal: true\n")
    assert any("an equal party is one person" in p for p in problems(pack, equal))


def _couple() -> Any:
    """The marriage of the cookbook, after both have answered and 16 days have passed."""
    folder = Path(__file__).parents[2] / "packs/cookbook"
    pack = load_pack(folder)
    found = load_service(folder / "services/marriage-notice/service.yaml", pack)
    data = json.loads(load.canonical(found))
    assert data["parties"]["partner"]["asks"] == ["about-you", "declaration"]
    assert load.canonical(type(found).model_validate(data)) == load.canonical(found), "read again, nothing is put twice"
    return found


def test_two_equal_parties_have_page_letters_record_entry_and_withdrawal_alike() -> None:
    found = published_of(_couple())
    answers = {
        "full_name": {"family": "CHAN", "given": "Siu Fong"}, "born_on": "1996-02-03", "status": "never",
        "home": {"street": "1 Sample Street", "district": "old-harbour"}, "wedding_place": "hall", "declared": True,
        "partner_name": "Lee Ming", "partner_email": "lee@example.com",
    }  # fmt: skip
    given = {
        "full_name": {"family": "LEE", "given": "Ming"}, "born_on": "1995-07-08", "status": "widowed",
        "home": {"street": "9 Sample Road", "district": "old-harbour"}, "declared": True,
    }  # fmt: skip
    played = player(found, answers=answers)()
    case_ref, lee = played.case.ref, signed_in("lee@example.com")
    # Before they join, the case is the applicant's alone.
    assert lee.get(f"/en/cases/{case_ref}").status_code == 404
    (one,) = invitations.of_case(case_ref)
    assert "1 Sample Street" not in text(lee, f"/en/parts/{one.ref}")
    play_on(played, {"party": "partner", "answers": given})
    page = text(lee, f"/en/cases/{case_ref}")
    for shown in (
        "The notice is shown",
        "LEE Ming",
        "9 Sample Road",
        "The wedding hall at the pier",
        "Withdraw",
        "HK$305",
    ):
        assert shown in page
    # What the other answered, and is not in `sees`, stays with the other.
    for hidden in ("1 Sample Street", "3 February 1996", "Never married", "lee@example.com is", "Lee Ming"):
        assert hidden not in page
    assert case_ref in text(lee, "/en/me")
    assert text(signed_in("player@example.com"), f"/en/cases/{case_ref}").count("9 Sample Road") == 0

    play_on(played, {"after": "16 days"})
    (record,) = credentials.of_case(case_ref)
    (entry,) = [entry for entry in registers.of_case(case_ref) if entry.register == "notices-given"]
    for client in (lee, signed_in("player@example.com")):
        assert "CHAN Siu Fong" in text(client, f"/en/records/{record.ref}")
        assert "LEE Ming" in text(client, f"/en/entries/{entry.ref}")
        assert "Certificate that no objection was made" in text(client, "/en/me")
    stranger = identity.enrol(email="other@example.com", name="Other", language="en", at=AT)
    assert stranger.ref
    for path in (f"cases/{case_ref}", f"records/{record.ref}", f"entries/{entry.ref}", f"parts/{one.ref}"):
        assert signed_in("other@example.com").get(f"/en/{path}").status_code == 404
    officer = identity.add_officer(
        name="Lee", email="lee@example.com", at=AT, by="system", roles=frozenset({identity.Role("dh", "officer")})
    )
    assert conflicts.concerns(played.case, officer.ref)

    # When one of them is erased, nobody reads any more what the two gave; the page of the other still opens.
    other = identity.find(email="player@example.com")
    assert other is not None
    erasure.erase(person_ref=other.ref, at=AT, by="system")
    page = text(lee, f"/en/cases/{case_ref}")
    assert "You may marry" in page
    assert "9 Sample Road" not in page


def published_of(found: Any) -> Any:
    pack = load.pack()
    changed = found.model_copy(update={"department": "dh", "topic": "health"})
    assert changed.department in pack.departments
    load.publish(changed, at=AT, by="system")
    load.forget()
    return load.compiled(found.service, found.version)


def play_on(played: Any, step: dict[str, Any]) -> None:
    from praya.definition.example import Step

    one = Step.model_validate(step)
    play._pass_time(one, played)
    if one.does_something:
        play._take(one, played, 1)
    assert not played.errors, played.errors
