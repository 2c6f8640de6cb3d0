"""What was typed is not lost when the session is over, the token is old or the server fails."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.journeys.test_rounds import CONSULT, OBJECTS, ROUNDS
from tests.small import AT, CHILD, GRANT, SCHOOL, player, published
from tests.web.typed.world import LONG_IDLE, WORDS, World, fields, shown, typed_key

from praya.blocks.forms import api as forms
from praya.blocks.forms.models import UntakenForm
from praya.blocks.identity import api as identity
from praya.blocks.parties import api as invitations
from praya.journey import samples
from praya.web import kept_forms


@pytest.mark.parametrize("dropped", [False, True], ids=["idle", "the browser dropped its cookie"])
def test_what_a_resident_typed_is_there_after_signing_in_again(world: World, dropped: bool) -> None:
    client, page = world.begun()
    sent = fields(client, f"/en{page}", applicant_name="Chan", story=WORDS)
    world.now += LONG_IDLE
    if dropped:
        client.cookies.pop(settings.SESSION_COOKIE_NAME)
    answer = client.post(f"/en{page}", sent)
    assert answer["Location"] == f"/en/sign-in?next=%2Fen{page.replace('/', '%2F')}"
    row = UntakenForm.objects.get()
    assert "落雨".encode() not in bytes(row.sealed)
    assert "apply" in row.page
    world.sign_in(client, person=0)
    again = shown(client.get(f"/en{page}"))
    assert WORDS in again
    assert "You had been signed out before this page was sent" in again
    # It is in the draft now: there on every device, and kept here no more.
    assert not UntakenForm.objects.exists()
    assert WORDS in shown(client.get(f"/zh-hant{page}"))
    assert WORDS in shown(world.sign_in(Client(), person=0).get(f"/en{page}"))


def test_nobody_else_who_signs_in_on_the_same_browser_sees_it(world: World) -> None:
    case = player(published(GRANT))().case.ref
    client = world.sign_in(Client(), officer=0)
    sent = fields(client, f"/en/desk/cases/{case}", note=WORDS)
    client.cookies.pop(settings.SESSION_COOKIE_NAME)
    assert client.post(f"/en/desk/cases/{case}/notes", sent).status_code == 302
    world.sign_in(client, officer=1)
    assert WORDS not in shown(client.get(f"/en/desk/cases/{case}"))
    assert WORDS not in shown(world.sign_in(Client(), officer=0).get(f"/en/desk/cases/{case}")), "another browser"
    assert WORDS in shown(world.sign_in(client, officer=0).get(f"/zh-hans/desk/cases/{case}"))


def test_a_page_of_somebody_who_was_signed_in_before_is_not_taken_for_whoever_is_now(world: World) -> None:
    case = player(published(GRANT))().case.ref
    client = world.sign_in(Client(), officer=0)
    page = f"/en/desk/cases/{case}"
    sent = fields(client, page, note=WORDS)
    world.sign_in(client, officer=1)
    answer = client.post(f"{page}/notes", sent)
    assert answer.status_code == 409
    assert "Somebody else filled in this page" in shown(answer)
    assert "Back to what you typed" not in shown(answer)
    assert WORDS not in shown(client.get(page))
    assert WORDS in shown(world.sign_in(client, officer=0).get(page))


def test_a_reply_is_there_again(world: World) -> None:
    case = player(published(ROUNDS))(CONSULT).case.ref
    fsd = identity.add_officer(
        name="F", email="f@example.com", at=AT, by="system", roles=frozenset({identity.Role("fsd", "officer")})
    )
    world.officers.append(fsd)
    client = world.sign_in(Client(), officer=2)
    page = f"/en/desk/cases/{case}/reply"
    sent = fields(client, page, result="objection", comment=WORDS)
    world.now += LONG_IDLE
    assert client.post(page, sent).status_code == 302
    again = shown(world.sign_in(client, officer=2).get(page))
    assert WORDS in again
    assert re.search(r'value="objection" checked', again)
    # Sent now, it is taken, and nothing is left of it.
    assert client.post(page, fields(client, page, result="objection", comment=WORDS)).status_code == 302
    assert not UntakenForm.objects.exists()


def test_an_applicants_answer_with_its_file_is_there_again(world: World) -> None:
    played = player(published(ROUNDS))(CONSULT, OBJECTS, {"by": "fehd", "reply": {"result": "no-objection"}})
    world.people.append(played.person)
    client = world.sign_in(Client(), person=2)
    page = f"/en/cases/{played.case.ref}/do/amend"
    file = SimpleUploadedFile("plan.pdf", samples.file("plan.pdf"), "application/pdf")
    sent = fields(client, page, changed=WORDS, plan=file)
    client.cookies.pop(settings.SESSION_COOKIE_NAME)
    assert client.post(page, sent).status_code == 302
    again = shown(world.sign_in(client, person=2).get(page))
    assert WORDS in again
    assert "plan.pdf" in again
    assert [upload.name for upload in forms.uploads_of_case(played.case.ref)] == ["plan.pdf"]


def test_a_file_that_was_chosen_is_kept_with_what_was_typed(world: World) -> None:
    client, page = world.begun()
    file = SimpleUploadedFile("proof.pdf", samples.file("proof.pdf"), "application/pdf")
    sent = fields(client, f"/en{page}", applicant_name="Chan", story=WORDS, proof=file)
    client.cookies.pop(settings.SESSION_COOKIE_NAME)
    client.post(f"/en{page}", sent)
    again = shown(world.sign_in(client, person=0).get(f"/en{page}"))
    assert WORDS in again
    assert "proof.pdf" in again


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("陳\U000323b0\ue001.pdf", "陳\U000323b0\ue001.pdf"), ("葛\U000e0100.pdf", "葛\U000e0100.pdf"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467.pdf", "\U0001f468\u200d\U0001f469\u200d\U0001f467.pdf"),
        ("Nguye\u0302\u0303n.pdf", "Nguy\u1ec5n.pdf"), ("a&amp;b.pdf", "a&amp;b.pdf"),
        ("..\\..\\etc/plan\u202e.pdf", "plan_.pdf"),
    ],
)  # fmt: skip
def test_the_name_of_a_file_keeps_its_letters(world: World, sent: str, kept: str) -> None:
    client, page = world.begun()
    ref = page.split("/")[2]
    body = (
        f'--x\r\nContent-Disposition: form-data; name="proof"; filename="{sent}"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    ).encode()
    end = b'\r\n--x\r\nContent-Disposition: form-data; name="upload"\r\n\r\nproof\r\n--x--\r\n'
    client.post(f"/en{page}", body + samples.file("proof.pdf") + end, content_type="multipart/form-data; boundary=x")
    assert [upload.name for upload in forms.uploads(draft_ref=ref, person_ref=world.people[0].ref)] == [kept]


def test_files_too_large_to_be_kept_are_said_to_be_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_forms, "LARGEST_FILES", 10)
    client, page = world.begun()
    file = SimpleUploadedFile("proof.pdf", samples.file("proof.pdf"), "application/pdf")
    sent = fields(client, f"/en{page}", story=WORDS, proof=file)
    client.cookies.pop(settings.SESSION_COOKIE_NAME)
    client.post(f"/en{page}", sent)
    again = shown(world.sign_in(client, person=0).get(f"/en{page}"))
    assert WORDS in again
    assert "Choose the files of this page again" in again


def test_it_is_forgotten_after_a_day_and_when_one_signs_out(world: World) -> None:
    client, page = world.begun()
    sent = fields(client, f"/en{page}", story=WORDS)
    world.now += LONG_IDLE
    client.post(f"/en{page}", sent)
    world.now += timedelta(hours=24, seconds=1)
    assert WORDS not in shown(world.sign_in(client, person=0).get(f"/en{page}"))
    assert forms.forget_untaken(at=world.now) == 1
    world.now += LONG_IDLE
    client.post(f"/en{page}", sent)
    assert UntakenForm.objects.count() == 1
    client.post("/en/sign-out", {})
    assert not UntakenForm.objects.exists()


def test_a_browser_fills_no_more_than_its_share(world: World) -> None:
    client, page = world.begun()
    sent = fields(client, f"/en{page}", story=WORDS)
    stranger = Client()
    for number in range(forms.MOST_UNTAKEN + 5):
        stranger.post(
            f"/en{page}", {**sent, "_form": kept_forms.hidden_value(kept_forms.Form("x", f"/en/apply/{number}/about"))}
        )
    assert UntakenForm.objects.count() == forms.MOST_UNTAKEN
    large = {"story": "x" * (kept_forms.LARGEST_UNSIGNED + 1)}
    other = Client()
    other.post(f"/en{page}", large)
    assert typed_key(other) == "", "what says of nobody whose it is must be small"


def test_a_form_with_an_old_token_leads_back_to_what_was_typed(world: World) -> None:
    mine, page = world.begun()
    client = Client(enforce_csrf_checks=True)
    client.cookies = mine.cookies
    sent = fields(client, f"/en{page}", story=WORDS, csrfmiddlewaretoken="x" * 64)
    answer = client.post(f"/en{page}", sent)
    assert answer.status_code == 403
    assert f'href="/en{page}"' in shown(answer)
    again = shown(client.get(f"/en{page}"))
    assert WORDS in again
    assert "This page was too old to be sent" in again


def test_a_forged_form_puts_nothing_into_anybodys_page(world: World) -> None:
    client, page = world.begun()
    forger = Client(enforce_csrf_checks=True)
    mine = kept_forms.hidden_value(kept_forms.Form(kept_forms.marks(world.people[1].ref, "")[0], f"/en{page}"))
    for form in ("", mine, f"{mine}x"):
        forger.post(f"/en{page}", {"story": WORDS, "_form": form})
    client.cookies[settings.TYPED_COOKIE_NAME] = typed_key(forger) or "0" * 64
    assert WORDS not in shown(client.get(f"/en{page}"))
    # Nor does what a form says of its page lead anywhere else.
    elsewhere = kept_forms.hidden_value(kept_forms.Form("", "https://example.com/"))
    answer = Client().post(f"/en{page}", {"story": WORDS, "_form": elsewhere})
    assert answer["Location"].startswith("/en/sign-in?next=%2Fen%2Fapply")


def test_a_server_that_fails_keeps_what_was_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, page = world.begun()
    client.raise_request_exception = False
    sent = fields(client, f"/en{page}", story=WORDS)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("praya.journey.application_steps.answer", fail)
        answer = client.post(f"/en{page}", sent)
    assert answer.status_code == 500
    assert "Back to what you typed" in shown(answer)
    assert WORDS in shown(client.get(f"/en{page}"))


def test_a_page_with_a_form_says_until_when_one_stays_signed_in(world: World) -> None:
    client, page = world.begun()
    assert "You stay signed in until 11:00am if you do nothing more" in shown(client.get(f"/en{page}"))
    assert 'data-session-seconds="3600"' in shown(client.get(f"/en{page}"))
    assert "data-session" not in shown(client.get("/en/me")), "nothing is typed there"
    world.now += timedelta(minutes=59)
    assert client.get("/en/session").json() == {"seconds": 3600}
    world.now += timedelta(minutes=59)
    assert client.get(f"/en{page}").status_code == 200
    world.now += timedelta(minutes=61)
    assert client.get("/en/session").json() == {"seconds": 0}


def test_a_partys_section_and_its_refusal_are_there_again(world: World) -> None:
    played = player(published(SCHOOL), answers=dict(CHILD))()
    (doctor,) = [one for one in invitations.of_case(played.case.ref) if one.party == "doctor"]
    world.people.append(identity.person(doctor.person_ref))
    client = world.sign_in(Client(), person=2)
    base = f"/en/parts/{doctor.ref}"
    for page, name in ((f"{base}/remarks", "remarks"), (f"{base}/decline", "reason")):
        sent = fields(client, page, **{name: WORDS})
        world.now += LONG_IDLE
        assert client.post(page, sent).status_code == 302
        assert WORDS.split("\n", maxsplit=1)[0] in shown(world.sign_in(client, person=2).get(page))
