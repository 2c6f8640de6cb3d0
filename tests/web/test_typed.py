"""What was typed is not lost when the session is over, the token is old, the language changes, somebody else comes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.journeys.test_rounds import CONSULT, OBJECTS, ROUNDS
from tests.small import AT, CHILD, GRANT, SCHOOL, player, published

from praya.blocks.forms import api as forms
from praya.blocks.forms.models import UntakenForm
from praya.blocks.identity import api as identity
from praya.blocks.parties import api as invitations
from praya.definition import sizes
from praya.journey import load, samples
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.web import kept_forms, rate_limits

STORY = """\
      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}
      - story: {type: long-text, label: {en: Your story, zh-hant: 經過}}
      - proof: {type: file, optional: true, accept: [pdf], max_files: 2, label: {en: Proof, zh-hant: 證明}}
"""
GIVEN = GRANT.replace(GRANT[GRANT.index("      - applicant_name") : GRANT.index("flow:")], STORY)
WORDS = "它落雨了 <b>and</b> “more”\nsecond line"
LONG_IDLE = timedelta(hours=2)


class World:
    """Residents and officers with browsers, at a moment that tests move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = AT
        monkeypatch.setattr(clock, "now", lambda: self.now)
        rate_limits._limiter.cache_clear()
        self.people = [identity.enrol(email=f"p{n}@example.com", name=None, language="en", at=AT) for n in range(2)]
        self.officers = [
            identity.add_officer(
                name=f"Officer {n}", email=f"o{n}@example.com", at=AT, by="system",
                roles=frozenset({identity.Role("dh", "officer")}),
            )
            for n in range(2)
        ]  # fmt: skip

    def sign_in(self, client: Client, *, person: int | None = None, officer: int | None = None) -> Client:
        client.cookies.pop(settings.SESSION_COOKIE_NAME, None)
        session = client.session
        if person is not None:
            session["person"] = self.people[person].ref
        if officer is not None:
            session["officer"], session["epoch"] = self.officers[officer].ref, self.officers[officer].epoch
        session["begun"] = session["seen"] = int(self.now.timestamp())
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    def begun(self, **who: Any) -> tuple[Client, str]:
        """A browser in which a resident fills in the service, and the path of its page without the language."""
        published(GIVEN)
        client = self.sign_in(Client(), **(who or {"person": 0}))
        return client, client.get("/en/services/small-grant/apply")["Location"].removeprefix("/en")


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    load.forget()
    vault.reset_memory()
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()
    rate_limits._limiter.cache_clear()


def fields(client: Client, page: str, **more: Any) -> dict[str, Any]:
    """What a browser would send from the page's typed form: its hidden fields, and what is typed into it."""
    html = client.get(page).content.decode()
    form = html[html.index('id="typed"') :]
    form = form[: form.index("</form>")]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    sent: dict[str, Any] = {}
    for name, value in hidden:
        sent.setdefault(name, []).append(value.replace("&#34;", '"'))
    return {**sent, **more}


def shown(response: Any) -> str:
    assert response.status_code in {200, 403, 409, 413, 422, 500}, response
    return response.content.decode().replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')


# The session is over


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


def typed_key(client: Client) -> str:
    cookie = client.cookies.get(settings.TYPED_COOKIE_NAME)
    return cookie.value if cookie else ""


# A form that is too old, and a server that fails


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


# Switching the language


@pytest.mark.parametrize("lang", ["zh-hant", "zh-hans"])
def test_what_is_typed_comes_along_into_another_language(world: World, lang: str) -> None:
    client, page = world.begun()
    first = shown(client.get(f"/en{page}"))
    assert f'form="typed" name="_language" value="{lang}"' in first
    # The Enter key presses the first button of a form: it must not be one of the languages.
    assert first.index('<button class="vh" type="submit" form="typed"') < first.index('name="_language"')
    file = SimpleUploadedFile("proof.pdf", samples.file("proof.pdf"), "application/pdf")
    answer = client.post(f"/en{page}", fields(client, f"/en{page}", story=WORDS, proof=file, _language=lang))
    assert answer["Location"] == f"/{lang}{page}"
    other = shown(client.get(answer["Location"]))
    assert WORDS in other
    assert "proof.pdf" in other
    assert 'class="error"' not in other, "nothing was sent, so nothing is wrong yet"
    assert 'id="restored"' not in other


