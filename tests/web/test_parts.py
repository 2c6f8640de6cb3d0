"""A party's pages from the letter to the last button; and that nobody else gets anywhere near them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from tests.small import AT, CHILD, FAILING, SCHOOL, player, published
from tests.web.test_desk import words

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.forms.models import Draft
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.definition.example import Example
from praya.journey import case_context, jobs, load, samples
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.rounds import FAILED
from praya.web import rate_limits
from praya.web.preview import stage

LANGUAGES = ["en", "zh-hant", "zh-hans"]
TWO = [{"guardian_name": "Ann", "guardian_email": "ann@example.com"}]
FILE = "{type: file, optional: true, accept: [pdf], max_files: 2, label: {en: %s, zh-hant: 文件}}"
WITH_FILES = (
    SCHOOL.replace("      - illness:", f"      - letter: {FILE % 'Letter of the school'}\n      - illness:")
    .replace("            - guardian_email:", f"            - proof: {FILE % 'Proof'}\n            - guardian_email:")
    .replace("sees: [child_name]", "sees: [child_name, letter]")
    .replace("sees: [child_name, item.guardian_name]", "sees: [child_name, guardians, item.proof, doctor.report]")
)


class World:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: Any) -> None:
        self.now = AT
        monkeypatch.setattr(clock, "now", lambda: self.now)
        rate_limits._limiter.cache_clear()
        self.played = player(published(SCHOOL), answers={**CHILD, "guardians": TWO, **answers})()
        self.ref = self.played.case.ref
        found = {one.party: one for one in invitations.of_case(self.ref)}
        self.doctor, self.guardian = found["doctor"], found["guardian"]
        self.base = f"/en/parts/{self.doctor.ref}"

    def signed_in(self, person_ref: str) -> Client:
        client = Client()
        session = client.session
        session["person"] = person_ref
        session["begun"] = session["seen"] = int(self.now.timestamp())
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    def officer(self, department: str) -> Client:
        client = Client()
        session = client.session
        found = identity.add_officer(
            name="Officer Sample", email=f"{department}@example.com", at=AT, by="system",
            roles=frozenset({identity.Role(department, "officer")}),
        )  # fmt: skip
        session["officer"], session["epoch"] = found.ref, found.epoch
        session["begun"] = session["seen"] = int(self.now.timestamp())
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    def said_before_applying(self) -> str:
        """What whoever applies reads at the end of the form."""
        person = identity.enrol(email="father@example.com", name=None, language="en", at=AT)
        client = self.signed_in(person.ref)
        base = client.get("/en/services/school-return/apply")["Location"].rpartition("/")[0]
        names = ["child_name", "letter", "illness", "doctor_name", "doctor_email", "guardians"]
        ann = {f"guardians.0.{name}": value for name, value in TWO[0].items()}
        asked = [*names, *ann, "guardians.0.proof"]
        client.post(f"{base}/child", {**CHILD, **ann, "_asked": asked, "guardians.count": "1"})
        return words(client.get(f"{base}/check").content.decode())

    def gives(self, client: Client, *, send: bool = True) -> None:
        client.post(f"{self.base}/fit", {"_asked": "fit", "fit": "yes"})
        client.post(f"{self.base}/more", {
            "_asked": ["fit_from", "report"], "fit_from-day": "12", "fit_from-month": "1", "fit_from-year": "2026",
            "report": SimpleUploadedFile("report.pdf", samples.file("report.pdf")),
        })  # fmt: skip
        client.post(f"{self.base}/remarks", {"_asked": "remarks", "remarks": "Rest <a little>"})
        if send:
            client.post(f"{self.base}/check")


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()
    rate_limits._limiter.cache_clear()


def test_from_the_letter_to_the_last_button(world: World) -> None:
    (letter,) = notices.inbox(world.doctor.person_ref)
    link = re.search(r"https?://[^/]+(/\S+)", letter.body)
    assert link
    # The link alone gives nothing: one signs in with the address that was invited.
    response = Client().get(link[1])
    assert response.status_code == 302
    assert response["Location"].startswith("/en/sign-in?next=")
    client = world.signed_in(world.doctor.person_ref)
    first = client.get(link[1])
    shown = words(first.content.decode())
    assert "You are asked for your part" in shown
    assert "Siu Ming" in shown
    assert "Please answer by 19 January 2026." in shown
    for hidden in ("Measles", "player@example.com", "ann@example.com", world.ref):
        assert hidden not in first.content.decode()
    assert client.get(f"{world.base}/begin")["Location"] == f"{world.base}/fit"

    page = client.get(f"{world.base}/fit").content.decode()
    assert f'href="{world.base}"' in page
    wrong = client.post(f"{world.base}/fit", {"_asked": "fit"})
    assert 'class="error-summary"' in wrong.content.decode()
    assert client.post(f"{world.base}/fit", {"_asked": "fit", "fit": "yes"})["Location"] == f"{world.base}/more"
    more = client.get(f"{world.base}/more").content.decode()
    assert "The applicant can read your answer to: Fit from" in words(more)
    # What cannot be taken is kept, also over signing in again.
    client.post(f"{world.base}/more", {
        "_asked": ["fit_from", "report"], "fit_from-day": "45", "fit_from-month": "1", "fit_from-year": "2026",
    })  # fmt: skip
    client = world.signed_in(world.doctor.person_ref)
    assert 'value="45"' in client.get(f"{world.base}/more").content.decode()
    assert client.get(f"{world.base}/begin")["Location"] == f"{world.base}/more"
    assert client.get(f"{world.base}/check")["Location"] == f"{world.base}/more"
    world.gives(client, send=False)
    last = words(client.get(f"{world.base}/check").content.decode())
    assert "Rest &lt;a little&gt;" in last
    assert "report.pdf" in last
    world.gives(client)
    assert cases.case(world.ref).state == "waiting"  # for the guardian
    assert invitations.of_case(world.ref)[0].state in {"given", "waiting"}
    done = words(client.get(world.base).content.decode())
    assert "Thank you." in done
    assert "Rest &lt;a little&gt;" in done
    assert "Siu Ming" not in done


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whoever_applies_knows_before_who_will_read_what(world: World, lang: str) -> None:
    person = identity.enrol(email="mother@example.com", name=None, language="en", at=AT)
    client = world.signed_in(person.ref)
    base = client.get(f"/{lang}/services/school-return/apply")["Location"].rpartition("/")[0]
    asked = ["child_name", "illness", "doctor_name", "doctor_email", "guardians"]
    typed = {**CHILD, "_asked": asked, "guardians.count": "0"}
    assert client.post(f"{base}/child", typed)["Location"] == f"{base}/check"
    shown = words(client.get(f"{base}/check").content.decode())
    if lang == "en":
        assert "Doctor (Dr. Wong) doctor@example.com Can read: Name of the child" in shown
        client.post(f"{base}/child", {**typed, "doctor_email": "Mother@example.com"})
        assert client.get(f"{base}/check")["Location"] == f"{base}/child"
        client.post(f"{base}/child", typed)
    assert client.post(f"{base}/check").status_code == 302


def test_sent_twice_is_given_once_and_nothing_can_be_changed_afterwards(world: World) -> None:
    client = world.signed_in(world.doctor.person_ref)
    world.gives(client)
    assert client.post(f"{world.base}/check")["Location"] == world.base
    assert client.post(f"{world.base}/fit", {"_asked": "fit", "fit": "no"})["Location"] == world.base
    assert client.post(f"{world.base}/decline", {"reason": "No"})["Location"] == world.base
    (given,) = invitations.answers_of_case(world.ref).values()
    assert given["fit"] is True
    assert [s.kind for s in cases.history(world.ref)].count("given") == 1


def test_a_party_signs_for_what_it_gives_and_for_nothing_else(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    sign = """\
      - page: sign
        questions:
          - signed:
              type: signature
              says: {en: I examined the child., zh-hant: 本人曾為該兒童診症。}
              label: {en: Signature, zh-hant: 簽署}
