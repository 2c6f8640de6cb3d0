"""What is typed is read alike at every door; nothing is cut or dropped in silence."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from tests import small_services
from tests.web.test_desk import World, hidden, words

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.tokens import api as access
from praya.definition.example import Example
from praya.definition.service import Service
from praya.journey import acting, load, play, version_choice
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.web import who

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
TEXTS = """
form:
  - page: texts
    questions:
      - name: {type: person-name, personal: true, label: {en: Name, zh-hant: 姓名}}
      - note: {type: long-text, label: {en: Note, zh-hant: 備註}}
      - line: {type: text, label: {en: Line, zh-hant: 一行}}
limits:
  - at_most: 1
    per: answers.line
    refuse: {en: Once only., zh-hant: 只限一次。}
flow:
  start: received
  states:
    received: {label: {en: Received, zh-hant: 已收到}, final: true, result: completed}
retention: {completed: 1 year}
"""


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


@pytest.fixture
def service(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    yield small_services.published(small_services.service("texts", "TX", TEXTS)).service("texts")
    load.forget()
    vault.reset_memory()


def by_page(service: Service, typed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    person = identity.enrol(email="page@example.com", name=None, language="en", at=AT)
    draft = version_choice.begin(service=service, person_ref=person.ref, language="en", at=AT)
    with monkeypatch.context() as patch:
        patch.setattr(who, "session", lambda _: who.Session(person_ref=person.ref, level=1))
        form = {f"name-{part}" if part in {"family", "chinese"} else part: text for part, text in typed.items()}
        answer = Client().post(f"/en/apply/{draft.ref}/texts", {**form, "_asked": ["name", "note", "line"]})
    kept = forms.draft(draft.ref, person_ref=person.ref)
    if answer.status_code == 302:
        return kept.answers
    said = unescape(answer.content.decode())
    assert all(kept.typed["texts"][name] == [text] for name, text in form.items() if "\r" not in text and text)
    return ["control_character"] if "a character that cannot be used" in said else ["missing"]


def post(body: dict[str, Any], name: str = "machine") -> Any:
    secret = access.issue(
        name=name, department="fehd", scopes=access.known_scopes(), expires_at=None, at=AT, by="operator"
    ).secret
    return Client().post(
        "/api/v1/services/texts/applications", json.dumps(body), content_type="application/json",
        headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "one"},
    )  # fmt: skip


def by_api(typed: dict[str, str]) -> Any:
    answer = post({"applicant": {"email": "api@example.com"}, "answers": answers_of(typed)})
    if answer.status_code in {400, 422}:
        return sorted({field["code"] for field in answer.json()["error"]["fields"]})
    if answer.status_code == 409:
        return str(answer.json()["error"]["code"])
    return cases.content(answer.json()["reference"]).answers


def by_story(typed: dict[str, str]) -> Any:
    example = Example.model_validate(
        {
            "example": f"S {typed['line']}",
            "starts": AT,
            "language": "en",
            "answers": answers_of(typed),
            "steps": [],
            "expect": {},
        }
    )
    person = identity.enrol(email="story@example.com", name=None, language="en", at=AT)
    played = play.play(example, load.territory().service("texts"), load.pack(), person=person, compare=False)
    return cases.content(played.case.ref).answers if played.case else sorted(set(played.errors.values()))


def answers_of(typed: dict[str, str]) -> dict[str, Any]:
    name = {part: typed[part] for part in ("family", "chinese") if part in typed}
    return {"name": name, "note": typed["note"], "line": typed["line"]}


TYPED = [
    ({"family": "CHAN", "chinese": "明\ue001\U00031350"}, "one\r\ntwo", "می\u200cخواهم \U0001f468\u200d\U0001f467"),
    ({"chinese": "卡門‧陳"}, "e\u0301\u3000x", "  Cafe\u0301\u3000 One\u200b "),
    ({"family": "O\u2019Neil"}, "12,50", "\ufa19\u6797"),
    ({"family": "CHAN"}, "tab\tand\nline", "a\tb"),
    ({"family": "CHAN\u202e"}, "x", "x"),
    ({"family": "CHAN"}, "x\x0cy", "x"),
    ({"family": "CHAN"}, "x", "\x7f"),
    ({"family": "CHAN"}, "x", "\u3164\u2800"),
    ({"family": "\u200b"}, "x", "x"),
    ({"family": "CHAN"}, "x", "x\ufffd"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "note", "line"), TYPED, ids=range(len(TYPED)))
def test_the_same_words_are_the_same_answer_or_the_same_refusal_at_every_door(
    service: Service, monkeypatch: pytest.MonkeyPatch, name: dict[str, str], note: str, line: str
) -> None:
    typed = {**name, "note": note, "line": line}
    page = by_page(service, typed, monkeypatch)
    with transaction.atomic():
        story = by_story(typed)
        transaction.set_rollback(True)
    assert story == page
    assert by_api(typed) == page


def test_a_limit_is_not_evaded_by_another_spelling(service: Service) -> None:
    assert isinstance(by_story({"family": "CHAN", "note": "x", "line": "AB 1234"}), dict)
    for other in ("ab1234", "ＡＢ－１２３４", "A\u200bB 1234", "АВ 1234"):
        assert by_story({"family": "CHAN", "note": "x", "line": other}) == ["LimitReached"], other
    assert isinstance(by_story({"family": "CHAN", "note": "x", "line": "AB 1235"}), dict)


def test_the_api_refuses_control_characters_wherever_they_stand(service: Service) -> None:
    for body, path in (
        ({"applicant": {"email": "a@example.com", "name": "Chan\u0007"}, "answers": {}}, "applicant.name"),
        ({"applicant": {"email": "a@example.com"}, "answers": {"name": {"family": "a\u202e"}}}, "answers.name.family"),
        ({"applicant": {"email": "a@example.com"}, "answers": {}, "subject": "x\x85"}, "subject"),
    ):
        answer = post(body, name=path.replace(".", "-"))
        (field,) = answer.json()["error"]["fields"]
        assert (answer.status_code, field["path"], field["code"]) == (400, path, "control_character")
        assert "U+" in field["message"]
    other = post(
        {"applicant": {"email": "用戶@例子.香港"}, "answers": answers_of({"family": "A", "note": "x", "line": "x"})}
    )
    assert [field["code"] for field in other.json()["error"]["fields"]] == ["email_other_letters"]


# The desk


@pytest.mark.parametrize("reason", ["字" * 4001, "x\x0cy", "a\u202eb"], ids=["long", "form feed", "override"])
def test_a_reason_is_sent_whole_or_refused_and_stays_on_the_page(world: World, reason: str) -> None:
    ref = world.restaurant()
    client = world.client("officer")
    address = f"/en/desk/cases/{ref}/do/return-plans"
    page = client.get(address).content.decode()
    sent = {"revision": hidden(page, "revision"), "once": hidden(page, "once"), "reason": reason}
    answer = client.post(address, sent)
    shown = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert f"{reason}</textarea>" in shown
    assert ("4,000 characters. You have 4,001" if len(reason) > 100 else "a character that cannot be used") in shown
    assert cases.case(ref).state == "received"
    assert client.post(address, {**sent, "reason": "字" * 4000}).status_code == 302
    assert cases.case(ref).state == "plans-returned"


def test_a_story_refuses_what_the_desk_refuses(world: World) -> None:
    ref = world.restaurant()
    by = acting.By("officer:x", ("officer",), "fehd")
    for typed in ("a\x0cb", "a\u202eb"):
        with pytest.raises(acting.NotAnswered) as refused:
            acting.act(
                case=cases.case(ref), action="return-plans", by=by, answers={}, reason=typed, once_key=typed,
                at=world.now,
            )  # fmt: skip
        assert [(r.path, r.code) for r in refused.value.refusals] == [("reason", "control_character")]


@pytest.mark.parametrize(("path", "field"), [("note", "note"), ("search", "q")])
def test_notes_and_searches_refuse_what_no_text_has(world: World, path: str, field: str) -> None:
    ref = world.restaurant()
    client = world.client("officer")
    address = f"/en/desk/cases/{ref}/notes" if path == "note" else "/en/desk/search"
    answer = client.post(address, {field: "abc\x1bdef", "once": "x"})
    assert answer.status_code == 422
    assert "abc" in answer.content.decode()


def test_no_box_of_a_page_cuts_what_is_pasted_into_it() -> None:
    """`maxlength` lets a browser cut: `Nov` in the box of a month, or a whole date in that of a year."""
    for template in (Path(__file__).parents[2] / "src/praya/web").rglob("*.html"):
        inputs = [line for line in template.read_text().splitlines() if "text_input(" in line and "macro" not in line]
        assert not [line for line in inputs if "max_length=" in line], template.name
        assert 'maxlength="{{ 4' not in template.read_text(), template.name


def test_a_search_says_what_it_cannot_look_for(world: World) -> None:
    for path in ("/en/search", "/en/registers/restaurant-licence/licensed-restaurants"):
        shown = words(Client().get(path, {"q": "a\x07b"}).content.decode())
        assert "a character that cannot be used (U+0007)" in shown, path
    assert "Write at most 100 characters. You have 101" in words(
        Client().get("/en/search", {"q": "x" * 101}).content.decode()
    )


def test_a_reference_is_found_at_the_desk_and_by_the_public_however_it_was_typed(world: World) -> None:
    ref = world.restaurant()
    client = world.client("officer")
    for typed in (ref.replace("-", "\u2011"), f"{ref}。", "\u200b".join(ref), f" {ref.lower()}. "):
        assert client.post("/en/desk/search", {"q": typed}).headers["Location"].endswith(ref)
        assert ref in client.get("/en/track", {"ref": typed}).content.decode()