def test_the_desk_switches_the_language_with_what_is_typed(world: World) -> None:
    case = player(published(GRANT))({"by": "officer", "do": "recommend"}).case.ref
    client = world.sign_in(Client(), officer=1)
    for page, name in ((f"/desk/cases/{case}", "note"), (f"/desk/cases/{case}/do/assess", "reason")):
        target = f"/en{page}/notes" if name == "note" else f"/en{page}"
        answer = client.post(target, fields(client, f"/en{page}", **{name: WORDS}, _language="zh-hant"))
        assert answer["Location"] == f"/zh-hant{page}"
        assert WORDS in shown(client.get(answer["Location"]))


def test_pages_without_a_session_switch_too(world: World) -> None:
    client = Client()
    answer = client.get("/en/track", {"ref": "SG-2222-2222", "_language": "zh-hant"})
    assert answer["Location"] == "/zh-hant/track?ref=SG-2222-2222&_switched=1"
    sent = fields(client, "/en/verify", record="abc", _language="zh-hans")
    answer = client.post("/en/verify", sent)
    assert answer["Location"] == "/zh-hans/verify"
    assert ">\nabc</textarea>" in shown(client.get("/zh-hans/verify"))
    sent = fields(client, "/en/sign-in?next=/en/me", email="a@example.com", _language="zh-hant")
    answer = client.post("/en/sign-in?next=/en/me", sent)
    assert answer["Location"] == "/zh-hant/sign-in?next=/en/me"
    assert 'value="a@example.com"' in shown(client.get(answer["Location"]))
    assert client.post("/en/verify", {"record": "x", "_language": "xx"}).status_code == 200, "no such language"


# Before the session ends


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


# Two tabs

TABS = GRANT.replace(
    GRANT[GRANT.index("      - applicant_name") : GRANT.index("flow:")],
    """\
      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}
      - rent: {type: money, optional: true, label: {en: Rent, zh-hant: 租金}}
      - mobile: {type: phone, optional: true, label: {en: Telephone, zh-hant: 電話}}
      - people:
          type: repeat
          max: 3
          optional: true
          item: {en: Person, zh-hant: 人}
          label: {en: People, zh-hant: 人}
          questions:
            - full_name: {type: text, label: {en: Full name, zh-hant: 全名}}
  - page: second
    questions:
      - remark: {type: text, label: {en: Remark, zh-hant: 備註}}
""",
)


def two_tabs(world: World) -> tuple[Client, str]:
    published(TABS)
    client = world.sign_in(Client(), person=0)
    return client, client.get("/en/services/small-grant/apply")["Location"]


def test_the_older_of_two_tabs_is_told_what_the_other_saved_and_loses_nothing(world: World) -> None:
    client, page = two_tabs(world)
    older = fields(client, page, applicant_name="Chan", mobile="5123 4567")
    newer = fields(client, page, applicant_name="Wong", rent="500")
    assert client.post(page, newer)["Location"].endswith("/second")
    answer = client.post(page, older)
    assert answer.status_code == 409
    told = shown(answer)
    assert "You saved this page in another tab" in told
    banner = told[told.index('id="elsewhere-title"') : told.index("</section>")]
    assert "On 5 January 2026, 10:00am" in banner
    # What both typed: the other's beside the field, this one's in it. What only the other typed is in the field too.
    assert "Wong" in banner
    assert "500" in banner
    assert 'name="applicant_name" type="text" value="Chan"' in told
    assert re.search(r'name="rent"[^>]* value="500', told)
    assert "5123 4567" in told
    # Whoever leaves now loses neither: the other's answers stand, and this one's words are kept with the page.
    draft = forms.drafts(world.people[0].ref)[0]
    assert (draft.answers["applicant_name"], draft.answers["rent"]) == ("Wong", 500)
    assert draft.typed["about-you"]["applicant_name"] == ["Chan"]
    assert client.post(page, fields(client, page, applicant_name="Chan", rent="500"))["Location"].endswith("/second")
    assert forms.drafts(world.people[0].ref)[0].answers["applicant_name"] == "Chan"