"""
    monkeypatch.setattr("tests.web.test_parts.SCHOOL", SCHOOL.replace("  guardian:\n", f"{sign}  guardian:\n", 1))
    world = World(monkeypatch)
    client = world.signed_in(world.doctor.person_ref)
    world.gives(client, send=False)
    client.post(f"{world.base}/sign", {"_asked": "signed", "signed": "Wong"})
    client.post(f"{world.base}/remarks", {"_asked": "remarks", "remarks": "Changed afterwards"})
    assert client.post(f"{world.base}/check").status_code in {200, 302}
    assert invitations.answers_of_case(world.ref) == {}
    assert f"{world.base}/sign" in client.get(f"{world.base}/check").content.decode()
    client.post(f"{world.base}/sign", {"_asked": "signed", "signed": "Wong"})
    client.post(f"{world.base}/check")
    (given,) = invitations.answers_of_case(world.ref).values()
    assert given["signed"]["name"] == "Wong"
    load.forget()
    vault.reset_memory()


@pytest.mark.parametrize("path", ["", "/begin", "/fit", "/check", "/decline"])
def test_nobody_else_finds_anything(world: World, path: str) -> None:
    stranger = identity.enrol(email="stranger@example.com", name=None, language="en", at=AT)
    for person in (world.guardian.person_ref, stranger.ref, world.played.person.ref):
        client = world.signed_in(person)
        assert client.get(world.base + path).status_code == 404
        assert client.post(world.base + path, {"reason": "x", "fit": "yes", "_asked": "fit"}).status_code == 404
    # An officer is no resident.
    assert world.officer("dh").get(world.base + path).status_code == 302
    assert {one.state for one in invitations.of_case(world.ref)} == {"waiting"}


def test_the_applicant_never_reads_what_the_party_gave_but_what_says_so(world: World) -> None:
    world.gives(world.signed_in(world.doctor.person_ref))
    applicant = world.signed_in(world.played.person.ref)
    page = applicant.get(f"/en/cases/{world.ref}").content.decode()
    shown = words(page)
    assert "Doctor (Dr. Wong) Has answered" in shown
    assert "Fit from 12 January 2026" in shown
    for hidden in ("Is the child fit?", "Rest", "report.pdf", world.doctor.ref):
        assert hidden not in page
    (upload,) = forms.uploads_of_case(world.ref, with_parts=True)
    assert applicant.get(f"/en/desk/cases/{world.ref}/files/{upload.ref}").status_code == 302


def test_files_are_opened_by_those_who_may_read_them_and_only_while_they_are_asked(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.web.test_parts.SCHOOL", WITH_FILES)
    world = World(monkeypatch, letter=["letter.pdf", "page2.pdf"], guardians=[{**TWO[0], "proof": ["proof.pdf"]}])
    doctor, guardian = world.signed_in(world.doctor.person_ref), world.signed_in(world.guardian.person_ref)
    theirs = world.base.replace(world.doctor.ref, world.guardian.ref)
    letter, _, proof = (u.ref for u in sorted(forms.uploads_of_case(world.ref), key=lambda u: u.name))
    # Not before it was looked at.
    assert "Being checked" in doctor.get(world.base).content.decode()
    assert doctor.get(f"{world.base}/files/{letter}").status_code == 404
    forms.scan(at=AT)
    page = doctor.get(world.base).content.decode()
    assert f'href="{world.base}/files/{letter}"' in page
    assert proof not in page
    assert "Guardian, who is asked too, can read your answers to: Report" in words(page)
    sent = doctor.get(f"{world.base}/files/{letter}")
    assert sent.status_code == 200
    assert sent.content.startswith(b"%PDF")
    assert sent["Content-Disposition"] == 'attachment; filename="letter.pdf"'
    (read,) = (fact for fact in journal.about(world.ref) if fact.event == "case_read")
    assert (read.actor, read.facts) == (f"person:{world.doctor.person_ref}", {"what": "file"})
    page = guardian.get(theirs).content.decode()
    assert page.count(f'href="{theirs}/files/{proof}"') == 2  # of their own item, and among all of them
    assert "Doctor: Report" not in page
    stranger = world.signed_in(identity.enrol(email="stranger@example.com", name=None, language="en", at=AT).ref)
    applicant = world.signed_in(world.played.person.ref)
    for client, base, upload in (
        (doctor, world.base, proof), (guardian, theirs, letter), (doctor, theirs, letter),
        (guardian, world.base, letter),
        (stranger, world.base, letter), (applicant, world.base, letter), (doctor, world.base, "x" * 22),
        (doctor, world.base, f"..%2F..%2F{letter}"), (doctor, world.base, "%00"),
    ):  # fmt: skip
        assert client.get(f"{base}/files/{upload}").status_code == 404, (base, upload)
    assert doctor.post(f"{world.base}/files/{letter}").status_code == 405
    assert Client().get(f"{world.base}/files/{letter}").status_code == 302
    # What the doctor gave is read by the guardian; what the doctor read, not any more.
    world.gives(doctor)
    forms.scan(at=AT)
    (report,) = (u.ref for u in forms.uploads_of_case(world.ref, with_parts=True) if u.name == "report.pdf")
    assert doctor.get(f"{world.base}/files/{letter}").status_code == 404
    assert "Doctor: Report" in words(guardian.get(theirs).content.decode())
    assert guardian.get(f"{theirs}/files/{report}").status_code == 200
    assert "Doctor: Report" in world.said_before_applying()


def test_a_derived_answer_of_a_section_is_worked_out_shown_and_kept(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out = """\
          - rest: {type: number, label: {en: Days of rest, zh-hant: 休息日數}}
          - weeks: {type: derived, value: answers.fourth / 7.0, decimals: 1, label: {en: Weeks, zh-hant: 星期}}
          - fourth: {type: derived, value: answers.rest * size(answers.child_name), label: {en: Sum, zh-hant: 總和}}
      - page: more
