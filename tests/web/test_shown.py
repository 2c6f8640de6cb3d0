"""What anybody answered is shown as its question shows it: every type of question, in every place, whoever answered."""

import json
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.small import AT, GRANT, player, published
from tests.web.test_desk import words as text_of

from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.blocks.tokens import api as access
from praya.definition.questions import Question, RepeatQuestion
from praya.definition.service import Service
from praya.journey import case_context, load
from praya.journey.filled_texts import value_said
from praya.kernel import clock, jsontext
from praya.kernel.expression import Expression
from praya.kernel.text import spoken
from praya.project.reference import vocabulary

pytestmark = pytest.mark.django_db

OPTIONS = [
    {"value": "a", "label": {"en": "First", "zh-hant": "甲"}},
    {"value": "b", "label": {"en": "Second", "zh-hant": "乙"}},
]
NAME = {"family": "CHAN", "given": "Tai Man", "chinese": "陳大文"}
SHOP = "shop"
# Each type of question with its own words and an answer; the entry's is made by the test.
KINDS: dict[str, tuple[dict[str, Any], Any]] = {
    "text": ({}, "Words"),
    "long-text": ({}, "Long words"),
    "yes-no": ({}, True),
    "number": ({"unit": {"en": "dogs", "zh-hant": "隻"}}, 1200),
    "money": ({}, 1200.5),
    "date": ({}, "2026-01-12"),
    "month": ({}, "2026-01"),
    "time": ({}, "15:30"),
    "choice": ({"options": OPTIONS}, "b"),
    "choices": ({"options": OPTIONS}, ["a", "b"]),
    "person-name": ({}, NAME),
    "identifier": ({"scheme": "hkid"}, "A123456(3)"),
    "phone": ({}, "+85221234567"),
    "email": ({}, "Ann@example.com"),
    "address": ({}, {"unit": "1A", "street": "1 Sample Street", "district": "wan-chai"}),
    "place": ({}, {"text": "Beside the pier", "lat": 22.287, "lon": 114.16}),
    "declaration": ({"statement": {"en": "It is true.", "zh-hant": "屬實。"}}, True),
    "signature": ({"says": {"en": "It is true.", "zh-hant": "屬實。"}}, {"name": "CHAN Tai Man"}),
    "file": ({"accept": ["pdf"]}, ["plan.pdf"]),
    "entry": ({"register": "shops"}, SHOP),
    "table": (
        {"rows": OPTIONS, "columns": [
            {"kind": {"type": "choice", "options": OPTIONS, "label": {"en": "Kind", "zh-hant": "種類"}}},
        ]},
        {"a": {"kind": "b"}, "b": {"kind": "a"}},
    ),
    "repeat": (
        {"item": {"en": "Child", "zh-hant": "子女"}, "questions": [
            {"child": {"type": "person-name", "label": {"en": "Name", "zh-hant": "姓名"}}},
            {"school": {"type": "choice", "options": OPTIONS, "label": {"en": "School", "zh-hant": "學校"}}},
        ]},
        [{"child": NAME, "school": "a"}, {"child": {"given": "Ann"}, "school": "b"}],
    ),
    "derived": ({"shows": "money"}, None),
}  # fmt: skip
ASKED_IN_FORM = {"signature"}
"""Types that stand on pages only: a signature is for all answers before it."""


def _asked(prefix: str, kinds: list[str]) -> list[dict[str, Any]]:
    found = []
    for kind in kinds:
        own = dict(KINDS[kind][0])
        if kind == "derived":
            own["value"] = f"answers.{prefix}money * 2" if prefix != "f_" else "findings.f_money * 2"
        name = f"{prefix}{kind.replace('-', '_')}"
        found.append({name: {"type": kind, "label": {"en": name, "zh-hant": name}, **own}})
    return found


def _answers(prefix: str, shop: str, kinds: list[str]) -> dict[str, Any]:
    given = {f"{prefix}{kind.replace('-', '_')}": KINDS[kind][1] for kind in kinds if kind != "derived"}
    return {name: shop if value == SHOP else value for name, value in given.items()}


def _facts(names: dict[str, str], **more: Any) -> dict[str, Any]:
    return {key: {"label": {"en": key, "zh-hant": key}, "value": source, **more} for key, source in names.items()}


PAGED = list(KINDS)
IN_ACTIONS = [kind for kind in KINDS if kind not in ASKED_IN_FORM]
IN_ITEMS = [kind for kind in KINDS if kind not in {"signature", "derived"}]
ROOTS = {"a_": "answers.", "p_": "parties.other.answers.", "f_": "findings."}
PATHS = {
    f"{prefix}{kind.replace('-', '_')}": f"{root}{prefix}{kind.replace('-', '_')}"
    for (prefix, root), kinds in zip(ROOTS.items(), (PAGED, PAGED, IN_ACTIONS), strict=True)
    for kind in kinds
}


def _parts() -> list[tuple[int, dict[str, str]]]:
    """The facts in three parts, for a record is a small thing."""
    return [(part, dict(list(PATHS.items())[part::3])) for part in range(3)]