def test_different_pages_the_same_words_and_going_back_are_no_conflict(world: World) -> None:
    client, page = two_tabs(world)
    second = page.replace("about-you", "second")
    one, other = fields(client, page, applicant_name="Chan"), fields(client, page, applicant_name=" Chan")
    remark = fields(client, second, remark="Hello")
    assert client.post(page, one).status_code == 302
    assert client.post(second, remark).status_code == 302
    assert client.post(page, other).status_code == 302, "the same was typed in both"
    # Back to the page that was sent, and sent again with something else.
    assert client.post(page, {**one, "applicant_name": "Chan Siu", "mobile": "51234567"}).status_code == 409
    fresh = fields(client, page, applicant_name="Ho")
    assert client.post(page, fresh).status_code == 302
    assert client.post(page, {**fresh, "applicant_name": "Ho Ho"}).status_code == 302, "the copy that was saved last"


def test_adding_a_row_in_the_older_tab_loses_nothing_either(world: World) -> None:
    client, page = two_tabs(world)
    row = {
        "people.count": "1",
        "people.0.full_name": "An",
        "_asked": ["applicant_name", "rent", "mobile", "people", "people.0.full_name"],
    }
    older = fields(client, page, applicant_name="Chan", _add="people", **row)
    assert client.post(page, fields(client, page, applicant_name="Chan", rent="7", **row)).status_code == 302
    answer = client.post(page, older)
    assert answer.status_code == 409
    assert re.search(r'name="rent"[^>]* value="7', shown(answer))
    assert 'name="people.1.full_name"' in shown(answer), "the row was added"


def test_a_page_kept_from_before_the_sign_in_meets_what_was_saved_meanwhile(world: World) -> None:
    client, page = two_tabs(world)
    older = fields(client, page, applicant_name="Chan")
    world.now += LONG_IDLE
    client.post(page, older)
    elsewhere = world.sign_in(Client(), person=0)
    elsewhere.post(page, fields(elsewhere, page, applicant_name="Wong"))
    told = shown(world.sign_in(client, person=0).get(page))
    assert "You saved this page in another tab" in told
    assert "Wong" in told
    assert 'value="Chan"' in told