"""
    more = WITH_FILES.replace("      - page: more\n", worked_out, 1)
    monkeypatch.setattr("tests.web.test_parts.SCHOOL", more)
    world = World(monkeypatch)
    client = world.signed_in(world.doctor.person_ref)
    client.post(
        f"{world.base}/fit", {"_asked": ["fit", "rest"], "fit": "no", "rest": "7", "weeks": "99", "fourth": "99"}
    )
    client.post(f"{world.base}/remarks", {"_asked": "remarks", "remarks": ""})
    assert "Weeks 8 " in words(client.get(f"{world.base}/check").content.decode())
    client.post(f"{world.base}/check")
    (given,) = invitations.answers_of_case(world.ref).values()
    assert (given["weeks"], given["fourth"]) == (8, 56)
    for page in (client.get(world.base), world.officer("dh").get(f"/en/desk/cases/{world.ref}")):
        assert "Weeks 8 " in words(page.content.decode())
    service, pack = load.compiled("school-return", 1), load.pack()
    seen = case_context.of_case(cases.case(world.ref), service, pack, today=AT.date())
    assert seen.context["parties"]["doctor"]["answers"]["weeks"] == 8


@override_settings(
    ROOT_URLCONF="praya.project.preview_urls", MIDDLEWARE=[*settings.MIDDLEWARE, "praya.web.preview.bar.Bar"]
)
def test_the_preview_is_opened_as_a_party_and_tells_what_it_did(world: World) -> None:
    told = Example.model_validate({
        "example": "Fit", "starts": AT, "language": "en", "answers": CHILD,
        "steps": [{"party": "doctor", "answers": {"fit": True, "remarks": "From the example"}}],
    })  # fmt: skip
    stage.show(stage.Edition(1, AT, "school-return", load.compiled("school-return", 1), (("fit", told),)))
    client, case = world.signed_in(world.played.person.ref), f"/en/cases/{world.ref}"
    shown = client.get(case).content.decode()
    assert f'<option value="party:{world.doctor.ref}">Doctor</option>' in shown
    assert f'<option value="party:{world.guardian.ref}">Guardian 1</option>' in shown
    assert client.post("/preview/person", {"person": "party:guessed", "back": case}).status_code == 404
    first = client.post("/preview/person", {"person": f"party:{world.doctor.ref}", "back": case})["Location"]
    assert first == f"{world.base}/fit"
    assert re.search(r'value="yes"[^>]* checked', client.get(first).content.decode())
    assert "From the example" in client.get(f"{world.base}/check").content.decode()
    client.post("/preview/fill", {"back": f"{world.base}/remarks"})
    assert "From the example" in client.get(f"{world.base}/remarks").content.decode()
    client.post(f"{world.base}/remarks", {"_asked": "remarks", "remarks": "Rest"})
    client.post(f"{world.base}/check")
    (step,) = stage.doing.story["steps"]
    assert step["party"] == "doctor"
    assert (step["answers"]["fit"], step["answers"]["remarks"]) == (True, "Rest")
    assert f"party:{world.doctor.ref}" not in client.get(world.base).content.decode()
    back = client.post("/preview/person", {"person": f"person:{world.played.person.ref}", "back": world.base})
    assert back["Location"] == case


def test_a_party_reaches_nothing_of_the_case(world: World) -> None:
    client = world.signed_in(world.doctor.person_ref)
    client.get(f"{world.base}/begin")
    for path in (f"cases/{world.ref}", f"cases/{world.ref}/do/withdraw", f"parts/{world.guardian.ref}",
                 f"cases/{world.ref}/parties/{world.doctor.ref}"):  # fmt: skip
        assert client.get(f"/en/{path}").status_code == 404, path
        assert client.post(f"/en/{path}", {"email": "x@example.com"}).status_code == 404, path
    draft = Draft.objects.get(part=world.doctor.ref).ref
    for path in ("check", "child", "stop", "book"):
        assert client.get(f"/en/apply/{draft}/{path}").status_code == 404


def test_a_corrected_address_shuts_the_old_link(world: World) -> None:
    old, applicant = world.signed_in(world.doctor.person_ref), world.signed_in(world.played.person.ref)
    address = f"/en/cases/{world.ref}/parties/{world.doctor.ref}"
    assert 'value="doctor@example.com"' in applicant.get(address).content.decode()
    for typed, said in (("nonsense", "e-mail"), ("PLAYER@example.com", "This is your own address")):
        response = applicant.post(address, {"email": typed})
        assert response.status_code == 422
        assert said in response.content.decode()
    assert applicant.post(address, {"email": "right@example.com"}).status_code == 302
    assert old.get(world.base).status_code == 404
    right = identity.find(email="right@example.com")
    assert right is not None
    assert world.signed_in(right.ref).get(world.base).status_code == 200
    assert "You are asked to take part" in words(world.signed_in(right.ref).get("/en/me").content.decode())
    assert world.signed_in(world.guardian.person_ref).get(address).status_code == 404


def test_letters_to_strangers_are_limited(world: World) -> None:
    applicant = world.signed_in(world.played.person.ref)
    address = f"/en/cases/{world.ref}/parties/{world.doctor.ref}"
    answers = [applicant.post(address, {"email": f"a{n}@example.com"}).status_code for n in range(22)]
    assert (answers[0], answers[-1]) == (302, 429)


def test_what_cannot_be_carried_out_is_said_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    """A charge that cannot be worked out follows from the section, from declining it and from a department's reply."""
    charged = SCHOOL.replace("form:\n", FAILING, 1)
    charged = charged.replace(" && parties.guardian.waiting == 0", "")
    charged = charged.replace("    deciding:\n", "    deciding:\n      charge: [broken]\n")
    charged = charged.replace("    no-doctor:\n", "    no-doctor:\n      charge: [broken]\n")
    monkeypatch.setattr("tests.web.test_parts.SCHOOL", charged)
    world = World(monkeypatch)
    client = world.signed_in(world.doctor.person_ref)
    world.gives(client, send=False)
    sent = client.post(f"{world.base}/check", follow=True)
    assert sent.status_code == 200
    assert "nothing was sent" in sent.content.decode()
    assert "Rest &lt;a little&gt;" in sent.content.decode()
    declined = client.post(f"{world.base}/decline", {"reason": "Not mine"})
    assert declined.status_code == 422
    assert "Not mine" in declined.content.decode()
    assert "nothing was sent" in declined.content.decode()
    assert cases.case(world.ref).state == "waiting"
    assert [step.kind for step in cases.history(world.ref)].count("given") == 0
    # Nobody answers: the worker leaves this case for the next round, and does the others.
    before = FAILED.labels("end_invitations")._value.get()
    jobs.end_invitations(at=AT + timedelta(days=30))
    assert FAILED.labels("end_invitations")._value.get() > before
    assert {one.state for one in invitations.of_case(world.ref)} & {"waiting"}