def _definition() -> str:
    """A service in which an applicant, a party and an officer answer a question of every type, and everything tells."""
    data: dict[str, Any] = json.loads(json.dumps({"form": [
        {"page": "all", "questions": [
            {"others_email": {"type": "email", "label": {"en": "E-mail", "zh-hant": "電郵"}}}, *_asked("a_", PAGED),
        ]},
        {"page": "rows", "questions": [{"rows": {
            "type": "repeat", "item": {"en": "Row", "zh-hant": "行"}, "label": {"en": "Rows", "zh-hant": "各行"},
            "questions": _asked("r_", IN_ITEMS),
        }}]},
    ]}))  # fmt: skip
    data["parties"] = {"other": {
        "label": {"en": "Other", "zh-hant": "另一方"}, "email": "answers.others_email",
        "form": [{"page": "all", "questions": [
            {name: {**own, "shown_to_applicant": True}} for asked in _asked("p_", PAGED) for name, own in asked.items()
        ]}],
    }}  # fmt: skip
    data["registers"] = {
        "shops": {"title": {"en": "Shops", "zh-hant": "店舖"}, "facts": _facts({"shop": "answers.a_text"})},
        "public": {"title": {"en": "Public", "zh-hant": "公開"}, "facts": _facts(PATHS)},
        "inside": {"title": {"en": "Inside", "zh-hant": "內部"}, "public": False, "facts": _facts(PATHS)},
        "items": {"title": {"en": "Items", "zh-hant": "各項"}, "several": "answers.rows", "facts": _facts(
            {f"r_{kind.replace('-', '_')}": f"item.r_{kind.replace('-', '_')}" for kind in IN_ITEMS}
        )},
    }  # fmt: skip
    data["records"] = {
        f"record-{key}": {"title": {"en": "Record", "zh-hant": "記錄"}, "facts": _facts(part)} for key, part in _parts()
    }
    data["publishes"] = {
        "notice": {"title": {"en": "Notice", "zh-hant": "公告"}, "for": "28 days", "facts": _facts(PATHS)}
    }
    body = "\n".join(f"{key}=[{{{source}}}]" for key, source in PATHS.items())
    data["notices"] = {
        "letter": {"subject": {"en": "Letter", "zh-hant": "信件"}, "body": {"en": body, "zh-hant": body}}
    }
    data["flow"] = {"start": "asked", "states": {
        "asked": {"label": {"en": "Asked", "zh-hant": "已邀請"}, "actions": {"look": {
            "label": {"en": "Look", "zh-hant": "查看"}, "ask": _asked("f_", IN_ACTIONS), "to": "entering",
        }}},
        "entering": {
            "label": {"en": "Entering", "zh-hant": "登記"}, "register": "inside", "issue": "record-0",
            "next": [{"to": "listing"}],
        },
        "listing": {
            "label": {"en": "Listing", "zh-hant": "列出"}, "register": "items", "issue": "record-1",
            "next": [{"to": "done"}],
        },
        "done": {
            "label": {"en": "Done", "zh-hant": "完成"}, "final": True, "result": "granted", "register": "public",
            "issue": "record-2", "publish": "notice", "notify": ["letter"],
        },
    }}  # fmt: skip
    data["retention"] = {"granted": "1 year"}
    head = GRANT.partition("form:\n")[0].replace("small-grant", "every-kind").replace("reference: SG", "reference: EK")
    return head + "\n".join(f"{word}: {json.dumps(value, ensure_ascii=False)}" for word, value in data.items())


def _played(found: Service, shop: str) -> Any:
    answers = {
        "others_email": "other@example.com", **_answers("a_", shop, PAGED),
        "rows": [_answers("r_", shop, IN_ITEMS), {**_answers("r_", shop, IN_ITEMS), "r_text": "Second"}],
    }  # fmt: skip
    return player(found, answers=answers)(
        {"party": "other", "answers": _answers("p_", shop, PAGED), "expect": {"parties": {"other": "given"}}},
        {"by": "officer", "do": "look", "answers": _answers("f_", shop, IN_ACTIONS), "expect": {"state": "done"}},
    )


def resident(person_ref: str) -> Client:
    return _signed_in(person=person_ref)


def officer() -> Client:
    found = identity.add_officer(
        name="Officer Sample", email="dh@example.com", at=AT, by="system",
        roles=frozenset({identity.Role("dh", "officer")}),
    )  # fmt: skip
    return _signed_in(officer=found.ref, epoch=found.epoch)


def _signed_in(**keys: Any) -> Client:
    client = Client()
    session = client.session
    session.update(keys)
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def _shown(question: Question, kept: Any, language: str) -> str:
    return "Sample Noodles" if question.type_name == "entry" else question.shown(kept, language)


def test_every_type_of_question_is_walked() -> None:
    assert set(KINDS) == set(vocabulary.question_types())