def test_two_saves_at_the_same_moment_are_told_apart(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, page = two_tabs(world)
    older = fields(client, page, applicant_name="Chan")
    newer = fields(client, page, applicant_name="Wong")
    save, once = forms.save, iter([True])

    def between(**values: Any) -> forms.Draft:
        """The other tab saves after this one has looked and before it saves."""
        if next(once, False):
            client.post(page, newer)
        return save(**values)

    monkeypatch.setattr(forms, "save", between)
    assert client.post(page, older).status_code == 409
    assert forms.drafts(world.people[0].ref)[0].answers["applicant_name"] == "Wong"


# A new version of the service begins


def test_apply_again_after_a_new_version_leads_to_what_was_begun(world: World) -> None:
    published(GIVEN)
    client = world.sign_in(Client(), person=0)
    first = client.get("/en/services/small-grant/apply")["Location"]
    file = SimpleUploadedFile("proof.pdf", samples.file("proof.pdf"), "application/pdf")
    client.post(first, fields(client, first, applicant_name="Chan", proof=file))
    mood = "      - mood: {type: text, label: {en: Mood, zh-hant: 心情}}\n"
    newer = GIVEN.replace("version: 1", "version: 2").replace("      - story: {", f"{mood}      - tale: {{")
    published(newer)
    choice = client.get("/en/services/small-grant/apply")
    assert choice.status_code == 200
    assert f'href="{first}"' in shown(choice), "go on with it as it was"
    assert len(forms.drafts(world.people[0].ref)) == 1, "no empty second draft"
    assert "Begun with an earlier version of the form" in shown(client.get("/en/me"))
    # Anew: what is still asked is carried over, and stands in its field to be looked at.
    second = client.post("/en/services/small-grant/apply", {"begin": "anew"})["Location"]
    assert second != first
    anew = shown(client.get(second))
    assert 'value="Chan"' in anew
    assert "proof.pdf" in anew
    assert 'name="mood"' in anew
    drafts = {draft.version: draft for draft in forms.drafts(world.people[0].ref)}
    assert drafts.keys() == {1, 2}
    assert drafts[2].answers == {}, "nothing counts as answered before it was looked at"
    names = [[u.name for u in forms.uploads(d.ref, person_ref=d.person_ref)] for d in drafts.values()]
    assert names == [["proof.pdf"], ["proof.pdf"]]
    # From now on Apply leads to the new one.
    assert client.get("/en/services/small-grant/apply")["Location"] == second


# Large pages

MANY = GRANT.replace(
    GRANT[GRANT.index("      - applicant_name") : GRANT.index("flow:")],
    """\
      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}
      - proof: {type: file, optional: true, accept: [pdf], max_files: 2, max_mb: 1, label: {en: Proof, zh-hant: 證明}}
      - people:
          type: repeat
          max: 100
          item: {en: Person, zh-hant: 人}
          label: {en: People, zh-hant: 人}
          questions:
"""
    + "".join(f"            - cell_{n}: {{type: text, label: {{en: Cell {n}, zh-hant: 格}}}}\n" for n in range(12)),
)


def hundred(words: str) -> dict[str, Any]:
    """A hundred rows of twelve answers, with the field of each that says that it was asked."""
    cells = {f"people.{row}.cell_{n}": f"{words} {row}" for row in range(100) for n in range(12)}
    return {**cells, "people.count": "100", "_asked": ["applicant_name", "proof", "people", *cells]}


def test_a_repeat_of_as_many_items_as_it_may_have_is_taken(world: World) -> None:
    published(MANY)
    client = world.sign_in(Client(), person=0)
    page = client.get("/en/services/small-grant/apply")["Location"]
    sent = fields(client, page, applicant_name="Chan", **hundred("陳大文"))
    assert sum(len(values) if isinstance(values, list) else 1 for values in sent.values()) > 2400
    assert client.post(page, sent)["Location"].endswith("/check")
    assert len(forms.drafts(world.people[0].ref)[0].answers["people"]) == 100


@pytest.mark.parametrize("lang", ["en", "zh-hant", "zh-hans"])
def test_what_is_too_large_is_told_on_a_page_and_what_was_saved_stays(world: World, lang: str) -> None:
    client, page = two_tabs(world)
    page = page.replace("/en/", f"/{lang}/")
    client.post(page, fields(client, page, applicant_name="Chan"))
    said = {"en": "At most 100 MB", "zh-hant": "每次最多可傳送 100 MB", "zh-hans": "每次最多可传送 100 MB"}[lang]
    answers = [
        client.post(page, {"applicant_name": "x"}, CONTENT_LENGTH=str(200 * 1024 * 1024)),
        client.post(page, {f"field{n}": "" for n in range(sizes.MOST_FIELDS + 1)}),
        client.post(page, {"a": ""}, content_type="application/x-www-form-urlencoded", CONTENT_LENGTH=str(17 * 2**20)),
    ]
    for answer in answers:
        assert answer.status_code == 413
        assert said in shown(answer)
        assert answer["Content-Security-Policy"]
    assert forms.drafts(world.people[0].ref)[0].answers["applicant_name"] == "Chan"
    # Machines are told as machines.
    refused = client.post("/api/v1/services", {}, CONTENT_LENGTH=str(200 * 1024 * 1024))
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")


def test_files_beyond_the_rule_of_the_page_are_refused_beside_what_was_typed(world: World) -> None:
    published(MANY)
    client = world.sign_in(Client(), person=0)
    page = client.get("/en/services/small-grant/apply")["Location"]
    large = samples.file("proof.pdf") + b"%" * 1024 * 1024
    proof = [SimpleUploadedFile(f"{n}.pdf", data) for n, data in enumerate((large, *[samples.file("proof.pdf")] * 3))]
    told = shown(client.post(page, fields(client, page, applicant_name="Chan", proof=proof)))
    assert 'value="Chan"' in told
    assert "0.pdf" not in told
    assert "1.pdf" in told
    assert "2.pdf" in told
    assert "3.pdf" not in told
    assert 'class="error-summary"' in told


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