def test_declining_needs_its_reason_which_officers_read(world: World) -> None:
    client = world.signed_in(world.doctor.person_ref)
    response = client.post(f"{world.base}/decline", {"reason": " "})
    assert response.status_code == 422
    assert 'href="#reason"' in response.content.decode()
    assert client.post(f"{world.base}/decline", {"reason": "Not my <patient>"}).status_code == 302
    assert "You declined." in words(client.get(world.base).content.decode())
    assert cases.case(world.ref).state == "no-doctor"
    applicant = world.signed_in(world.played.person.ref).get(f"/en/cases/{world.ref}").content.decode()
    assert "Has declined" in applicant
    assert "patient" not in applicant
    officer = world.officer("dh").get(f"/en/desk/cases/{world.ref}").content.decode()
    assert "Not my &lt;patient&gt;" in officer
    assert "doctor@example.com" in officer


def test_officers_of_the_department_see_all_and_others_nothing(world: World) -> None:
    world.gives(world.signed_in(world.doctor.person_ref))
    forms.scan(at=AT)
    (upload,) = forms.uploads_of_case(world.ref, with_parts=True)
    officer, stranger = world.officer("dh"), world.officer("fsd")
    page = officer.get(f"/en/desk/cases/{world.ref}").content.decode()
    for said in ("Gave their part: Doctor", "Is the child fit?", "Rest &lt;a little&gt;", "report.pdf"):
        assert said in page
    assert officer.get(f"/en/desk/cases/{world.ref}/files/{upload.ref}").status_code == 200
    assert stranger.get(f"/en/desk/cases/{world.ref}").status_code == 404
    assert stranger.get(f"/en/desk/cases/{world.ref}/files/{upload.ref}").status_code == 404