def test_an_answer_is_shown_as_its_question_shows_it_in_every_place_whoever_gave_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    found = published(_definition())
    new = registers.NewEntry(
        service="every-kind", register="shops", case_ref="", facts={"shop": "Sample Noodles"},
        from_date=date(2026, 1, 1), until_date=None, once_key="shop",
    )  # fmt: skip
    shop = registers.enter(new, at=AT, by="system").ref
    played = _played(found, shop)
    seen = case_context.of_case(played.case, found, load.pack(), today=date(2026, 1, 5))
    (given,) = invitations.answers_of_case(played.case.ref).values()
    questions: dict[str, tuple[Question, Any]] = {
        **{name: (q, seen.answers.get(name)) for name, q in found.questions.items() if name.startswith("a_")},
        **{name: (q, given.get(name)) for name, q in found.parties["other"].questions.items()},
        **{name: (q, seen.findings.get(name)) for name, q in found.flow.action_questions.items()},
    }
    assert set(questions) == set(PATHS)
    wanted = {
        name: {language: _shown(question, kept, language) for language in spoken()}
        for name, (question, kept) in questions.items()
    }
    assert all(words for said in wanted.values() for words in said.values())
    made = {entry.register: entry for entry in registers.of_case(played.case.ref) if not entry.item}
    issued = [credentials.verify(record.token, at=AT).facts for record in credentials.of_case(played.case.ref)]
    told: dict[str, Any] = {
        "register": made["public"].facts,
        "register inside": registers.inside([made["inside"]])[made["inside"].ref].facts,
        "publication": made["notice"].facts,
        "record": {fact.name: fact.value for facts in issued for fact in facts},
    }
    for place, facts in told.items():
        assert set(facts) == set(PATHS), place
        for name, said in facts.items():
            for language, told_words in said.items():
                # A record is small: what is too long for it ends in an ellipsis.
                whole = wanted[name][language]
                assert told_words == whole or (place == "record" and whole.startswith(told_words.removesuffix("…"))), (
                    place,
                    name,
                )
    person = identity.find(email="player@example.com")
    assert person is not None
    letter = next(one for one in notices.inbox(person.ref) if one.name == "letter")
    for name, said in wanted.items():
        assert f"{name}=[{said['en']}]" in letter.body

    repeat = found.questions["rows"]
    assert isinstance(repeat, RepeatQuestion)
    inner = {q.name: q for q in repeat.questions}
    of_items = [entry for entry in registers.of_case(played.case.ref) if entry.item]
    assert len(of_items) == 2
    for entry, item in zip(sorted(of_items, key=lambda one: one.item), seen.answers["rows"], strict=True):
        assert entry.facts == {
            name: {language: _shown(inner[name], item[name], language) for language in spoken()} for name in inner
        }

    # The desk's page of the case, the applicant's page of it, and the API.
    case_ref = played.case.ref
    pages = {
        "desk": text_of(officer().get(f"/en/desk/cases/{case_ref}").content.decode()),
        "applicant": text_of(resident(person.ref).get(f"/en/cases/{case_ref}").content.decode()),
    }
    for place, text in pages.items():
        for name, said in wanted.items():
            question = questions[name][0]
            if place == "applicant" and not name.startswith("p_"):
                continue
            lines = said["en"].splitlines()
            if isinstance(question, RepeatQuestion):
                lines = ["CHAN Tai Man 陳大文", "Second"]
            if question.type_name == "file":
                lines = ["plan.pdf"]
            for line in lines:
                assert line in text, (place, name, line)
    token = access.issue(name="test", department="dh", scopes=["read"], expires_at=None, at=AT, by="system").secret
    api = Client().get(f"/api/v1/applications/{case_ref}", headers={"Authorization": f"Bearer {token}"}).json()
    assert api["parties"] == [
        {"party": "other", "number": 1, "state": "given", "answers": json.loads(jsontext.dumps(given))}
    ]
    assert api["findings"] == json.loads(jsontext.dumps(seen.findings))

    # Put together with words, chosen, listed, in a loop, and by its part.
    for source, expected in {
        "'Dear ' + parties.other.answers.p_person_name": "Dear CHAN Tai Man 陳大文",
        "answers.a_yes_no ? parties.other.answers.p_address : 'nowhere'": wanted["p_address"]["en"],
        "[answers.a_choice, parties.other.answers.p_choice]": "Second, Second",
        "parties.other.answers.p_address.district": "Wan Chai",
        "parties.other.each.map(p, p.answers.p_money)": wanted["p_money"]["en"],
        "parties.other.answers.p_repeat.map(c, c.child + ': ' + c.school)": "CHAN Tai Man 陳大文: First, Ann: Second",
        "parties.other.answers.p_repeat.filter(c, c.school == 'b')[0].child": "Ann",
        "parties.other.answers.p_table.a.kind": "Second",
        "answers.rows.map(r, r.r_text == 'Second', r.r_repeat[0].school)": "First",
        "answers.a_money + parties.other.answers.p_money": "HK$2,401",
        "answers.a_text + (answers.a_yes_no ? '' : '!')": "Words",
    }.items():
        assert value_said(Expression(source), "en", seen) == expected, source