def test_a_link_whose_time_is_over_says_so(world: World) -> None:
    client = world.signed_in(world.doctor.person_ref)
    client.get(f"{world.base}/begin")
    world.now = AT + timedelta(days=15)
    client = world.signed_in(world.doctor.person_ref)
    assert client.post(f"{world.base}/fit", {"_asked": "fit", "fit": "yes"})["Location"] == world.base
    page = words(client.get(world.base).content.decode())
    assert "not needed any more" in page
    assert "Siu Ming" not in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_in_every_language(world: World, lang: str) -> None:
    client, base = world.signed_in(world.doctor.person_ref), world.base.replace("/en/", f"/{lang}/")
    for path in ("", "/fit", "/decline"):
        assert client.get(base + path).status_code == 200
    assert client.get(f"/{lang}/me").status_code == 200
    (letter,) = notices.inbox(world.doctor.person_ref)
    assert f"/cases/{world.ref}" not in client.get(f"/{lang}/notices/{letter.ref}").content.decode()
    applicant, officer = world.signed_in(world.played.person.ref), world.officer("dh")
    assert applicant.get(f"/{lang}/cases/{world.ref}").status_code == 200
    assert applicant.get(f"/{lang}/cases/{world.ref}/parties/{world.doctor.ref}").status_code == 200
    assert officer.get(f"/{lang}/desk/cases/{world.ref}").status_code == 200
    world.gives(client)
    assert client.get(base).status_code == 200


def test_queries_do_not_grow_with_those_who_take_part(world: World) -> None:
    many = [{"guardian_name": f"N{c}", "guardian_email": f"{c}@example.com"} for c in "abc"]

    def asked(ref: str, client: Client, address: str) -> int:
        vault.reset_memory()  # keys that a test's transaction made count as settled
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    def both(ref: str) -> tuple[int, int]:
        return asked(ref, applicant, f"/en/cases/{ref}"), asked(ref, officer, f"/en/desk/cases/{ref}")

    applicant, officer = world.signed_in(world.played.person.ref), world.officer("dh")
    world.now = AT + timedelta(minutes=1)
    service = load.territory().service("school-return")
    other = player(service, answers={**CHILD, "guardians": many}, starts=world.now)()
    # Both cases name the same child, so each is shown beside the other.
    # Only the later one has an earlier application of the same person to compare with: one more query.
    portal, desk = both(world.ref)
    assert both(other.case.ref) == (portal, desk + 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_that_an_address_is_the_applicant_s_own(world: World, language: str) -> None:
    client = world.signed_in(world.played.person.ref)
    base = client.get(f"/{language}/services/school-return/apply")["Location"].rpartition("/")[0]
    names = ["child_name", "illness", "doctor_name", "doctor_email", "guardians"]
    own = {**CHILD, "doctor_email": "Player@Example.com"}
    page = client.post(f"{base}/child", {**own, "_asked": names, "guardians.count": "0"}).content.decode()
    said = {"en": "is your own address", "zh-hant": "是你本人的地址", "zh-hans": "是你本人的地址"}
    assert said[language] in words(page)
